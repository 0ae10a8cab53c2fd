package io.nettyaio.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/** A Netty server on one loop: the codec, responses out of memory, and a way to send files. */
final class NettySide implements HttpServerSide {

    private static final byte[] SMALL = "a small response out of memory\n".getBytes(StandardCharsets.US_ASCII);

    private final String name;
    private final Loop loop;
    private final Channel server;
    private final AutoCloseable resources;

    /**
     * Starts it.
     *
     * @param files     adds the handlers that send files to a pipeline
     * @param resources closed with it, before its loop
     */
    NettySide(String name, Loop loop, BiConsumer<Loop, ChannelPipeline> files, AutoCloseable resources)
            throws InterruptedException {
        this.name = name;
        this.loop = loop;
        this.resources = resources;
        server = new ServerBootstrap()
                .group(loop.group())
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new Memory());
                        files.accept(loop, channel.pipeline());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
    }

    /** Answers what the probe asks for. */
    private static final class Memory extends ChannelInboundHandlerAdapter {

        private boolean ours;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest request) {
                ours = request.uri().equals(HttpProbe.PATH);
                if (ours) {
                    FullHttpResponse response = new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(SMALL));
                    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, SMALL.length);
                    ChannelFuture unused = ctx.writeAndFlush(response);
                }
            }
            if (ours) {
                ReferenceCountUtil.release(message);
                ours = !(message instanceof LastHttpContent);
            } else {
                ctx.fireChannelRead(message);
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean inJvm() {
        return true;
    }

    @Override
    public InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    @Override
    public void close() {
        server.close().awaitUninterruptibly();
        try {
            resources.close();
        } catch (Exception e) {
            Progress.say(name + ": close: " + e);
        }
        loop.close();
    }
}
