package io.nettyaio.handler;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioFile;

/** Closes files that were only read: nothing hangs on how that ends, but a failure should not pass unseen. */
final class AioFiles {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(AioFiles.class);

    private AioFiles() {}

    /** Starts closing a file; operations that are in flight on it are carried out first. */
    static void close(AioFile file) {
        file.close().addListener(closed -> {
            if (!closed.isSuccess()) {
                LOGGER.warn("cannot close {}", file.path(), closed.cause());
            }
        });
    }
}
