package io.nettyaio.examples.serve;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The first handler of an HTTP/2 connection: closes the output only, and the rest when the peer has closed too, or has had its
 * time. A socket that is closed with something unread, a WINDOW_UPDATE say, is reset, and the peer loses what it has not
 * read yet of the last responses.
 */
final class LingeringClose extends ChannelDuplexHandler {

    private static final long LINGER_MILLIS = 2_000;

    private boolean lingers;

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (lingers || !ctx.channel().isActive() || !(ctx.channel() instanceof DuplexChannel connection)) {
            ChannelFuture unused = ctx.close(promise);
            return;
        }
        lingers = true;
        ChannelFuture half = connection.shutdownOutput();
        connection.config().setAutoRead(true);
        Future<?> timer = ctx.executor().schedule(() -> end(ctx), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        ChannelFuture whole = connection.closeFuture().addListener(closed -> {
            timer.cancel(false);
            promise.trySuccess();
        });
        half.addListener(shut -> {
            if (!shut.isSuccess() && !whole.isDone()) {
                end(ctx);
            }
        });
    }

    private static void end(ChannelHandlerContext ctx) {
        ChannelFuture unused = ctx.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (lingers) {
            ReferenceCountUtil.release(message);
        } else {
            ctx.fireChannelRead(message);
        }
    }
}
