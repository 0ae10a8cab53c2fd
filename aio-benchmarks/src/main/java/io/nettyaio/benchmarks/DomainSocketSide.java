package io.nettyaio.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Netty's own: two connected Unix stream sockets, a channel on each loop. */
final class DomainSocketSide extends TwoLoopSide {

    private final Channel nearChannel;
    private final Channel farChannel;
    private final ByteBuf byteOut = ByteBufAllocator.DEFAULT.directBuffer(1, 1).writeByte('x');
    private final ByteBuf blockOut = ByteBufAllocator.DEFAULT
            .directBuffer(PipeCase.BLOCK_BYTES, PipeCase.BLOCK_BYTES)
            .writeZero(PipeCase.BLOCK_BYTES);
    /** Of the far loop. */
    private boolean filling;

    private volatile CountDownLatch quiet = new CountDownLatch(1);

    DomainSocketSide(PipeCase.Traffic traffic) throws Exception {
        super("netty", traffic);
        Path path = Files.createTempDirectory("bench").resolve("socket");
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        Channel server = new ServerBootstrap()
                .group(far.group())
                .channel(EpollServerDomainSocketChannel.class)
                .childHandler(new FarHandler(accepted))
                .bind(new DomainSocketAddress(path.toFile()))
                .sync()
                .channel();
        nearChannel = new Bootstrap()
                .group(near.group())
                .channel(EpollDomainSocketChannel.class)
                .handler(new NearHandler())
                .connect(server.localAddress())
                .sync()
                .channel();
        farChannel = accepted.get(10, TimeUnit.SECONDS);
        server.close().sync();
        Files.deleteIfExists(path);
        Files.deleteIfExists(path.getParent());
    }

    private static final class FarHandler extends ChannelInboundHandlerAdapter {

        private final CompletableFuture<Channel> accepted;

        FarHandler(CompletableFuture<Channel> accepted) {
            this.accepted = accepted;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            accepted.complete(ctx.channel());
        }

        /** Ping-pong only: back with it. */
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ChannelFuture unused = ctx.writeAndFlush(message, ctx.voidPromise());
        }
    }

    private final class NearHandler extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf got = (ByteBuf) message;
            int count = got.readableBytes();
            got.release();
            boolean goOn = arrived(count);
            if (traffic == PipeCase.Traffic.PING_PONG) {
                if (goOn) {
                    ping();
                } else {
                    quiet.countDown();
                }
            }
        }
    }

    private void ping() {
        ChannelFuture unused = nearChannel.writeAndFlush(byteOut.retainedDuplicate(), nearChannel.voidPromise());
    }

    private void fill() {
        farChannel.writeAndFlush(blockOut.retainedDuplicate()).addListener(done -> {
            if (filling && done.isSuccess()) {
                fill();
            } else {
                quiet.countDown();
            }
        });
    }

    @Override
    void begin() {
        quiet = new CountDownLatch(1);
        if (traffic == PipeCase.Traffic.PING_PONG) {
            ping();
        } else {
            far.eventLoop().execute(() -> {
                filling = true;
                fill();
            });
        }
    }

    @Override
    void stop() {
        if (traffic == PipeCase.Traffic.STREAM) {
            far.eventLoop().execute(() -> filling = false);
        }
    }

    @Override
    void awaitQuiet() throws Exception {
        if (!quiet.await(10, TimeUnit.SECONDS)) {
            throw new BenchException(name() + ": the traffic does not end");
        }
    }

    @Override
    public void close() {
        nearChannel.close().awaitUninterruptibly();
        farChannel.close().awaitUninterruptibly();
        super.close();
        byteOut.release();
        blockOut.release();
    }
}
