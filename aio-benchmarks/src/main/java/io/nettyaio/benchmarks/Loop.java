package io.nettyaio.benchmarks;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** One event loop on one thread, as a server would have it. */
final class Loop implements AutoCloseable {

    private static final long CLOSE_SECONDS = 20;

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final EventLoop eventLoop = group.next();

    MultiThreadIoEventLoopGroup group() {
        return group;
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    /** Runs something on the loop and waits for it. */
    <T> T call(Callable<T> action) throws Exception {
        try {
            return eventLoop.submit(action).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        if (!group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS)) {
            Progress.say("warning: an event loop did not end within " + CLOSE_SECONDS + " s");
        }
    }
}
