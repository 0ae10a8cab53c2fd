package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.handler.AioFileSink;
import io.nettyaio.handler.AioSinkOptions;
import io.nettyaio.handler.AioSinkTarget;
import io.nettyaio.handler.HttpUpload;
import io.nettyaio.handler.HttpUploadHandler;
import io.nettyaio.handler.HttpUploadLimits;
import io.nettyaio.handler.HttpUploadPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Uploads over real sockets, into a directory. */
@Timeout(120)
class UploadIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    /** Of all tests: its descriptors are there before the first. */
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final int LIMIT = 20 << 20;

    private final Queue<HttpUpload> uploads = new ConcurrentLinkedQueue<>();

    private HttpUploadPolicy into(Path directory) {
        return new HttpUploadPolicy() {
            @Override
            public boolean accepts(HttpRequest request) {
                return request.uri().startsWith("/up/");
            }

            @Override
            public AioSinkTarget place(HttpRequest request, String fieldName, String fileName, String contentType) {
                return fileName.equals("skipped") ? null : AioSinkTarget.of(directory.resolve(fileName));
            }

            @Override
            public FullHttpResponse respond(HttpUpload upload) {
                uploads.add(upload);
                String text = upload.cause() == null
                        ? "made " + upload.files().size()
                        : upload.cause().getMessage();
                return new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        upload.status(),
                        Unpooled.copiedBuffer(text + "\n", StandardCharsets.UTF_8));
            }
        };
    }

    /** Answers what is no upload. */
    private static final class Others extends SimpleChannelInboundHandler<HttpObject> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
            if (message instanceof LastHttpContent) {
                FullHttpResponse response =
                        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NOT_FOUND);
                response.headers().set("Content-Length", 0);
                ChannelFuture unused = ctx.writeAndFlush(response);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ChannelFuture unused = ctx.close();
        }
    }

    private RangeServer server(Path directory) throws Exception {
        aio.context(0);
        aio.context(1);
        return new RangeServer(aio, 0, channel -> {
            int loop = channel.eventLoop() == aio.loop(0) ? 0 : 1;
            channel.pipeline()
                    .addLast(
                            new HttpServerCodec(),
                            new HttpUploadHandler(
                                    aio.context(loop),
                                    into(directory),
                                    HttpUploadLimits.DEFAULT.withBodyBytes(LIMIT),
                                    AioSinkOptions.DEFAULT),
                            new Others());
        });
    }

    private static URI uri(RangeServer server, String path) {
        return URI.create("http://127.0.0.1:" + server.address().getPort() + path);
    }

    private static java.net.http.HttpRequest put(RangeServer server, String name, byte[] body) {
        return java.net.http.HttpRequest.newBuilder(uri(server, "/up/" + name))
                .PUT(java.net.http.HttpRequest.BodyPublishers.ofByteArray(body))
                .timeout(Duration.ofSeconds(30))
                .build();
    }

    private static byte[] form(Object... namesAndContents) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            out.writeBytes(("--b0undary\r\nContent-Disposition: form-data; " + namesAndContents[i] + "\r\n\r\n")
                    .getBytes(StandardCharsets.UTF_8));
            Object content = namesAndContents[i + 1];
            out.writeBytes(
                    content instanceof byte[] bytes ? bytes : ((String) content).getBytes(StandardCharsets.UTF_8));
            out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
        }
        out.writeBytes("--b0undary--\r\n".getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    private static java.net.http.HttpRequest post(RangeServer server, byte[] body) {
        return java.net.http.HttpRequest.newBuilder(uri(server, "/up/"))
                .header("Content-Type", "multipart/form-data; boundary=\"b0undary\"")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(body))
                .timeout(Duration.ofSeconds(30))
                .build();
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static Path directory() {
        return TestFileSystem.DISK.newDirectory();
    }

    @Test
    void shouldMakeFilesWhenHundredUploadAtOnce() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory)) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                byte[] body = Patterns.bytes(i, 0, 1000 + i * 7919);
                java.net.http.HttpRequest request = i % 2 == 0
                        ? put(server, "f" + i, body)
                        : post(server, form("name=x; filename=f" + i, body, "name=note", "n" + i));
                answers.add(CLIENT.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
            }
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
            }
            assertThat(names(directory)).hasSize(100);
            for (int i = 0; i < 100; i++) {
                byte[] made = Files.readAllBytes(directory.resolve("f" + i));
                assertThat(made).hasSize(1000 + i * 7919);
                Patterns.check(made, i, 0);
            }
            assertThat(uploads.stream().filter(upload -> upload.fields().containsKey("note")))
                    .hasSize(50);
        }
    }

    @Test
    void shouldMakeAllFilesOfFormWhenComplete() throws Exception {
        Path directory = directory();
        Files.writeString(directory.resolve("old.txt"), "old");
        try (RangeServer server = server(directory)) {
            byte[] large = Patterns.bytes(1, 0, 3 << 20);
            byte[] body = form(
                    "name=title",
                    "ein Titel",
                    "name=f; filename=\"old.txt\"",
                    "new",
                    "name=f; filename=\"empty\"",
                    "",
                    "name=f; filename=\"\"",
                    "",
                    "name=f; filename=skipped",
                    "nothing",
                    "name=g; filename=large",
                    large);
            HttpResponse<String> answer = CLIENT.send(post(server, body), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(201);
            assertThat(answer.body()).isEqualTo("made 3\n");
            assertThat(names(directory)).containsExactly("empty", "large", "old.txt");
            assertThat(directory.resolve("old.txt")).hasContent("new");
            assertThat(directory.resolve("empty")).isEmptyFile();
            Patterns.check(Files.readAllBytes(directory.resolve("large")), 1, 0);
            HttpUpload upload = uploads.element();
            assertThat(upload.fields()).containsEntry("title", "ein Titel");
            assertThat(upload.files()).extracting(HttpUpload.Item::sizeBytes).containsExactly(3L, 0L, 3L << 20);
        }
    }

    /** All or nothing: a form of two files whose second one is refused. */
    @Test
    void shouldLeaveNothingWhenRefused() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory)) {
            for (byte[] body : List.of(
                    form("name=a; filename=good", "1", "name=a; filename=.hidden", "2"),
                    form("name=a; filename=same", "1", "name=a; filename=same", "2"),
                    "--b0undary\r\nContent-Disposition: form-data; name=a; filename=cut\r\n\r\nabc"
                            .getBytes(StandardCharsets.UTF_8))) {
                assertThat(CLIENT.send(post(server, body), HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                        .isEqualTo(400);
            }
            assertThat(CLIENT.send(put(server, "%2e%2e", new byte[1]), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(400);
            assertThat(names(directory)).isEmpty();
        }
    }

    private static Socket connect(RangeServer server) throws IOException {
        Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    /** What is there after a moment. */
    private static String receive(Socket socket, String until) throws IOException {
        StringBuilder text = new StringBuilder();
        int c;
        while (text.indexOf(until) < 0 && (c = socket.getInputStream().read()) >= 0) {
            text.append((char) c);
        }
        return text.toString();
    }

    @Test
    void shouldLeaveNothingWhenClientVanishesMidway() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory)) {
            for (int i = 0; i < 20; i++) {
                try (Socket socket = connect(server)) {
                    if (i % 2 == 0) {
                        socket.setSoLinger(true, 0);
                    }
                    send(socket, "PUT /up/half HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n");
                    socket.getOutputStream().write(new byte[i * 100_000]);
                }
            }
            AioTestLoops.eventually("connections are gone", () -> server.connections() == 0);
            AioTestLoops.eventually("nothing is left", () -> names(directory).isEmpty());
        }
    }

    @Test
    void shouldAskForBodyWhenExpected() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory);
                Socket socket = connect(server)) {
            send(socket, "PUT /up/e HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            assertThat(receive(socket, "\r\n\r\n")).startsWith("HTTP/1.1 100 ");
            send(socket, "abc");
            assertThat(receive(socket, "made 1\n")).startsWith("HTTP/1.1 201 ");
            assertThat(directory.resolve("e")).hasContent("abc");
        }
    }

    @Test
    void shouldRefuseWhenBodyIsTooLarge() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory)) {
            try (Socket socket = connect(server)) {
                send(
                        socket,
                        "PUT /up/e HTTP/1.1\r\nHost: x\r\nContent-Length: " + (LIMIT + 1)
                                + "\r\nExpect: 100-continue\r\n\r\n");
                assertThat(receive(socket, "bytes\n"))
                        .startsWith("HTTP/1.1 413 ")
                        .contains("connection: close");
            }
            try (Socket socket = connect(server)) {
                send(socket, "PUT /up/e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
                byte[] chunk = new byte[1 << 20];
                for (int i = 0; i < 21; i++) {
                    send(socket, "100000\r\n");
                    socket.getOutputStream().write(chunk);
                    send(socket, "\r\n");
                }
                assertThat(receive(socket, "bytes\n")).startsWith("HTTP/1.1 413 ");
            }
            AioTestLoops.eventually("nothing is left", () -> names(directory).isEmpty());
        }
    }

    /** What follows a refused form, in one piece with it or cut anywhere, is answered in order and whole. */
    @Test
    void shouldAnswerInOrderWhenPipelinedBehindRefusal() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory)) {
            byte[] form = form("name=a; filename=same", "1", "name=a; filename=same", "2");
            String head = "POST /up/ HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b0undary\r\n"
                    + "Content-Length: " + form.length + "\r\n\r\n";
            String next = "PUT /up/second HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                    + "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
            String all = head + new String(form, StandardCharsets.US_ASCII) + next;
            for (int cut : new int[] {all.length(), all.length() - next.length(), all.length() - next.length() + 70}) {
                try (Socket socket = connect(server)) {
                    send(socket, all.substring(0, cut));
                    assertThat(receive(socket, "\r\n\r\n")).startsWith("HTTP/1.1 400 ");
                    send(socket, all.substring(cut));
                    assertThat(receive(socket, "made 1\n")).contains("HTTP/1.1 201 ");
                    assertThat(receive(socket, "\r\n\r\n")).startsWith("HTTP/1.1 404 ");
                    assertThat(directory.resolve("second")).hasContent("hello");
                    Files.delete(directory.resolve("second"));
                }
            }
            assertThat(names(directory)).isEmpty();
        }
    }

    /** A chunk that is none: the connection ends, after the answer. */
    @Test
    void shouldEndTheConnectionWhenTheBodyIsNoHttp() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory);
                Socket socket = connect(server)) {
            send(socket, "PUT /up/e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
            assertThat(receive(socket, "\r\n\r\n")).startsWith("HTTP/1.1 400 ").contains("connection: close");
            assertThat(receive(socket, "never")).doesNotContain("HTTP/1.1");
            AioTestLoops.eventually("nothing is left", () -> names(directory).isEmpty());
        }
    }

    /** Of a long body the client is told, though it still sends. */
    @Test
    void shouldReadOnForAMomentWhenALongBodyIsRefused() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory);
                Socket socket = connect(server)) {
            send(socket, "PUT /up/.hidden HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
            Thread.sleep(100);
            for (int i = 0; i < 4; i++) {
                send(socket, "40000\r\n");
                socket.getOutputStream().write(new byte[0x40000]);
                send(socket, "\r\n");
            }
            assertThat(receive(socket, "\r\n\r\n")).startsWith("HTTP/1.1 400 ").contains("connection: close");
        }
    }

    @Test
    void shouldIgnoreTheExpectationOfHttp10() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory);
                Socket socket = connect(server)) {
            send(socket, "PUT /up/e HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
            assertThat(receive(socket, "made 1\n")).contains(" 201 ").doesNotContain(" 100 ");
        }
    }

    @Test
    void shouldEndOnceWhenFinishedAsSoonAsItIsOpen() throws Exception {
        Path directory = directory();
        CompletableFuture<AioFileSink> made = new CompletableFuture<>();
        aio.loop(0).execute(() -> {
            AioFileSink sink =
                    new AioFileSink(aio.context(), directory.resolve("empty"), AioSinkOptions.DEFAULT, writable -> {});
            sink.opened().addListener(opened -> {
                Future<Long> unused = sink.finish();
            });
            made.complete(sink);
        });
        assertThat(AioTestLoops.get(made.get().result())).isZero();
        assertThat(directory.resolve("empty")).isEmptyFile();
        assertThat(names(directory)).hasSize(1);
    }

    /** The next requests wait for the response, and are not lost. */
    @Test
    void shouldAnswerInOrderWhenPipelined() throws Exception {
        Path directory = directory();
        try (RangeServer server = server(directory);
                Socket socket = connect(server)) {
            String puts = "";
            for (int i = 0; i < 5; i++) {
                puts += "PUT /up/p" + i + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n" + i
                        + "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
            }
            send(socket, puts);
            for (int i = 0; i < 5; i++) {
                assertThat(receive(socket, "made 1\n")).startsWith("HTTP/1.1 201 ");
                assertThat(receive(socket, "\r\n\r\n")).startsWith("HTTP/1.1 404 ");
            }
            assertThat(names(directory)).hasSize(5);
        }
    }

    @Test
    void shouldTellDiskErrorsApartWhenDiskRefuses() throws Exception {
        try (RangeServer server = server(Path.of("/nonexistent/directory"))) {
            HttpResponse<String> answer =
                    CLIENT.send(put(server, "a", new byte[10]), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(uploads.remove().cause()).isInstanceOf(AioException.class);
        }
        Path full = TestFileSystem.tmpfs(1 << 20);
        try (RangeServer server = server(full)) {
            HttpResponse<String> answer =
                    CLIENT.send(put(server, "a", new byte[3 << 20]), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(507);
            assertThat(answer.body()).contains("ENOSPC");
            assertThat(names(full)).isEmpty();
        }
    }

    /** While the disk takes nothing, the client is held up, not memory filled; then it goes on. */
    @Test
    void shouldStopReadingWhenDiskIsSlow() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        AtomicLong sent = new AtomicLong();
        int size = 16 << 20;
        try (RangeServer server = server(directory);
                Socket socket = connect(server)) {
            socket.setSendBufferSize(64 << 10);
            Thread sender;
            try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
                send(socket, "PUT /up/slow HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n");
                sender = new Thread(() -> {
                    try {
                        OutputStream out = socket.getOutputStream();
                        byte[] all = Patterns.bytes(9, 0, size);
                        for (int at = 0; at < size; at += 64 << 10) {
                            out.write(all, at, 64 << 10);
                            sent.addAndGet(64 << 10);
                        }
                    } catch (IOException failed) {
                        sent.set(-1);
                    }
                });
                sender.start();
                Thread.sleep(1_000);
                // The sink's mark, and what the two sockets' buffers take.
                assertThat(sent.get()).isPositive().isLessThan(12 << 20);
                frozen.thaw();
            }
            assertThat(receive(socket, "made 1\n")).startsWith("HTTP/1.1 201 ");
            sender.join();
            Patterns.check(Files.readAllBytes(directory.resolve("slow")), 9, 0);
        }
    }

    /** Whoever waits is told, whenever the loop ends under a sink, and whatever step it has come to. */
    @Test
    void shouldSettleWhenTheLoopEnds() throws Exception {
        Path directory = directory();
        for (int i = 0; i < 40; i++) {
            EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
            try {
                EventLoop loop = group.next();
                AioContext context = EpollAio.context(loop);
                AioFile root = AioTestLoops.get(context.open(directory, AioOpenOption.READ, AioOpenOption.DIRECTORY));
                AioSinkTarget target = i % 2 == 0
                        ? AioSinkTarget.beneath(root, "end" + i)
                        : AioSinkTarget.of(directory.resolve("end" + i));
                CountDownLatch begun = new CountDownLatch(i % 4 < 2 ? 1 : 0);
                Future<AioFileSink> made = loop.submit(() -> {
                    begun.await();
                    AioFileSink sink = new AioFileSink(context, target, AioSinkOptions.DEFAULT, writable -> {});
                    sink.write(Unpooled.copyInt(1));
                    Future<Long> unused = sink.finish();
                    return sink;
                });
                Future<?> ended = group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
                begun.countDown();
                AioFileSink sink = AioTestLoops.get(made);
                AioTestLoops.settle(sink.opened());
                AioTestLoops.settle(sink.result());
                AioTestLoops.settle(ended);
            } finally {
                AioTestLoops.shutDown(group);
            }
        }
        assertThat(names(directory)).noneMatch(name -> name.startsWith(AioFileSink.TEMPORARY_PREFIX));
    }
}
