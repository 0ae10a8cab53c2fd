package io.nettyaio.tests;

import io.netty.util.concurrent.EventExecutor;
import io.nettyaio.AioRoute;
import io.nettyaio.DefaultAioFuture;

/** A future of a {@link SimulatedDisk}. */
final class SimulatedFuture<V> extends DefaultAioFuture<V> {

    SimulatedFuture(EventExecutor executor) {
        super(executor);
    }

    @Override
    public AioRoute route() {
        return AioRoute.HELPER;
    }
}
