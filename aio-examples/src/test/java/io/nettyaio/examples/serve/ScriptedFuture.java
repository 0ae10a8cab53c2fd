package io.nettyaio.examples.serve;

import io.netty.util.concurrent.EventExecutor;
import io.nettyaio.AioRoute;
import io.nettyaio.DefaultAioFuture;
import java.util.concurrent.CompletionStage;

/** A future that completes when the test says so. */
final class ScriptedFuture<V> extends DefaultAioFuture<V> {

    ScriptedFuture(EventExecutor executor) {
        super(executor);
    }

    @Override
    public AioRoute route() {
        return AioRoute.HELPER;
    }

    @Override
    public CompletionStage<V> toCompletionStage() {
        throw new UnsupportedOperationException();
    }
}
