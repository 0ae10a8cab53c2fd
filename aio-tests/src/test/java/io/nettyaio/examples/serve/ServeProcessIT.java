package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.Shell;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code aio serve} as a process: what it prints, how it ends, and with which code. */
@Timeout(60)
class ServeProcessIT {

    private Site site;
    private Path errors;

    @BeforeEach
    void start() throws IOException {
        site = Site.create();
        errors = site.outside().resolve("stderr");
    }

    @AfterEach
    void stop() throws IOException {
        site.close();
    }

    private Process aio(String... arguments) throws IOException {
        return aio(Map.of(), arguments);
    }

    private Process aio(Map<String, String> environment, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED"); // as the script does, here and below
        }
        if (Runtime.version().feature() >= 23) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add("io.nettyaio.examples.Aio");
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Waits for the line that says it is ready. */
    private URI ready(BufferedReader out) throws IOException {
        String line = out.readLine();
        String begin = "serving " + site.root() + " at ";
        assertThat(line).as("stderr: %s", Files.readString(errors)).startsWith(begin);
        return URI.create(line.substring(begin.length()));
    }

    private static BufferedReader output(Process process) {
        return process.inputReader(StandardCharsets.UTF_8);
    }

    /** SIGTERM. Not by {@code Process.destroy()}: that closes its output as well. */
    private static void terminate(Process process) {
        assertThat(process.toHandle().destroy()).isTrue();
    }

    private void assertFails(String message, String... arguments) throws Exception {
        Process process = aio(arguments);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(output(process).readLine()).isNull();
        // What the library and the JVM warn of goes to the same place.
        assertThat(Files.readAllLines(errors))
                .filteredOn(line -> !line.isEmpty() && !line.matches("[\\d:.]+ WARN .*|WARNING: .*"))
                .singleElement()
                .asString()
                .matches(message);
    }

    @Test
    void shouldServeUntilItIsTerminated() throws Exception {
        site.write("hello.txt", "hello");
        Process process = aio("serve", site.root().toString(), "--port", "0", "--loops", "1");
        try (BufferedReader out = output(process)) {
            URI address = ready(out);
            HttpResponse<String> response = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(address.resolve("hello.txt")).build(), BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("hello");

            terminate(process);
            assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(out.readLine()).isNull();
            assertThat(Files.readString(errors)).doesNotContain("Exception").doesNotContain("cutting");
        } finally {
            process.destroyForcibly();
        }
    }

    /** As in many containers: names that are no ASCII are UTF-8 all the same. */
    @Test
    void shouldKnowNamesThatAreNotAsciiWhenThereIsNoLocale() throws Exception {
        // By a shell and in ASCII, since this JVM's own encoding may know nothing else.
        String name = "\"$0\"/$(printf 'gr\\303\\266\\303\\237e.txt')";
        Shell.run(
                "sh",
                "-c",
                "printf 'gr\\303\\266\\303\\237e' > " + name,
                site.root().toString());
        Process process = aio(
                Map.of("LC_ALL", "C", "LANG", "C"),
                "serve",
                site.root().toString(),
                "--port",
                "0",
                "--loops",
                "1",
                "--upload");
        try (BufferedReader out = output(process)) {
            URI address = ready(out);
            HttpClient client = HttpClient.newHttpClient();
            HttpRequest get = HttpRequest.newBuilder(address.resolve("gr%C3%B6%C3%9Fe.txt"))
                    .build();
            assertThat(client.send(get, BodyHandlers.ofString()).body()).isEqualTo("größe");
            HttpRequest put = HttpRequest.newBuilder(address.resolve("%C3%A4.txt"))
                    .PUT(BodyPublishers.ofString("ä"))
                    .build();
            assertThat(client.send(put, BodyHandlers.ofString()).statusCode()).isEqualTo(201);
            HttpRequest list = HttpRequest.newBuilder(address).build();
            assertThat(client.send(list, BodyHandlers.ofString()).body())
                    .contains("href=\"./gr%C3%B6%C3%9Fe.txt\"", "href=\"./%C3%A4.txt\"", ">ä.txt<");
            terminate(process);
            assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldEndInTimeWhenAClientDoesNotTakeItsResponse() throws Exception {
        site.writeHole("hole", 1L << 30);
        Process process = aio("serve", site.root().toString(), "--port", "0", "--loops", "1", "--grace", "1");
        try (BufferedReader out = output(process)) {
            URI address = ready(out);
            try (RawClient client =
                    RawClient.connect(new InetSocketAddress(address.getHost(), address.getPort()), 16 * 1024)) {
                client.get("/hole").receiveHeader();
                terminate(process);
                assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isZero();
                assertThat(Files.readString(errors)).contains("cutting 1 response(s)");
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldExitWith1WhenThereIsNoSuchDirectory() throws Exception {
        assertFails(
                "aio serve: cannot serve .*: there is no such directory; .*",
                "serve",
                site.root().resolve("none").toString());
    }

    @Test
    void shouldExitWith1WhenThePortIsInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertFails(
                    "aio serve: cannot listen on 127.0.0.1:\\d+: the port is in use; .*--port.*",
                    "serve",
                    site.root().toString(),
                    "--port",
                    Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void shouldExitWith2WhenItIsCalledWrongly() throws Exception {
        Process process = aio("serve");
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(2);
        assertThat(Files.readString(errors)).contains("DIR").contains("Usage: aio serve");
    }
}
