package io.nettyaio.handler;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandler;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.util.Map;
import java.util.Set;

/**
 * Whether a {@link io.netty.channel.FileRegion} gets through a pipeline to a socket that sends it by {@code sendfile(2)}.
 * Handlers are told by whether they look at what is written at all, and those that do by name: an unknown one may be about
 * to compress or encrypt what it sees, and would let a region pass as it is.
 */
final class TransferPath {

    /** The channels that call sendfile on the loop's own epoll. By name: this module knows no epoll. */
    private static final String EPOLL_STREAM = "io.netty.channel.epoll.AbstractEpollStreamChannel";

    /** What looks at writes, and lets a region pass, or makes a body's part of it. */
    private static final Set<String> TRANSPARENT = Set.of(
            "io.netty.handler.stream.ChunkedWriteHandler",
            "io.netty.handler.codec.http.HttpObjectEncoder",
            "io.netty.handler.codec.http.HttpServerCodec",
            "io.netty.handler.codec.http.HttpClientCodec",
            "io.netty.handler.codec.http.HttpServerKeepAliveHandler",
            "io.netty.handler.timeout.IdleStateHandler",
            "io.netty.handler.timeout.WriteTimeoutHandler",
            "io.netty.handler.logging.LoggingHandler",
            "io.netty.handler.traffic.AbstractTrafficShapingHandler");

    private static final ClassValue<Boolean> IS_EPOLL_STREAM = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return extendsOneOf(type, Set.of(EPOLL_STREAM));
        }
    };

    private static final ClassValue<Boolean> PASSES = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return !ChannelOutboundHandler.class.isAssignableFrom(type)
                    || AioRegionTransparent.class.isAssignableFrom(type)
                    || !overridesWrite(type)
                    || extendsOneOf(type, TRANSPARENT);
        }
    };

    private TransferPath() {}

    /** Whether regions pass from a context to the socket. */
    static boolean takesRegions(ChannelHandlerContext ctx) {
        Channel channel = ctx.channel();
        if (!IS_EPOLL_STREAM.get(channel.getClass())) {
            return false;
        }
        for (Map.Entry<String, ChannelHandler> each : channel.pipeline()) {
            if (each.getValue() == ctx.handler()) {
                return true;
            }
            if (!passes(each.getValue().getClass())) {
                return false;
            }
        }
        return true;
    }

    static boolean passes(Class<? extends ChannelHandler> handler) {
        return PASSES.get(handler);
    }

    private static boolean extendsOneOf(Class<?> type, Set<String> names) {
        for (Class<?> each = type; each != null; each = each.getSuperclass()) {
            if (names.contains(each.getName())) {
                return true;
            }
        }
        return false;
    }

    private static boolean overridesWrite(Class<?> type) {
        try {
            Class<?> declares = type.getMethod("write", ChannelHandlerContext.class, Object.class, ChannelPromise.class)
                    .getDeclaringClass();
            return declares != ChannelOutboundHandlerAdapter.class && declares != ChannelDuplexHandler.class;
        } catch (NoSuchMethodException unlikely) {
            return true;
        }
    }
}
