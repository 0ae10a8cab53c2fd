package io.nettyaio.tests;

import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.examples.copyrange.CopyRange;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An operation of the user's own, on the real kernel: that its descriptors are closed is asserted after each test. */
@Timeout(60)
class UserOperationIT {

    private static final long SEED = 71;
    private static final int SIZE = (20 << 20) + 123;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private final Path directory = TestFileSystem.EXT4.newDirectory();
    private final Path target = directory.resolve("target");

    @Test
    void shouldCopyInSeveralAttemptsWhenTheRangeIsLong() throws Exception {
        Path source = Patterns.file(directory.resolve("source"), SEED, SIZE);

        AioFuture<Long> copy = aio.context().submit(new CopyRange(source, 100, target, 7, SIZE));

        assertThat(get(copy)).as("up to the end of the source").isEqualTo(SIZE - 100);
        Patterns.check(Patterns.read(target, 7, SIZE), SEED, 100);
        assertThat(Files.size(target)).isEqualTo(SIZE - 100 + 7);
    }

    @Test
    void shouldStopBetweenAttemptsWhenItsDeadlinePasses() throws Exception {
        Path source = Patterns.file(directory.resolve("source"), SEED, SIZE);
        AioFuture<Long> copy;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            copy = aio.context()
                    .submit(new CopyRange(source, 0, target, 0, SIZE))
                    .deadline(Duration.ofMillis(50));
            assertThat(failure(copy).kind()).isEqualTo(AioException.Kind.TIMED_OUT);
            assertThat(failure(copy)).hasMessageContaining("copyRange " + target);
            frozen.thaw();
        }
        AioTestLoops.eventually("over", () -> aio.context().stats().pending() == 0);
        assertThat(Files.exists(target) ? Files.size(target) : 0).isLessThanOrEqualTo(8 << 20);
    }
}
