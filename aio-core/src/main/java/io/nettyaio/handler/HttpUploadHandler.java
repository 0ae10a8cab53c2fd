package io.nettyaio.handler;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioContext;
import java.util.ArrayDeque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes files of uploads, plain PUTs and forms ({@code multipart/form-data}), as they arrive: in place of Netty's
 * HttpPostRequestDecoder over disk data, which writes and syncs on the loop. Needs netty-codec-http, which is an optional
 * dependency; stands behind an HttpServerCodec, or HTTP/2's object codec in a stream's pipeline. What is no upload passes.
 *
 * <p>Memory is bounded by {@link AioSinkOptions} and {@link HttpUploadLimits}; a disk slower than the client, or a context
 * that has {@linkplain AioContext#isSubmittable() enough to do}, stops the channel's reads. {@code Expect: 100-continue} is answered once the header has been looked at. A request that follows
 * while files get their names waits for the response.
 *
 * <p>An upload that fails, or whose client vanishes, leaves nothing. The files of a form get their names when all of it has
 * arrived; where one of these last steps fails, files that already have theirs stay.
 *
 * <p><b>Threading.</b> One for each channel, on its loop, which must be the context's.
 */
public final class HttpUploadHandler extends ChannelInboundHandlerAdapter {

    /** So much of a refused body is read and dropped to keep the connection, as {@link HttpConnectionHandler} does. */
    private static final int SKIP_BYTES = HttpConnectionHandler.DEFAULT_SKIP_BYTES;
    /** For so long more of it is read and dropped: a close at once could take the response with it. */
    private static final long LINGER_MILLIS = 2_000;

    private final AioContext context;
    private final HttpUploadPolicy policy;
    private final HttpUploadLimits limits;
    private final AioSinkOptions options;
    private final ArrayDeque<Object> held = new ArrayDeque<>();

    private @Nullable ReadThrottle throttle;
    private @Nullable UploadExchange exchange;
    /** Whether the request has been read to its end. */
    private boolean requestEnded;

    private boolean responded;
    /** What the response says of the connection. */
    private @Nullable HttpExchange connection;
    /** The request has been refused, and what is left of its body is of no use. */
    private boolean dropping;

    /** The body was no HTTP: what follows it cannot be told. */
    private boolean broken;
    /** The response was the connection's last. */
    private boolean ending;

    private boolean replaying;

    /**
     * A handler for one channel.
     *
     * @param context of the channel's event loop
     * @param options how files are written
     */
    public HttpUploadHandler(
            AioContext context, HttpUploadPolicy policy, HttpUploadLimits limits, AioSinkOptions options) {
        this.context = context;
        this.policy = policy;
        this.limits = limits;
        this.options = options;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isRegistered() && ctx.channel().eventLoop() != context.eventLoop()) {
            throw new IllegalStateException("the AioContext belongs to another event loop than the channel;"
                    + " use that of channel.eventLoop()");
        }
        throttle = ReadThrottle.of(ctx.channel());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (dropping && !(message instanceof HttpRequest)) {
            drop(ctx, message);
        } else if (ending) {
            ReferenceCountUtil.release(message);
        } else if (exchange == null) {
            dropping = false;
            if (message instanceof HttpRequest request
                    && request.decoderResult().isSuccess()
                    && UploadExchange.isUpload(request)
                    && begin(ctx, request)) {
                body(request);
            } else {
                ctx.fireChannelRead(message);
            }
        } else if (requestEnded || !(message instanceof HttpContent)) {
            held.add(message); // the next request: reads are stopped, so there is not much of it
        } else {
            body(message);
        }
    }

    private ReadThrottle throttle() {
        ReadThrottle mine = throttle;
        if (mine == null) {
            throw new IllegalStateException("not in a pipeline");
        }
        return mine;
    }

    /** Begins, or refuses it at once; false where it is none of this handler's. */
    private boolean begin(ChannelHandlerContext ctx, HttpRequest request) {
        try {
            if (!policy.accepts(request)) {
                return false;
            }
            begin(ctx, request, null);
        } catch (HttpUploadException refusal) {
            begin(ctx, request, refusal);
        }
        return true;
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest request, @Nullable HttpUploadException refusal) {
        requestEnded = false;
        responded = false;
        broken = false;
        HttpExchange answered = new HttpExchange(request);
        connection = answered;
        UploadExchange begun = new UploadExchange(
                context, policy, limits, options, throttle(), request, upload -> respond(ctx, answered, upload));
        exchange = begun;
        if (request instanceof LastHttpContent) {
            requestEnded();
        }
        try {
            if (refusal != null) {
                throw refusal;
            }
            // RFC 9110, section 10.1.1: before HTTP/1.1 there is none, whatever is said.
            if (request.headers().contains(HttpHeaderNames.EXPECT)
                    && !HttpUtil.is100ContinueExpected(request)
                    && request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0) {
                throw new HttpUploadException(HttpResponseStatus.EXPECTATION_FAILED, "only 100-continue is known");
            }
            begun.begin();
            if (HttpUtil.is100ContinueExpected(request)) {
                continueWhenOpened(ctx, begun, answered);
            }
        } catch (HttpUploadException | RuntimeException refused) {
            begun.fail(refused);
        }
    }

    /** Not before there is a place for it: a client that asks first need not send what is refused. */
    private void continueWhenOpened(ChannelHandlerContext ctx, UploadExchange begun, HttpExchange answered) {
        Future<Void> opened = begun.opened();
        if (opened == null) {
            goOn(ctx, answered);
            return;
        }
        opened.addListener(done -> {
            if (done.isSuccess() && exchange == begun && !requestEnded && !begun.hasFailed()) {
                goOn(ctx, answered);
            }
        });
    }

    private static void goOn(ChannelHandlerContext ctx, HttpExchange answered) {
        answered.interimSent();
        ChannelFuture unused = ctx.writeAndFlush(
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }

    /** Some of the current request, or a full request itself. */
    private void body(Object message) {
        try {
            UploadExchange mine = exchange;
            if (!(message instanceof HttpContent content) || mine == null) {
                return;
            }
            if (connection != null) {
                connection.received(content.content().readableBytes());
            }
            boolean last = content instanceof LastHttpContent;
            if (last) {
                requestEnded(); // first: what fails with it is not to take what comes behind it for its own
            }
            try {
                if (!((HttpObject) content).decoderResult().isSuccess()) {
                    broken = true;
                    throw HttpUploadException.badRequest("the body is not well-formed HTTP");
                }
                mine.body(content.content());
                if (last) {
                    mine.end();
                }
            } catch (HttpUploadException | RuntimeException refused) {
                mine.fail(refused);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    /** No more is read until the response is there. */
    private void requestEnded() {
        if (!requestEnded) {
            requestEnded = true;
            throttle().hold(true);
        }
    }

    private void respond(ChannelHandlerContext ctx, HttpExchange answered, HttpUpload upload) {
        if (responded || !ctx.channel().isActive() || ctx.isRemoved()) {
            return;
        }
        responded = true;
        FullHttpResponse response = policy.respond(upload);
        HttpUtil.setContentLength(response, response.content().readableBytes());
        // Of a body whose length is not known only a connection handler knows what to do when it turns out to be long.
        boolean unknown = HttpUtil.isTransferEncodingChunked(upload.request()) && !hasConnectionHandler(ctx);
        if (broken || (unknown && !requestEnded)) {
            answered.endConnection();
        }
        answered.prepare(response, !requestEnded, SKIP_BYTES);
        boolean keep = !answered.endsConnection();
        ChannelFuture written = ctx.writeAndFlush(response);
        if (requestEnded) {
            throttle().hold(false);
        }
        exchange = null;
        ending = !keep;
        dropping = !requestEnded;
        if (keep && requestEnded) {
            replay(ctx);
        } else if (requestEnded && !broken) {
            written.addListener(ChannelFutureListener.CLOSE);
        } else if (!keep) {
            linger(ctx);
        }
    }

    private void linger(ChannelHandlerContext ctx) {
        releaseHeld();
        if (!hasConnectionHandler(ctx)) { // which would see to it
            Future<?> unused = ctx.executor().schedule(() -> close(ctx), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private static boolean hasConnectionHandler(ChannelHandlerContext ctx) {
        return ctx.pipeline().get(HttpConnectionHandler.class) != null;
    }

    private void drop(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        if (message instanceof LastHttpContent last) {
            dropping = false;
            if (ending || !last.decoderResult().isSuccess()) {
                close(ctx);
            }
        }
    }

    private static void close(ChannelHandlerContext ctx) {
        ChannelFuture unused = ctx.close();
    }

    private void replay(ChannelHandlerContext ctx) {
        if (replaying) {
            return;
        }
        replaying = true;
        try {
            while (!held.isEmpty() && !(exchange != null && requestEnded)) {
                channelRead(ctx, held.remove());
            }
        } finally {
            replaying = false;
        }
        if (exchange == null) {
            ctx.fireChannelReadComplete();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        giveUp();
        super.channelInactive(ctx);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        giveUp();
    }

    private void giveUp() {
        UploadExchange mine = exchange;
        exchange = null;
        if (mine != null) {
            responded = true;
            mine.fail(new CancellationException("the connection was closed before the upload was complete"));
        }
        releaseHeld();
    }

    private void releaseHeld() {
        Object message;
        while ((message = held.poll()) != null) {
            ReferenceCountUtil.release(message);
        }
    }
}
