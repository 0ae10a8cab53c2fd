package io.nettyaio.examples.cat;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.Need;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code aio cat} as a process, in pipelines of a real shell: what comes out, on which kinds of streams, and how it ends. */
@Timeout(120)
class CatIT {

    private Path directory = Path.of("");

    @BeforeEach
    void start() throws IOException {
        Path target = Files.createDirectories(Path.of("target", "cat").toAbsolutePath());
        directory = Files.createTempDirectory(target, "t");
    }

    @AfterEach
    void stop() throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /** What a script has left behind. */
    private record Outcome(int code, String out, String err) {}

    /** Runs a script in which {@code "$@"} is {@code aio cat}. */
    private Outcome bash(String script) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", "-c", script, "bash"));
        command.addAll(cat());
        Path err = directory.resolve("stderr");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(err.toFile())
                .start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("not done after 60 s: " + script);
        }
        return new Outcome(process.exitValue(), out, Files.readString(err));
    }

    private static List<String> cat() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED"); // as the script does, here and below
        }
        if (Runtime.version().feature() >= 23) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of(
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "io.nettyaio.examples.Aio",
                "cat"));
        return command;
    }

    @Test
    void shouldCopyAllWhenInAPipeline() throws Exception {
        Outcome outcome = bash("yes | head -c 64M | \"$@\" | md5sum; yes | head -c 64M | md5sum");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        String[] sums = outcome.out().split("\n", -1);
        assertThat(sums[0]).isEqualTo(sums[1]).isNotBlank();
    }

    /** Regular files, which cannot be spliced to each other; both ends shared with the shell, positions and all. */
    @Test
    void shouldCopyWhenStreamsAreFiles() throws Exception {
        Files.writeString(directory.resolve("a"), "first line\nsecond line\n");
        Outcome outcome = bash("{ read line; \"$@\" - a; echo end; } < a > out; echo appended | \"$@\" >> out");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        assertThat(Files.readString(directory.resolve("out")))
                .isEqualTo("second line\nfirst line\nsecond line\nend\nappended\n");
    }

    /** What cannot be read is said, the rest is written, and the code tells. */
    @Test
    void shouldGoOnWhenAFileCannotBeRead() throws Exception {
        Files.writeString(directory.resolve("a"), "A");
        Outcome outcome = bash("mkfifo fifo; echo -n F > fifo & \"$@\" a none . fifo a");
        assertThat(outcome.out()).isEqualTo("AFA");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).isEqualTo("aio cat: none: No such file or directory\naio cat: .: Is a directory\n");
    }

    @Test
    void shouldRefuseWhenInputIsOutput() throws Exception {
        Files.writeString(directory.resolve("a"), "A");
        Outcome outcome = bash("\"$@\" a >> a");
        assertThat(outcome.err()).isEqualTo("aio cat: a: input file is output file\n");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(Files.readString(directory.resolve("a"))).isEqualTo("A");
    }

    @Test
    void shouldEndQuietlyWhenNobodyReads() throws Exception {
        Outcome outcome = bash("yes | \"$@\" | head -1; echo ${PIPESTATUS[1]}");
        assertThat(outcome.out()).isEqualTo("y\n141\n");
        assertThat(outcome.err()).isEmpty();
    }

    @Test
    void shouldSayWhyWhenOutputIsFull() throws Exception {
        Outcome outcome = bash("echo x | \"$@\" > /dev/full");
        assertThat(outcome.err()).isEqualTo("aio cat: write error: No space left on device\n");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(bash("echo x | \"$@\" > /dev/null").code()).isZero();
    }

    /** Its streams are shared with the shell, which must not find them in another mode afterwards. */
    @Test
    void shouldLeaveModeOfSharedStreamsAloneWhenDone() throws Exception {
        Outcome outcome =
                bash("echo x | { \"$@\"; grep flags: /proc/self/fdinfo/0; grep flags: /proc/self/fdinfo/1; } | cat");
        assertThat(outcome.err()).isEmpty();
        String[] lines = outcome.out().split("\n", -1);
        assertThat(lines[0]).isEqualTo("x");
        for (int i = 1; i <= 2; i++) {
            assertThat(Integer.parseInt(lines[i].replaceAll("\\D", ""), 8) & 04000)
                    .as("O_NONBLOCK of descriptor %d", i - 1)
                    .isZero();
        }
    }

    @Test
    void shouldEndWhenTerminated() throws Exception {
        Outcome outcome =
                bash("mkfifo fifo; \"$@\" < fifo & exec 3> fifo; echo hello >&3; sleep 3; kill $!; wait $!; echo $?");
        assertThat(outcome.out()).isEqualTo("hello\n143\n");
        assertThat(outcome.err()).doesNotContain("Exception");
    }

    /** A pair of sockets in blocking mode, and a terminal: neither is a pipe, and neither may hold up the loop. */
    @Test
    void shouldCopyWhenStreamsAreSocketsOrTerminals() throws Exception {
        Need.that(
                new ProcessBuilder("sh", "-c", "command -v python3 > /dev/null")
                                .start()
                                .waitFor()
                        == 0,
                "needs python3, to make sockets and terminals");
        Files.writeString(directory.resolve("harness.py"), """
                import os, pty, socket, subprocess, sys, threading, tty
                data = bytes(range(256)) * 4000
                mine, theirs = socket.socketpair()
                cat = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs)
                theirs.close()
                def send():
                    mine.sendall(data)
                    mine.shutdown(socket.SHUT_WR)
                threading.Thread(target=send).start()
                got = b''
                while True:
                    part = mine.recv(65536)
                    if not part:
                        break
                    got += part
                print('sockets', got == data, cat.wait())
                master, slave = pty.openpty()
                tty.setraw(slave)
                cat = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=subprocess.PIPE)
                os.write(master, b'typed')
                got = b''
                while len(got) < 5:
                    got += os.read(master, 100)
                cat.terminate()
                print('terminal', got.decode(), cat.wait())
                """);
        Outcome outcome = bash("python3 harness.py \"$@\"");
        assertThat(outcome.out()).isEqualTo("sockets True 0\nterminal typed 143\n");
        assertThat(outcome.err()).doesNotContain("Exception");
    }
}
