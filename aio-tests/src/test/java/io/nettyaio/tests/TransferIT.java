package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.handler.AioFileRegion;
import io.nettyaio.handler.AioFileTransfer;
import io.nettyaio.handler.AioReadAhead;
import io.nettyaio.handler.AioTransferMethod;
import io.nettyaio.handler.AioTransferOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files sent over real sockets: a client asks for {@code offset length} and gets that range. */
@Timeout(120)
class TransferIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static final long SEED = 4;
    private static final int MIB = 1 << 20;
    private static SslContext tls;

    @BeforeAll
    static void certificate() throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .subject("CN=localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        tls = SslContextBuilder.forServer(bundle.toKeyManagerFactory()).build();
    }

    /** Sends what a line asks for. */
    private static final class Ranges extends SimpleChannelInboundHandler<String> {
        private final AioFile file;
        private final AioTransferOptions options;
        private RangeServer server;

        Ranges(AioFile file, AioTransferOptions options, RangeServer server) {
            this.file = file;
            this.options = options;
            this.server = server;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, String line) {
            String[] range = line.split(" ", 2);
            AioFileTransfer transfer =
                    AioFileTransfer.of(ctx, file, Long.parseLong(range[0]), Long.parseLong(range[1]), options);
            server.started(transfer, transfer.send());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ChannelFuture unused = ctx.close();
        }
    }

    private RangeServer server(AioFile file, AioTransferOptions options, boolean secure, int sendBufferBytes)
            throws Exception {
        RangeServer[] server = new RangeServer[1];
        server[0] = new RangeServer(aio, sendBufferBytes, channel -> {
            if (secure) {
                channel.pipeline().addLast(tls.newHandler(channel.alloc()));
            }
            channel.pipeline()
                    .addLast(
                            new LineBasedFrameDecoder(100),
                            new StringDecoder(),
                            new ChunkedWriteHandler(),
                            new Ranges(file, options, server[0]));
        });
        return server[0];
    }

    private static Socket connect(RangeServer server, boolean secure) throws Exception {
        Socket socket;
        if (secure) {
            SSLContext context = SSLContext.getInstance("TLS");
            TrustManager[] trust = InsecureTrustManagerFactory.INSTANCE.getTrustManagers();
            context.init(null, trust, null);
            socket = context.getSocketFactory()
                    .createSocket(
                            server.address().getAddress(), server.address().getPort());
        } else {
            socket = new Socket(server.address().getAddress(), server.address().getPort());
        }
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void ask(Socket socket, long offset, long length) throws IOException {
        socket.getOutputStream().write((offset + " " + length + "\n").getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static void checkNext(InputStream in, long offset, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        assertThat(bytes).hasSize(length);
        Patterns.check(bytes, SEED, offset);
    }

    /** Reads to the end, or the reset; how many bytes. */
    private static long drain(InputStream in) {
        byte[] bytes = new byte[64 << 10];
        long sum = 0;
        try {
            int read;
            while ((read = in.read(bytes)) >= 0) {
                sum += read;
            }
        } catch (IOException reset) {
            // As good as an end.
        }
        return sum;
    }

    private static AioTransferOptions options(AioTransferMethod method) {
        return AioTransferOptions.DEFAULT.withMethod(method);
    }

    private static Path file(long size) throws IOException {
        return Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, size);
    }

    private void checkRandomRanges(AioFile file, int size, boolean secure, AioTransferMethod expected)
            throws Exception {
        Random random = new Random(7);
        try (RangeServer server = server(file, AioTransferOptions.DEFAULT, secure, 0);
                Socket first = connect(server, secure);
                Socket second = connect(server, secure)) {
            for (int i = 0; i < 20; i++) {
                Socket socket = i % 2 == 0 ? first : second;
                int[] offsets = new int[3];
                int[] lengths = new int[3];
                for (int j = 0; j < 3; j++) {
                    offsets[j] = random.nextInt(size);
                    lengths[j] = 70_000 + random.nextInt(Math.max(1, Math.min(600_000, size - offsets[j])));
                    offsets[j] = Math.min(offsets[j], size - lengths[j]);
                    ask(socket, offsets[j], lengths[j]); // pipelined: in order
                }
                for (int j = 0; j < 3; j++) {
                    checkNext(socket.getInputStream(), offsets[j], lengths[j]);
                }
            }
            ask(first, 5, 0);
            ask(first, 5, 1);
            checkNext(first.getInputStream(), 5, 1);
            assertThat(server.methods.stream().limit(60)).containsOnly(expected);
            for (ChannelFuture sent : server.sent) {
                AioTestLoops.settle(sent);
                assertThat(sent.isSuccess()).isTrue();
            }
        }
    }

    @Test
    void shouldSendRegionsWhenPlainEpollSocket() throws Exception {
        Path path = file(3 * MIB + 11);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        Patterns.dropFromCache(path);
        checkRandomRanges(file, 3 * MIB + 11, false, AioTransferMethod.REGION);
        AioTestLoops.settle(file.close());
        assertThat(Descriptors.ofFile(path)).isZero();
    }

    @Test
    void shouldSendChunksWhenTls() throws Exception {
        Path path = file(3 * MIB + 11);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        Patterns.dropFromCache(path);
        checkRandomRanges(file, 3 * MIB + 11, true, AioTransferMethod.CHUNKS);
    }

    @Test
    void shouldSendChunksWhenFileIsDirect() throws Exception {
        Path path = file(3 * MIB + 11);
        AioFile file = aio.open(path, READ, DIRECT);
        aio.context(1);
        checkRandomRanges(file, 3 * MIB + 11, false, AioTransferMethod.CHUNKS);
    }

    /** Whatever the file system says to RWF_NOWAIT and to readahead. */
    @OnEachFileSystem
    void shouldSendRegionsWhenFileSystem(TestFileSystem fileSystem) throws Exception {
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, 2 * MIB + 5);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        checkRandomRanges(file, 2 * MIB + 5, false, AioTransferMethod.REGION);
    }

    @Test
    void shouldSendWhatIsUnlinkedWhenRegion() throws Exception {
        Path path = file(MIB);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        Files.delete(path);
        try (RangeServer server = server(file, options(AioTransferMethod.REGION), false, 0);
                Socket socket = connect(server, false)) {
            ask(socket, 0, MIB);
            checkNext(socket.getInputStream(), 0, MIB);
        }
    }

    /** Clients that vanish at any moment, of hot and of cold files. */
    @ParameterizedTest
    @EnumSource(AioTransferMethod.class)
    void shouldLeakNothingWhenClientVanishesAtAnyMoment(AioTransferMethod method) throws Exception {
        int size = 8 * MIB;
        Path path = file(size);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        Random random = new Random(3);
        try (RangeServer server = server(file, options(method), false, 0)) {
            for (int i = 0; i < 60; i++) {
                if (i % 12 == 0) {
                    Patterns.dropFromCache(path);
                }
                try (Socket socket = connect(server, false)) {
                    if (i % 2 == 0) {
                        socket.setSoLinger(true, 0); // a reset
                    }
                    ask(socket, 0, size);
                    ask(socket, 100, size - 100);
                    int read = random.nextInt(4) == 0 ? 0 : random.nextInt(size);
                    checkNext(socket.getInputStream(), 0, read);
                }
            }
            AioTestLoops.eventually("connections are gone", () -> server.connections() == 0);
            assertThat(server.sent).isNotEmpty();
            for (ChannelFuture sent : server.sent) {
                AioTestLoops.settle(sent);
                if (!sent.isSuccess()) {
                    assertThat(sent.cause()).isInstanceOf(IOException.class).isNotInstanceOf(AioException.class);
                }
            }
            assertThat(server.sent).anyMatch(sent -> !sent.isSuccess());
        }
    }

    /** A client that does not read costs the smallest window, and what the channel's buffer holds. */
    @Test
    void shouldHoldWindowAndNoMoreWhenClientDoesNotRead() throws Exception {
        AioReadAhead readAhead = new AioReadAhead(16 << 10, 2, 16);
        AioFile file = aio.open(file(8 * MIB), READ);
        aio.context(1);
        try (RangeServer server =
                        server(file, options(AioTransferMethod.CHUNKS).withReadAhead(readAhead), false, 32 << 10);
                Socket socket = connect(server, false)) {
            ask(socket, 0, 8 * MIB);
            long held = 0;
            for (int i = 0; i < 40; i++) {
                Thread.sleep(10);
                held = ((UnpooledByteBufAllocator) aio.buffers()).metric().usedDirectMemory();
            }
            // High-water mark of 64 KiB, one chunk over it, and the read-ahead.
            assertThat(held).isPositive().isLessThanOrEqualTo((64 << 10) + 17 * (16 << 10));
            checkNext(socket.getInputStream(), 0, 8 * MIB);
        }
    }

    /** A region counts for nothing in the channel's writability: it is the input that gives out one after the other. */
    @Test
    void shouldReadInWindowAndNoMoreWhenClientOfRegionsDoesNotRead() throws Exception {
        Path path = file(64 * MIB);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        Patterns.dropFromCache(path);
        AtomicLong progress = new AtomicLong();
        RangeServer[] server = new RangeServer[1];
        server[0] = new RangeServer(
                aio,
                256 << 10,
                channel -> channel.pipeline().addLast(new ChunkedWriteHandler(), new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext ctx) {
                        AioFileRegion input =
                                new AioFileRegion(ctx.channel(), file, 0, 64L * MIB, AioFileRegion.READ_AHEAD, false);
                        ChannelFuture unused = ctx.writeAndFlush(input);
                        Future<?> unusedToo = ctx.executor()
                                .scheduleAtFixedRate(
                                        () -> progress.set(input.progress()), 10, 10, TimeUnit.MILLISECONDS);
                    }
                }));
        try (RangeServer running = server[0];
                Socket socket = connect(running, false)) {
            AioTestLoops.eventually("something has been given out", () -> progress.get() > 0);
            Thread.sleep(300);
            // What two sockets hold, and a window.
            assertThat(progress.get()).isLessThan(16L * MIB);
            checkNext(socket.getInputStream(), 0, 64 * MIB);
        }
    }

    @ParameterizedTest
    @EnumSource(AioTransferMethod.class)
    void shouldFailAndCloseWhenFileShrinks(AioTransferMethod method) throws Exception {
        Path path = file(16 * MIB);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        try (RangeServer server = server(file, options(method), false, 32 << 10);
                Socket socket = connect(server, false)) {
            socket.setReceiveBufferSize(32 << 10);
            ask(socket, 0, 16 * MIB);
            checkNext(socket.getInputStream(), 0, 100_000);
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.truncate(10 * MIB + 100);
            }
            long received = 100_000 + drain(socket.getInputStream());
            assertThat(received).isLessThanOrEqualTo(10 * MIB + 100);
            ChannelFuture sent = server.sent.element();
            assertThat(AioTestLoops.failure(sent).kind()).isEqualTo(AioException.Kind.SHRUNK);
            assertThat(sent.cause()).hasMessageContaining(path.toString());
        }
    }

    /** Between the look at a window and sendfile of it: the kernel sends less than there was. */
    @Test
    void shouldFailWithDiskErrorWhenFileShrinksUnderRegion() throws Exception {
        Path path = file(16 * MIB);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        AioReadAhead whole = new AioReadAhead(16 * MIB, 1, 1);
        try (RangeServer server =
                        server(file, options(AioTransferMethod.REGION).withRegionReadAhead(whole), false, 32 << 10);
                Socket socket = connect(server, false)) {
            ask(socket, 0, 16 * MIB);
            checkNext(socket.getInputStream(), 0, 100_000);
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.truncate(12 * MIB);
            }
            assertThat(100_000 + drain(socket.getInputStream())).isLessThanOrEqualTo(12 * MIB);
            AioException failure = AioTestLoops.failure(server.sent.element());
            assertThat(failure.kind()).isEqualTo(AioException.Kind.SHRUNK);
            assertThat(failure.getSuppressed()).as("what the channel said").isNotEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(AioTransferMethod.class)
    void shouldFailWithAioExceptionWhenFileCannotBeRead(AioTransferMethod method) throws Exception {
        AioFile file = aio.open(file(MIB), WRITE);
        aio.context(1);
        try (RangeServer server = server(file, options(method), false, 0);
                Socket socket = connect(server, false)) {
            ask(socket, 0, MIB);
            assertThat(drain(socket.getInputStream())).isZero();
            assertThat(AioTestLoops.failure(server.sent.element()).errnoName()).isEqualTo("EBADF");
        }
    }

    /**
     * A disk of 4 MB/s: a sendfile that had to wait for it would hold up the loop for 60 ms with each window, and for
     * seconds in sum.
     */
    @Test
    void shouldNotHoldUpLoopWhenSlowDiskIsCold() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        Path path = Patterns.file(directory.resolve("cold"), SEED, 4 * MIB);
        AioFile file = aio.open(path, READ);
        aio.context(1);
        try (SlowDevice slow = SlowDevice.of(directory, 4 * MIB);
                RangeServer server = server(file, AioTransferOptions.DEFAULT, false, 0);
                Socket socket = connect(server, false)) {
            Patterns.dropFromCache(path);
            Probe probe = new Probe();
            long began = System.nanoTime();
            ask(socket, 0, 4 * MIB);
            checkNext(socket.getInputStream(), 0, 4 * MIB);
            long seconds = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            long heldUpMillis = probe.stop();
            assertThat(server.methods).containsExactly(AioTransferMethod.REGION);
            assertThat(seconds).as("ms of the transfer: the disk was slow").isGreaterThan(500);
            assertThat(heldUpMillis)
                    .as("ms that the loops were held up in sum, by %s", slow)
                    .isLessThan(seconds / 3);
        }
    }

    /** Adds up how late the loops are, by more than a scheduler's slice. */
    private static final class Probe {
        private final AtomicBoolean stop = new AtomicBoolean();
        private final Thread[] threads = new Thread[2];
        private final long[] lateNanos = new long[2];

        Probe() {
            for (int i = 0; i < threads.length; i++) {
                int loop = i;
                threads[i] = new Thread(() -> run(loop), "probe-" + i);
                threads[i].start();
            }
        }

        private void run(int loop) {
            while (!stop.get()) {
                long asked = System.nanoTime();
                boolean unused = aio.loop(loop).submit(() -> {}).awaitUninterruptibly(20, TimeUnit.SECONDS);
                long late = System.nanoTime() - asked;
                if (late > TimeUnit.MILLISECONDS.toNanos(20)) {
                    lateNanos[loop] += late;
                }
                LockSupport.parkNanos(1_000_000);
            }
        }

        long stop() throws InterruptedException {
            stop.set(true);
            long most = 0;
            for (int i = 0; i < threads.length; i++) {
                threads[i].join();
                most = Math.max(most, lateNanos[i]);
            }
            return TimeUnit.NANOSECONDS.toMillis(most);
        }
    }
}
