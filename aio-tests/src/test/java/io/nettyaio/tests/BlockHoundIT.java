package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Both servers under BlockHound: nothing that blocks on any loop, while they do all that they do. */
class BlockHoundIT {

    private static final long PATIENCE_SECONDS = 60;

    /** For what it checks after the test. */
    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    @Test
    @Timeout(90)
    void shouldBlockNowhereOnALoopWhenTheServersWork() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path output = directory.resolve("output");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // BlockHound puts a method of its own in front of each native one.
        command.add("-XX:+AllowRedefinitionToAddDeleteMethods");
        command.add("-Djdk.attach.allowAttachSelf=true");
        command.add("-Djdk.internal.httpclient.disableHostnameVerification=true");
        if (Runtime.version().feature() >= 21) {
            command.add("-XX:+EnableDynamicAgentLoading");
        }
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (Runtime.version().feature() >= 23) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-ea"));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                BlockHoundProcess.class.getName(),
                Files.createDirectory(directory.resolve("servers")).toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as(() -> "it ends: " + read(output))
                    .isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        List<String> lines = read(output).lines().toList();
        assertThat(lines).as("it ran to its end").contains("DONE");
        assertThat(lines.stream().filter(line -> line.startsWith("DETECTED ")))
                .as("what was done on purpose")
                .hasSize(4);
        assertThat(lines.stream().filter(line -> line.startsWith("FOUND "))).isEmpty();
    }

    private static String read(Path output) {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
