package io.nettyaio.examples.serve;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.handler.HttpFileRoot;
import io.nettyaio.handler.RequestPath;
import java.net.URI;
import java.util.ArrayDeque;

/**
 * Lets an upload through when the directory it goes to has been opened below the root, so that no symbolic link leads it
 * out; meanwhile the channel is not read from. Refuses those that a page from elsewhere has made a browser send.
 */
final class UploadGuard extends ChannelInboundHandlerAdapter {

    private static final int EXDEV = 18;

    private final HttpFileRoot root;
    private final ArrayDeque<Object> held = new ArrayDeque<>();
    private boolean looking;
    private boolean dropping;

    UploadGuard(HttpFileRoot root) {
        this.root = root;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (looking) {
            held.add(message);
        } else if (message instanceof HttpRequest request) {
            dropping = false;
            begin(ctx, request);
        } else if (dropping) {
            dropping = !(message instanceof LastHttpContent);
            ReferenceCountUtil.release(message);
        } else {
            ctx.fireChannelRead(message);
        }
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest request) {
        String directory;
        try {
            directory = directory(request);
        } catch (RequestPath.Refused refused) {
            refuse(ctx, request, refused.status());
            return;
        }
        if (isFromElsewhere(request)) {
            refuse(ctx, request, HttpResponseStatus.FORBIDDEN);
            return;
        }
        looking = true;
        held.add(request);
        ctx.channel().config().setAutoRead(false);
        root.open(ctx.channel().eventLoop(), directory, AioOpenOption.READ, AioOpenOption.DIRECTORY)
                .addListener((Future<AioFile> opened) -> looked(ctx, request, opened));
    }

    /** What the file goes into: for a form the directory whose page it is on. */
    static String directory(HttpRequest request) throws RequestPath.Refused {
        RequestPath path = RequestPath.parse(request.uri());
        if (request.method().equals(HttpMethod.POST)) {
            return path.relative();
        }
        int slash = path.relative().lastIndexOf('/');
        return slash < 0 ? "" : path.relative().substring(0, slash);
    }

    /** A browser says where the page is from. Others do not, and need no protection from pages. */
    private static boolean isFromElsewhere(HttpRequest request) {
        String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        if (origin == null) {
            return false;
        }
        String host = request.headers().get(HttpHeaderNames.HOST);
        try {
            return host == null || !host.equalsIgnoreCase(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException malformed) {
            return true;
        }
    }

    private void looked(ChannelHandlerContext ctx, HttpRequest request, Future<AioFile> opened) {
        looking = false;
        if (opened.isSuccess()) {
            Future<Void> unused = opened.getNow().close();
        }
        if (!ctx.channel().isActive()) {
            releaseHeld();
            return;
        }
        if (opened.isSuccess()) {
            for (Object next = held.poll(); next != null; next = held.poll()) {
                ctx.fireChannelRead(next);
            }
        } else {
            held.remove();
            boolean out = opened.cause() instanceof AioException failure && failure.errno() == EXDEV;
            refuse(ctx, request, out ? HttpResponseStatus.FORBIDDEN : HttpResponseStatus.NOT_FOUND);
            for (Object next = held.poll(); next != null; next = held.poll()) {
                channelRead(ctx, next);
            }
        }
        ctx.channel().config().setAutoRead(true);
    }

    private void refuse(ChannelHandlerContext ctx, HttpRequest request, HttpResponseStatus status) {
        dropping = !(request instanceof LastHttpContent);
        ReferenceCountUtil.release(request);
        ChannelFuture unused = ctx.writeAndFlush(UploadPolicy.text(status, status.toString()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        releaseHeld();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        releaseHeld();
    }

    private void releaseHeld() {
        for (Object next = held.poll(); next != null; next = held.poll()) {
            ReferenceCountUtil.release(next);
        }
    }
}
