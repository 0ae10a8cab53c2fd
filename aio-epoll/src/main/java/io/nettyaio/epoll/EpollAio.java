package io.nettyaio.epoll;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandle;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The entry to the Linux engine: one {@link AioContext} for each epoll event loop.
 *
 * <pre>{@code
 * AioContext aio = EpollAio.context(ctx.channel().eventLoop());
 * aio.open(path, AioOpenOption.READ).addListener(...);
 * }</pre>
 *
 * <p><b>Threading.</b> Any thread.
 */
public final class EpollAio {

    private static final ConcurrentMap<EventLoop, EpollAioContext> CONTEXTS = new ConcurrentHashMap<>();

    private EpollAio() {}

    /** Whether this platform can run the engine; kernel AIO may still be refused, see {@link AioContext}. */
    public static boolean isAvailable() {
        return unavailabilityCause() == null;
    }

    /**
     * Throws where the engine cannot run.
     *
     * @throws UnsatisfiedLinkError with the cause, which names the remedy
     */
    public static void ensureAvailability() {
        Throwable cause = unavailabilityCause();
        if (cause != null) {
            throw (Error)
                    new UnsatisfiedLinkError("netty-aio is not available: " + cause.getMessage()).initCause(cause);
        }
    }

    /** Why the engine cannot run: another operating system, no native library, no epoll; {@code null} where it can. */
    public static @Nullable Throwable unavailabilityCause() {
        Throwable cause = Native.unavailabilityCause();
        return cause != null ? cause : Epoll.unavailabilityCause();
    }

    /**
     * The context of an event loop, made on first use with {@link AioConfig#defaults()}.
     *
     * @throws UnsupportedOperationException where the loop is not one of epoll
     * @throws UnsatisfiedLinkError          where the engine cannot run
     * @throws IllegalStateException         where the loop is shutting down
     */
    public static AioContext context(EventLoop eventLoop) {
        return contextLike(eventLoop, AioConfig.defaults());
    }

    /**
     * The context of an event loop, made on first use with the given limits.
     *
     * @throws IllegalStateException where the loop is shutting down, or has a context with other limits
     * @see #context(EventLoop)
     */
    public static AioContext context(EventLoop eventLoop, AioConfig config) {
        EpollAioContext context = contextLike(eventLoop, config);
        if (context.config() != config) {
            throw new IllegalStateException("the event loop has a context with another configuration, "
                    + context.config() + "; configure it before its first use");
        }
        return context;
    }

    /** The context there is, or else one with these limits. */
    static EpollAioContext contextLike(EventLoop eventLoop, AioConfig config) {
        EpollAioContext present = CONTEXTS.get(eventLoop);
        if (present != null && present.state() != AioContext.State.CLOSED) {
            return present;
        }
        ensureAvailability();
        if (!(eventLoop instanceof IoEventLoop loop) || !loop.isCompatible(EpollIoHandle.class)) {
            throw new UnsupportedOperationException(eventLoop.getClass().getName()
                    + " is not an epoll event loop; use MultiThreadIoEventLoopGroup with EpollIoHandler.newFactory()");
        }
        return CONTEXTS.compute(eventLoop, (key, there) -> {
            if (there != null && there.state() != AioContext.State.CLOSED) {
                return there;
            }
            return make(loop, config);
        });
    }

    private static EpollAioContext make(IoEventLoop loop, AioConfig config) {
        if (loop.isShuttingDown()) {
            throw new IllegalStateException("the event loop is shutting down; start operations before that");
        }
        EpollAioContext context = new EpollAioContext(loop, config, Syscalls.NATIVE);
        if (loop.inEventLoop()) {
            context.attach();
        } else {
            try {
                loop.execute(context::attach);
            } catch (RejectedExecutionException loopIsGone) {
                context.loopTerminated();
                throw new IllegalStateException("the event loop is shutting down; start operations before that");
            }
        }
        loop.terminationFuture().addListener(ended -> loopTerminated(loop));
        return context;
    }

    private static void loopTerminated(IoEventLoop loop) {
        EpollAioContext left = CONTEXTS.get(loop);
        if (left != null) {
            left.loopTerminated();
        }
    }

    static void forget(EpollAioContext context) {
        CONTEXTS.remove(context.eventLoop(), context);
    }
}
