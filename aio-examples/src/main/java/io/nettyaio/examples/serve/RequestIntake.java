package io.nettyaio.examples.serve;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Turns what the HTTP codec decodes into whole {@link Request}s. A request is passed on when its body has been skipped.
 * One that cannot be decoded, or whose body is too long to skip, is passed on at once: refused, and the connection's
 * last.
 *
 * <p>After the last request of a connection everything is dropped, unread and unanswered.
 */
final class RequestIntake extends ChannelInboundHandlerAdapter {

    private final int maxBodyBytes;

    /** The request whose body is being skipped. */
    private @Nullable Request partial;

    private long bodyBytes;
    private boolean ended;

    RequestIntake(int maxBodyBytes) {
        this.maxBodyBytes = maxBodyBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (!ended && message instanceof HttpObject part) {
                take(ctx, part);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void take(ChannelHandlerContext ctx, HttpObject part) {
        if (part instanceof HttpRequest request) {
            partial = Request.of(request);
            bodyBytes = 0;
        }
        Request request = partial;
        if (request == null) {
            return;
        }
        if (part.decoderResult().isFailure()) {
            // Whatever else is wrong with it may be so because it was not decoded to its end.
            passOn(ctx, request.refusedAsLast(statusOf(part.decoderResult().cause())));
        } else if (part instanceof HttpRequest head && HttpUtil.getContentLength(head, 0L) > maxBodyBytes) {
            passOn(ctx, request.endedBy(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE));
        } else if (part instanceof HttpRequest head && awaitsContinue(head)) {
            passOn(ctx, request.endedBy(HttpResponseStatus.EXPECTATION_FAILED));
        } else if (part instanceof HttpContent content) {
            bodyBytes += content.content().readableBytes();
            if (bodyBytes > maxBodyBytes) {
                passOn(ctx, request.endedBy(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE));
            } else if (part instanceof LastHttpContent) {
                passOn(ctx, request);
            }
        }
    }

    /** Whether the client sends a body, but not before it is told to: nobody is going to tell it. */
    private static boolean awaitsContinue(HttpRequest request) {
        return HttpUtil.is100ContinueExpected(request)
                && (HttpUtil.isTransferEncodingChunked(request) || HttpUtil.getContentLength(request, 0L) > 0);
    }

    private void passOn(ChannelHandlerContext ctx, Request request) {
        partial = null;
        ended = !request.keepAlive();
        ctx.fireChannelRead(request);
    }

    private static HttpResponseStatus statusOf(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
        }
        return HttpResponseStatus.BAD_REQUEST;
    }
}
