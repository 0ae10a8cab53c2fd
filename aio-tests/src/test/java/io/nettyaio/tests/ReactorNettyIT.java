package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.handler.AioFilePublisher;
import io.nettyaio.handler.AioFileSubscriber;
import io.nettyaio.handler.AioReadAhead;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/** Files through Reactor Netty's HTTP server, which knows nothing of this library: its streams, its demand, its loops. */
@Timeout(120)
class ReactorNettyIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static final int[] SIZES = {0, 1, 4095, 64 << 10, (64 << 10) + 1, 1_000_000, (6 << 20) + 5};
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Why what a connection did had failed, where it had. */
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    private final Queue<Channel> connections = new ConcurrentLinkedQueue<>();

    private interface Handler {
        Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response);
    }

    /** On the test's own loops: that of the file, and another. */
    private HttpServer server(Handler handler) {
        return HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .runOn(aio.group())
                .doOnChannelInit((observer, channel, remote) -> connections.add(channel))
                .handle(handler::handle);
    }

    private interface Client {
        void use(DisposableServer server) throws Exception;
    }

    private void serve(HttpServer server, Client client) throws Exception {
        DisposableServer bound = server.bindNow(Duration.ofSeconds(10));
        try {
            client.use(bound);
            assertThat(connections)
                    .isNotEmpty()
                    .allSatisfy(each -> assertThat(each).isInstanceOf(EpollSocketChannel.class));
        } finally {
            for (Channel each : connections) {
                AioTestLoops.settle(each.close());
            }
            bound.disposeNow(Duration.ofSeconds(10));
        }
    }

    private Flux<ByteBuf> contents(AioFile file, long offset, long length, AioReadAhead readAhead) {
        return JdkFlowAdapter.flowPublisherToFlux(new AioFilePublisher(file, offset, length, readAhead))
                .doOnError(failures::add);
    }

    /** The files of {@link #SIZES}, each with its index for a seed. */
    private static List<AioFile> files() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        List<AioFile> files = new ArrayList<>();
        for (int i = 0; i < SIZES.length; i++) {
            Path path = Patterns.file(directory.resolve("f" + i), i, SIZES[i]);
            Patterns.dropFromCache(path);
            files.add(aio.open(aio.context(i % 2), path, READ));
        }
        return files;
    }

    private static HttpRequest.Builder request(DisposableServer server, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(30));
    }

    private static Socket ask(DisposableServer server, String path) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(("GET " + path + " HTTP/1.0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** Reads a response's head, up to the body. */
    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0) {
                throw new EOFException("the response ends in its head: " + head);
            }
            head.append((char) c);
        }
        return head.toString();
    }

    private static int index(HttpServerRequest request) {
        return Integer.parseInt(request.uri().substring(1));
    }

    /** Whatever loop a connection is on, hot and cold, several at once. */
    private static void checkEachOf(List<AioFile> files, DisposableServer server) throws Exception {
        List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < 3 * SIZES.length; i++) {
            answers.add(CLIENT.sendAsync(
                    request(server, "/" + i % files.size()).build(), HttpResponse.BodyHandlers.ofByteArray()));
        }
        for (int i = 0; i < answers.size(); i++) {
            HttpResponse<byte[]> answer = answers.get(i).get(30, TimeUnit.SECONDS);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).hasSize(SIZES[i % SIZES.length]);
            Patterns.check(answer.body(), i % SIZES.length, 0);
        }
    }

    @Test
    void shouldStreamWhenOnLoopsOfFiles() throws Exception {
        List<AioFile> files = files();
        serve(
                server((request, response) -> response.send(
                        contents(files.get(index(request)), 0, SIZES[index(request)], AioReadAhead.DEFAULT))),
                server -> checkEachOf(files, server));
        assertThat(failures).isEmpty();
    }

    /** Loops that Reactor Netty makes itself, on which there is no context: the buffers pass from loop to loop. */
    @Test
    void shouldStreamWhenOnLoopsOfReactors() throws Exception {
        List<AioFile> files = files();
        LoopResources loops = LoopResources.create("reactor", 1, true);
        try {
            serve(
                    server((request, response) -> response.send(contents(
                                    files.get(index(request)), 0, SIZES[index(request)], AioReadAhead.DEFAULT)))
                            .runOn(loops, true),
                    server -> checkEachOf(files, server));
        } finally {
            loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block(Duration.ofSeconds(10));
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void shouldStreamRangeWhenLengthIsDeclared() throws Exception {
        AioFile file = files().get(SIZES.length - 1);
        serve(
                server((request, response) -> response.status(206)
                        .header("Content-Length", "3000000")
                        .send(contents(file, 12_345, 3_000_000, new AioReadAhead(10_000, 1, 4)))),
                server -> {
                    HttpResponse<byte[]> answer =
                            CLIENT.send(request(server, "/").build(), HttpResponse.BodyHandlers.ofByteArray());
                    assertThat(answer.statusCode()).isEqualTo(206);
                    assertThat(answer.body()).hasSize(3_000_000);
                    Patterns.check(answer.body(), SIZES.length - 1, 12_345);
                });
    }

    /** Closed and reset, before the first byte and in the middle; what is left behind is looked for by the loops' check. */
    @Test
    void shouldLeakNothingWhenClientsCloseEarly() throws Exception {
        int last = SIZES.length - 1;
        AioFile file = files().get(last);
        Random random = new Random(5);
        serve(
                server((request, response) -> response.header("Content-Length", "" + SIZES[last])
                        .send(contents(file, 0, SIZES[last], AioReadAhead.DEFAULT))),
                server -> {
                    for (int i = 0; i < 40; i++) {
                        if (i % 10 == 0) {
                            Patterns.dropFromCache(Path.of(file.path()));
                        }
                        try (Socket socket = ask(server, "/")) {
                            if (i % 2 == 0) {
                                socket.setSoLinger(true, 0); // a reset
                            }
                            if (i % 4 == 0) {
                                continue;
                            }
                            assertThat(head(socket.getInputStream())).contains(" 200 ");
                            byte[] part = socket.getInputStream().readNBytes(random.nextInt(SIZES[last]));
                            Patterns.check(part, last, 0);
                        }
                    }
                    AioTestLoops.eventually(
                            "connections are gone", () -> connections.stream().noneMatch(Channel::isActive));
                    HttpResponse<byte[]> after =
                            CLIENT.send(request(server, "/").build(), HttpResponse.BodyHandlers.ofByteArray());
                    assertThat(after.body()).hasSize(SIZES[last]);
                });
        assertThat(failures).isEmpty();
    }

    /** Reactor Netty asks for 128 buffers, and for more as it gets rid of them: no more than those are ever held. */
    @Test
    void shouldHoldNoMoreThanRequestedWhenClientDoesNotRead() throws Exception {
        int chunk = 8 << 10;
        int last = SIZES.length - 1;
        AioFile file = files().get(last);
        serve(
                server((request, response) -> response.header("Content-Length", "" + SIZES[last])
                        .send(contents(file, 0, SIZES[last], new AioReadAhead(chunk, 1, 4)))),
                server -> {
                    try (Socket socket = ask(server, "/")) {
                        assertThat(head(socket.getInputStream())).contains(" 200 ");
                        long held = 0;
                        for (int i = 0; i < 40; i++) {
                            Thread.sleep(10);
                            held = Math.max(
                                    held,
                                    ((UnpooledByteBufAllocator) aio.buffers())
                                            .metric()
                                            .usedDirectMemory());
                        }
                        assertThat(held).isPositive().isLessThanOrEqualTo((128L + 4) * chunk);
                        byte[] body = socket.getInputStream().readAllBytes();
                        assertThat(body).hasSize(SIZES[last]);
                        Patterns.check(body, last, 0);
                    }
                });
    }

    /** A file that ends too early, and one that cannot be read at all: neither looks complete to the client. */
    @Test
    void shouldFailClearlyWhenFileCannotBeRead() throws Exception {
        AioFile shortened = files().get(5);
        AioFile unreadable = aio.open(Path.of(shortened.path()), WRITE);
        serve(
                server((request, response) -> response.send(
                        contents(index(request) == 0 ? shortened : unreadable, 0, SIZES[5] + 1, AioReadAhead.DEFAULT))),
                server -> {
                    for (int i = 0; i < 2; i++) {
                        HttpRequest request = request(server, "/" + i).build();
                        assertThatThrownBy(() -> CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray()))
                                .isInstanceOf(IOException.class);
                    }
                    assertThat(failures)
                            .hasSize(2)
                            .allSatisfy(each -> assertThat(each)
                                    .isInstanceOf(AioException.class)
                                    .hasMessageContaining(shortened.path()));
                    assertThat(((AioException) failures.remove()).kind()).isEqualTo(AioException.Kind.SHRUNK);
                    assertThat(failures.remove()).hasMessageContaining("EBADF");
                });
    }

    private static Mono<Long> written(AioFileSubscriber subscriber) {
        return Mono.create(sink -> subscriber.result().addListener((Future<Long> done) -> {
            if (done.isSuccess()) {
                sink.success(done.getNow());
            } else {
                sink.error(done.cause());
            }
        }));
    }

    /** The other way: request bodies into files. */
    @Test
    void shouldWriteBodiesToFilesWhenPosted() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        List<AioFile> files = new ArrayList<>();
        for (int i = 0; i < SIZES.length; i++) {
            files.add(aio.open(aio.context(i % 2), directory.resolve("u" + i), WRITE, CREATE));
        }
        Queue<Future<Long>> results = new ConcurrentLinkedQueue<>();
        serve(
                server((request, response) -> {
                    AioFileSubscriber subscriber = new AioFileSubscriber(files.get(index(request)), 0, 16);
                    results.add(subscriber.result());
                    JdkFlowAdapter.publisherToFlowPublisher(request.receive().retain())
                            .subscribe(subscriber);
                    return written(subscriber).then(response.status(201).send());
                }),
                server -> {
                    List<CompletableFuture<HttpResponse<Void>>> answers = new ArrayList<>();
                    for (int i = 0; i < SIZES.length; i++) {
                        answers.add(CLIENT.sendAsync(
                                request(server, "/" + i)
                                        .POST(HttpRequest.BodyPublishers.ofByteArray(Patterns.bytes(i, 0, SIZES[i])))
                                        .build(),
                                HttpResponse.BodyHandlers.discarding()));
                    }
                    for (int i = 0; i < SIZES.length; i++) {
                        assertThat(answers.get(i).get(30, TimeUnit.SECONDS).statusCode())
                                .isEqualTo(201);
                        byte[] written = Files.readAllBytes(directory.resolve("u" + i));
                        assertThat(written).hasSize(SIZES[i]);
                        Patterns.check(written, i, 0);
                    }
                    results.clear();
                    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                        socket.getOutputStream()
                                .write("POST /0 HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nabc"
                                        .getBytes(StandardCharsets.US_ASCII));
                        AioTestLoops.eventually("the request has arrived", () -> !results.isEmpty());
                    }
                    assertThat(AioTestLoops.cause(results.element())).isInstanceOf(AbortedException.class);
                });
    }
}
