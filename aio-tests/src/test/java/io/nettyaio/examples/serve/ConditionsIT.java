package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.Need;
import io.nettyaio.tests.Shell;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Validators, conditions, codings, OPTIONS, and what is remembered of files. */
@Timeout(60)
class ConditionsIT {

    private static final Instant MODIFIED = Instant.parse("2001-02-03T04:05:06.789Z");
    private static final String DATE = "Sat, 03 Feb 2001 04:05:06 GMT";

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static Site site;
    private static FileServer server;
    private static String etag;

    @BeforeAll
    static void start() throws Exception {
        site = Site.create();
        site.write("a.txt", "0123456789");
        Files.setLastModifiedTime(site.root().resolve("a.txt"), FileTime.from(MODIFIED));
        site.write("page.css", "plain");
        site.write("page.css.gz", "gzipped");
        site.write("page.css.br", "brotli");
        site.write("only.js", "plain");
        site.write("only.js.gz", "gzipped");
        site.write("stale.js", "plain");
        site.write("stale.js.gz", "gzipped");
        Files.setLastModifiedTime(site.root().resolve("stale.js.gz"), FileTime.from(MODIFIED));
        server = FileServer.start(
                site.root(),
                ServerConfig.builder()
                        .port(0)
                        .loops(1)
                        .openFiles(4)
                        .revalidate(Duration.ofMillis(300))
                        .build());
        etag = get("a.txt").headers().firstValue("etag").orElseThrow();
    }

    @AfterAll
    static void stop() throws Exception {
        try (Site last = site) {
            server.close();
            assertThat(last.openDescriptors()).isZero();
        }
    }

    private static HttpResponse<String> get(String name, String... headers) throws Exception {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(server.url() + name));
        if (headers.length > 0) {
            builder.headers(headers);
        }
        return CLIENT.send(builder.build(), BodyHandlers.ofString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "If-None-Match | ETAG | 304 |",
                "If-None-Match | W/ETAG | 304 |",
                "If-None-Match | \"x\" | 200 | 0123456789",
                "If-None-Match | * | 304 |",
                "If-Match | ETAG | 200 | 0123456789",
                "If-Match | \"x\" | 412 | 412 Precondition Failed",
                "If-Modified-Since | DATE | 304 |",
                "If-Modified-Since | Sat, 03 Feb 2001 04:05:05 GMT | 200 | 0123456789",
                "If-Unmodified-Since | DATE | 200 | 0123456789",
                "If-Unmodified-Since | Sat, 03 Feb 2001 04:05:05 GMT | 412 | 412 Precondition Failed",
            })
    void shouldAnswerByTheConditionWhenThereIsOne(String name, String value, int status, String body) throws Exception {
        HttpResponse<String> response =
                get("a.txt", name, value.replace("ETAG", etag).replace("DATE", DATE));
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body().strip()).isEqualTo(body == null ? "" : body);
        if (status < 400) {
            assertThat(response.headers().firstValue("etag")).hasValue(etag);
            assertThat(response.headers().firstValue("last-modified")).hasValue(DATE);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ETAG | 206 | 234",
                "\"x\" | 200 | 0123456789",
                "W/ETAG | 200 | 0123456789",
                "DATE | 206 | 234",
                "Sat, 03 Feb 2001 04:05:07 GMT | 200 | 0123456789",
            })
    void shouldSendAPartWhenTheValidatorOfIfRangeIsTheSame(String value, int status, String body) throws Exception {
        HttpResponse<String> response = get(
                "a.txt",
                "Range",
                "bytes=2-4",
                "If-Range",
                value.replace("ETAG", etag).replace("DATE", DATE));
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).isEqualTo(body);
    }

    @Test
    void shouldSendNothingWhenCurlHasItAlready() throws Exception {
        Need.program("curl", "curl");
        String tag = site.outside().resolve("etag").toString();
        String[] command = {
            "curl",
            "-s",
            "--etag-save",
            tag,
            "--etag-compare",
            tag,
            "-w",
            "%{http_code} %{size_download}",
            server.url() + "a.txt"
        };
        assertThat(Shell.run(command)).isEqualTo("0123456789200 10");
        assertThat(Shell.run(command)).isEqualTo("304 0");
        assertThat(Shell.run("curl", "-s", "-z", DATE, "-w", "%{http_code}", server.url() + "a.txt"))
                .isEqualTo("304");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "page.css | gzip, br | brotli | br",
                "page.css | gzip | gzipped | gzip",
                "page.css | br;q=0.1, gzip;q=0.9 | gzipped | gzip",
                "page.css | br;q=0, gzip;q=0 | plain | -",
                "page.css | identity | plain | -",
                "only.js | br, gzip | gzipped | gzip",
                "only.js | br | plain | -",
                "a.txt | br, gzip | 0123456789 | -",
                "stale.js | gzip | plain | -",
            })
    void shouldSendTheCompressedSiblingWhenTheClientTakesIt(String name, String accept, String body, String coding)
            throws Exception {
        HttpResponse<String> response = get(name, "Accept-Encoding", accept);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
        assertThat(response.headers().firstValue("content-encoding").orElse(null))
                .isEqualTo(coding);
        assertThat(response.headers().firstValue("vary")).hasValue("accept-encoding");
        assertThat(response.headers().firstValue("content-type").orElseThrow())
                .startsWith(name.endsWith("css") ? "text/css" : name.endsWith("js") ? "text/javascript" : "text/plain");
    }

    @Test
    void shouldGiveEachCodingItsOwnTag() throws Exception {
        String plain = get("page.css").headers().firstValue("etag").orElseThrow();
        String compressed = get("page.css", "Accept-Encoding", "br")
                .headers()
                .firstValue("etag")
                .orElseThrow();
        assertThat(compressed).isNotEqualTo(plain);
        assertThat(get("page.css", "Accept-Encoding", "br", "If-None-Match", plain)
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"/a.txt", "*", "/none"})
    void shouldSayWhatIsAllowedWhenItIsOptions(String target) throws Exception {
        try (RawClient client = RawClient.connect(server.address())) {
            RawClient.Response response = client.send("OPTIONS " + target + " HTTP/1.1\r\nHost: x\r\n\r\n")
                    .receiveHeader();
            assertThat(response.status()).isEqualTo(204);
            assertThat(response.header()).containsEntry("allow", "GET, HEAD, OPTIONS");
            assertThat(client.get("/a.txt").receive().text()).isEqualTo("0123456789");
        }
    }

    @Test
    void shouldNoticeWithinTheTimeWhenAFileIsReplaced() throws Exception {
        Path file = site.write("changing", "before");
        HttpResponse<String> before = get("changing");
        assertThat(before.body()).isEqualTo("before");
        Path next = Files.writeString(site.outside().resolve("next"), "behind");
        Files.setLastModifiedTime(next, Files.getLastModifiedTime(file));
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
        // Of the same length and time: it is another file all the same.
        Eventually.holds(() -> assertThat(get("changing").body()).isEqualTo("behind"));
        assertThat(get("changing").headers().firstValue("etag"))
                .isNotEqualTo(before.headers().firstValue("etag"));
        Files.delete(file);
        Eventually.holds(() -> assertThat(get("changing").statusCode()).isEqualTo(404));
        site.write("changing", "again");
        Eventually.holds(() -> assertThat(get("changing").body()).isEqualTo("again"));
    }

    @Test
    void shouldKeepNoMoreFilesOpenThanItMayWhenManyAreAskedFor() throws Exception {
        for (int i = 0; i < 30; i++) {
            site.write("many/" + i, "contents of " + i);
            assertThat(get("many/" + i).body()).isEqualTo("contents of " + i);
        }
        // And the directory itself.
        Eventually.holds(() -> assertThat(site.openDescriptors()).isEqualTo(4 + 1));
        for (int i = 29; i >= 0; i--) {
            assertThat(get("many/" + i).body()).isEqualTo("contents of " + i);
        }
    }
}
