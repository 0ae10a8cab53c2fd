package io.nettyaio.examples.cp;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.Need;
import io.nettyaio.tests.Patterns;
import io.nettyaio.tests.Shell;
import io.nettyaio.tests.TestFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code aio cp} as a process: what it prints, how it ends, and with which code. */
@Timeout(60)
class CopyProcessIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static List<String> command(Object... arguments) {
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
        command.add("cp");
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return command;
    }

    private static int run(Path output, Object... arguments) throws Exception {
        Process process = new ProcessBuilder(command(arguments))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldSayNothingWhenAllIsCopied() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createDirectory(directory.resolve("source"));
        Patterns.file(source.resolve("file"), 1, 1_000_000);
        Path output = directory.resolve("output");
        assertThat(run(output, "-r", source, directory.resolve("target"))).isZero();
        assertThat(output).isEmptyFile();
        Copies.assertSame(source, directory.resolve("target"));
    }

    @Test
    void shouldExitWith1WhenSomethingIsNotCopied() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path file = Patterns.file(directory.resolve("file"), 1, 1000);
        Path into = Files.createDirectory(directory.resolve("into"));
        Path output = directory.resolve("output");
        assertThat(run(output, directory.resolve("none"), file, into)).isEqualTo(1);
        assertThat(Files.readAllLines(output))
                .singleElement()
                .asString()
                .startsWith("aio cp: cannot copy '" + directory.resolve("none") + "' to '")
                .contains("ENOENT");
        Patterns.check(Files.readAllBytes(into.resolve("file")), 1, 0);
    }

    /** SIGTERM and SIGINT in the middle: the codes of the signals, and neither a part nor a temporary file. */
    @Test
    void shouldLeaveNothingWhenSignalled() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createFile(directory.resolve("source"));
        // Allocated and not written, so all of it is read; more than can be copied before the signal comes.
        Shell.run("fallocate", "-l", "3G", source.toString());
        Path one = Files.write(source, new byte[] {1}, java.nio.file.StandardOpenOption.WRITE);
        Path target = Files.createDirectory(directory.resolve("target"));
        for (String signal : List.of("TERM", "INT")) {
            List<String> command = new ArrayList<>(command("--direct", one, target));
            // Whoever runs the tests in the background may have them, and so what they start, ignore SIGINT.
            command.addAll(0, List.of("env", "--default-signal=" + signal));
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("output").toFile())
                    .start();
            try {
                AioTestLoops.eventually(
                        "a temporary file grows, or it ends", () -> !process.isAlive() || grows(target));
                Shell.run("kill", "-" + signal, Long.toString(process.pid()));
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isEqualTo(signal.equals("TERM") ? 143 : 130);
            } finally {
                process.destroyForcibly();
            }
            assertThat(target).isEmptyDirectory();
            assertThat(directory.resolve("output")).isEmptyFile();
        }
    }

    private static boolean grows(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if ((long) Files.getAttribute(file, "size") > 1 << 20) {
                    return true;
                }
            }
        }
        return false;
    }

    /** On a terminal there is a bar; the decision for everything else is tested with the command. */
    @Test
    void shouldDrawBarWhenOnATerminal() throws Exception {
        Need.that(Files.isExecutable(Path.of("/usr/bin/script")), "needs script(1), of util-linux, for a terminal");
        Path directory = TestFileSystem.DISK.newDirectory();
        Path file = Patterns.file(directory.resolve("file"), 1, 3 << 20);
        List<String> quoted = command(file, directory.resolve("copy")).stream()
                .map(word -> "'" + word + "'")
                .toList();
        String output = Shell.run("script", "-qec", String.join(" ", quoted), "/dev/null");
        assertThat(output).contains("aio cp 100%").contains("3/3 MiB");
        Patterns.check(Files.readAllBytes(directory.resolve("copy")), 1, 0);
    }
}
