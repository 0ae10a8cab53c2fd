package io.nettyaio.examples.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.examples.kv.KvConfig;
import io.nettyaio.examples.kv.KvServer;
import io.nettyaio.examples.serve.FileServer;
import io.nettyaio.examples.serve.ServerConfig;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.TestFileSystem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code /metrics} and {@code /health}, of servers that are well and of some that are not. */
@Timeout(60)
class AdminIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private HttpResponse<String> send(String method, String url) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .method(method, BodyPublishers.noBody())
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String url) throws Exception {
        return send("GET", url);
    }

    private JsonNode health(String url, int status) throws Exception {
        HttpResponse<String> response = get(url + "health");
        assertThat(response.statusCode()).as(response::body).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        return new ObjectMapper().readTree(response.body());
    }

    /** The value of the first line that begins so. */
    private static double value(String metrics, String begin) {
        return metrics.lines()
                .filter(line -> line.startsWith(begin))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + begin + " in " + metrics));
    }

    @Test
    void shouldShowWhatTheFileServerDoes() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Files.write(directory.resolve("file"), new byte[100_000]);
        ServerConfig config =
                ServerConfig.builder().port(0).loops(2).adminPort(0).build();
        String admin;
        try (FileServer server = FileServer.start(directory, config)) {
            admin = String.valueOf(server.adminUrl());
            assertThat(admin).startsWith("http://127.0.0.1:");
            assertThat(get(server.url() + "file").statusCode()).isEqualTo(200);
            assertThat(get(server.url() + "none").statusCode()).isEqualTo(404);
            assertThat(health(admin, 200).get("status").asText()).isEqualTo("UP");

            HttpResponse<String> scraped = get(admin + "metrics");
            assertThat(scraped.headers().firstValue("content-type"))
                    .contains("text/plain; version=0.0.4; charset=utf-8");
            String metrics = scraped.body();
            assertThat(value(metrics, "aio_serve_requests_seconds_count{method=\"GET\",status=\"2xx\"}"))
                    .isEqualTo(1);
            assertThat(value(metrics, "aio_serve_requests_seconds_count{method=\"GET\",status=\"4xx\"}"))
                    .isEqualTo(1);
            assertThat(value(metrics, "aio_serve_sent_bytes_total")).isGreaterThanOrEqualTo(100_000);
            assertThat(value(metrics, "aio_serve_accepted_connections_total")).isPositive();
            assertThat(value(metrics, "aio_serve_connections ")).isPositive();
            assertThat(value(metrics, "jvm_memory_used_bytes{area=\"heap\"")).isPositive();
            checkDocumented(metrics, "aio.serve.");
            assertThat(metrics)
                    .as("of the library, each loop")
                    .contains("aio_pending_operations{context=\"aio-serve-")
                    .contains("kind=\"open\"");
            assertThat(metrics.lines().filter(line -> line.startsWith("aio_pending_operations{")))
                    .hasSize(2);
        }
        String gone = admin;
        assertThatThrownBy(() -> get(gone + "health")).isInstanceOf(IOException.class);
    }

    @Test
    void shouldShowWhatTheKeyValueServerDoes() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory().resolve("kv");
        KvConfig config = KvConfig.builder(directory)
                .aio(AioConfig.builder().metrics(true).build())
                .port(0)
                .loops(2)
                .segmentBytes(32 << 20)
                .adminPort(0)
                .build();
        try (KvServer server = KvServer.start(config)) {
            String admin = String.valueOf(server.adminUrl());
            assertThat(health(admin, 200).get("reasons")).isEmpty();
            try (Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(), server.address().getPort())) {
                socket.getOutputStream()
                        .write("SET a 1\r\nSET b 2\r\nNONSENSE\r\n".getBytes(StandardCharsets.US_ASCII));
                String replies = new String(socket.getInputStream().readNBytes(10), StandardCharsets.US_ASCII);
                assertThat(replies).isEqualTo("+OK\r\n+OK\r\n");
                // The figures are a tenth of a second old.
                AioTestLoops.eventually(
                        "it is counted", () -> value(get(admin + "metrics").body(), "aio_kv_commands_total") == 2);
            }
            String metrics = get(admin + "metrics").body();
            assertThat(value(metrics, "aio_kv_keys ")).isEqualTo(2);
            assertThat(value(metrics, "aio_kv_errors_total")).isEqualTo(1);
            assertThat(value(metrics, "aio_kv_log_syncs_total")).isPositive();
            assertThat(value(metrics, "aio_kv_log_writable")).isEqualTo(1);
            assertThat(value(metrics, "aio_kv_accepted_connections_total")).isEqualTo(1);
            checkDocumented(metrics, "aio.kv.");
            assertThat(metrics).contains("aio_operations_total{class=\"default\",context=\"aio-kv-store-");
        }
    }

    /** The table in docs/admin.md has each meter of the servers that is shown, and no other. */
    private static void checkDocumented(String metrics, String prefix) throws IOException {
        Set<String> documented = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "admin.md"))) {
            String[] cells = line.split("\\|", -1);
            if (line.startsWith("| `" + prefix)) {
                documented.add(shownAs(cells[1].replace("`", "").strip(), cells[2].strip(), cells[3].strip()));
            }
        }
        Set<String> shown = metrics.lines()
                .filter(line -> line.startsWith("# TYPE " + prefix.replace('.', '_')))
                .map(line -> line.split(" ", 4)[2])
                .filter(name -> !name.equals("aio_serve_requests_seconds_max"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(shown).isEqualTo(documented);
    }

    private static String shownAs(String meter, String type, String unit) {
        String name = meter.replace('.', '_');
        String withUnit = unit.isEmpty() || name.endsWith(unit) ? name : name + '_' + unit;
        return type.equals("counter") ? withUnit + "_total" : withUnit;
    }

    @Test
    void shouldBeOffUnlessAskedFor() throws Exception {
        try (FileServer server = FileServer.start(
                TestFileSystem.DISK.newDirectory(),
                ServerConfig.builder().port(0).loops(1).build())) {
            assertThat(server.adminUrl()).isNull();
        }
    }

    @Test
    void shouldNotStartWhenAdminPortIsInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ServerConfig config = ServerConfig.builder()
                    .port(0)
                    .loops(1)
                    .adminPort(taken.getLocalPort())
                    .build();
            Path directory = TestFileSystem.DISK.newDirectory();
            assertThatThrownBy(() -> FileServer.start(directory, config))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("port is in use")
                    .hasMessageContaining("--admin-port");
        }
    }

    @Test
    void shouldAnswerGetAndHeadOnly() throws Exception {
        try (Admin admin = new Admin()) {
            admin.listen(0);
            HttpResponse<String> head = send("HEAD", admin.url() + "metrics");
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.headers().firstValueAsLong("content-length").orElse(0))
                    .isGreaterThan(1000);
            assertThat(head.body()).isEmpty();
            for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS")) {
                HttpResponse<String> refused = send(method, admin.url() + "metrics");
                assertThat(refused.statusCode()).as(method).isEqualTo(405);
                assertThat(refused.headers().firstValue("allow")).contains("GET, HEAD");
            }
            assertThat(get(admin.url() + "nothing").statusCode()).isEqualTo(404);
            assertThat(get(admin.url() + "metrics/").statusCode()).isEqualTo(404);
            assertThat(get(admin.url() + "metrics?x=y").statusCode()).isEqualTo(200);
            assertThat(get(admin.url()).body()).contains("/metrics").contains("/health");
            assertThat(get(admin.url() + "x".repeat(10_000)).statusCode()).isBetween(400, 431);
            HttpRequest open = HttpRequest.newBuilder(URI.create(admin.url() + "metrics"))
                    .header("accept", "application/openmetrics-text; version=1.0.0")
                    .build();
            HttpResponse<String> openMetrics = client.send(open, BodyHandlers.ofString());
            assertThat(openMetrics.headers().firstValue("content-type").orElse(""))
                    .startsWith("application/openmetrics");
            assertThat(openMetrics.body()).endsWith("# EOF\n");
        }
    }

    /** A loop that does not respond is told of, after a second at most, and again when it does. */
    @Test
    void shouldBeDownWhenALoopIsHeldUp() throws Exception {
        List<AioContext> contexts = List.of(aio.context(0), aio.context(1));
        CountDownLatch held = new CountDownLatch(1);
        try (Admin admin = new Admin()) {
            admin.watch(new LoopHealth(aio.group(), contexts));
            admin.listen(0);
            assertThat(health(admin.url(), 200).get("status").asText()).isEqualTo("UP");
            Future<?> holding = aio.loop(1).submit(() -> held.await(20, TimeUnit.SECONDS));
            long begun = System.nanoTime();
            JsonNode ill = health(admin.url(), 503);
            assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(10));
            assertThat(ill.get("status").asText()).isEqualTo("DOWN");
            assertThat(ill.get("reasons"))
                    .singleElement()
                    .satisfies(reason -> assertThat(reason.asText()).contains("has not responded for"));
            assertThat(health(admin.url(), 503).get("status").asText()).isEqualTo("DOWN");
            assertThat(get(admin.url() + "metrics").statusCode())
                    .as("all the same")
                    .isEqualTo(200);
            held.countDown();
            AioTestLoops.settle(holding);
            assertThat(health(admin.url(), 200).get("status").asText()).isEqualTo("UP");
        } finally {
            held.countDown();
        }
    }

    @Test
    void shouldBeDegradedWithoutKernelAioAndDownWithoutContext() throws Exception {
        AioContext without = aio.context(0, aio.config().kernelAio(false).build());
        AioContext closed = aio.context(1);
        try (Admin admin = new Admin()) {
            admin.watch(new LoopHealth(List.of(without.eventLoop()), List.of(without)));
            admin.listen(0);
            JsonNode degraded = health(admin.url(), 200);
            assertThat(degraded.get("status").asText()).isEqualTo("DEGRADED");
            assertThat(degraded.get("reasons").get(0).asText())
                    .contains("kernel AIO")
                    .contains("io.nettyaio.kernelAio");
            admin.watch(new LoopHealth(List.of(closed.eventLoop()), List.of(closed)));
            AioTestLoops.get(closed.close());
            JsonNode down = health(admin.url(), 503);
            assertThat(down.get("status").asText()).isEqualTo("DOWN");
            assertThat(down.get("reasons").get(0).asText()).contains("CLOSED");
        }
    }

    /** What cannot be answered soon is refused, not piled up; and the loop goes on answering what it can. */
    @Test
    void shouldRefuseWhenTooManyWait() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (Admin admin = new Admin()) {
            admin.watch(diagnosis -> {
                if (!release.await(20, TimeUnit.SECONDS)) {
                    diagnosis.down("not released");
                }
            });
            admin.listen(0);
            List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                asked.add(client.sendAsync(
                        HttpRequest.newBuilder(URI.create(admin.url() + "health"))
                                .build(),
                        BodyHandlers.ofString()));
            }
            AioTestLoops.eventually(
                    "some are refused",
                    () -> asked.stream().filter(CompletableFuture::isDone).count() >= 6);
            assertThat(get(admin.url()).statusCode()).isEqualTo(200);
            release.countDown();
            int refused = 0;
            for (CompletableFuture<HttpResponse<String>> each : asked) {
                HttpResponse<String> answer = each.get(20, TimeUnit.SECONDS);
                if (answer.statusCode() == 503) {
                    refused++;
                    assertThat(answer.body()).contains("too many requests");
                    assertThat(answer.headers().firstValue("retry-after")).contains("1");
                } else {
                    assertThat(answer.statusCode()).isEqualTo(200);
                }
            }
            assertThat(refused).isEqualTo(6);
        } finally {
            release.countDown();
        }
    }
}
