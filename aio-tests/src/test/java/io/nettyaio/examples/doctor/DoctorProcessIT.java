package io.nettyaio.examples.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nettyaio.tests.AioProcess;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.NativeProgram;
import io.nettyaio.tests.Shell;
import io.nettyaio.tests.TestFileSystem;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code aio doctor} as a process: in a sandbox, as another user, and told to stop. */
@Timeout(60)
class DoctorProcessIT {

    private static final int NOBODY = 65_534;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private Path directory;
    private Path output;
    private Path errors;

    @BeforeEach
    void prepare() {
        Path base = TestFileSystem.EXT4.newDirectory();
        directory = base.resolve("place");
        output = base.resolve("output");
        errors = base.resolve("errors");
        assertThat(directory.toFile().mkdir()).isTrue();
    }

    private Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
    }

    private int run(List<String> command) throws Exception {
        Process process = start(command);
        try {
            assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    private static List<String> sandboxed(List<String> command, String... options) throws Exception {
        List<String> whole = new ArrayList<>();
        whole.add(NativeProgram.of("sandbox").toString());
        whole.addAll(List.of(options));
        whole.addAll(command);
        return whole;
    }

    private static JsonNode routeOf(JsonNode place, String operation) {
        for (JsonNode route : place.get("routes")) {
            if (route.get("operation").asText().equals(operation)) {
                return route.get("route");
            }
        }
        throw new AssertionError("no " + operation + " in " + place);
    }

    /** A sandbox forbids io_setup: EPERM, as most profiles answer, or ENOSYS, as newer ones do. */
    @ParameterizedTest
    @CsvSource({"1, EPERM", "38, ENOSYS"})
    void shouldNameTheProfileWhenIoSetupIsRefused(String errno, String name) throws Exception {
        List<String> command = AioProcess.command("doctor", "--seconds", "0.1", "--json", directory.toString());
        assertThat(run(sandboxed(command, "-e", errno))).isEqualTo(1);
        JsonNode report = new ObjectMapper().readTree(output.toFile());
        assertThat(report.at("/machine/seccompMode").asText()).isEqualTo("filter");
        assertThat(report.at("/machine/kernelAio").asText()).contains("io_setup: " + name);
        assertThat(report.at("/healthy").asBoolean()).isFalse();
        JsonNode finding = report.at("/findings/0");
        assertThat(finding.get("level").asText()).isEqualTo("PROBLEM");
        assertThat(finding.get("subject").asText()).isEqualTo("machine");
        assertThat(finding.get("message").asText()).contains(name);
        assertThat(finding.get("remedy").asText()).contains("io_setup").contains("seccomp profile");
        JsonNode place = report.at("/places/0");
        assertThat(routeOf(place, "DIRECT_READ").asText()).isEqualTo("HELPER");
        assertThat(routeOf(place, "BUFFERED_READ_HIT").asText()).isEqualTo("INLINE");
        assertThat(place.at("/measurement/steps").size()).isGreaterThan(4);
        assertThat(place.at("/settings/0/option").asText()).startsWith("-Dio.nettyaio.");
        assertThat(directory).isEmptyDirectory();
    }

    /** Nobody may not write everywhere; where he may, all is as for root. */
    @Test
    void shouldTellWhereItMayWorkWhenUserIsUnprivileged() throws Exception {
        Path own = Files.createDirectory(directory.resolveSibling("own"));
        Shell.run("chown", Integer.toString(NOBODY), own.toString());
        Path classes = Files.createDirectory(directory.resolveSibling("classes"));
        List<String> command = AioProcess.commandOn(
                AioProcess.readableClassPath(classes),
                "doctor",
                "--seconds",
                "0.1",
                directory.toString(),
                own.toString());
        assertThat(run(sandboxed(command, "-u", Integer.toString(NOBODY)))).isEqualTo(1);
        String text = Files.readString(output);
        assertThat(text)
                .contains("problem: " + directory + ": user ")
                .contains("may not make a file there => ")
                .containsPattern("direct read +KERNEL")
                .containsPattern("buffered read, hit +INLINE")
                .contains("recommended: -Dio.nettyaio.queueDepth=")
                .doesNotContain("problem: " + own)
                .doesNotContain("Exception");
        assertThat(own).isEmptyDirectory();
        assertThat(directory).isEmptyDirectory();
    }

    /** The file has no name when it is told to stop, whichever way. */
    @ParameterizedTest
    @CsvSource({"TERM, 143", "KILL, 137"})
    void shouldLeaveNothingWhenSignalled(String signal, int code) throws Exception {
        Process process = start(AioProcess.command("doctor", "--seconds", "60", directory.toString()));
        try {
            AioTestLoops.eventually("it works on its file", () -> !process.isAlive() || worksOn(process));
            assertThat(process.isAlive()).as(() -> text(errors)).isTrue();
            Shell.run("kill", "-" + signal, Long.toString(process.pid()));
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(code);
        } finally {
            process.destroyForcibly();
        }
        assertThat(directory).isEmptyDirectory();
        assertThat(output).isEmptyFile();
        assertThat(text(errors)).doesNotContain("Exception").doesNotContain("bug");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Whether it has a file open that has lost its name and has been written to. */
    private boolean worksOn(Process process) throws IOException {
        try (DirectoryStream<Path> open =
                Files.newDirectoryStream(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            for (Path descriptor : open) {
                String target = Files.readSymbolicLink(descriptor).toString();
                if (target.startsWith(directory + "/.aio-doctor-") && target.endsWith(" (deleted)")) {
                    return Files.size(descriptor) > 0;
                }
            }
            return false;
        } catch (IOException gone) {
            return false; // a descriptor that was closed meanwhile
        }
    }
}
