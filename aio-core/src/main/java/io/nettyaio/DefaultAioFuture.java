package io.nettyaio;

import io.netty.util.concurrent.BlockingOperationException;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An {@link AioFuture} that somebody settles: an engine, or whoever joins others' futures. For engines, and for tests that
 * stand in for one.
 *
 * @param <V> the type of the result
 */
public class DefaultAioFuture<V extends @Nullable Object> extends DefaultPromise<V> implements AioFuture<V> {

    private static final int ETIMEDOUT = 110;

    /**
     * A future that is not settled yet.
     *
     * @param executor runs its listeners
     */
    public DefaultAioFuture(EventExecutor executor) {
        super(executor);
    }

    @Override
    public @Nullable AioRoute route() {
        return null;
    }

    /** A timer of its own; an engine may have a cheaper way. */
    @Override
    public DefaultAioFuture<V> deadline(Duration timeout) {
        if (isDone()) {
            return this;
        }
        Runnable expiry = () -> expire(timeout);
        Future<?> timer;
        try {
            timer = executor().schedule(expiry, nanos(timeout), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException | UnsupportedOperationException noTimers) {
            timer = GlobalEventExecutor.INSTANCE.schedule(expiry, nanos(timeout), TimeUnit.NANOSECONDS);
        }
        Future<?> set = timer;
        return addListener(done -> set.cancel(false));
    }

    /** The timeout in nanoseconds; a longer one than 146 years counts as that. */
    protected static long nanos(Duration timeout) {
        try {
            return Math.min(timeout.toNanos(), Long.MAX_VALUE / 2);
        } catch (ArithmeticException tooLong) {
            return timeout.isNegative() ? 0 : Long.MAX_VALUE / 2;
        }
    }

    /**
     * A deadline has passed.
     *
     * @return false where the future was settled before
     */
    protected boolean expire(Duration timeout) {
        return !isDone() && tryFailure(timedOut("wait", null, timeout, "what it waits for goes on"));
    }

    /** The failure of a future whose deadline has passed; {@code outlook} says what becomes of the operation. */
    protected static AioException timedOut(String operation, @Nullable String path, Duration timeout, String outlook) {
        return new AioException(
                AioException.Kind.TIMED_OUT,
                ETIMEDOUT,
                "ETIMEDOUT",
                operation,
                path,
                0,
                "its deadline of " + timeout.toString().substring(2).toLowerCase(Locale.ROOT) + " has passed; "
                        + outlook);
    }

    /** Listeners that the loop has no more time for, since it ends, still run: on Netty's global executor. */
    @Override
    protected EventExecutor executor() {
        EventExecutor loop = super.executor();
        return loop.inEventLoop() ? loop : new OffLoopExecutor(loop);
    }

    @Override
    protected void checkDeadLock() {
        super.checkDeadLock();
        // Netty looks at the own loop only; another one must not stand still for the disk either.
        if (LoopThreads.isOne()) {
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
    public DefaultAioFuture<V> addListener(GenericFutureListener<? extends Future<? super V>> listener) {
        super.addListener(listener);
        return this;
    }

    @Override
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final DefaultAioFuture<V> addListeners(GenericFutureListener<? extends Future<? super V>>... listeners) {
        super.addListeners(listeners);
        return this;
    }

    @Override
    public DefaultAioFuture<V> removeListener(GenericFutureListener<? extends Future<? super V>> listener) {
        super.removeListener(listener);
        return this;
    }

    @Override
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final DefaultAioFuture<V> removeListeners(GenericFutureListener<? extends Future<? super V>>... listeners) {
        super.removeListeners(listeners);
        return this;
    }

    @Override
    public DefaultAioFuture<V> setSuccess(V result) {
        super.setSuccess(result);
        return this;
    }

    @Override
    public DefaultAioFuture<V> setFailure(Throwable cause) {
        super.setFailure(cause);
        return this;
    }

    @Override
    public DefaultAioFuture<V> sync() throws InterruptedException {
        super.sync();
        return this;
    }

    @Override
    public DefaultAioFuture<V> syncUninterruptibly() {
        super.syncUninterruptibly();
        return this;
    }

    @Override
    public DefaultAioFuture<V> await() throws InterruptedException {
        super.await();
        return this;
    }

    @Override
    public DefaultAioFuture<V> awaitUninterruptibly() {
        super.awaitUninterruptibly();
        return this;
    }
}
