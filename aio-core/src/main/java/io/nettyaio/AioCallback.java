package io.nettyaio;

import org.jspecify.annotations.Nullable;

/**
 * The callback form of a completion: what the hot path uses, since starting and completing an operation with it
 * allocates nothing.
 *
 * <p><b>Threading.</b> Called once, on the event loop of the operation's context, never inside the call that started
 * the operation. Operations started from within the callback go to the kernel together, at the end of the tick.
 * An exception it throws is logged and affects no other operation.
 *
 * @param <A> the type of the attachment
 */
@FunctionalInterface
public interface AioCallback<A extends @Nullable Object> {

    /**
     * The operation has completed.
     *
     * @param result     bytes transferred (0 for a sync); on a failure, bytes transferred before it
     * @param cause      {@code null} on success, else why it failed: an {@link AioException} for what the kernel or a
     *                   limit refused, an {@link IllegalArgumentException} for a misaligned transfer
     * @param attachment what was given when the operation was started
     */
    void completed(long result, @Nullable Throwable cause, A attachment);
}
