package io.nettyaio.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.RejectedExecutionException;

/**
 * Stops accepting when so many connections are open, until one of them has been closed: those beyond wait in the kernel's
 * queue. In the pipeline of the listening channel, and confined to its loop.
 */
public final class ConnectionLimit extends ChannelInboundHandlerAdapter {

    private final int most;
    private int open;

    /**
     * A limit for one listening channel.
     *
     * @param most connections at once
     */
    public ConnectionLimit(int most) {
        this.most = most;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Channel connection) {
            open++;
            if (open >= most) {
                ctx.channel().config().setAutoRead(false);
            }
            connection.closeFuture().addListener(closed -> {
                try {
                    ctx.executor().execute(() -> closed(ctx));
                } catch (RejectedExecutionException loopIsGone) {
                    // And the listening channel with it.
                    assert !ctx.channel().isOpen();
                }
            });
        }
        ctx.fireChannelRead(message);
    }

    private void closed(ChannelHandlerContext ctx) {
        open--;
        if (open < most) {
            ctx.channel().config().setAutoRead(true);
        }
    }
}
