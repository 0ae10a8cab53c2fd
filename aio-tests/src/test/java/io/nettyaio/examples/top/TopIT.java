package io.nettyaio.examples.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nettyaio.examples.serve.FileServer;
import io.nettyaio.examples.serve.ServerConfig;
import io.nettyaio.tests.AioProcess;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.Need;
import io.nettyaio.tests.Patterns;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code aio top} on a file server that is at work. */
@Timeout(60)
class TopIT {

    private static final int REQUESTS = 20;
    private static final int FILE_BYTES = 100_000;

    @TempDir
    private Path directory;

    private FileServer server;
    private Target target;

    @BeforeEach
    void start() throws Exception {
        Patterns.file(directory.resolve("file"), 1, FILE_BYTES);
        server = FileServer.start(
                directory, ServerConfig.builder().port(0).loops(1).adminPort(0).build());
        target = new Target("127.0.0.1", URI.create(server.adminUrl()).getPort());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void work() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (int i = 0; i < REQUESTS; i++) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(server.url() + "file")).build();
            assertThat(client.send(request, BodyHandlers.ofByteArray()).body()).hasSize(FILE_BYTES);
        }
    }

    /** Two scrapes of a real server, with work between them, on a terminal that can do nothing. */
    @Test
    void shouldShowWhatHappenedBetweenTwoScrapes() throws Exception {
        Scraper scraper = new Scraper(target);
        Scrape before = scraper.scrape();
        work();
        AioTestLoops.eventually(
                "all are counted", () -> scraper.scrape().sum("aio_serve_requests_seconds_count") == REQUESTS);
        Rates rates = new Rates(before, scraper.scrape());
        assertThat(rates.growth("aio_serve_requests_seconds_count", any -> true))
                .isEqualTo(REQUESTS);
        assertThat(rates.growth("aio_operation_bytes_total", any -> true)).isEqualTo(REQUESTS * FILE_BYTES);
        assertThat(rates.percentile("aio_operation_latency_histogram_total", any -> true, 0.99))
                .as("seconds")
                .isBetween(1e-6, 10.0);
        assertThat(rates.percentile("aio_serve_requests_seconds_bucket", any -> true, 0.5))
                .isBetween(1e-6, 10.0);

        List<AttributedString> frame = TopFrame.of(target, rates);
        String text = frame.stream().map(AttributedString::toString).collect(Collectors.joining("\n"));
        assertThat(text)
                .contains("aio top " + target)
                .contains("health  UP")
                .containsPattern("serve +\\d[\\d,.]* requests/s")
                .containsPattern("aio-serve-\\d+-1 +\\d")
                .containsPattern("default +read +[1-9]")
                .containsPattern("inline \\d+%")
                .contains("heap");

        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (PipedOutputStream typed = new PipedOutputStream();
                Terminal terminal = TerminalBuilder.builder()
                        .system(false)
                        .streams(new PipedInputStream(typed), written)
                        .type("dumb")
                        .encoding(StandardCharsets.UTF_8)
                        .build()) {
            terminal.setSize(new Size(120, 40));
            try (TopScreen screen = new TopScreen(terminal)) {
                screen.show(frame);
                typed.write('q');
                typed.flush();
                assertThat(screen.isQuitWithin(10_000)).isTrue();
            }
        }
        assertThat(written.toString(StandardCharsets.UTF_8))
                .contains("aio top " + target)
                .contains("default")
                .doesNotContain("\033[");
    }

    /** For scripts: plain text, once. */
    @Test
    void shouldPrintOneFrameWhenStandardOutputIsNoTerminal() throws Exception {
        StringWriter out = new StringWriter();
        int code = new CommandLine(new TopCommand())
                .setOut(new PrintWriter(out))
                .execute("--once", "--delay", "0.2", "localhost:" + target.port());
        assertThat(code).isZero();
        assertThat(out.toString()).contains("health  UP").contains("loop").doesNotContain("\033");
        out.getBuffer().setLength(0);
        code = new CommandLine(new TopCommand())
                .setOut(new PrintWriter(out))
                .execute("-d", "0.2", Integer.toString(target.port()));
        assertThat(code).isZero();
        assertThat(out.toString()).startsWith("aio top " + target).doesNotContain("\033");
    }

    /** As a user does: a terminal, a look, a q. */
    @Test
    void shouldEndAndGiveTheTerminalBackWhenUserQuits() throws Exception {
        Need.that(Files.isExecutable(Path.of("/usr/bin/script")), "needs script(1), of util-linux, for a terminal");
        String command = AioProcess.command("top", "-d", "0.2", Integer.toString(target.port())).stream()
                .map(word -> "'" + word + "'")
                .collect(Collectors.joining(" "));
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", "stty rows 30 cols 120; " + command, "/dev/null")
                .redirectErrorStream(true);
        builder.environment().put("TERM", "xterm");
        Process process = builder.start();
        try {
            InputStream out = process.getInputStream();
            StringBuilder shown = new StringBuilder();
            int read;
            while (shown.indexOf("routes") < 0 && (read = out.read()) >= 0) {
                shown.append((char) read);
            }
            process.getOutputStream().write('q');
            process.getOutputStream().flush();
            shown.append(new String(out.readAllBytes(), StandardCharsets.ISO_8859_1));
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(shown::toString).isZero();
            assertThat(shown.toString()).contains("aio top " + target).contains("\033[?1049h");
            assertThat(shown.lastIndexOf("\033[?1049l")).isGreaterThan(shown.indexOf("routes"));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldSaySoWhenTheServerIsGone() throws Exception {
        Scraper scraper = new Scraper(target);
        scraper.scrape();
        server.close();
        String why = "nobody listens on " + target + "; start a server with --admin-port";
        assertThat(catchThrowable(scraper::scrape)).hasMessage(why);
        assertThat(TopFrame.failure(target, why))
                .extracting(AttributedString::toString)
                .contains(why);
        assertThat(new CommandLine(new TopCommand())
                        .setExecutionExceptionHandler((failure, command, parsed) -> {
                            assertThat(failure).hasMessage(why);
                            return 1;
                        })
                        .execute("--once", Integer.toString(target.port())))
                .isEqualTo(1);
    }
}
