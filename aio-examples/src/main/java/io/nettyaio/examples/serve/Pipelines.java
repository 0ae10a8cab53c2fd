package io.nettyaio.examples.serve;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ServerUpgradeCodec;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.AsciiString;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.handler.AioSinkOptions;
import io.nettyaio.handler.HttpConnectionHandler;
import io.nettyaio.handler.HttpFileHandler;
import io.nettyaio.handler.HttpFileRoot;
import io.nettyaio.handler.HttpUploadHandler;
import io.nettyaio.handler.HttpUploadLimits;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The handlers of a connection: HTTP/1.1 and HTTP/2, in plain text (from its first bytes, or by upgrade) and by TLS (by
 * ALPN). What answers requests is the same for all of them.
 */
final class Pipelines {

    /**
     * What is read at once is decoded at once: this bounds how many requests can join those of a connection that wait
     * already.
     */
    static final int MAX_RECEIVE_BYTES = 16 * 1024;

    private static final int SHORTEST_REQUEST_BYTES = "GET / HTTP/1.0\r\n\r\n".length();
    /** More than can wait: a few, and two reads decoded to their end. Reaching it would end the connection. */
    private static final int MAX_PIPELINED = 64 + 2 * (MAX_RECEIVE_BYTES / SHORTEST_REQUEST_BYTES + 1);

    private static final int STREAM_WINDOW_BYTES = 256 * 1024;

    private final ServerConfig config;
    private final HttpFileRoot root;
    private final @Nullable SslContext tls;
    private final @Nullable Consumer<AccessLog.Line> log;

    /**
     * Handlers of a server's connections.
     *
     * @param log told of each response when it has ended
     */
    Pipelines(
            ServerConfig config, HttpFileRoot root, @Nullable SslContext tls, @Nullable Consumer<AccessLog.Line> log) {
        this.config = config;
        this.root = root;
        this.tls = tls;
        this.log = log;
    }

    /** A connection has been accepted. */
    void accepted(Channel connection) {
        ChannelPipeline pipeline = connection.pipeline();
        if (tls == null) {
            pipeline.addLast(idle(true), new ProtocolDetector(this));
        } else {
            pipeline.addLast(tls.newHandler(connection.alloc()), idle(true), new Negotiated());
        }
    }

    /**
     * Observes the output: a slow client that takes part of a chunk now and then is not idle.
     *
     * @param socket whether the channel is a socket, whose output can be observed
     */
    private IdleStateHandler idle(boolean socket) {
        return new IdleStateHandler(socket, 0, 0, config.idle().toMillis(), TimeUnit.MILLISECONDS);
    }

    private final class Negotiated extends ApplicationProtocolNegotiationHandler {

        Negotiated() {
            super(ApplicationProtocolNames.HTTP_1_1);
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
            if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                http2(ctx.pipeline());
            } else {
                http1(ctx.pipeline(), false);
            }
        }

        @Override
        protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
            ChannelFuture unused = ctx.close(); // the client's doing: no reason to fill the log
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ChannelFuture unused = ctx.close();
        }
    }

    // ---- HTTP/1.1 ------------------------------------------------------------------------------------------------

    /** @param upgradable whether the first request may ask for HTTP/2 */
    void http1(ChannelPipeline pipeline, boolean upgradable) {
        HttpServerCodec codec = new HttpServerCodec(
                new HttpDecoderConfig()
                        .setMaxInitialLineLength(config.headerBytes() / 2)
                        .setMaxHeaderSize(config.headerBytes())
                        .setMaxChunkSize(MAX_RECEIVE_BYTES),
                MAX_PIPELINED);
        pipeline.addLast(codec);
        if (upgradable) {
            HttpServerUpgradeHandler upgrade =
                    new HttpServerUpgradeHandler(
                            codec,
                            protocol -> AsciiString.contentEquals(Http2CodecUtil.HTTP_UPGRADE_PROTOCOL_NAME, protocol)
                                    ? new Upgrade(frameCodec())
                                    : null) {
                        @Override
                        protected boolean shouldHandleUpgradeRequest(HttpRequest request) {
                            // A body would have to be held in memory first. Asking for an upgrade can be ignored.
                            return !HttpUtil.isTransferEncodingChunked(request)
                                    && HttpUtil.getContentLength(request, 0L) == 0;
                        }
                    };
            pipeline.addLast(upgrade, new FirstRequest(upgrade));
        }
        pipeline.addLast(new HttpConnectionHandler(config.idle(), HttpConnectionHandler.DEFAULT_SKIP_BYTES));
        addExchanges(pipeline);
    }

    /** Only the first request of a connection may upgrade it: later ones may have responses outstanding before them. */
    private static final class FirstRequest extends ChannelInboundHandlerAdapter {

        private final HttpServerUpgradeHandler upgrade;

        FirstRequest(HttpServerUpgradeHandler upgrade) {
            this.upgrade = upgrade;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message);
            if (message instanceof HttpRequest) {
                ctx.pipeline().remove(upgrade);
                ctx.pipeline().remove(this);
            }
        }
    }

    private final class Upgrade extends Http2ServerUpgradeCodec {

        Upgrade(Http2FrameCodec codec) {
            super(codec, multiplexer());
        }

        @Override
        public void upgradeTo(ChannelHandlerContext ctx, FullHttpRequest request) {
            ChannelPipeline pipeline = ctx.pipeline();
            super.upgradeTo(ctx, request);
            // What was for HTTP/1.1 stands behind.
            ChannelHandler last = pipeline.last();
            while (last != null && !(last instanceof Http2MultiplexHandler)) {
                pipeline.remove(last);
                last = pipeline.last();
            }
            pipeline.addFirst(new LingeringClose());
            pipeline.addLast(new Http2Connections.Ending());
        }
    }

    // ---- HTTP/2 --------------------------------------------------------------------------------------------------

    void http2(ChannelPipeline pipeline) {
        pipeline.addFirst(new LingeringClose());
        pipeline.addLast(frameCodec(), multiplexer(), new Http2Connections.Ending());
    }

    private Http2FrameCodec frameCodec() {
        return Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(config.streams())
                        .maxHeaderListSize(config.headerBytes())
                        .initialWindowSize(STREAM_WINDOW_BYTES))
                .gracefulShutdownTimeoutMillis(config.grace().toMillis())
                .build();
    }

    private Http2MultiplexHandler multiplexer() {
        ChannelHandler stream = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(
                                new Http2StreamFrameToHttpObjectCodec(true),
                                idle(false),
                                new Http2Connections.StreamEnding());
                addExchanges(channel.pipeline());
                channel.pipeline().addLast(new Http2Connections.StreamTail());
            }
        };
        return new Http2MultiplexHandler(stream, stream);
    }

    // ---- requests ------------------------------------------------------------------------------------------------

    private void addExchanges(ChannelPipeline pipeline) {
        if (log != null) {
            pipeline.addLast(new AccessLogHandler(log));
        }
        pipeline.addLast(new ChunkedWriteHandler(), new HttpFileHandler(root));
        if (config.upload()) {
            pipeline.addLast(
                    new HttpUploadHandler(
                            EpollAio.context(pipeline.channel().eventLoop()),
                            new UploadPolicy(pipeline.channel().eventLoop(), root),
                            HttpUploadLimits.DEFAULT.withBodyBytes(config.bodyBytes()),
                            AioSinkOptions.DEFAULT),
                    new Unclaimed());
        }
    }
}
