package io.nettyaio.examples.serve;

import io.netty.buffer.ByteBufHolder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.nettyaio.handler.AioRegionTransparent;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sees requests, which come one at a time, and what is written in return. Loop-confined. */
final class AccessLogHandler extends ChannelDuplexHandler implements AioRegionTransparent {

    private final Consumer<AccessLog.Line> log;
    private @Nullable HttpRequest request;
    private Instant begun = Instant.EPOCH;
    private long begunNanos;
    private int status;
    private long bytes;

    /** @param log told of each response when it has ended */
    AccessLogHandler(Consumer<AccessLog.Line> log) {
        this.log = log;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest head) {
            request = head;
            begun = Instant.now();
            begunNanos = System.nanoTime();
            status = 0;
            bytes = 0;
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response
                && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            status = response.status().code();
        }
        if (status != 0) {
            if (message instanceof ByteBufHolder content) {
                bytes += content.content().readableBytes();
            } else if (message instanceof FileRegion region) {
                bytes += region.count();
            }
            if (message instanceof LastHttpContent) {
                end(ctx.channel());
            }
        }
        ChannelFuture unused = ctx.write(message, promise);
    }

    private void end(Channel channel) {
        HttpRequest of = request;
        if (of == null) {
            return;
        }
        request = null;
        // Of an HTTP/2 stream, its connection's.
        SocketAddress client = channel.parent() == null || channel.remoteAddress() != null
                ? channel.remoteAddress()
                : channel.parent().remoteAddress();
        log.accept(new AccessLog.Line(
                client,
                begun,
                of.method() + " " + of.uri() + ' '
                        + (of.headers().contains("x-http2-stream-id") ? "HTTP/2" : of.protocolVersion()),
                status,
                bytes,
                of.headers().get(HttpHeaderNames.REFERER),
                of.headers().get(HttpHeaderNames.USER_AGENT),
                System.nanoTime() - begunNanos));
    }

    /** A response that was cut has its line too. */
    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end(ctx.channel());
        ctx.fireChannelInactive();
    }
}
