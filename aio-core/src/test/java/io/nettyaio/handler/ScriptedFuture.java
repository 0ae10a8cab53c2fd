package io.nettyaio.handler;

import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A future that completes when the test says so. */
final class ScriptedFuture<V> extends DefaultPromise<V> implements AioFuture<V> {

    ScriptedFuture(EventExecutor executor) {
        super(executor);
    }

    @Override
    public AioRoute route() {
        return AioRoute.HELPER;
    }

    @Override
    public ScriptedFuture<V> deadline(Duration timeout) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<V> toCompletionStage() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScriptedFuture<V> addListener(GenericFutureListener<? extends Future<? super V>> listener) {
        super.addListener(listener);
        return this;
    }

    @Override
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final ScriptedFuture<V> addListeners(GenericFutureListener<? extends Future<? super V>>... listeners) {
        super.addListeners(listeners);
        return this;
    }

    @Override
    public ScriptedFuture<V> removeListener(GenericFutureListener<? extends Future<? super V>> listener) {
        super.removeListener(listener);
        return this;
    }

    @Override
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final ScriptedFuture<V> removeListeners(GenericFutureListener<? extends Future<? super V>>... listeners) {
        super.removeListeners(listeners);
        return this;
    }

    @Override
    public ScriptedFuture<V> sync() throws InterruptedException {
        super.sync();
        return this;
    }

    @Override
    public ScriptedFuture<V> syncUninterruptibly() {
        super.syncUninterruptibly();
        return this;
    }

    @Override
    public ScriptedFuture<V> await() throws InterruptedException {
        super.await();
        return this;
    }

    @Override
    public ScriptedFuture<V> awaitUninterruptibly() {
        super.awaitUninterruptibly();
        return this;
    }
}
