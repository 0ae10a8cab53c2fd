package io.nettyaio.tests;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.nettyaio.AioContext;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.examples.kv.KvConfig;
import io.nettyaio.examples.kv.KvServer;
import io.nettyaio.examples.log.LogDurability;
import io.nettyaio.examples.serve.FileServer;
import io.nettyaio.examples.serve.ServerConfig;
import io.nettyaio.examples.serve.TlsIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingMethod;

/**
 * Runs both servers under BlockHound, with real requests of all kinds, and says on standard output what has blocked where it
 * must not: a line for each {@code FOUND}, after them {@code DONE}. First it does so on purpose, to see that it would be
 * found: {@code DETECTED}. A process of its own, since BlockHound changes the classes of the whole one.
 */
final class BlockHoundProcess {

    private static final int LARGE_BYTES = 2 << 20;

    private static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();

    private BlockHoundProcess() {}

    /**
     * Runs.
     *
     * @param arguments an empty directory
     */
    public static void main(String[] arguments) throws Exception {
        BlockHound.builder()
                .loadIntegrations()
                .blockingMethodCallback(BlockHoundProcess::found)
                .install();
        Path directory = Path.of(arguments[0]);
        detect();
        files(directory, ServerConfig.builder());
        files(directory, ServerConfig.builder().tls(TlsIdentity.selfSigned()));
        keys(directory.resolve("log"), 1, LogDurability.ALWAYS);
        keys(directory.resolve("log"), 2, LogDurability.EVERY_SECOND);
        FOUND.forEach(each -> System.out.println("FOUND " + each));
        System.out.println("DONE");
    }

    private static void found(BlockingMethod method) {
        String stack = Arrays.stream(Thread.currentThread().getStackTrace())
                .map(StackTraceElement::toString)
                .filter(frame -> !frame.contains("blockhound") && !frame.contains("getStackTrace"))
                .limit(14)
                .collect(Collectors.joining(" < "));
        FOUND.add(method + " on " + Thread.currentThread().getName() + ": " + stack);
    }

    // ---- whether it would be found -------------------------------------------------------------------------------

    private static void detect() throws Exception {
        // Netty's threads, and a loop's thread that is nobody's but the library's.
        MultiThreadIoEventLoopGroup netty = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        MultiThreadIoEventLoopGroup plain = new MultiThreadIoEventLoopGroup(
                1, (ThreadFactory) task -> new Thread(task, "plain"), EpollIoHandler.newFactory());
        for (MultiThreadIoEventLoopGroup group : List.of(netty, plain)) {
            EventLoop loop = group.next();
            AioContext context = EpollAio.context(loop);
            detect(loop, "a sleep", () -> Thread.sleep(1));
            Method fsync =
                    Class.forName("io.nettyaio.epoll.Native").getDeclaredMethod("fsync", int.class, boolean.class);
            fsync.setAccessible(true);
            detect(loop, "an fsync", () -> fsync.invoke(null, -1, false));
            context.close().sync();
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
            if (!FOUND.isEmpty()) {
                throw new IllegalStateException("closing a context: " + FOUND);
            }
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    private static void detect(EventLoop loop, String what, Action action) throws Exception {
        loop.submit(() -> {
                    action.run();
                    return null;
                })
                .sync();
        boolean found = !FOUND.isEmpty();
        FOUND.clear();
        if (!found) {
            throw new IllegalStateException("not found: " + what + " on " + loop);
        }
        System.out.println("DETECTED " + what);
    }

    // ---- file server ---------------------------------------------------------------------------------------------

    private static void files(Path directory, ServerConfig.Builder config) throws Exception {
        Path root = Files.createDirectories(directory.resolve("root"));
        Path large = root.resolve("large");
        Path unused = Patterns.file(large, 1, LARGE_BYTES);
        Files.writeString(root.resolve("small.txt"), "small\n");
        HttpClient client = HttpClient.newBuilder().sslContext(trusting()).build();
        try (FileServer server = FileServer.start(
                root,
                config.port(0)
                        .loops(2)
                        .upload(true)
                        .accessLog(directory.resolve("access.log"))
                        .revalidate(Duration.ZERO)
                        .build())) {
            Patterns.dropFromCache(large);
            expect(client, get(server, "large"), 200);
            expect(client, get(server, "large"), 200);
            Patterns.dropFromCache(large);
            expect(client, get(server, "large").header("Range", "bytes=100000-199999"), 206);
            expect(client, get(server, "large").header("Range", "bytes=0-99,5000-5099,-7"), 206);
            expect(client, get(server, "large").header("Range", "bytes=99999999-"), 416);
            expect(client, get(server, "large").method("HEAD", HttpRequest.BodyPublishers.noBody()), 200);
            expect(client, get(server, "small.txt").header("If-None-Match", "*"), 304);
            expect(client, get(server, "missing"), 404);
            expect(client, get(server, ""), 200);
            byte[] body = Patterns.bytes(2, 0, LARGE_BYTES);
            expect(client, get(server, "up.bin").PUT(HttpRequest.BodyPublishers.ofByteArray(body)), 201);
            expect(
                    client,
                    get(server, "")
                            .header("Content-Type", "multipart/form-data; boundary=b")
                            .POST(
                                    HttpRequest.BodyPublishers.ofString(
                                            "--b\r\nContent-Disposition: form-data; name=f; filename=form.txt\r\n\r\ntext\r\n--b--\r\n")),
                    201,
                    303);
            expect(client, get(server, "up.bin"), 200);
        }
    }

    private static HttpRequest.Builder get(FileServer server, String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path)).timeout(Duration.ofSeconds(20));
    }

    private static void expect(HttpClient client, HttpRequest.Builder request, Integer... statuses) throws Exception {
        HttpResponse<byte[]> response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        if (!List.of(statuses).contains(response.statusCode())) {
            throw new IllegalStateException(response + " " + new String(response.body(), StandardCharsets.UTF_8));
        }
    }

    /** Certificates are not what is tested. */
    private static SSLContext trusting() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                null,
                new TrustManager[] {
                    new X509TrustManager() {
                        @Override
                        public void checkClientTrusted(X509Certificate[] chain, String type) {}

                        @Override
                        public void checkServerTrusted(X509Certificate[] chain, String type) {}

                        @Override
                        public X509Certificate[] getAcceptedIssuers() {
                            return new X509Certificate[0];
                        }
                    }
                },
                new SecureRandom());
        return context;
    }

    // ---- key-value server ----------------------------------------------------------------------------------------

    private static void keys(Path directory, int loops, LogDurability durability) throws Exception {
        KvConfig config = KvConfig.builder(directory)
                .port(0)
                .loops(loops)
                .durability(durability)
                .segmentBytes(32 << 20)
                .compactBytes(1 << 20)
                .build();
        try (KvServer server = KvServer.start(config);
                Socket socket = new Socket(
                        server.address().getAddress(), server.address().getPort());
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
            socket.setSoTimeout(20_000);
            String value = "v".repeat(20_000);
            for (int i = 0; i < 150; i++) { // 3 MB: a snapshot or two
                reply(socket, in, "SET k" + i % 20 + " " + value, "+OK");
            }
            reply(socket, in, "GET k1", "$20000");
            in.readLine();
            reply(socket, in, "INCR n" + loops, ":1");
            reply(socket, in, "APPEND n" + loops + " 2", ":2");
            reply(socket, in, "EXPIRE n" + loops + " 100", ":1");
            reply(socket, in, "MULTI", "+OK");
            reply(socket, in, "DEL k2", "+QUEUED");
            reply(socket, in, "EXEC", "*1");
            in.readLine();
            Thread.sleep(1_200); // each second's sync; expiry
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (!hasSnapshot(directory)) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IllegalStateException("no snapshot in " + directory);
                }
                Thread.sleep(10);
            }
        }
    }

    private static boolean hasSnapshot(Path directory) throws IOException {
        try (var names = Files.list(directory)) {
            return names.anyMatch(
                    name -> name.toString().toLowerCase(Locale.ROOT).endsWith(".snapshot"));
        }
    }

    private static void reply(Socket socket, BufferedReader in, String command, String expected) throws IOException {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
        String reply = in.readLine();
        if (!expected.equals(reply)) {
            throw new IllegalStateException(command + ": " + reply);
        }
    }
}
