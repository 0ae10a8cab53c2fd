package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.DIRECTORY;
import static io.nettyaio.AioOpenOption.READ;
import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ranges made resident in the page cache, and the JDK's channel for what reads there. */
@Timeout(60)
class PrefetchIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static final int SIZE = (3 << 20) + 1234;

    private static Path file(TestFileSystem fileSystem) throws Exception {
        return Patterns.file(fileSystem.newDirectory().resolve("file"), 1, SIZE);
    }

    @Test
    void shouldCollectWhenColdAndBeInlineWhenResident() throws Exception {
        Path path = file(TestFileSystem.EXT4);
        AioFile file = aio.open(path, READ);
        AioFuture<Long> cold;
        // Slow enough that the loop looks before it is there.
        try (SlowDevice slow = SlowDevice.of(path.getParent(), 4 << 20)) {
            Patterns.dropFromCache(path);
            cold = AioTestLoops.settled(file.prefetch(4096 + 7, 600_000));
            assertThat(cold.route()).as("on %s", slow).isEqualTo(AioRoute.COLLECT);
        }
        assertThat(cold.getNow()).isEqualTo(600_000);
        AioFuture<Long> again = AioTestLoops.settled(file.prefetch(4096 + 7, 600_000));
        assertThat(again.getNow()).isEqualTo(600_000);
        assertThat(again.route()).isEqualTo(AioRoute.INLINE);
    }

    @Test
    void shouldGoToHelperWhenLong() throws Exception {
        Path path = file(TestFileSystem.EXT4);
        AioFile file = aio.open(path, READ);
        Patterns.dropFromCache(path);
        AioFuture<Long> all = AioTestLoops.settled(file.prefetch(0, SIZE));
        assertThat(all.getNow()).isEqualTo(SIZE);
        assertThat(all.route()).isEqualTo(AioRoute.HELPER);
        assertThat(AioTestLoops.settled(file.prefetch(SIZE - 1_000_000, 1_000_000))
                        .route())
                .isEqualTo(AioRoute.INLINE);
    }

    @OnEachFileSystem
    void shouldEndWithFileWhenRangeIsLonger(TestFileSystem fileSystem) throws Exception {
        Path path = file(fileSystem);
        AioFile file = aio.open(path, READ);
        Patterns.dropFromCache(path);
        assertThat(AioTestLoops.get(file.prefetch(SIZE - 10_000, 10_000))).isEqualTo(10_000);
        long beyond = AioTestLoops.get(file.prefetch(SIZE - 10_000, 10_001));
        assertThat(beyond).isLessThanOrEqualTo(10_000).isGreaterThan(10_000 - 4096);
        assertThat(AioTestLoops.get(file.prefetch(SIZE + 5, 100))).isZero();
        assertThat(AioTestLoops.get(file.prefetch(0, 0))).isZero();
        assertThat(AioTestLoops.get(file.prefetch(0, 1L << 40))).isLessThanOrEqualTo(SIZE);
    }

    @Test
    void shouldRefuseWhenNothingIsCached() throws Exception {
        Path path = file(TestFileSystem.DISK);
        AioException direct = AioTestLoops.failure(aio.open(path, READ, DIRECT).prefetch(0, 4096));
        assertThat(direct.kind()).isEqualTo(AioException.Kind.ARGUMENT);
        assertThat(direct).hasMessageContaining("open it without");
        AioFile file = aio.open(path, READ);
        assertThat(AioTestLoops.failure(file.prefetch(-1, 4096)).errnoName()).isEqualTo("EINVAL");
        assertThat(AioTestLoops.failure(file.prefetch(0, -1)).errnoName()).isEqualTo("EINVAL");
        AioFile directory = aio.open(path.getParent(), READ, DIRECTORY);
        assertThat(AioTestLoops.failure(directory.prefetch(0, 4096)).errnoName())
                .isEqualTo("EISDIR");
    }
}
