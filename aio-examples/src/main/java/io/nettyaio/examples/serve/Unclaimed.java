package io.nettyaio.examples.serve;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.ReferenceCountUtil;

/** Answers what no other handler has: a POST that is no form. */
final class Unclaimed extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest) {
            HttpResponseStatus status = HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE;
            ChannelFuture unused = ctx.writeAndFlush(UploadPolicy.text(status, status.toString()));
        }
        if (message instanceof HttpObject) {
            ReferenceCountUtil.release(message);
        } else {
            ctx.fireChannelRead(message);
        }
    }
}
