package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.Need;
import io.nettyaio.tests.Shell;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of files: each byte is the file's. */
@Timeout(60)
class RangesIT {

    private static final int FILES = 40;
    private static final int RANGES = 1000;
    private static final Pattern PART = Pattern.compile(
            "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes (\\d+)-(\\d+)/(\\d+)\r\n\r\n");

    private static final Map<String, byte[]> contents = new HashMap<>();
    private static Site site;
    private static FileServer server;
    private static LeakLog leaks;

    @BeforeAll
    static void start() throws Exception {
        leaks = new LeakLog();
        site = Site.create();
        SplittableRandom random = new SplittableRandom(4);
        int[] sizes = {0, 1, 4095, 4096, 4097, 65_536, 65_537, 1_500_000};
        for (int i = 0; i < FILES; i++) {
            byte[] bytes = new byte[i < sizes.length ? sizes[i] : random.nextInt(1, 300_000)];
            random.nextBytes(bytes);
            contents.put("f" + i, bytes);
            Files.write(site.root().resolve("f" + i), bytes);
        }
        server = FileServer.start(
                site.root(),
                ServerConfig.builder().port(0).loops(2).openFiles(20).build());
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

    private static HttpRequest request(String name, String range) {
        return HttpRequest.newBuilder(URI.create(server.url() + name))
                .header("Range", range)
                .build();
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void shouldSendTheFilesBytesWhenRangesAreRandom(HttpClient.Version version) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(version).build();
        SplittableRandom random = new SplittableRandom(version.name().hashCode());
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        for (int i = 0; i < RANGES / 2; i++) {
            String name = "f" + random.nextInt(FILES);
            byte[] file = contents.get(name);
            int from = random.nextInt(file.length + 10);
            int to = from + random.nextInt(random.nextBoolean() ? 100 : 200_000);
            String range = switch (random.nextInt(4)) {
                case 0 -> "bytes=" + from + "-";
                case 1 -> "bytes=-" + (from + 1);
                default -> "bytes=" + from + "-" + to;
            };
            byte[] expected = expected(file, range, from, to);
            answers.add(client.sendAsync(request(name, range), BodyHandlers.ofByteArray())
                    .thenAccept(response -> {
                        assertThat(response.version()).isEqualTo(version);
                        if (expected == null) {
                            assertThat(response.statusCode()).isEqualTo(416);
                            assertThat(response.headers().firstValue("content-range"))
                                    .hasValue("bytes */" + file.length);
                        } else {
                            assertThat(response.statusCode()).isEqualTo(206);
                            assertThat(response.headers().firstValue("content-range"))
                                    .get()
                                    .asString()
                                    .endsWith("/" + file.length);
                            assertThat(response.body()).as(name + ' ' + range).isEqualTo(expected);
                        }
                    }));
            if (answers.size() % 32 == 0) {
                answers.get(answers.size() - 1).get();
            }
        }
        for (CompletableFuture<Void> answer : answers) {
            answer.get();
        }
    }

    private static byte[] expected(byte[] file, String range, int from, int to) {
        if (range.startsWith("bytes=-")) {
            return file.length == 0 ? null : Arrays.copyOfRange(file, Math.max(0, file.length - from - 1), file.length);
        }
        if (from >= file.length) {
            return null;
        }
        return Arrays.copyOfRange(file, from, range.endsWith("-") ? file.length : Math.min(to + 1, file.length));
    }

    @Test
    void shouldSendTheFilesBytesWhenRangesAreSeveral() throws Exception {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < 50; i++) {
            byte[] file = contents.get("f7");
            List<int[]> asked = new ArrayList<>();
            StringBuilder range = new StringBuilder("bytes=");
            int count = random.nextInt(2, 8);
            for (int n = 0; n < count; n++) {
                int from = n * 180_000 + random.nextInt(10_000);
                int to = from + random.nextInt(100_000);
                asked.add(new int[] {from, to});
            }
            if (random.nextBoolean()) {
                java.util.Collections.reverse(asked); // sent in the order they are asked for
            }
            asked.forEach(
                    part -> range.append(part[0]).append('-').append(part[1]).append(','));
            HttpResponse<byte[]> response = client.send(request("f7", range.toString()), BodyHandlers.ofByteArray());
            assertThat(response.statusCode()).isEqualTo(206);
            assertParts(response, file, asked);
        }
    }

    private static void assertParts(HttpResponse<byte[]> response, byte[] file, List<int[]> asked) {
        String type = response.headers().firstValue("content-type").orElseThrow();
        assertThat(type).startsWith("multipart/byteranges; boundary=");
        String boundary = "\r\n--" + type.substring(type.indexOf('=') + 1);
        String body = new String(response.body(), StandardCharsets.ISO_8859_1);
        int at = 0;
        for (int[] part : asked) {
            assertThat(body.startsWith(boundary, at)).isTrue();
            Matcher header = PART.matcher(body).region(at + boundary.length(), body.length());
            assertThat(header.lookingAt()).isTrue();
            int last = Math.min(part[1], file.length - 1);
            assertThat(header.group(1)).isEqualTo(Integer.toString(part[0]));
            assertThat(header.group(2)).isEqualTo(Integer.toString(last));
            assertThat(header.group(3)).isEqualTo(Integer.toString(file.length));
            int length = last + 1 - part[0];
            assertThat(Arrays.equals(
                            response.body(), header.end(), header.end() + length, file, part[0], part[0] + length))
                    .isTrue();
            at = header.end() + length;
        }
        assertThat(body.substring(at)).isEqualTo(boundary + "--\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2-prior-knowledge"})
    void shouldSendTheFilesBytesWhenCurlAsksForRanges(String protocol) throws Exception {
        Need.program("curl", "curl");
        SplittableRandom random = new SplittableRandom(5);
        byte[] file = contents.get("f7");
        Path part = site.outside().resolve("part");
        for (int i = 0; i < 10; i++) {
            int from = random.nextInt(file.length - 1);
            int to = random.nextInt(from, file.length);
            assertThat(Shell.run(
                            "curl",
                            "-sf",
                            protocol,
                            "-r",
                            from + "-" + to,
                            "-o",
                            part.toString(),
                            "-w",
                            "%{http_version} %{http_code}",
                            server.url() + "f7"))
                    .isEqualTo(protocol.equals("--http1.1") ? "1.1 206" : "2 206");
            assertThat(Files.readAllBytes(part)).isEqualTo(Arrays.copyOfRange(file, from, to + 1));
        }
    }

    @Test
    void shouldIgnoreTheRangeWhenItCannotBeUsed() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (String range : List.of("bytes=5-4", "lines=1-2", "bytes=x", "bytes=" + "0-0,1000-1000,".repeat(40))) {
            HttpResponse<byte[]> response = client.send(request("f4", range), BodyHandlers.ofByteArray());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(contents.get("f4"));
        }
    }

    @Test
    void shouldIgnoreTheRangeWhenItIsHead() throws Exception {
        try (RawClient client = RawClient.connect(server.address())) {
            RawClient.Response response = client.send("HEAD /f4 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n")
                    .receiveHeader();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.contentLength()).isEqualTo(4097);
            assertThat(response.header()).containsEntry("accept-ranges", "bytes");
        }
    }
}
