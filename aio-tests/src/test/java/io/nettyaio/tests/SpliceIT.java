package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.APPEND;
import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioRoute;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bytes that move between a pipe and a pipe, a file or a socket within the kernel. */
@Timeout(60)
class SpliceIT {

    private static final long SEED = 35;
    private static final int EINVAL = 22;
    private static final int LENGTH = 1_500_000;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static ByteBuf pattern(int length) {
        return aio.buffers().directBuffer(length, length).writeBytes(Patterns.bytes(SEED, 0, length));
    }

    private static void checkReceived(AioPipe readEnd, int length) throws Exception {
        ByteBuf all = aio.buffers().directBuffer(length, length);
        assertThat(get(readEnd.readFully(all))).isEqualTo(length);
        Patterns.check(all, SEED, 0, length);
        all.release();
    }

    @Test
    void shouldMoveAllWhenBetweenPipes() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        AioFuture<Long> splice = in.readEnd().spliceTo(out.writeEnd(), Long.MAX_VALUE);
        AioFuture<Integer> write = in.writeEnd().write(pattern(LENGTH));
        checkReceived(out.readEnd(), LENGTH);
        get(write);
        assertThat(splice.isDone()).isFalse();
        get(in.writeEnd().close());
        assertThat(get(splice)).isEqualTo(LENGTH);
        assertThat(splice.route()).isEqualTo(AioRoute.READINESS);
    }

    /** It takes its turn among the reads of one and the writes of the other. */
    @Test
    void shouldKeepOrderWhenReadsAndWritesAreAround() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        AioFuture<ByteBuf> before = in.readEnd().read(2);
        AioFuture<Long> splice = in.readEnd().spliceTo(out.writeEnd(), 3);
        AioFuture<Integer> behind =
                out.writeEnd().write(aio.buffers().directBuffer().writeByte('!'));
        AioFuture<ByteBuf> after = in.readEnd().read(10);
        get(in.writeEnd().write(aio.buffers().directBuffer().writeBytes(new byte[] {'a', 'b', 'c', 'd', 'e', 'f'})));
        assertThat(text(get(before))).isEqualTo("ab");
        assertThat(get(splice)).isEqualTo(3);
        assertThat(text(get(after))).isEqualTo("f");
        get(behind);
        assertThat(text(get(out.readEnd().read(10)))).isEqualTo("cde!");
    }

    private static String text(ByteBuf buffer) {
        String text = buffer.toString(StandardCharsets.US_ASCII);
        buffer.release();
        return text;
    }

    /** What a cancelled read has left goes first. */
    @Test
    void shouldMoveWhatACancelledReadHasLeftWhenSpliced() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        ByteBuf dst = aio.buffers().directBuffer(100, 100);
        AioFuture<Integer> read = in.readEnd().readFully(dst);
        get(in.writeEnd().write(aio.buffers().directBuffer().writeBytes(new byte[] {'a', 'b', 'c'})));
        assertThat(aio.isResponsive(0)).isTrue();
        read.cancel(false);
        get(in.writeEnd().write(aio.buffers().directBuffer().writeBytes(new byte[] {'d', 'e'})));
        assertThat(get(in.readEnd().spliceTo(out.writeEnd(), 4))).isEqualTo(4);
        assertThat(text(get(out.readEnd().read(10)))).isEqualTo("abcd");
        AioTestLoops.awaitReferences(dst, 1);
        dst.release();
    }

    @Test
    void shouldFailWithEpipeWhenNobodyReads() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        get(out.readEnd().close());
        get(in.writeEnd().write(aio.buffers().directBuffer().writeByte(1)));
        assertThat(failure(in.readEnd().spliceTo(out.writeEnd(), 1)).errnoName())
                .isEqualTo("EPIPE");
    }

    @Test
    void shouldEndAtOnceWhenCancelled() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        AioFuture<Long> splice = in.readEnd().spliceTo(out.writeEnd(), 10);
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(splice.cancel(false)).isTrue();
        AioFuture<ByteBuf> read = in.readEnd().read(1);
        get(in.writeEnd().write(aio.buffers().directBuffer().writeByte('x')));
        assertThat(text(get(read))).isEqualTo("x");
    }

    @Test
    void shouldMoveAllWhenIntoFileAndOutOfIt() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        AioPipePair in = aio.pipe();
        AioFuture<Long> splice = in.readEnd().spliceTo(file, 5, Long.MAX_VALUE);
        assertThat(get(in.writeEnd().write(pattern(LENGTH)))).isEqualTo(LENGTH);
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(aio.context().stats().helperInFlight())
                .as("nothing waits on a helper")
                .isZero();
        get(in.writeEnd().close());
        assertThat(get(splice)).isEqualTo(LENGTH);
        assertThat(splice.route()).isEqualTo(AioRoute.HELPER);
        get(file.fdatasync());
        assertThat(Files.size(path)).isEqualTo(LENGTH + 5);

        AioPipePair out = aio.pipe();
        AioFuture<Long> back = out.writeEnd().spliceFrom(file, 5, Long.MAX_VALUE);
        checkReceived(out.readEnd(), LENGTH);
        assertThat(get(back)).as("to the end of the file").isEqualTo(LENGTH);
        assertThat(get(out.writeEnd().spliceFrom(file, LENGTH + 5, 10))).isZero();
    }

    @Test
    void shouldMoveAllWhenIntoSocketAndOutOfIt() throws Exception {
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        Channel server = new ServerBootstrap()
                .group(aio.group())
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext ctx) {
                        accepted.complete(ctx.channel());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        Channel client = new Bootstrap()
                .group(aio.group())
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInboundHandlerAdapter())
                .connect(server.localAddress())
                .sync()
                .channel();
        Channel peer = accepted.get(10, TimeUnit.SECONDS);
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        AioFuture<Long> sending = in.readEnd().spliceToSocket(fd(client), Long.MAX_VALUE);
        AioFuture<Long> receiving = out.writeEnd().spliceFromSocket(fd(peer), Long.MAX_VALUE);
        AioFuture<Integer> write = in.writeEnd().write(pattern(LENGTH));
        checkReceived(out.readEnd(), LENGTH);
        get(write);
        get(in.writeEnd().close());
        assertThat(get(sending)).isEqualTo(LENGTH);
        client.close().sync();
        assertThat(get(receiving)).isEqualTo(LENGTH);
        peer.close().sync();
        server.close().sync();
    }

    private static int fd(Channel channel) {
        return ((EpollSocketChannel) channel).fd().intValue();
    }

    @Test
    void shouldRefuseWhenSpliceCannotDoIt() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioPipePair pipe = aio.pipe();
        AioFile append = aio.open(path, CREATE, APPEND);
        AioFile direct = aio.open(path, READ, WRITE, DIRECT);
        AioFile elsewhere = aio.on(aio.open(path, READ, WRITE), 1);
        assertThat(failure(pipe.readEnd().spliceTo(append, 0, 1)).errno()).isEqualTo(EINVAL);
        assertThat(failure(pipe.readEnd().spliceTo(direct, 0, 1)).errno()).isEqualTo(EINVAL);
        assertThat(failure(pipe.readEnd().spliceTo(elsewhere, 0, 1))).hasMessageContaining("on(eventLoop)");
        assertThat(failure(pipe.readEnd().spliceTo(pipe.writeEnd(), -1)).errno())
                .isEqualTo(EINVAL);
        assertThat(failure(pipe.readEnd().spliceToSocket(-1, 1)).errnoName()).isEqualTo("EBADF");
        AioPipe view = aio.closeLater(pipe.writeEnd().on(aio.loop(1)));
        aio.context(1);
        assertThat(failure(pipe.readEnd().spliceTo(view, 1))).hasMessageContaining("on(eventLoop)");
    }
}
