package io.nettyaio.tests;

import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A future of a {@link SimulatedDisk}. */
final class SimulatedFuture<V> extends DefaultPromise<V> implements AioFuture<V> {

    SimulatedFuture(EventExecutor executor) {
        super(executor);
    }

    @Override
    public AioRoute route() {
        return AioRoute.HELPER;
    }

    @Override
    public CompletionStage<V> toCompletionStage() {
        CompletableFuture<V> stage = new CompletableFuture<>();
        addListener((Future<V> done) -> {
            if (done.isSuccess()) {
                stage.complete(done.getNow());
            } else {
                stage.completeExceptionally(done.cause());
            }
        });
        return stage;
    }

    @Override
    public SimulatedFuture<V> addListener(GenericFutureListener<? extends Future<? super V>> listener) {
        super.addListener(listener);
        return this;
    }

    @Override
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final SimulatedFuture<V> addListeners(GenericFutureListener<? extends Future<? super V>>... listeners) {
        super.addListeners(listeners);
        return this;
    }

    @Override
    public SimulatedFuture<V> removeListener(GenericFutureListener<? extends Future<? super V>> listener) {
        super.removeListener(listener);
        return this;
    }

    @Override
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final SimulatedFuture<V> removeListeners(GenericFutureListener<? extends Future<? super V>>... listeners) {
        super.removeListeners(listeners);
        return this;
    }

    @Override
    public SimulatedFuture<V> sync() throws InterruptedException {
        super.sync();
        return this;
    }

    @Override
    public SimulatedFuture<V> syncUninterruptibly() {
        super.syncUninterruptibly();
        return this;
    }

    @Override
    public SimulatedFuture<V> await() throws InterruptedException {
        super.await();
        return this;
    }

    @Override
    public SimulatedFuture<V> awaitUninterruptibly() {
        super.awaitUninterruptibly();
        return this;
    }
}
