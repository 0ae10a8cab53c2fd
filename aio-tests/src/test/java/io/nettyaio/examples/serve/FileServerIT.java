package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.examples.serve.RawClient.Response;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP: methods, versions, connections, errors. */
@Timeout(60)
class FileServerIT {

    private static Site site;
    private static FileServer server;
    private static LeakLog leaks;

    @BeforeAll
    static void start() throws Exception {
        leaks = new LeakLog();
        site = Site.create();
        site.write("hello.txt", "hello, world\n");
        site.write("empty", "");
        for (int i = 0; i < 100; i++) {
            site.write("n/" + i, "contents of " + i);
        }
        site.writeNumbers("numbers", 3 * 1024 * 1024 + 5);
        server = FileServer.start(
                site.root(),
                ServerConfig.builder()
                        .port(0)
                        .loops(2)
                        .idle(Duration.ofSeconds(20))
                        .build());
    }

    @AfterAll
    static void stop() throws Exception {
        try (Site last = site;
                LeakLog log = leaks) {
            server.close();
            assertThat(last.openDescriptors()).isZero();
            log.assertNone();
        }
    }

    private static RawClient connect() throws Exception {
        return RawClient.connect(server.address());
    }

    @Test
    void shouldAnswerWithContentsWhenItIsGet() throws Exception {
        Instant modified = Instant.parse("2001-02-03T04:05:06.789Z");
        Files.setLastModifiedTime(site.root().resolve("hello.txt"), FileTime.from(modified));
        try (RawClient client = connect()) {
            Response response = client.get("/hello.txt").receive();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("hello, world\n");
            assertThat(response.header())
                    .containsEntry("content-type", "text/plain; charset=utf-8")
                    .containsEntry("last-modified", "Sat, 03 Feb 2001 04:05:06 GMT")
                    .doesNotContainKey("connection")
                    .doesNotContainKey("transfer-encoding");
        }
    }

    @Test
    void shouldAnswerWithoutContentsWhenItIsHead() throws Exception {
        try (RawClient client = connect()) {
            client.send("HEAD /hello.txt HTTP/1.1\r\nHost: x\r\n\r\nHEAD /none HTTP/1.1\r\nHost: x\r\n\r\n")
                    .get("/n/7");
            Response response = client.receiveHeader();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.contentLength()).isEqualTo(13);
            assertThat(response.header()).containsKeys("content-type", "last-modified");
            assertThat(client.receiveHeader().status()).isEqualTo(404);
            assertThat(client.receive().text()).isEqualTo("contents of 7");
        }
    }

    @Test
    void shouldAnswerWithNothingWhenTheFileIsEmpty() throws Exception {
        try (RawClient client = connect()) {
            Response response = client.get("/empty").get("/n/1").receive();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.contentLength()).isZero();
            assertThat(client.receive().text()).isEqualTo("contents of 1");
        }
    }

    @Test
    void shouldKeepTheConnectionWhenNothingElseIsSaid() throws Exception {
        try (RawClient client = connect()) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.get("/n/" + i).receive().text()).isEqualTo("contents of " + i);
                assertThat(client.get("/none").receive().status()).isEqualTo(404);
            }
        }
    }

    @Test
    void shouldAnswerInOrderWhen100RequestsArePipelined() throws Exception {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            requests.append("GET /").append(i % 10 == 9 ? "none" : "n/" + i).append(" HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        try (RawClient client = connect()) {
            client.send(requests.toString());
            for (int i = 0; i < 100; i++) {
                Response response = client.receive();
                assertThat(response.status()).isEqualTo(i % 10 == 9 ? 404 : 200);
                if (i % 10 != 9) {
                    assertThat(response.text()).isEqualTo("contents of " + i);
                }
            }
        }
    }

    @Test
    void shouldAnswerAllWhenMoreArePipelinedThanAreRead() throws Exception {
        try (RawClient client = connect()) {
            client.send("GET /n/5 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1500)).get("/numbers");
            for (int i = 0; i < 1500; i++) {
                assertThat(client.receive().text()).isEqualTo("contents of 5");
            }
            assertThat(client.receive().body()).isEqualTo(Site.numbers(3 * 1024 * 1024 + 5));
        }
    }

    @Test
    void shouldServeManyWhenTheyAskAtOnce() throws Exception {
        byte[] expected = Site.numbers(3 * 1024 * 1024 + 5);
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(20))
                .build();
        List<CompletableFuture<HttpResponse<byte[]>>> responses = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(server.url() + "numbers")).build();
            responses.add(client.sendAsync(request, BodyHandlers.ofByteArray()));
        }
        for (CompletableFuture<HttpResponse<byte[]>> response : responses) {
            assertThat(response.get().statusCode()).isEqualTo(200);
            assertThat(response.get().body()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"})
    void shouldSayWhatIsAllowedWhenTheMethodIsNot(String method) throws Exception {
        try (RawClient client = connect()) {
            client.send(method + " /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
                    .get("/n/1");
            Response response = client.receive();
            assertThat(response.status()).isEqualTo(405);
            assertThat(response.header()).containsEntry("allow", "GET, HEAD, OPTIONS");
            assertThat(client.receive().text()).isEqualTo("contents of 1");
        }
        assertThat(site.root().resolve("hello.txt")).hasContent("hello, world\n");
    }

    @Test
    void shouldAnswerBeforeTheBodyAndEndWhenTheBodyIsLong() throws Exception {
        try (RawClient client = connect()) {
            client.send("POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n");
            Response response = client.receive();
            assertThat(response.status()).isEqualTo(405);
            assertThat(response.header()).containsEntry("connection", "close");
            client.assertEnd();
        }
    }

    @Test
    void shouldStillBeHeardWhenTheClientSendsALongBodyFirst() throws Exception {
        // Closed at once, the connection would be reset, and the response with it.
        try (RawClient client = connect()) {
            client.send("POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n")
                    .send(new byte[4_000_000]);
            assertThat(client.receive().status()).isEqualTo(405);
            client.assertEnd();
        }
    }

    @Test
    void shouldIgnoreTheBodyWhenAGetHasOne() throws Exception {
        try (RawClient client = connect()) {
            String body = "GET /n/2 HTTP/1.1\r\nHost: x\r\n\r\n"; // what looks like a request is none
            client.send("GET /n/1 HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                    .send("GET /n/3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
                    .get("/n/4");
            assertThat(client.receive().text()).isEqualTo("contents of 1");
            assertThat(client.receive().text()).isEqualTo("contents of 3");
            assertThat(client.receive().text()).isEqualTo("contents of 4");
        }
    }

    @Test
    void shouldEndTheConnectionWhenAsked() throws Exception {
        try (RawClient client = connect()) {
            client.send("GET /n/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .get("/n/2");
            Response response = client.receive();
            assertThat(response.text()).isEqualTo("contents of 1");
            assertThat(response.header()).containsEntry("connection", "close");
            client.assertEnd();
        }
    }

    @Test
    void shouldEndTheConnectionWhenTheClientIsOfHttp10() throws Exception {
        try (RawClient client = connect()) {
            Response response = client.send("GET /n/1 HTTP/1.0\r\n\r\n").receive();
            assertThat(response.text()).isEqualTo("contents of 1");
            assertThat(response.header()).containsEntry("connection", "close");
            client.assertEnd();
        }
    }

    @Test
    void shouldKeepTheConnectionWhenAClientOfHttp10AsksForIt() throws Exception {
        try (RawClient client = connect()) {
            for (int i = 0; i < 3; i++) {
                client.send("GET /n/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
                Response response = client.receive();
                assertThat(response.text()).isEqualTo("contents of 1");
                assertThat(response.header()).containsEntry("connection", "keep-alive");
            }
        }
    }

    @Test
    void shouldAnswerEverythingWhenTheClientHasShutDownItsSide() throws Exception {
        try (RawClient client = connect()) {
            client.get("/numbers").get("/n/2").endOutput();
            assertThat(client.receive().body()).isEqualTo(Site.numbers(3 * 1024 * 1024 + 5));
            assertThat(client.receive().text()).isEqualTo("contents of 2");
            client.assertEnd();
        }
    }

    @Test
    void shouldRefuseAndEndWhenTheRequestIsMalformed() throws Exception {
        assertRefusedAndEnded("nonsense\r\n\r\n", 400);
        assertRefusedAndEnded("GET /n/1 HTTP/1.1\r\nHost x\r\n\r\n", 400);
        assertRefusedAndEnded("GET /" + "a".repeat(10_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414);
        assertRefusedAndEnded("GET / HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(20_000) + "\r\n\r\n", 431);
        assertRefusedAndEnded("GET / HTTP/1.1\r\n" + "X: y\r\n".repeat(5000) + "\r\n", 431);
    }

    private static void assertRefusedAndEnded(String request, int status) throws Exception {
        try (RawClient client = connect()) {
            Response response = client.send(request).receive();
            assertThat(response.status()).isEqualTo(status);
            assertThat(response.header()).containsEntry("connection", "close");
            client.assertEnd();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%", "/%zz", "/a%00", "/%ff", "hello.txt", "*", "/a#b"})
    void shouldRefuseWhenTheTargetIsMalformed(String target) throws Exception {
        try (RawClient client = connect()) {
            assertThat(client.get(target).receive().status()).isEqualTo(400);
            assertThat(client.get("/n/1").receive().text()).isEqualTo("contents of 1");
        }
    }

    @Test
    void shouldRefuseWhenThereIsNoHost() throws Exception {
        try (RawClient client = connect()) {
            assertThat(client.send("GET /n/1 HTTP/1.1\r\n\r\n").receive().status())
                    .isEqualTo(400);
        }
    }

    @Test
    void shouldCloseTheConnectionWhenItIsIdle() throws Exception {
        ServerConfig config = ServerConfig.builder()
                .port(0)
                .loops(1)
                .idle(Duration.ofMillis(200))
                .build();
        try (FileServer impatient = FileServer.start(site.root(), config);
                RawClient client = RawClient.connect(impatient.address())) {
            assertThat(client.get("/n/1").receive().text()).isEqualTo("contents of 1");
            client.assertEnd();
        }
    }
}
