package io.nettyaio.handler;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.util.ReferenceCountUtil;
import io.nettyaio.AioContext;
import org.jspecify.annotations.Nullable;

/**
 * Answers GET, HEAD and OPTIONS with the files of a directory; RFC 9110. Behind Netty's HTTP/1.1 server codec, with or
 * without TLS, or on the stream of an HTTP/2 connection behind {@code Http2StreamFrameToHttpObjectCodec}.
 *
 * <pre>{@code
 * HttpFileRoot root = new HttpFileRoot(directory, HttpFileConfig.defaults());   // once
 * pipeline.addLast(new HttpServerCodec(), new HttpFileHandler(root));           // for each channel
 * }</pre>
 *
 * <p>What it needs and does not find in the pipeline it puts before itself: an {@link HttpConnectionHandler}, which lets
 * pipelined requests through one at a time (HTTP/1.x only), and a {@link ChunkedWriteHandler}.
 *
 * <table>
 * <caption>What is answered</caption>
 * <tr><td>a regular file</td><td>200, 206 for one range or several, 304, 412, 416</td></tr>
 * <tr><td>a directory, its path without a slash at its end</td><td>301 to the same with a slash</td></tr>
 * <tr><td>a directory with {@link HttpFileConfig#indexFile()}</td><td>that file</td></tr>
 * <tr><td>a directory without</td><td>a {@link HttpDirectoryPage} where there is one, else 404</td></tr>
 * <tr><td>a path that leads out of the root, by {@code ..} or a symbolic link</td><td>403</td></tr>
 * <tr><td>anything else</td><td>404; 400 for what is no path; 405 for other methods, unless they are passed on</td></tr>
 * </table>
 *
 * <p>Files are opened with {@code openat2(2)} and RESOLVE_BENEATH, and judged by the stat of what was opened: no link and
 * no rename, however well timed, leads out of the root.
 *
 * <p>While the loop's context {@linkplain AioContext#isSubmittable() has enough to do}, a request waits, and the
 * channel is not read from; no transfer reads further ahead than it has to.
 *
 * <p><b>Threading.</b> Loop-confined, and not sharable; nothing it does waits for the disk.
 *
 * <p><b>Errors.</b> A disk that fails before the header has been sent is answered with 500 and logged; after that the
 * channel is closed, or the stream reset: a response is never silently short.
 */
public final class HttpFileHandler extends ChannelInboundHandlerAdapter {

    private final HttpFileRoot root;
    private @Nullable HttpFileExchange exchange;
    private boolean passing;
    /** Made when it is first needed: the context is that of the channel's loop, which is not known before. */
    private @Nullable Submittable submittable;
    /** What waits until the context takes more; reads are held for as long. */
    private @Nullable HttpRequest waiting;

    /** A handler for one channel. */
    public HttpFileHandler(HttpFileRoot root) {
        this.root = root;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        boolean stream = ctx.channel().parent() != null && !(ctx.channel().parent() instanceof ServerChannel);
        if (ctx.pipeline().get(ChunkedWriteHandler.class) == null) {
            ctx.pipeline().addBefore(ctx.name(), null, new ChunkedWriteHandler());
        }
        if (!stream && ctx.pipeline().get(HttpConnectionHandler.class) == null) {
            ctx.pipeline()
                    .addBefore(
                            ctx.pipeline().context(ChunkedWriteHandler.class).name(),
                            null,
                            new HttpConnectionHandler());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            passing = root.config().passedMethods().contains(request.method());
            if (!passing) {
                start(ctx, request);
            }
        }
        boolean ours = !passing && (message instanceof HttpRequest || message instanceof HttpContent);
        if (ours) {
            ReferenceCountUtil.release(message); // the body of a request that needs none
        } else {
            ctx.fireChannelRead(message);
            if (message instanceof LastHttpContent) {
                passing = false;
            }
        }
    }

    private void start(ChannelHandlerContext ctx, HttpRequest request) {
        if (mayStart(ctx)) {
            startNow(ctx, request);
        } else {
            waiting = request;
            ReadThrottle.of(ctx.channel()).hold(true);
        }
    }

    private boolean mayStart(ChannelHandlerContext ctx) {
        Submittable mine = submittable;
        if (mine == null) {
            AioContext context;
            try {
                context = root.cache(ctx.channel().eventLoop()).directory().context();
            } catch (IllegalStateException closed) {
                return true; // and is answered so
            }
            mine = new Submittable(context, () -> resume(ctx));
            submittable = mine;
        }
        return mine.isNow();
    }

    /** The context takes more; unless others have just given it enough. */
    private void resume(ChannelHandlerContext ctx) {
        HttpRequest request = waiting;
        if (request != null && mayStart(ctx)) {
            waiting = null;
            startNow(ctx, request);
            ReadThrottle.of(ctx.channel()).hold(false);
        }
    }

    private void startNow(ChannelHandlerContext ctx, HttpRequest request) {
        HttpFileExchange started = new HttpFileExchange(ctx, root, request);
        exchange = started;
        started.start();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        abort(ctx);
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        abort(ctx);
    }

    private void abort(ChannelHandlerContext ctx) {
        if (submittable != null) {
            submittable.stop();
        }
        if (waiting != null) {
            waiting = null;
            ReadThrottle.of(ctx.channel()).hold(false);
        }
        HttpFileExchange last = exchange;
        exchange = null;
        if (last != null) {
            last.abort();
        }
    }

    /** Whether it is answered here. */
    static boolean isRead(HttpMethod method) {
        return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    }
}
