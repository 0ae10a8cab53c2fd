package io.nettyaio.examples.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.TestFileSystem;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process that appends is killed, again and again: every record it has acknowledged is there afterwards. */
@Timeout(180)
class KilledProcessIT {

    private static final int ROUNDS = 10;

    /** Cleans up the directory. */
    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static Process start(Path directory, String mode) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1");
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (Runtime.version().feature() >= 23) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), AppendingProcess.class.getName()));
        command.addAll(List.of(directory.toString(), mode));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @ParameterizedTest
    @ValueSource(strings = {"buffered", "direct"})
    void shouldHaveEveryAcknowledgedRecordWhenKilled(String mode) throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory().resolve("log");
        Random random = new Random(3);
        long acknowledged = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Process process = start(directory, mode);
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                String first = out.readLine();
                assertThat(first).as("round %d", round).startsWith("R ");
                assertThat(Long.parseLong(first.substring(2)))
                        .as("round %d", round)
                        .isGreaterThanOrEqualTo(acknowledged);
                long until = System.nanoTime() + (20 + random.nextInt(150)) * 1_000_000L;
                String line;
                while (System.nanoTime() < until && (line = out.readLine()) != null) {
                    acknowledged = Long.parseLong(line.substring(2));
                }
                // Not by the process itself: that closes its output as well.
                assertThat(process.toHandle().destroyForcibly()).isTrue();
                // What it has said before it was killed counts as well; the last line may be half there.
                String last = null;
                while ((line = out.readLine()) != null) {
                    if (last != null) {
                        acknowledged = Long.parseLong(last.substring(2));
                    }
                    last = line;
                }
            } finally {
                process.destroyForcibly();
                process.waitFor();
            }
        }
        assertThat(acknowledged).isGreaterThan(ROUNDS);
    }
}
