package io.nettyaio.examples.log;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import org.jspecify.annotations.Nullable;

/** Calls out to whom the log knows nothing of: what they throw is theirs, and must not stop the log. */
final class Callbacks {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Callbacks.class);

    private Callbacks() {}

    @SuppressWarnings("NullAway") // the attachment is whatever its callback was given with
    static void call(
            LogCallback<Object> callback, long sequence, @Nullable Throwable cause, @Nullable Object attachment) {
        try {
            callback.appended(sequence, cause, attachment);
        } catch (RuntimeException | Error thrown) {
            LOGGER.error("a callback of record {} has thrown", sequence, thrown);
        }
    }

    static void call(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException | Error thrown) {
            LOGGER.error("a listener of the log has thrown", thrown);
        }
    }
}
