package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nettyaio.tests.Need;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page of a directory, in a browser. */
@Timeout(120)
class BrowserIT {

    private static final String NAMES = "return [...document.querySelectorAll('tbody td.n a')].map(a => a.textContent)";

    private static List<String> names(Browser browser) throws Exception {
        List<String> names = new ArrayList<>();
        for (JsonNode name : browser.run(NAMES)) {
            names.add(name.textValue());
        }
        return names;
    }

    @Test
    void shouldListSortUploadAndDownloadWhenABrowserAsks() throws Exception {
        Need.program("chromium", "chromium");
        Need.program("chromedriver", "chromium-driver");
        try (Site site = Site.create()) {
            site.writeNumbers("numbers.bin", 1_000_003);
            site.write("b <img src=x onerror=document.title='hacked'> & \"quoted\".txt", "odd");
            site.write("sub dir/inner.txt", "inner");
            Files.setLastModifiedTime(
                    site.root().resolve("numbers.bin"), FileTime.from(Instant.parse("2001-01-01T00:00:00Z")));
            Path downloads = Files.createDirectory(site.outside().resolve("downloads"));
            Path profile = Files.createDirectory(site.outside().resolve("profile"));
            ServerConfig config = ServerConfig.builder()
                    .port(0)
                    .loops(1)
                    .tls(TlsIdentity.selfSigned())
                    .upload(true)
                    .revalidate(Duration.ofMillis(50))
                    .build();
            try (FileServer server = FileServer.start(site.root(), config);
                    Browser browser = Browser.start(profile, downloads)) {
                browser.go(server.url());
                assertThat(browser.title()).isEqualTo("/");
                String odd = "b <img src=x onerror=document.title='hacked'> & \"quoted\".txt";
                assertThat(names(browser)).containsExactly("sub dir/", odd, "numbers.bin");
                // HTTP/2, and nothing from elsewhere.
                assertThat(browser.run("return performance.getEntriesByType('navigation')[0].nextHopProtocol")
                                .textValue())
                        .isEqualTo("h2");
                assertThat(browser.run(
                                        "return performance.getEntriesByType('resource').filter(r => !r.name.endsWith('favicon.ico')).length")
                                .intValue())
                        .isZero();
                // The style is let in by the page's own policy.
                assertThat(browser.run("return getComputedStyle(document.querySelector('table')).borderCollapse")
                                .textValue())
                        .isEqualTo("collapse");

                browser.click("th.s a");
                assertThat(names(browser)).containsExactly("sub dir/", "numbers.bin", odd);
                browser.click("th.d a");
                browser.click("th.d a");
                assertThat(names(browser)).containsExactly("sub dir/", "numbers.bin", odd);
                assertThat(browser.run("return document.querySelector('th.d').getAttribute('aria-sort')")
                                .textValue())
                        .isEqualTo("ascending");

                browser.click("tbody a[href='./sub%20dir/']");
                assertThat(browser.title()).isEqualTo("/sub dir");
                assertThat(names(browser)).containsExactly("../", "inner.txt");
                Path chosen = Files.write(site.outside().resolve("chosen file.bin"), Site.numbers(700_001));
                browser.type("input[type=file]", chosen.toString());
                browser.click("form button");
                // It loads itself anew when all has been sent.
                Eventually.holds(
                        () -> assertThat(names(browser)).containsExactly("../", "chosen file.bin", "inner.txt"));
                assertThat(Files.readAllBytes(site.root().resolve("sub dir/chosen file.bin")))
                        .isEqualTo(Site.numbers(700_001));
                browser.click("tbody a[href='../']");
                assertThat(browser.url()).isEqualTo(server.url());

                browser.click("tbody a[href='./numbers.bin']");
                Path downloaded = downloads.resolve("numbers.bin");
                Eventually.holds(() -> assertThat(downloaded).exists().hasSize(1_000_003));
                assertThat(Files.readAllBytes(downloaded)).isEqualTo(Site.numbers(1_000_003));
            }
            // The browser's own processes may write for a moment yet.
            Eventually.holds(() -> {
                deleteAll(profile);
                return null;
            });
        }
    }

    private static void deleteAll(Path directory) {
        try (java.util.stream.Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (java.io.IOException | java.io.UncheckedIOException e) {
            throw new AssertionError(e);
        }
    }
}
