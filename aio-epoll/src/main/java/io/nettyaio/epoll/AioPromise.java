package io.nettyaio.epoll;

import io.netty.util.concurrent.BlockingOperationException;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The future of an operation. Settled by its operation, on the context's loop, or by {@link #cancel}. */
final class AioPromise<V extends @Nullable Object> extends DefaultPromise<V> implements AioFuture<V> {

    private @Nullable AioRoute route;
    private @Nullable Operation operation;

    AioPromise(EventExecutor loop) {
        super(loop);
    }

    @Override
    public @Nullable AioRoute route() {
        return route;
    }

    /** Whose result it is, to be told when it is cancelled. */
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

    /** Before it is settled, which publishes it. */
    void routed(@Nullable AioRoute taken) {
        route = taken;
    }

    /** Listeners added once the loop has ended still run: on Netty's global executor. */
    @Override
    protected EventExecutor executor() {
        EventExecutor loop = super.executor();
        return loop.isShutdown() && !loop.inEventLoop() ? GlobalEventExecutor.INSTANCE : loop;
    }

    @Override
    protected void checkDeadLock() {
        super.checkDeadLock();
        // Netty looks at the own loop only; another one must not stand still for the disk either.
        if (EpollAioContext.isLoopThread()) {
            throw new BlockingOperationException(
                    "sync(), await() and get() would block an event loop; use a listener instead: " + this);
        }
    }

    @Override
    public CompletionStage<V> toCompletionStage() {
        CompletableFuture<V> stage = new CompletableFuture<>();
        addListener(done -> {
            Throwable cause = done.cause();
            if (cause == null) {
                stage.complete(getNow());
            } else {
                stage.completeExceptionally(cause);
            }
        });
        // minimalCompletionStage: nobody can settle the operation's future through it.
        return stage.minimalCompletionStage();
    }

    @Override
    public AioPromise<V> addListener(GenericFutureListener<? extends Future<? super V>> listener) {
        super.addListener(listener);
        return this;
    }

    @Override
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final AioPromise<V> addListeners(GenericFutureListener<? extends Future<? super V>>... listeners) {
        super.addListeners(listeners);
        return this;
    }

    @Override
    public AioPromise<V> removeListener(GenericFutureListener<? extends Future<? super V>> listener) {
        super.removeListener(listener);
        return this;
    }

    @Override
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final AioPromise<V> removeListeners(GenericFutureListener<? extends Future<? super V>>... listeners) {
        super.removeListeners(listeners);
        return this;
    }

    @Override
    public AioPromise<V> setSuccess(V result) {
        super.setSuccess(result);
        return this;
    }

    @Override
    public AioPromise<V> setFailure(Throwable cause) {
        super.setFailure(cause);
        return this;
    }

    @Override
    public AioPromise<V> sync() throws InterruptedException {
        super.sync();
        return this;
    }

    @Override
    public AioPromise<V> syncUninterruptibly() {
        super.syncUninterruptibly();
        return this;
    }

    @Override
    public AioPromise<V> await() throws InterruptedException {
        super.await();
        return this;
    }

    @Override
    public AioPromise<V> awaitUninterruptibly() {
        super.awaitUninterruptibly();
        return this;
    }
}
