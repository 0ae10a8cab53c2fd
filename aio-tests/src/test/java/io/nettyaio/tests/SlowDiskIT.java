package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECTORY;
import static io.nettyaio.AioOpenOption.READ;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.nettyaio.AioClass;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioWaterMark;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import io.nettyaio.handler.AioReadAhead;
import io.nettyaio.handler.AioSinkOptions;
import io.nettyaio.handler.AioSinkTarget;
import io.nettyaio.handler.AioTransferMethod;
import io.nettyaio.handler.AioTransferOptions;
import io.nettyaio.handler.HttpFileConfig;
import io.nettyaio.handler.HttpFileHandler;
import io.nettyaio.handler.HttpFileRoot;
import io.nettyaio.handler.HttpUpload;
import io.nettyaio.handler.HttpUploadHandler;
import io.nettyaio.handler.HttpUploadLimits;
import io.nettyaio.handler.HttpUploadPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A disk that is slower than the clients, by a class's limit of 1 MiB/s: it slows the clients, and memory is bounded. */
@Timeout(60)
class SlowDiskIT {

    private static final int MIB = 1 << 20;
    private static final int CLIENTS = 16;
    /** What Netty reads from a socket at once, at most, where nothing else is said. */
    private static final int RECEIVE_BYTES = 64 << 10;
    /** Netty's default, above which a channel is not writable. */
    private static final int WRITE_MARK_BYTES = 64 << 10;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private final AioClass slow = AioClass.builder("slow").bytesPerSecond(MIB).build();
    private final Queue<Channel> channels = new ConcurrentLinkedQueue<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    @AfterEach
    void hangUp() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        for (Thread thread : threads) {
            thread.join(10_000);
            assertThat(thread.isAlive()).isFalse();
        }
    }

    /** Everything is put into one directory, under its own name. */
    private static final class Into implements HttpUploadPolicy {
        private final Path directory;

        Into(Path directory) {
            this.directory = directory;
        }

        @Override
        public boolean accepts(HttpRequest request) {
            return true;
        }

        @Override
        public AioSinkTarget place(HttpRequest request, String fieldName, String fileName, String contentType) {
            return AioSinkTarget.of(directory.resolve(fileName));
        }

        @Override
        public FullHttpResponse respond(HttpUpload upload) {
            return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, upload.status(), Unpooled.EMPTY_BUFFER);
        }
    }

    /** Downloads and uploads of one directory, on a context with such marks; all memory from the test's allocator. */
    private RangeServer server(Path directory, HttpFileRoot root, AioSinkOptions sinks) throws Exception {
        return new RangeServer(aio, 0, channel -> {
            channels.add(channel);
            channel.config().setAllocator(aio.buffers());
            channel.pipeline()
                    .addLast(
                            new HttpServerCodec(),
                            new HttpFileHandler(root),
                            new HttpUploadHandler(aio.context(), new Into(directory), HttpUploadLimits.DEFAULT, sinks));
        });
    }

    private HttpFileRoot root(Path directory) throws Exception {
        AioFile opened = AioTestLoops.get(aio.context().open(directory, READ, DIRECTORY));
        return new HttpFileRoot(
                opened,
                HttpFileConfig.builder()
                        .passMethod(HttpMethod.PUT)
                        .openFiles(0)
                        .ioClass(slow)
                        // With memory of ours; sendfile takes none.
                        .transfer(AioTransferOptions.DEFAULT.withMethod(AioTransferMethod.CHUNKS))
                        .build());
    }

    private Socket connect(RangeServer server) throws IOException {
        Socket socket = new Socket();
        // The kernel's own buffers, so that it is the server that holds what is on its way.
        socket.setReceiveBufferSize(8 << 10);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(30));
        socket.connect(server.address());
        sockets.add(socket);
        return socket;
    }

    /** As fast as it is taken, until it is done or the connection is cut. */
    private void upload(Socket socket, String name, byte[] body) {
        Thread thread = new Thread(
                () -> {
                    try {
                        OutputStream out = socket.getOutputStream();
                        out.write(("PUT /" + name + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + body.length
                                        + "\r\n\r\n")
                                .getBytes(US_ASCII));
                        out.write(body);
                    } catch (IOException cut) {
                        // The test is over.
                    }
                },
                "upload-" + name);
        thread.start();
        threads.add(thread);
    }

    private void get(Socket socket, String name) throws IOException {
        socket.getOutputStream().write(("GET /" + name + " HTTP/1.1\r\nHost: test\r\n\r\n").getBytes(US_ASCII));
    }

    private static String status(Socket socket) throws IOException {
        return new String(socket.getInputStream().readNBytes(12), US_ASCII);
    }

    /** The most direct memory that is held in so much time. */
    private static long mostHeld(long millis) throws Exception {
        long elsewhere = elsewhere();
        long most = 0;
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() - end < 0) {
            most = Math.max(most, held() + elsewhere() - elsewhere);
            Thread.sleep(5);
        }
        return most;
    }

    /** Of the test's allocator, which the channels use, and the context for what it reads: to the byte. */
    private static long held() {
        return ((ByteBufAllocatorMetricProvider) aio.buffers()).metric().usedDirectMemory();
    }

    /** Of those that nothing here should need: the process's default, and that of aligned buffers. */
    private static long elsewhere() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                        .metric()
                        .usedDirectMemory()
                + ((PooledByteBufAllocator) AlignedByteBufAllocator.page()).pinnedDirectMemory();
    }

    /**
     * Clients that never read what they have asked for, and clients that send faster than the disk takes it: what is held
     * is what the README's formula says, and no more.
     */
    @Test
    void shouldHoldNoMoreThanConfiguredWhenClientsDoNotReadAndTheDiskIsSlow() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path large = Patterns.file(directory.resolve("large"), 1, 8 * MIB);
        AioReadAhead ahead = AioReadAhead.DEFAULT;
        AioSinkOptions sinks = AioSinkOptions.DEFAULT.withSync(false).withClass(slow);
        long download = WRITE_MARK_BYTES + (ahead.maxChunks() + 1L) * ahead.chunkBytes();
        long upload = sinks.highWaterBytes() + 2L * RECEIVE_BYTES;
        HttpFileRoot root = root(directory);
        try (RangeServer server = server(directory, root, sinks)) {
            for (int i = 0; i < CLIENTS; i++) {
                get(connect(server), "large");
                upload(connect(server), "u" + i, Patterns.bytes(i, 0, 4 * MIB));
            }
            long most = mostHeld(2_000);
            long bound = CLIENTS * (download + upload);
            assertThat(most).as("bytes of direct memory").isBetween((long) CLIENTS * MIB, bound);
            assertThat(channels.stream().filter(channel -> !channel.config().isAutoRead()))
                    .as("uploads that are held up")
                    .hasSize(CLIENTS);
        } finally {
            root.close();
        }
        // What the disk has not begun with is not written any more, so this does not take as long as that would.
        AioTestLoops.eventually("all is given back", () -> held() == 0);
        assertThat(Files.size(large)).isEqualTo(8 * MIB);
        AioTestLoops.eventually("temporary files are gone", () -> {
            try (Stream<Path> names = Files.list(directory)) {
                return names.count() == 1;
            }
        });
    }

    /** The context's marks stop all of its channels, though no sink is full; and all of them go on, to the end. */
    @Test
    void shouldStopReadsAboveTheContextsMarkAndGoOnBelow() throws Exception {
        AioContext context = aio.context(
                0,
                aio.config()
                        .waterMark(new AioWaterMark(8, 1024, 32 << 10, 128 << 10))
                        .build());
        Path directory = TestFileSystem.DISK.newDirectory();
        int bytes = 96 << 10;
        // No sink is full before it has everything.
        AioSinkOptions sinks =
                AioSinkOptions.DEFAULT.withSync(false).withClass(slow).withWaterMarks(MIB, MIB / 2, 16 << 10);
        HttpFileRoot root = root(directory);
        AtomicInteger changes = new AtomicInteger();
        context.addSubmittableListener(changed -> changes.incrementAndGet());
        try (RangeServer server = server(directory, root, sinks)) {
            for (int i = 0; i < CLIENTS; i++) {
                upload(connect(server), "u" + i, Patterns.bytes(i, 0, bytes));
            }
            AioTestLoops.eventually("it has enough", () -> !context.isSubmittable());
            AioTestLoops.eventually(
                    "a channel is not read from",
                    () -> channels.stream()
                            .anyMatch(channel -> !channel.config().isAutoRead()));
            for (Socket socket : sockets) {
                assertThat(status(socket)).isEqualTo("HTTP/1.1 201");
            }
            // Told in a task of its own, which a response may overtake.
            AioTestLoops.eventually(
                    "all channels are read from",
                    () -> context.isSubmittable()
                            && channels.stream()
                                    .allMatch(channel -> channel.config().isAutoRead()));
            assertThat(changes).hasValueGreaterThanOrEqualTo(2);
            for (int i = 0; i < CLIENTS; i++) {
                byte[] made = Files.readAllBytes(directory.resolve("u" + i));
                assertThat(made).hasSize(bytes);
                Patterns.check(made, i, 0);
            }
        } finally {
            root.close();
        }
    }

    /** A request that comes while the context has enough to do waits, and its channel is not read from. */
    @Test
    void shouldHoldRequestsUntilTheContextTakesMore() throws Exception {
        AioContext context = aio.context(
                0,
                aio.config().waterMark(new AioWaterMark(1, 4, 1024, 32 << 10)).build());
        Path directory = TestFileSystem.DISK.newDirectory();
        int bytes = 96 << 10;
        for (int i = 0; i < CLIENTS; i++) {
            Path unused = Patterns.file(directory.resolve("f" + i), i, bytes);
        }
        HttpFileRoot root = root(directory);
        try (RangeServer server = server(directory, root, AioSinkOptions.DEFAULT)) {
            for (int i = 0; i < CLIENTS; i++) {
                Socket socket = connect(server);
                get(socket, "f" + i);
                get(socket, "f" + i);
            }
            AioTestLoops.eventually(
                    "a channel is not read from",
                    () -> channels.stream()
                            .anyMatch(channel -> !channel.config().isAutoRead()));
            for (int i = 0; i < CLIENTS; i++) {
                for (int answer = 0; answer < 2; answer++) {
                    assertThat(status(sockets.get(i))).isEqualTo("HTTP/1.1 200");
                    Patterns.check(body(sockets.get(i), bytes), i, 0);
                }
            }
            AioTestLoops.eventually("it takes more", context::isSubmittable);
        } finally {
            root.close();
        }
    }

    private static byte[] body(Socket socket, int bytes) throws IOException {
        InputStream in = socket.getInputStream();
        for (int ends = 0; ends < 4; ) {
            int one = in.read();
            ends = one == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : 0;
        }
        return in.readNBytes(bytes);
    }
}
