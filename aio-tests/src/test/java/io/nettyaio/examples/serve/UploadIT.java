package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files that are sent to the server. */
@Timeout(60)
class UploadIT {

    private Site site;
    private LeakLog leaks;
    private FileServer server;

    @BeforeEach
    void start() throws Exception {
        leaks = new LeakLog();
        site = Site.create();
        Files.createDirectories(site.root().resolve("in/sub"));
        Files.createDirectory(site.outside().resolve("elsewhere"));
        Files.createSymbolicLink(site.root().resolve("up"), Path.of("../elsewhere"));
        server = FileServer.start(
                site.root(),
                ServerConfig.builder()
                        .port(0)
                        .loops(2)
                        .upload(true)
                        .bodyBytes(4 << 20)
                        .build());
    }

    @AfterEach
    void stop() throws Exception {
        try (Site last = site;
                LeakLog log = leaks) {
            server.close();
            assertThat(last.openDescriptors()).isZero();
            log.assertNone();
        }
    }

    private static byte[] digest(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private HttpRequest form(String path, String name, byte[] bytes, String... headers) {
        String head = "--b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name
                + "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(server.url() + path))
                .header("Content-Type", "multipart/form-data; boundary=b0undary")
                .POST(BodyPublishers.concat(
                        BodyPublishers.ofString(head, StandardCharsets.UTF_8),
                        BodyPublishers.ofByteArray(bytes),
                        BodyPublishers.ofString("\r\n--b0undary--\r\n")));
        return headers.length == 0 ? builder.build() : builder.headers(headers).build();
    }

    private HttpRequest put(String path, byte[] bytes, String... headers) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(server.url() + path)).PUT(BodyPublishers.ofByteArray(bytes));
        return headers.length == 0 ? builder.build() : builder.headers(headers).build();
    }

    @Test
    void shouldHoldTheSameBytesWhen100AreUploadedAtOnce() throws Exception {
        SplittableRandom random = new SplittableRandom(3);
        HttpClient[] clients = {
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(),
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()
        };
        // One that opens the connection of HTTP/2 that the others share.
        clients[1].send(HttpRequest.newBuilder(URI.create(server.url())).build(), BodyHandlers.discarding());
        Map<String, byte[]> digests = new HashMap<>();
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            byte[] bytes = new byte[random.nextInt(i % 10 == 0 ? 1_000_000 : 100_000)];
            random.nextBytes(bytes);
            digests.put("f" + i, digest(bytes));
            HttpRequest request = i % 2 == 0 ? put("in/f" + i, bytes) : form("in/", "f" + i, bytes);
            answers.add(clients[i / 2 % 2].sendAsync(request, BodyHandlers.ofString()));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(answers.get(i).get().statusCode()).isEqualTo(i % 2 == 0 ? 201 : 303);
        }
        for (Map.Entry<String, byte[]> each : digests.entrySet()) {
            assertThat(digest(Files.readAllBytes(site.root().resolve("in").resolve(each.getKey()))))
                    .isEqualTo(each.getValue());
        }
        // Nothing else is left there.
        try (Stream<Path> left = Files.list(site.root().resolve("in"))) {
            assertThat(left).hasSize(101);
        }
    }

    @Test
    void shouldServeTheNewContentsAtOnceWhenAFileIsReplaced() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest get =
                HttpRequest.newBuilder(URI.create(server.url() + "in/a.txt")).build();
        for (String contents : List.of("one", "two", "three")) {
            assertThat(client.send(
                                    put("in/a.txt", contents.getBytes(StandardCharsets.UTF_8)),
                                    BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(201);
            assertThat(client.send(get, BodyHandlers.ofString()).body()).isEqualTo(contents);
        }
    }

    @Test
    void shouldWriteNothingWhenTheUploadIsRefused() throws Exception {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        byte[] bytes = {1, 2, 3};
        Map<HttpRequest, Integer> refused = new HashMap<>();
        refused.put(put("up/a.txt", bytes), 403);
        refused.put(form("up/", "a.txt", bytes), 403);
        refused.put(put("none/a.txt", bytes), 409);
        refused.put(put("..%2fa.txt", bytes), 400);
        refused.put(put("in/a.txt", bytes, "Origin", "http://elsewhere.example"), 403);
        refused.put(form("in/", "a.txt", bytes, "Origin", "null"), 403);
        refused.put(form("none/", "a.txt", bytes, "Origin", "http://elsewhere.example"), 403);
        refused.put(put("in/sub", bytes), 409);
        refused.put(put("a".repeat(300) + "/a.txt", bytes), 409);
        for (Map.Entry<HttpRequest, Integer> each : refused.entrySet()) {
            HttpResponse<String> response = client.send(each.getKey(), BodyHandlers.ofString());
            assertThat(response.statusCode()).as(each.getKey().toString()).isEqualTo(each.getValue());
        }
        try (RawClient raw = RawClient.connect(server.address())) {
            raw.send("PUT /in/big HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n");
            assertThat(raw.receive().status()).isEqualTo(413);
        }
        // Who asks first is told before having sent anything.
        for (String path : List.of("none/a", "up/a")) {
            try (RawClient raw = RawClient.connect(server.address())) {
                raw.send("PUT /" + path
                        + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4000000\r\n\r\n");
                assertThat(raw.receive().status()).isIn(403, 409);
            }
        }
        // What is little is read, and the connection is kept.
        try (RawClient raw = RawClient.connect(server.address())) {
            for (String head : List.of("PUT /none/a", "PUT /in/a HTTP/1.1\r\nOrigin: null", "PUT /up/a")) {
                raw.send(head + (head.contains("HTTP") ? "" : " HTTP/1.1")
                        + "\r\nHost: x\r\nContent-Length: 38000\r\n\r\n");
                raw.send("x".repeat(38_000));
                assertThat(raw.receive().status()).isIn(403, 409);
            }
            raw.send("PUT /in/kept HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
            assertThat(raw.receive().status()).isEqualTo(201);
            Files.delete(site.root().resolve("in/kept"));
        }
        try (RawClient raw = RawClient.connect(server.address())) {
            raw.send("PUT /in/half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
                    .vanish();
        }
        Eventually.holds(() -> {
            try (Stream<Path> left = Files.walk(site.outside())) {
                assertThat(left.filter(Files::isRegularFile)).isEmpty();
            }
            return null;
        });
    }

    /** The directory that an upload goes into becomes a link that leads out, once the upload has begun. */
    @Test
    void shouldStayInTheDirectoryThatWasOpenedWhenItsNameLeadsOutMeanwhile() throws Exception {
        Path sub = site.root().resolve("in/sub");
        Path elsewhere = site.outside().resolve("elsewhere");
        try (RawClient raw = RawClient.connect(server.address())) {
            raw.send("PUT /in/sub/a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf");
            Eventually.holds(() -> {
                try (Stream<Path> temporary = Files.list(sub)) {
                    assertThat(temporary).hasSize(1);
                }
                return null;
            });
            Path moved = Files.move(sub, site.root().resolve("in/moved"));
            Files.createSymbolicLink(sub, elsewhere);
            raw.send("half");
            assertThat(raw.receive().status()).isEqualTo(201);
            assertThat(elsewhere).isEmptyDirectory();
            assertThat(moved.resolve("a.txt")).hasContent("halfhalf");
            try (Stream<Path> left = Files.list(moved)) {
                assertThat(left).hasSize(1);
            }
        }
    }

    /** Nothing comes out, whatever the moment. */
    @Test
    void shouldWriteNothingOutsideWhenDirectoriesAreSwappedForLinksAllTheTime() throws Exception {
        Path sub = site.root().resolve("in/sub");
        Path aside = site.root().resolve("in/aside");
        Path elsewhere = site.outside().resolve("elsewhere");
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> swapping = CompletableFuture.runAsync(() -> {
            try {
                while (!stop.get()) {
                    Files.move(sub, aside);
                    Files.createSymbolicLink(sub, elsewhere);
                    Thread.sleep(1);
                    Files.delete(sub);
                    Files.move(aside, sub);
                    Thread.sleep(1);
                }
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        Map<Integer, Integer> statuses = new HashMap<>();
        for (int i = 0; i < 400 && !swapping.isDone(); i++) {
            HttpRequest request =
                    i % 2 == 0 ? put("in/sub/f" + i, new byte[100]) : form("in/sub/", "f" + i, new byte[100]);
            statuses.merge(client.send(request, BodyHandlers.ofString()).statusCode(), 1, Integer::sum);
        }
        stop.set(true);
        swapping.get();
        assertThat(elsewhere).isEmptyDirectory();
        assertThat(statuses).containsKeys(201, 303, 403);
        // Between the directory and the link there is neither, for a moment.
        assertThat(Set.of(201, 303, 403, 409)).containsAll(statuses.keySet());
        try (Stream<Path> made = Files.list(sub)) {
            assertThat(made).hasSize(statuses.get(201) + statuses.get(303));
        }
    }
}
