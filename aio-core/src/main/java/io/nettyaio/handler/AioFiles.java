package io.nettyaio.handler;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioClass;
import io.nettyaio.AioFile;

/** What is done with files beside reading and writing them. */
final class AioFiles {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(AioFiles.class);

    private AioFiles() {}

    /** The file in a class; the one that is given is closed where that takes a view of its own. */
    static AioFile in(AioFile file, AioClass ioClass) {
        AioFile view = file.in(ioClass);
        if (view != file) {
            close(file);
        }
        return view;
    }

    /**
     * Starts closing a file that was only read: nothing hangs on how that ends, but a failure should not pass unseen.
     * Operations that are in flight on it are carried out first.
     */
    static void close(AioFile file) {
        file.close().addListener(closed -> {
            if (!closed.isSuccess()) {
                LOGGER.warn("cannot close {}", file.path(), closed.cause());
            }
        });
    }
}
