package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.examples.serve.RawClient.Response;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that are made to be served what they should not, or to stop the server: neither comes about. */
@Timeout(60)
class HostileIT {

    private static final String SECRET = "do not serve this";
    private static final String INSIDE = "inside";

    private static Site site;
    private static FileServer server;
    private static LeakLog leaks;

    @BeforeAll
    static void start() throws Exception {
        leaks = new LeakLog();
        site = Site.create();
        Files.writeString(site.outside().resolve("secret.txt"), SECRET);
        Files.createDirectory(site.outside().resolve("rootsecret"));
        Files.writeString(site.outside().resolve("rootsecret/secret.txt"), SECRET);
        site.write("a.txt", INSIDE);
        site.write("sub/secret.txt", INSIDE);
        Files.createSymbolicLink(site.root().resolve("up"), Path.of(".."));
        Files.createSymbolicLink(site.root().resolve("etc"), Path.of("/etc"));
        Files.createSymbolicLink(site.root().resolve("proc"), Path.of("/proc/self/root"));
        Files.createSymbolicLink(site.root().resolve("far"), Path.of("sub/../../secret.txt"));
        server = FileServer.start(
                site.root(),
                ServerConfig.builder()
                        .port(0)
                        .loops(2)
                        .connections(600)
                        .idle(Duration.ofSeconds(2))
                        .revalidate(Duration.ofMillis(1))
                        .build());
    }

    @AfterAll
    static void stop() throws Exception {
        try (Site last = site;
                LeakLog log = leaks) {
            assertServes();
            server.close();
            assertThat(last.openDescriptors()).isZero();
            log.assertNone();
        }
    }

    private static void assertServes() throws Exception {
        try (RawClient client = RawClient.connect(server.address())) {
            assertThat(client.get("/a.txt").receive().text()).isEqualTo(INSIDE);
        }
    }

    /** Everything that the server answers, until it closes or has answered what follows. */
    private static String exchange(String request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(
                            server.address().getAddress(), server.address().getPort()),
                    5000);
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (java.net.SocketException reset) {
            return ""; // it may hang up on what it does not want to hear to the end
        }
    }

    private static List<String> paths() {
        List<String> ups = List.of(
                "..",
                "%2e%2e",
                "%2E%2E",
                ".%2e",
                "%2e.",
                "%252e%252e",
                "%25%32%65%25%32%65",
                "%c0%ae%c0%ae",
                "%e0%80%ae%e0%80%ae",
                "%f0%80%80%ae%f0%80%80%ae",
                "%uff0e%uff0e",
                "..;",
                "..%00",
                "..%20",
                "..%09",
                "%ef%bc%8e%ef%bc%8e",
                "....",
                ". .");
        List<String> slashes =
                List.of("/", "%2f", "%2F", "%5c", "\\", "%252f", "%c0%af", "//", "/./", "%e2%88%95", "/%2e/", "%00/");
        List<String> paths = new ArrayList<>();
        for (String up : ups) {
            for (String slash : slashes) {
                paths.add("/" + up + slash + "secret.txt");
                paths.add("/sub/" + up + slash + up + slash + "secret.txt");
            }
        }
        paths.addAll(List.of(
                "/up/secret.txt",
                "/up/rootsecret/secret.txt",
                "/etc/passwd",
                "/proc/etc/passwd",
                "/far",
                "/up/root/../secret.txt",
                "//etc/passwd",
                "///etc/passwd",
                "/%2fetc%2fpasswd",
                "/file:///etc/passwd",
                "file:///etc/passwd",
                "http://localhost/../secret.txt",
                "http://localhost/%2e%2e/secret.txt",
                "http:///../secret.txt",
                "https://x@y:z/up/secret.txt",
                "http://[::1/up/secret.txt",
                "/../rootsecret/secret.txt",
                "/..rootsecret/secret.txt",
                "/%00../secret.txt",
                "/a.txt%00.html",
                "/a.txt%0a",
                "/a.txt%0d%0aSet-Cookie:x",
                "/a.txt/../../secret.txt",
                "/proc/self/fd/3",
                "/dev/fd/3/secret.txt",
                "/sub/%2e%2e/%2e%2e/secret.txt",
                "?/../secret.txt",
                "/?../secret.txt",
                "/#/../secret.txt",
                "*",
                "..",
                "/" + "../".repeat(1000) + "etc/passwd",
                "/" + "%2e%2e%2f".repeat(500) + "etc/passwd",
                "/" + "a/".repeat(2000) + "../".repeat(2001) + "secret.txt",
                "/" + "A".repeat(7000),
                "/%",
                "/%a",
                "/%zz",
                "/\u0080\u00ff",
                "/%ff%fe",
                "/%ed%a0%80",
                "/CON",
                "/a.txt::$DATA",
                "/~root/",
                "/.",
                "/.."));
        return paths;
    }

    @Test
    void shouldServeNothingFromOutsideWhenPathsLeadThere() throws Exception {
        List<String> paths = paths();
        assertThat(paths).hasSizeGreaterThan(200);
        for (String path : paths) {
            String answer = exchange("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(answer).as(path).doesNotContain(SECRET).doesNotContain("root:x:");
            // Each is answered, and by a response of this server.
            assertThat(answer).as(path).matches("(?s)HTTP/1\\.1 (200|301|400|403|404|414) .*");
            assertThat(answer).as(path).doesNotContain("Set-Cookie");
        }
        assertServes();
    }

    private static List<String> requests() {
        List<String> requests = new ArrayList<>();
        for (String range : List.of(
                "bytes=-",
                "bytes=9-1",
                "bytes=-99999999999999999999",
                "bytes=99999999999999999999-",
                "bytes=0-0,".repeat(500),
                "bytes=\u0000",
                "bytes=0-,0-,0-,0-,0-",
                "bytes=a-b",
                "bytes",
                "=",
                "bytes=1--2",
                "none=0-1")) {
            requests.add("GET /a.txt HTTP/1.1\r\nHost: x\r\nRange: " + range + "\r\n\r\n");
        }
        String head = "HTTP/1.1\r\nHost: x\r\n";
        String smuggled = "GET /up/secret.txt HTTP/1.1\r\nHost: x\r\n\r\n";
        for (String framing : List.of(
                "Content-Length: 4\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 4",
                "Content-Length: 4\r\nContent-Length: 5",
                "Content-Length: 4,5",
                "Content-Length: -1",
                "Content-Length: +4",
                "Content-Length: 4 4",
                "Content-Length: 0x4",
                "Content-Length: 99999999999999999999",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: identity, chunked, identity",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding:\u000bchunked",
                "Transfer-Encoding : chunked",
                " Transfer-Encoding: chunked",
                "X: y\r\n Transfer-Encoding: chunked",
                "X: y\u0000Transfer-Encoding: chunked",
                "X: y\rTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\nContent-Length: 4")) {
            requests.add("POST /a.txt " + head + framing + "\r\n\r\n0\r\n\r\n" + smuggled);
        }
        for (String chunk : List.of(
                "ffffffffffffffff",
                "7fffffffffffffff",
                "80000000",
                "-1",
                "0x5",
                "5;" + "x".repeat(9000),
                "g",
                "",
                " 5",
                "5 5")) {
            requests.add(
                    "POST /a.txt " + head + "Transfer-Encoding: chunked\r\n\r\n" + chunk + "\r\nabcde\r\n0\r\n\r\n");
        }
        requests.addAll(List.of(
                "GET /a.txt HTTP/1.1\r\n" + "X: y\r\n".repeat(20_000) + "\r\n",
                "GET /a.txt HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(100_000) + "\r\n\r\n",
                "GET /a.txt HTTP/1.1\r\n" + "X".repeat(100_000) + ": y\r\n\r\n",
                "GET /" + "a".repeat(100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
                "G".repeat(100_000),
                "GET /a.txt HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                "GET /a.txt HTTP/1.1\r\n\r\n",
                "GET /a.txt HTTP/9.9\r\nHost: x\r\n\r\n",
                "GET /a.txt HTTP/2.0\r\nHost: x\r\n\r\n",
                "GET /a.txt\r\n\r\n",
                "GET  /a.txt  HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /a.txt HTTP/1.1 x\r\nHost: x\r\n\r\n",
                "\r\n\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n",
                "\u0000\u0001\u0002\u0003",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", // a ClientHello
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\u00ff".repeat(100),
                "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
                "CONNECT /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
                "TRACE /a.txt HTTP/1.1\r\nHost: x\r\n\r\n",
                "PUT /up/new.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
                "DELETE /a.txt HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /a.txt " + head + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
                "GET /a.txt " + head + "Expect: nonsense\r\n\r\n",
                "GET /a.txt " + head
                        + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: ***\r\n\r\n",
                "GET /a.txt " + head + "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
                "GET /a.txt " + head
                        + "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 9\r\n\r\n123456789",
                "GET /a.txt " + head + "If-None-Match: \"" + "x".repeat(8000) + "\r\n\r\n",
                "GET /a.txt " + head + "If-Match: " + "\"x\",".repeat(1500) + "\r\n\r\n",
                "GET /a.txt " + head + "If-Modified-Since: Sat, 99 Feb 99999 99:99:99 GMT\r\n\r\n",
                "GET /a.txt " + head + "If-Range: \r\nRange: bytes=0-1\r\n\r\n",
                "GET /a.txt " + head + "Accept-Encoding: " + "gzip;q=0.5,".repeat(1000) + "\r\n\r\n",
                "GET /a.txt " + head + "Connection: close, keep-alive\r\n\r\n",
                "GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET /?sort=<script>&order=%00 HTTP/1.1\r\nHost: x\r\n\r\n"));
        return requests;
    }

    @Test
    void shouldGoOnServingWhenRequestsAreMalformed() throws Exception {
        for (String request : requests()) {
            String answer = exchange(request);
            String what = request.substring(0, Math.min(120, request.length()));
            assertThat(answer)
                    .as(what)
                    .doesNotContain(SECRET)
                    .doesNotContain("root:x:")
                    .doesNotContain("<script>");
            assertThat(answer).as(what).doesNotContain("HTTP/1.1 500");
        }
        assertThat(Files.exists(site.outside().resolve("new.txt"))).isFalse();
        assertThat(site.root().resolve("a.txt")).hasContent(INSIDE);
        assertServes();
    }

    @Test
    void shouldAnswerOneRequestOnlyWhenTheFramingIsAmbiguous() throws Exception {
        for (String framing : List.of(
                "Content-Length: 4\r\nTransfer-Encoding: chunked",
                "Content-Length: 4\r\nContent-Length: 5",
                "Transfer-Encoding: xchunked")) {
            String answer = exchange("POST /a.txt HTTP/1.1\r\nHost: x\r\n" + framing
                    + "\r\n\r\n0\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(answer).as(framing).startsWith("HTTP/1.1 400").doesNotContain(INSIDE);
        }
    }

    @Test
    void shouldServeNothingFromOutsideWhenLinksAreSwappedMeanwhile() throws Exception {
        Path link = site.root().resolve("swapped");
        Path outside = Files.createSymbolicLink(site.outside().resolve("to-outside"), Path.of("../rootsecret"));
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Integer> swaps = CompletableFuture.supplyAsync(() -> {
            int count = 0;
            try {
                while (!done.get()) {
                    Path next = Files.createSymbolicLink(site.outside().resolve("next"), Path.of("sub"));
                    Files.move(next, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                    next = Files.createSymbolicLink(site.outside().resolve("next"), Files.readSymbolicLink(outside));
                    Files.move(next, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                    count++;
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return count;
        });
        int inside = 0;
        int refused = 0;
        try (RawClient client = RawClient.connect(server.address())) {
            long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            while (System.nanoTime() < end) {
                Response response = client.get("/swapped/secret.txt").receive();
                assertThat(response.text()).doesNotContain(SECRET);
                if (response.status() == 200) {
                    assertThat(response.text()).isEqualTo(INSIDE);
                    inside++;
                } else {
                    assertThat(response.status()).isIn(403, 404);
                    refused++;
                }
            }
        } finally {
            done.set(true);
        }
        assertThat(swaps.get()).isPositive();
        // Both came about, or nothing was shown.
        assertThat(inside).isPositive();
        assertThat(refused).isPositive();
    }

    @Test
    void shouldServeOthersWhenManySendTheirHeaderByteByByte() throws Exception {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                Socket socket = new Socket(
                        server.address().getAddress(), server.address().getPort());
                slow.add(socket);
                socket.getOutputStream().write("GET /a.txt HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
            }
            int closed = 0;
            for (int round = 0; round < 60 && closed < slow.size(); round++) {
                assertServes();
                Thread.sleep(100);
                closed = 0;
                for (Socket socket : slow) {
                    try {
                        socket.getOutputStream().write('y');
                    } catch (IOException closedByServer) {
                        closed++;
                    }
                }
            }
            // Never idle, and closed all the same.
            assertThat(closed).isEqualTo(slow.size());
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }
}
