package io.nettyaio.examples.serve;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioFile;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers the requests of a connection, one after the other, in the order they came, and ends the connection.
 *
 * <p>Requests that come while one is answered wait. When {@link ServerConfig#queuedRequests()} wait, the channel is not
 * read from until half of them are gone; those decoded from what had been read by then still join the queue.
 *
 * <p>After its last response a connection is shut down for output and read from, for a moment, until the client has
 * closed its side: closing it while the client is still sending would make the kernel send a reset, which can overtake
 * the response (RFC 9112, section 9.6).
 */
final class RequestHandler extends ChannelInboundHandlerAdapter {

    /** The user event that asks a connection to end with the response that is in flight. */
    static final Object DRAIN = new Object() {
        @Override
        public String toString() {
            return "DRAIN";
        }
    };

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(RequestHandler.class);
    private static final long LINGER_MILLIS = 2000;

    private final AioFile root;
    private final ServerConfig config;
    private final ArrayDeque<Request> queue = new ArrayDeque<>();

    private @Nullable Exchange exchange;
    private boolean advancing;
    private boolean inputEnded;
    private boolean draining;
    private boolean ending;
    private @Nullable Future<?> lingering;

    /**
     * A handler for one connection.
     *
     * @param root the served directory, on the channel's loop
     */
    RequestHandler(AioFile root, ServerConfig config) {
        this.root = root;
        this.config = config;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Request request && !draining && !ending) {
            queue.add(request);
            advance(ctx);
            if (queue.size() >= config.queuedRequests()) {
                ctx.channel().config().setAutoRead(false);
            }
        }
    }

    /** Starts exchanges until one takes its time. A loop, since an exchange may end before its start returns. */
    private void advance(ChannelHandlerContext ctx) {
        if (advancing) {
            return;
        }
        advancing = true;
        try {
            while (exchange == null && !ending) {
                Request next = queue.poll();
                if (next == null) {
                    break;
                }
                Exchange started = new Exchange(ctx, root, config, next, sent -> exchangeEnded(ctx, next, sent));
                exchange = started;
                started.start();
            }
        } finally {
            advancing = false;
        }
        if (exchange == null && !ending && (draining || inputEnded)) {
            close(ctx);
        } else if (queue.size() <= config.queuedRequests() / 2) {
            ctx.channel().config().setAutoRead(true);
        }
    }

    private void exchangeEnded(ChannelHandlerContext ctx, Request request, boolean sent) {
        exchange = null;
        if (!sent) {
            close(ctx);
        } else if (request.keepAlive()) {
            advance(ctx);
        } else {
            linger(ctx);
        }
    }

    private void linger(ChannelHandlerContext ctx) {
        if (inputEnded || draining || !(ctx.channel() instanceof DuplexChannel channel)) {
            close(ctx);
            return;
        }
        ending = true;
        queue.clear();
        ChannelFuture unused = channel.shutdownOutput();
        channel.config().setAutoRead(true);
        lingering = ctx.executor().schedule(() -> close(ctx), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void close(ChannelHandlerContext ctx) {
        ending = true;
        queue.clear();
        ChannelFuture unused = ctx.close(); // its failure would change nothing here
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            // The client has said all it has to say; it may still listen.
            inputEnded = true;
            endIfIdle(ctx);
        } else if (event == DRAIN) {
            draining = true;
            queue.clear();
            endIfIdle(ctx);
        } else if (event instanceof IdleStateEvent) {
            LOGGER.debug("{}: idle, closed", ctx.channel());
            close(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    private void endIfIdle(ChannelHandlerContext ctx) {
        if (exchange == null) {
            close(ctx);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        Exchange current = exchange;
        if (current != null) {
            current.resume();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ending = true;
        queue.clear();
        Exchange current = exchange;
        exchange = null;
        if (current != null) {
            current.abort();
        }
        Future<?> timer = lingering;
        if (timer != null) {
            timer.cancel(false);
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException) {
            // The client's doing: no reason to fill the log.
            LOGGER.debug("{}: connection lost", ctx.channel(), cause);
        } else {
            LOGGER.warn("{}: closed after an unexpected failure", ctx.channel(), cause);
        }
        close(ctx);
    }
}
