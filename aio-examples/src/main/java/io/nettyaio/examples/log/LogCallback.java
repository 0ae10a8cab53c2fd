package io.nettyaio.examples.log;

import org.jspecify.annotations.Nullable;

/**
 * Learns what became of an append: what the hot path uses, since an append with it allocates nothing.
 *
 * <p><b>Threading.</b> Called once, on the log's event loop, never inside the call that appended. Called in the order of
 * the appends. An exception it throws is logged and concerns no other record.
 *
 * @param <A> the type of the attachment
 */
@FunctionalInterface
public interface LogCallback<A extends @Nullable Object> {

    /**
     * The append is acknowledged, or has failed.
     *
     * @param sequence   the record's number; 0 on a failure
     * @param cause      {@code null} on success, else a {@link LogException} that says why
     * @param attachment what was given to the append
     */
    void appended(long sequence, @Nullable Throwable cause, A attachment);
}
