package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.examples.serve.RawClient.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which paths lead to a file, and which must not. */
@Timeout(60)
class FileServerPathsIT {

    private static final String SECRET = "secret";

    private static Site site;
    private static FileServer server;

    @BeforeAll
    static void start() throws Exception {
        site = Site.create();
        Path root = site.root();
        Files.writeString(site.outside().resolve("outside.txt"), SECRET);
        Files.writeString(Files.createDirectory(site.outside().resolve("root2")).resolve("a.txt"), SECRET);
        site.write("a.txt", "a");
        site.write("index.html", "index of the root");
        site.write("sub/b.txt", "b");
        site.write("sub/index.html", "index of sub");
        site.write("bare/c.txt", "c");
        site.write("odd/index.html/x", "its index is a directory");
        site.write("a b+c%41#?&\u00e9\u20ac\\.txt", "oddly named");
        site.write("sp ace/index.html", "index of sp ace");
        Files.createSymbolicLink(root.resolve("out"), Path.of("../outside.txt"));
        Files.createSymbolicLink(root.resolve("sub/out"), Path.of("../../outside.txt"));
        Files.createSymbolicLink(root.resolve("out-dir"), Path.of(".."));
        Files.createSymbolicLink(root.resolve("sibling"), Path.of("../root2"));
        Files.createSymbolicLink(root.resolve("passwd"), Path.of("/etc/passwd"));
        Files.createSymbolicLink(root.resolve("absolute"), root.resolve("a.txt"));
        Files.createSymbolicLink(root.resolve("out-and-in"), Path.of("../root/a.txt"));
        Files.createSymbolicLink(root.resolve("inside"), Path.of("sub/b.txt"));
        Files.createSymbolicLink(root.resolve("sub/up"), Path.of("../a.txt"));
        Files.createSymbolicLink(root.resolve("inside-dir"), Path.of("sub"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nothing"));
        Files.createSymbolicLink(root.resolve("circle"), Path.of("circle"));
        Process mkfifo = new ProcessBuilder("mkfifo", root.resolve("fifo").toString()).start();
        assertThat(mkfifo.waitFor()).isZero();
        server = FileServer.start(
                root,
                ServerConfig.builder()
                        .port(0)
                        .loops(1)
                        .listing(false)
                        .openFiles(0)
                        .revalidate(Duration.ZERO)
                        .build());
    }

    @AfterAll
    static void stop() throws Exception {
        try (Site last = site) {
            server.close();
            assertThat(last.openDescriptors()).isZero();
        }
    }

    private static Response get(String target) throws Exception {
        try (RawClient client = RawClient.connect(server.address())) {
            Response response = client.get(target).receive();
            // Whatever it was answered: it has left nothing open but the directory itself.
            Eventually.holds(() -> assertThat(site.openDescriptors()).isEqualTo(1));
            return response;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/..",
                "/../outside.txt",
                "/../root/a.txt",
                "/../root2/a.txt",
                "/sub/../../outside.txt",
                "/%2e%2e/outside.txt",
                "/%2E%2E%2Foutside.txt",
                "/sub/..%2f..%2foutside.txt",
                "/.%2e/outside.txt",
                "//etc/passwd",
                "/%2fetc/passwd",
                "http://test/../outside.txt",
                "/out",
                "/sub/out",
                "/out-dir/outside.txt",
                "/out-dir/root/a.txt",
                "/out-dir",
                "/out-dir/",
                "/sibling/a.txt",
                "/passwd",
                "/absolute",
                "/out-and-in",
            })
    void shouldForbidWhenThePathLeadsOut(String target) throws Exception {
        Response response = get(target);
        assertThat(response.status()).isEqualTo(403);
        assertThat(response.text()).doesNotContain(SECRET).doesNotContain("root:");
    }

    @ParameterizedTest
    @CsvSource({
        "/a.txt, a",
        "/a.txt?query=/../x, a",
        "/./a.txt, a",
        "/sub/../a.txt, a",
        "/none/../a.txt, a",
        "/sub//b.txt, b",
        "/sub%2Fb.txt, b",
        "/%61.tx%74, a",
        "http://anything:1/a.txt, a",
        "/inside, b",
        "/sub/up, a",
        "/inside-dir/b.txt, b",
        "/inside-dir/up, a",
        "/, index of the root",
        "/?x, index of the root",
        "/sub/, index of sub",
        "/sub/., index of sub",
        "/sub/x/.., index of sub",
        "/inside-dir/, index of sub",
        "/sp%20ace/, index of sp ace",
        "/a%20b+c%2541%23%3F&%C3%A9%E2%82%AC%5C.txt, oddly named",
    })
    void shouldServeWhenThePathLeadsToAFile(String target, String contents) throws Exception {
        Response response = get(target);
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo(contents);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/none",
                "/none/a.txt",
                "/sub/none",
                "/a.txt/",
                "/a.txt/b",
                "/A.TXT",
                "/%2561.txt",
                "/bare",
                "/bare/",
                "/odd",
                "/odd/",
                "/dangling",
                "/circle",
                "/fifo",
                "/...",
            })
    void shouldNotFindWhenThereIsNoFile(String target) throws Exception {
        assertThat(get(target).status()).isEqualTo(404);
    }

    @Test
    void shouldNotFindWhenANameIsLongerThanAnyCanBe() throws Exception {
        assertThat(get("/" + "a".repeat(256)).status()).isEqualTo(404);
        assertThat(get("/a".repeat(2100)).status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({
        "/sub, /sub/",
        "/sub?a=b%20c, /sub/?a=b%20c",
        "/inside-dir, /inside-dir/",
        "/sp%20ace, /sp%20ace/",
        "/./none/../sub, /sub/",
    })
    void shouldRedirectWhenADirectoryIsAskedForWithoutASlash(String target, String location) throws Exception {
        Response response = get(target);
        assertThat(response.status()).isEqualTo(301);
        assertThat(response.header()).containsEntry("location", location);
    }

    @Test
    void shouldServeWhatIsThereNowWhenAFileIsReplaced() throws Exception {
        Path file = site.write("changing", "before");
        assertThat(get("/changing").text()).isEqualTo("before");
        Files.writeString(file, "afterwards");
        assertThat(get("/changing").text()).isEqualTo("afterwards");
        Files.delete(file);
        assertThat(get("/changing").status()).isEqualTo(404);
    }
}
