package io.nettyaio;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The result of an asynchronous operation.
 *
 * <p><b>Completion.</b> Exactly once, on the event loop the operation was started on, and never inside the call that
 * started it. Listeners run on that loop.
 *
 * <p><b>Waiting.</b> {@link #sync()}, {@link #await()} and {@link #get()} work on any thread but an event loop's; there
 * they throw {@link io.netty.util.concurrent.BlockingOperationException}, since the loop that waits cannot complete the
 * operation it waits for.
 *
 * <p><b>Cancelling.</b> {@link #cancel(boolean)} settles the future at once. An operation that still waits in a queue is
 * never handed to the kernel. One that the kernel already works on may still take effect; its buffer stays retained, and
 * its contents are undefined, until the kernel is done with it.
 *
 * @param <V> the type of the result
 */
public interface AioFuture<V> extends Future<V> {

    /**
     * The way the operation took, for diagnosis; {@code null} until it has been routed. An operation that fell back to
     * another route reports the last one.
     */
    @Nullable
    AioRoute route();

    /**
     * A {@link CompletionStage} that settles with this future, on its event loop. A cancelled future settles the stage
     * with a {@link java.util.concurrent.CancellationException}. Settling or cancelling what
     * {@link CompletionStage#toCompletableFuture()} returns does not affect the operation.
     */
    CompletionStage<V> toCompletionStage();

    /**
     * Gives the operation a deadline, from now. Once it has passed, and the operation is not done, the future fails with an
     * {@link AioException} of kind {@link AioException.Kind#TIMED_OUT}, and the operation is treated as a cancelled one:
     * where it still waits in a queue it is never handed to the kernel and gives back its buffers; where the kernel or a
     * helper works on it, its memory stays retained until that ends. The shortest of several deadlines counts.
     *
     * @param timeout from this call; zero or less has passed already
     * @return this
     */
    AioFuture<V> deadline(Duration timeout);

    @Override
    AioFuture<V> addListener(GenericFutureListener<? extends Future<? super V>> listener);

    @Override
    @SuppressWarnings({"unchecked", "varargs"})
    AioFuture<V> addListeners(GenericFutureListener<? extends Future<? super V>>... listeners);

    @Override
    AioFuture<V> removeListener(GenericFutureListener<? extends Future<? super V>> listener);

    @Override
    @SuppressWarnings({"unchecked", "varargs"})
    AioFuture<V> removeListeners(GenericFutureListener<? extends Future<? super V>>... listeners);

    @Override
    AioFuture<V> sync() throws InterruptedException;

    @Override
    AioFuture<V> syncUninterruptibly();

    @Override
    AioFuture<V> await() throws InterruptedException;

    @Override
    AioFuture<V> awaitUninterruptibly();
}
