package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.metrics.AioContexts;
import io.nettyaio.metrics.AioMeasurements;
import java.nio.file.Path;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A hundred thousand random operations against a model in memory: contents, lengths, sizes, indexes and references all
 * agree after each. System property {@code aio.seed} repeats a run; the seed is in the report and in every failure.
 */
@Timeout(600)
class RandomOperationsIT {

    private static final int OPERATIONS = Boolean.getBoolean("aio.soak") ? 1_000_000 : 30_000;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    /** Reads, writes, appends and syncs of every form, several in flight, from two views; truncates and allocates. */
    @ParameterizedTest(name = "{0}, direct: {1}")
    @CsvSource({"EXT4, false", "EXT4, true", "TMPFS, false", "TMPFS, true"})
    void shouldAgreeWithModelWhenOperationsAreRandom(TestFileSystem fileSystem, boolean direct, TestReporter reporter)
            throws Exception {
        long seed = Long.getLong("aio.seed", System.nanoTime());
        reporter.publishEntry("aio.seed", Long.toString(seed));
        Path path = fileSystem.newDirectory().resolve("file");
        // One loop counts and times its operations, the other does not.
        AioContext measured = aio.context(0, aio.config().metrics(true).build());
        AioFile first = direct
                ? DirectIT.open(aio, fileSystem, path, CREATE, READ, WRITE)
                : aio.open(path, CREATE, READ, WRITE);
        RandomOperations operations = new RandomOperations(aio, seed, first, aio.on(first, 1));
        try {
            while (operations.done() < OPERATIONS) {
                operations.round();
            }
            operations.checkWholeFile();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    "repeat with -Daio.seed=" + seed + "; failed in " + operations + ": " + e.getMessage(), e);
        }
        assertThat(operations.done()).isGreaterThanOrEqualTo(OPERATIONS);
        assertThat(AioContexts.open().get(measured).kinds())
                .extracting(AioMeasurements.Kind::kind)
                .contains("read", "write", "append", "fsync", "fdatasync", "truncate");
    }
}
