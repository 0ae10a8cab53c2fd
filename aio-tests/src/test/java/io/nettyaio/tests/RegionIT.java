package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.DIRECTORY;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.handler.AioRegionTransparent;
import io.nettyaio.handler.HttpFileConfig;
import io.nettyaio.handler.HttpFileHandler;
import io.nettyaio.handler.HttpFileRoot;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Regions of files: what is in them, who keeps the descriptor open, and that HTTP responses are sent by them. */
@Timeout(60)
class RegionIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static final long SEED = 22;
    private static final int SIZE = 300_000;

    private static Path file() throws Exception {
        return Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, SIZE);
    }

    private static byte[] contents(FileRegion region) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        WritableByteChannel to = Channels.newChannel(bytes);
        while (region.transferred() < region.count()) {
            assertThat(region.transferTo(to, region.transferred())).isPositive();
        }
        return bytes.toByteArray();
    }

    @Test
    void shouldHoldRangeOfOpenedFileWhateverItsPathNamesByNow() throws Exception {
        Path path = file();
        AioFile file = aio.open(path, READ);
        Files.delete(path);
        FileRegion region = file.region(77, 10_000);
        Patterns.check(contents(region), SEED, 77);
        assertThat(region.release()).isTrue();
        AtomicInteger released = new AtomicInteger();
        FileRegion told = file.region(0, 1, released::incrementAndGet);
        told.retain();
        told.release();
        assertThat(released).hasValue(0);
        told.release();
        assertThat(released).hasValue(1);
        AioTestLoops.settle(file.close());
    }

    @Test
    void shouldKeepDescriptorOpenWhenFileIsClosedBeforeRegion() throws Exception {
        Path path = file();
        AioFile file = aio.open(path, READ);
        AioFile other = aio.on(file, 1);
        FileRegion first = file.region(0, 5000);
        FileRegion second = other.region(5000, 5000);
        AioTestLoops.settle(file.close());
        AioTestLoops.settle(other.close());
        assertThat(Descriptors.ofFile(path)).isEqualTo(1);
        first.release();
        Patterns.check(contents(second), SEED, 5000);
        assertThat(Descriptors.ofFile(path)).isEqualTo(1);
        second.release();
        AioTestLoops.eventually("the descriptor is closed", () -> Descriptors.ofFile(path) == 0);
    }

    /** The JDK has not opened it, and does not close it: neither when nobody refers to what it made of it any more. */
    @Test
    void shouldKeepDescriptorOpenWhenGarbageIsCollected() throws Exception {
        Path path = file();
        AioFile file = aio.open(path, READ);
        file.region(0, 100).release();
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
        }
        assertThat(Descriptors.ofFile(path)).isEqualTo(1);
        FileRegion region = file.region(0, 100);
        Patterns.check(contents(region), SEED, 0);
        region.release();
        AioTestLoops.settle(file.close());
        assertThat(Descriptors.ofFile(path)).isZero();
    }

    @Test
    void shouldRefuseWhenThereIsNoSuchRange() throws Exception {
        Path path = file();
        AioFile file = aio.open(path, READ);
        assertThatThrownBy(() -> file.region(-1, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("offsetBytes=-1");
        assertThatThrownBy(() -> file.region(0, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> file.region(Long.MAX_VALUE, 1)).isInstanceOf(IllegalArgumentException.class);
        AioFile directory = aio.open(path.getParent(), READ, DIRECTORY);
        assertThatThrownBy(() -> directory.region(0, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only regular files");
        for (AioOpenOption[] options : new AioOpenOption[][] {{WRITE}, {READ, DIRECT}}) {
            AioFile other = aio.open(path, options);
            assertThatThrownBy(() -> other.region(0, 10))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("open it with READ alone");
        }
        AioTestLoops.settle(file.close());
        assertThatThrownBy(() -> file.region(0, 10))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("open it again");
    }

    /** Sees what gets to the socket. */
    private static final class Regions extends ChannelOutboundHandlerAdapter implements AioRegionTransparent {
        private final AtomicInteger seen;

        Regions(AtomicInteger seen) {
            this.seen = seen;
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) throws Exception {
            if (message instanceof FileRegion) {
                seen.incrementAndGet();
            }
            super.write(ctx, message, promise);
        }
    }

    @Test
    void shouldSendRegionsWhenHttpFileHandlerServes() throws Exception {
        Path path = file();
        AtomicInteger seen = new AtomicInteger();
        HttpFileRoot root = new HttpFileRoot(aio.open(path.getParent(), READ, DIRECTORY), HttpFileConfig.defaults());
        Channel server = new ServerBootstrap()
                .group(aio.loop(0))
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new Regions(seen), new HttpFileHandler(root));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        try {
            int port = ((InetSocketAddress) server.localAddress()).getPort();
            URI uri = URI.create("http://localhost:" + port + "/file");
            try (InputStream in = uri.toURL().openStream()) {
                Patterns.check(in.readAllBytes(), SEED, 0);
            }
            assertThat(seen).hasPositiveValue();
        } finally {
            AioTestLoops.settle(server.close());
            root.close();
        }
    }
}
