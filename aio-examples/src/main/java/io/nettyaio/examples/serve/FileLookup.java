package io.nettyaio.examples.serve;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioStat;

/**
 * Finds what a path names below the served directory: opens it, and judges it by the stat of what was opened, so that
 * nothing can be put in its place in between.
 *
 * <pre>
 * path of      a file       a directory with index.html   a directory without   nothing
 * /a           the file     301 to /a/                    404                   404
 * /a/          404          its index.html                404                   404
 * </pre>
 *
 * What is neither a regular file nor a directory is not served: 404.
 */
final class FileLookup {

    /** What a directory is answered with. */
    static final String INDEX = "index.html";

    /** What came of it: one of these, once, on the event loop. */
    interface Listener {

        /** A regular file, the receiver's to close. */
        void found(AioFile file, AioStat stat, String name);

        /** There is something at the same path with a slash at its end. */
        void foundDirectory();

        /** There is nothing to send, as the client could have known. */
        void refused(HttpResponseStatus status);

        /** The disk or a limit said no. */
        void failed(HttpResponseStatus status, Throwable cause);
    }

    /** {@code errno(3)}, the same on every architecture that Linux runs on. */
    private static final class Errno {
        static final int EPERM = 1;
        static final int ENOENT = 2;
        static final int ENXIO = 6;
        static final int EACCES = 13;
        static final int EXDEV = 18;
        static final int ENODEV = 19;
        static final int ENOTDIR = 20;
        static final int ENFILE = 23;
        static final int EMFILE = 24;
        static final int ENAMETOOLONG = 36;
        static final int ELOOP = 40;
        static final int EOPNOTSUPP = 95;
    }

    private final AioFile root;
    private final RequestPath path;
    private final Listener listener;

    private FileLookup(AioFile root, RequestPath path, Listener listener) {
        this.root = root;
        this.path = path;
        this.listener = listener;
    }

    /**
     * Starts a look-up.
     *
     * @param root the served directory, on the loop that the listener is called on
     */
    static void start(AioFile root, RequestPath path, Listener listener) {
        new FileLookup(root, path, listener).open();
    }

    private void open() {
        if (path.directory()) {
            openThen(path.child(INDEX), (file, stat) -> accept(file, stat, INDEX));
        } else {
            openThen(path.relative(), this::acceptOrRedirect);
        }
    }

    private void acceptOrRedirect(AioFile file, AioStat stat) {
        if (!stat.isDirectory()) {
            accept(file, stat, path.name());
            return;
        }
        FileCloser.close(file);
        openThen(path.child(INDEX), (index, indexStat) -> {
            FileCloser.close(index);
            if (indexStat.isRegularFile()) {
                listener.foundDirectory();
            } else {
                refuseKind();
            }
        });
    }

    private void accept(AioFile file, AioStat stat, String name) {
        if (stat.isRegularFile()) {
            listener.found(file, stat, name);
        } else {
            FileCloser.close(file);
            refuseKind();
        }
    }

    private void refuseKind() {
        listener.refused(HttpResponseStatus.NOT_FOUND);
    }

    private interface Opened {
        void opened(AioFile file, AioStat stat);
    }

    private void openThen(String relativePath, Opened next) {
        root.context().openBeneath(root, relativePath).addListener((Future<AioFile> opened) -> {
            if (opened.isSuccess()) {
                statThen(opened.getNow(), next);
            } else {
                notOpened(opened.cause());
            }
        });
    }

    private void statThen(AioFile file, Opened next) {
        file.stat().addListener((Future<AioStat> known) -> {
            if (known.isSuccess()) {
                next.opened(file, known.getNow());
            } else {
                FileCloser.close(file);
                listener.failed(HttpResponseStatus.INTERNAL_SERVER_ERROR, known.cause());
            }
        });
    }

    private void notOpened(Throwable cause) {
        HttpResponseStatus status = statusOf(cause);
        if (status.code() < HttpResponseStatus.INTERNAL_SERVER_ERROR.code()) {
            listener.refused(status);
        } else {
            listener.failed(status, cause);
        }
    }

    /** How to answer when the file could not be opened. */
    static HttpResponseStatus statusOf(Throwable cause) {
        if (!(cause instanceof AioException failure)) {
            return HttpResponseStatus.INTERNAL_SERVER_ERROR;
        }
        if (failure.kind() == AioException.Kind.QUEUE_FULL || failure.kind() == AioException.Kind.CLOSED) {
            return HttpResponseStatus.SERVICE_UNAVAILABLE;
        }
        return switch (failure.errno()) {
            // EXDEV: it leaves the served directory.
            case Errno.EXDEV, Errno.EACCES, Errno.EPERM -> HttpResponseStatus.FORBIDDEN;
            // EOPNOTSUPP: a FIFO; ENXIO: a socket; ENODEV: a device that is not there.
            case Errno.ENOENT,
                    Errno.ENOTDIR,
                    Errno.ENAMETOOLONG,
                    Errno.ELOOP,
                    Errno.EOPNOTSUPP,
                    Errno.ENXIO,
                    Errno.ENODEV -> HttpResponseStatus.NOT_FOUND;
            case Errno.EMFILE, Errno.ENFILE -> HttpResponseStatus.SERVICE_UNAVAILABLE;
            default -> HttpResponseStatus.INTERNAL_SERVER_ERROR;
        };
    }
}
