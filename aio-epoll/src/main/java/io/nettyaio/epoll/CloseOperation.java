package io.nettyaio.epoll;

import io.nettyaio.AioRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code close(2)} of a descriptor that nobody uses any more. Runs while its context closes, too. May be led by another, or
 * lead others: see {@link CloseGroup}.
 */
final class CloseOperation extends Operation {

    private final ToIntFunction<Syscalls> close;
    private final String path;
    private final @Nullable AioPromise<Void> promise;
    /** Whether it is to join the others of its tick. */
    private boolean joins;

    private @Nullable List<CloseOperation> led;
    /** Of one that is led, until a helper has made the call. */
    private long result = -Errno.EIO;

    CloseOperation(EpollAioContext context, FileHandle handle, @Nullable AioPromise<Void> promise) {
        this(context, handle::close, handle.path(), promise);
        joins = handle.closesQuickly();
    }

    CloseOperation(EpollAioContext context, int fd, String path, @Nullable AioPromise<Void> promise) {
        this(context, syscalls -> syscalls.close(fd), path, promise);
    }

    private CloseOperation(
            EpollAioContext context, ToIntFunction<Syscalls> close, String path, @Nullable AioPromise<Void> promise) {
        super(context);
        this.close = close;
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
        if (joins) {
            joins = false;
            context().closes().join(this);
        } else {
            toHelper(AioRoute.HELPER);
        }
    }

    /**
     * Another goes with it.
     *
     * @return how many it leads
     */
    int lead(CloseOperation other) {
        if (led == null) {
            led = new ArrayList<>();
        }
        other.routed(AioRoute.HELPER);
        led.add(other);
        return led.size();
    }

    @Override
    long work() {
        if (led != null) {
            for (CloseOperation each : led) {
                each.result = each.close();
            }
        }
        return close();
    }

    private long close() {
        // Never again on EINTR: Linux has closed it by then, and the number may be somebody else's.
        return close.applyAsInt(context().syscalls());
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
        if (led != null) {
            for (CloseOperation each : led) {
                each.complete(each.result);
            }
        }
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
