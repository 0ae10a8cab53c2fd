package io.nettyaio.handler;

import io.netty.util.concurrent.EventExecutor;
import io.nettyaio.AioRoute;
import io.nettyaio.DefaultAioFuture;

/** A future that completes when the test says so. */
final class ScriptedFuture<V> extends DefaultAioFuture<V> {

    ScriptedFuture(EventExecutor executor) {
        super(executor);
    }

    @Override
    public AioRoute route() {
        return AioRoute.HELPER;
    }
}
