package io.nettyaio.epoll;

import io.netty.util.concurrent.EventExecutor;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import io.nettyaio.DefaultAioFuture;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The future of an operation. Settled by its operation, on the context's loop, or by {@link #cancel} or its deadline. */
final class AioPromise<V extends @Nullable Object> extends DefaultAioFuture<V> {

    private @Nullable AioRoute route;
    private @Nullable Operation operation;

    AioPromise(EventExecutor loop) {
        super(loop);
    }

    @Override
    public @Nullable AioRoute route() {
        return route;
    }

    /** Whose result it is, to be told when nobody waits for it any more. */
    AioPromise<V> of(Operation what) {
        operation = what;
        return this;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        Operation what = operation;
        if (!super.cancel(mayInterruptIfRunning)) {
            return false;
        }
        if (what != null) {
            what.cancelledFrom(this);
        }
        return true;
    }

    @Override
    public AioPromise<V> deadline(Duration timeout) {
        Operation what = operation;
        if (what == null) {
            AioFuture<V> unused = super.deadline(timeout);
        } else if (!isDone()) {
            what.context().deadlines().set(this, timeout, System.nanoTime() + nanos(timeout));
        }
        return this;
    }

    static long nanosOf(Duration timeout) {
        return nanos(timeout);
    }

    @Override
    protected boolean expire(Duration timeout) {
        Operation what = operation;
        if (what == null) {
            return super.expire(timeout);
        }
        if (isDone()) {
            return false;
        }
        // By now it may be used anew, for somebody else.
        boolean known = what.context().inEventLoop() && what.gives(this);
        boolean failed =
                known ? tryFailure(timedOut(what.name(), what.path(), timeout, what.outlook())) : super.expire(timeout);
        if (failed) {
            what.abandonedBy(this);
        }
        return failed;
    }

    /** Before it is settled, which publishes it. */
    void routed(@Nullable AioRoute taken) {
        route = taken;
    }
}
