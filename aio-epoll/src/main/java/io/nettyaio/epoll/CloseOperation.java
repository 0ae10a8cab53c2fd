package io.nettyaio.epoll;

import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/** {@code close(2)} of a descriptor that nobody uses any more. Runs while its context closes, too. */
final class CloseOperation extends Operation {

    private final Runnable first;
    private final int fd;
    private final String path;
    private final @Nullable AioPromise<Void> promise;

    CloseOperation(EpollAioContext context, FileHandle handle, @Nullable AioPromise<Void> promise) {
        this(context, handle::closeChannel, handle.fd(), handle.path(), promise);
    }

    CloseOperation(EpollAioContext context, int fd, String path, @Nullable AioPromise<Void> promise) {
        this(context, () -> {}, fd, path, promise);
    }

    private CloseOperation(
            EpollAioContext context, Runnable first, int fd, String path, @Nullable AioPromise<Void> promise) {
        super(context);
        this.first = first;
        this.fd = fd;
        this.path = path;
        this.promise = promise;
    }

    @Override
    String name() {
        return "close";
    }

    @Override
    String path() {
        return path;
    }

    @Override
    boolean gives(AioPromise<?> to) {
        // A close cannot be called off.
        return false;
    }

    @Override
    boolean isForClosing() {
        return true;
    }

    @Override
    void submit() {
        toHelper(AioRoute.HELPER);
    }

    @Override
    long work() {
        first.run();
        // Never again on EINTR: Linux has closed it by then, and the number may be somebody else's.
        return context().syscalls().close(fd);
    }

    @Override
    void complete(long result) {
        if (result < 0 && result != -Errno.EINTR) {
            fail(Failures.system((int) -result, name(), path, 0));
        } else {
            finish(null);
        }
    }

    @Override
    void settle(@Nullable Throwable cause) {
        if (promise == null) {
            return;
        }
        promise.routed(route());
        if (cause == null) {
            promise.trySuccess(null);
        } else {
            promise.tryFailure(cause);
        }
    }
}
