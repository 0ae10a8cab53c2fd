package io.nettyaio.examples.serve;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

/** How connections of HTTP/2, and their streams, end. */
final class Http2Connections {

    /** The user event that asks a connection to take no more streams and to end with the last of them. */
    static final Object DRAIN = new Object() {
        @Override
        public String toString() {
            return "DRAIN";
        }
    };

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Http2Connections.class);

    private Http2Connections() {}

    /** The last handler of a connection. */
    static final class Ending extends ChannelInboundHandlerAdapter {

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof IdleStateEvent || event == DRAIN) {
                // The frame codec turns it into a GOAWAY, and closes when the streams have ended.
                ChannelFuture unused = ctx.close();
            } else {
                ReferenceCountUtil.release(event);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message); // frames that concern no stream, as SETTINGS
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOGGER.debug("{}: connection lost", ctx.channel(), cause);
            ChannelFuture unused = ctx.close();
        }
    }

    /**
     * In front of the handlers of a stream: ends it when it is idle, and when its response is complete and its request is
     * not (RFC 9113, section 8.1): what is still to come of that would go nowhere.
     */
    static final class StreamEnding extends ChannelDuplexHandler {

        private boolean requestEnded;
        private boolean responseBegun;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
                ReferenceCountUtil.release(message);
                ChannelFuture unused = ctx.close();
                return;
            }
            if (message instanceof LastHttpContent) {
                requestEnded = true;
            }
            ctx.fireChannelRead(message);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            if (message instanceof HttpResponse response) {
                responseBegun = response.status().codeClass() != HttpStatusClass.INFORMATIONAL;
            }
            if (message instanceof HttpContent && message instanceof LastHttpContent && responseBegun) {
                promise = promise.unvoid().addListener(written -> {
                    if (written.isSuccess() && !requestEnded) {
                        ChannelFuture unused = ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
                    }
                });
            }
            ChannelFuture unused = ctx.write(message, promise);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof IdleStateEvent) {
                ChannelFuture unused = ctx.close();
            } else {
                ctx.fireUserEventTriggered(event);
            }
        }
    }

    /** The last handler of a stream. */
    static final class StreamTail extends ChannelInboundHandlerAdapter {

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            ReferenceCountUtil.release(event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOGGER.debug("{}: stream lost", ctx.channel(), cause);
            ChannelFuture unused = ctx.close();
        }
    }
}
