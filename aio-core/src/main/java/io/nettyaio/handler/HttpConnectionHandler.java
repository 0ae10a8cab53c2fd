package io.nettyaio.handler;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.x connection, seen from the server: lets one request at a time through to the handlers behind it, in order,
 * and ends the connection when and as it should be. It stands right behind the codec; an HTTP/2 stream does not need it.
 *
 * <p>Requests that come while one is answered wait, and so do those that come while the client does not take its
 * responses. When some wait, the channel is not read from. What is wrong with a request whatever it asks for (it cannot be
 * decoded, it names no host) is answered here.
 *
 * <p>What a response says of the connection is set here: {@code Connection: close} where it is the last one, because the
 * client or a handler behind said so, the body has no length, or more of the request's body is still to come than is
 * worth skipping. After it the connection is shut down for output and read from, for a moment, until the client has
 * closed its side: closing it while the client still sends would make the kernel send a reset, which can overtake the
 * response (RFC 9112, section 9.6).
 *
 * <p><b>Threading.</b> Loop-confined; {@link #drain} from any thread.
 */
public final class HttpConnectionHandler extends ChannelDuplexHandler implements AioRegionTransparent {

    /** How long a client may take for the header of a request, unless it is said otherwise. */
    public static final Duration DEFAULT_HEADER_TIMEOUT = Duration.ofSeconds(60);

    /** How much of a request's body is skipped, unless it is said otherwise. */
    public static final int DEFAULT_SKIP_BYTES = 64 * 1024;

    private static final Object DRAIN = new Object() {
        @Override
        public String toString() {
            return "DRAIN";
        }
    };

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(HttpConnectionHandler.class);
    private static final int MAX_HELD = 16;
    private static final long LINGER_MILLIS = 2000;

    private final long headerTimeoutNanos;
    private final int skipBytes;
    private final ArrayDeque<HttpObject> held = new ArrayDeque<>();

    /** The exchange that goes on, or the last one. */
    private @Nullable HttpExchange exchange;
    /** The last content of its request has not come yet. */
    private boolean requestOpen;
    /** The last content of its response has not been written yet. */
    private boolean responseOpen;

    private boolean advancing;
    private boolean readWanted;
    private boolean inputEnded;
    private boolean draining;
    private boolean ending;
    private long waitingSinceNanos;
    private @Nullable Future<?> timer;

    /** With the defaults. */
    public HttpConnectionHandler() {
        this(DEFAULT_HEADER_TIMEOUT, DEFAULT_SKIP_BYTES);
    }

    /**
     * A handler for one connection.
     *
     * @param headerTimeout how long the header of the next request may take, from the end of the one before: for idle
     *                      connections as for those whose header comes a byte at a time
     * @param skipBytes     how much of a request's body is skipped, when it has been answered before its end, to keep the
     *                      connection
     */
    public HttpConnectionHandler(Duration headerTimeout, int skipBytes) {
        if (headerTimeout.isNegative() || headerTimeout.isZero()) {
            throw new IllegalArgumentException("headerTimeout=" + headerTimeout + ": must be more than 0");
        }
        if (skipBytes < 0) {
            throw new IllegalArgumentException("skipBytes=" + skipBytes + ": must not be negative");
        }
        headerTimeoutNanos = headerTimeout.toNanos();
        this.skipBytes = skipBytes;
    }

    /** Asks a connection to end with the response that is in flight, or at once where there is none. */
    public static void drain(Channel connection) {
        connection.pipeline().fireUserEventTriggered(DRAIN);
    }

    // ---- requests ------------------------------------------------------------------------------------------------

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof HttpObject part)) {
            ctx.fireChannelRead(message);
        } else if (ending) {
            ReferenceCountUtil.release(part);
        } else if (held.isEmpty() && mayPass(ctx)) {
            pass(ctx, part);
        } else {
            held.add(part);
        }
    }

    /** Whether what comes next may: more of the request that is being answered, or the next one in its turn. */
    private boolean mayPass(ChannelHandlerContext ctx) {
        return requestOpen || (!responseOpen && ctx.channel().isWritable());
    }

    private void pass(ChannelHandlerContext ctx, HttpObject part) {
        if (part instanceof HttpRequest request) {
            HttpExchange started = new HttpExchange(request);
            exchange = started;
            requestOpen = true;
            responseOpen = true;
            HttpResponseStatus refusal = started.refusal();
            if (refusal != null) {
                requestOpen = false;
                ReferenceCountUtil.release(part);
                started.endConnection();
                write(ctx, HttpStatusResponses.of(refusal), ctx.newPromise());
                ctx.flush();
                return;
            }
        }
        if (part instanceof HttpContent content) {
            passContent(ctx, content);
        } else {
            ctx.fireChannelRead(part);
        }
    }

    private void passContent(ChannelHandlerContext ctx, HttpContent content) {
        HttpExchange current = exchange;
        if (current == null || !requestOpen) {
            content.release(); // of a request that was refused
            return;
        }
        if (content.decoderResult().isFailure()) {
            // A chunk that is none: where the next request begins cannot be told.
            content.release();
            requestOpen = false;
            if (responseOpen && !current.headSent()) {
                current.endConnection();
                write(ctx, HttpStatusResponses.of(HttpResponseStatus.BAD_REQUEST), ctx.newPromise());
                ctx.flush();
            } else {
                close(ctx);
            }
            return;
        }
        boolean last = content instanceof LastHttpContent;
        current.received(content.content().readableBytes());
        if (last) {
            requestOpen = false;
        }
        if (responseOpen) {
            ctx.fireChannelRead(content);
        } else {
            content.release();
            if (current.bytesReceived() - current.bytesReceivedAtResponse() > skipBytes) {
                linger(ctx);
            } else if (last) {
                exchangeEnded(ctx);
            }
        }
    }

    private void advance(ChannelHandlerContext ctx) {
        if (advancing) {
            return;
        }
        advancing = true;
        boolean passed = false;
        try {
            while (!ending && mayPass(ctx)) {
                HttpObject next = held.poll();
                if (next == null) {
                    break;
                }
                passed = true;
                pass(ctx, next);
            }
        } finally {
            advancing = false;
        }
        if (passed) {
            ctx.fireChannelReadComplete();
        }
        if (ending) {
            return;
        }
        if (inputEnded && held.isEmpty() && !responseOpen) {
            close(ctx);
        } else if (readWanted && held.size() < MAX_HELD) {
            readWanted = false;
            ctx.read();
        }
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        if (held.size() < MAX_HELD) {
            ctx.read();
        } else {
            readWanted = true;
        }
    }

    // ---- responses -----------------------------------------------------------------------------------------------

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        HttpExchange current = exchange;
        if (current == null || !responseOpen) {
            ChannelFuture unused = ctx.write(message, promise);
            return;
        }
        if (message instanceof HttpResponse response) {
            if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL
                    && !response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
                current.interimSent();
            } else {
                if (draining) {
                    current.endConnection();
                }
                current.prepare(response, requestOpen, skipBytes);
            }
        }
        if (!(message instanceof LastHttpContent) || !current.headSent()) {
            ChannelFuture unused = ctx.write(message, promise);
            return;
        }
        responseOpen = false;
        current.responseEnded();
        if (current.endsConnection()) {
            ending = true;
            ChannelFuture unused = ctx.write(message, promise.unvoid().addListener(written -> {
                if (written.isSuccess()) {
                    linger(ctx);
                } else {
                    close(ctx);
                }
            }));
            return;
        }
        ChannelFuture unused = ctx.write(message, promise);
        if (!requestOpen) {
            exchangeEnded(ctx);
        }
    }

    private void exchangeEnded(ChannelHandlerContext ctx) {
        exchange = null;
        waitingSinceNanos = nanos(ctx);
        if (draining) {
            closeWhenWritten(ctx);
        } else if (!advancing) {
            // Not from within the write: the handler that made it is not done with its request.
            if (!held.isEmpty() || inputEnded || readWanted) {
                ctx.executor().execute(() -> advance(ctx));
            }
        }
    }

    private void closeWhenWritten(ChannelHandlerContext ctx) {
        ending = true;
        releaseHeld();
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> close(ctx));
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        advance(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    // ---- end -----------------------------------------------------------------------------------------------------

    private void linger(ChannelHandlerContext ctx) {
        ending = true;
        releaseHeld();
        if (inputEnded
                || draining
                || ctx.pipeline().get(SslHandler.class) != null
                || !(ctx.channel() instanceof DuplexChannel channel)) {
            close(ctx);
            return;
        }
        ChannelFuture unused = channel.shutdownOutput();
        ctx.read();
        cancelTimer();
        timer = ctx.executor().schedule(() -> close(ctx), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void close(ChannelHandlerContext ctx) {
        ending = true;
        releaseHeld();
        ChannelFuture unused = ctx.close(); // its failure would change nothing here
    }

    private void releaseHeld() {
        for (HttpObject part = held.poll(); part != null; part = held.poll()) {
            ReferenceCountUtil.release(part);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            // The client has said all it has to say; it may still listen.
            inputEnded = true;
            if (ending || requestOpen || (!responseOpen && held.isEmpty())) {
                close(ctx);
            }
        } else if (event == DRAIN) {
            draining = true;
            releaseHeld();
            if (!responseOpen && !ending) {
                close(ctx);
            }
        } else if (event instanceof IdleStateEvent) {
            LOGGER.debug("{}: idle, closed", ctx.channel());
            close(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
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

    // ---- time ----------------------------------------------------------------------------------------------------

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            startTimer(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        startTimer(ctx);
        ctx.fireChannelActive();
    }

    private void startTimer(ChannelHandlerContext ctx) {
        if (timer == null) {
            waitingSinceNanos = nanos(ctx);
            timer = ctx.executor().schedule(() -> timeUp(ctx), headerTimeoutNanos, TimeUnit.NANOSECONDS);
        }
    }

    /** One timer for the connection's life, set anew when it has run: setting one for each request would cost more. */
    private void timeUp(ChannelHandlerContext ctx) {
        if (ending) {
            return;
        }
        long left = headerTimeoutNanos;
        if (!requestOpen && !responseOpen && held.isEmpty()) {
            left -= nanos(ctx) - waitingSinceNanos;
            if (left <= 0) {
                LOGGER.debug("{}: no request for {} ns, closed", ctx.channel(), headerTimeoutNanos);
                close(ctx);
                return;
            }
        }
        timer = ctx.executor().schedule(() -> timeUp(ctx), left, TimeUnit.NANOSECONDS);
    }

    /** By the clock that the timer goes by. */
    private static long nanos(ChannelHandlerContext ctx) {
        return ctx.executor().ticker().nanoTime();
    }

    private void cancelTimer() {
        Future<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        gone();
    }

    private void gone() {
        ending = true;
        releaseHeld();
        cancelTimer();
    }
}
