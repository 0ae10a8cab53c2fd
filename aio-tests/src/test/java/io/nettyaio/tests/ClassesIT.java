package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioClass;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Classes of I/O on a real device: what shares, limits and views of a class do to reads and writes. */
@Timeout(60)
class ClassesIT {

    private static final long SEED = 2004;
    private static final int FILE_BYTES = 64 << 20;
    private static final int SMALL_BYTES = 4096;
    private static final int LARGE_BYTES = 1 << 20;
    private static final long MEASURED_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    /** What small reads get, beside bulk reads and writes of another loop that are in a class, or are not. */
    private DiskLoad smallReads(AioFile small, List<AioFile> bulk) throws InterruptedException {
        List<DiskLoad> loads = new ArrayList<>();
        for (AioFile file : bulk) {
            loads.add(new DiskLoad(file, FILE_BYTES, LARGE_BYTES, 32, false));
            loads.add(new DiskLoad(file, FILE_BYTES, LARGE_BYTES, 32, true));
        }
        Thread.sleep(50);
        DiskLoad reads = new DiskLoad(small, FILE_BYTES, SMALL_BYTES, 8, false);
        TimeUnit.NANOSECONDS.sleep(MEASURED_NANOS);
        reads.stop();
        for (DiskLoad load : loads) {
            load.stop();
            assertThat(load.count()).as("bulk goes on, too").isPositive();
        }
        return reads;
    }

    @Test
    void shouldServeSmallReadsByTheirSharesWhenBulkFloodsTheDevice() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        AioFile small = aio.open(Patterns.file(directory.resolve("small"), SEED, FILE_BYTES), READ, DIRECT);
        AioFile large = get(
                aio.context(1).open(Patterns.file(directory.resolve("large"), SEED, FILE_BYTES), READ, WRITE, DIRECT));
        AioFile smallFront = small.in(AioClass.builder("front").shares(90).build());
        AioFile largeBack = large.in(AioClass.builder("back").shares(10).build());
        DiskLoad warmUp = smallReads(small, List.of(large));
        assertThat(warmUp.count()).isPositive();

        double[] gain = new double[5];
        double[] slower = new double[5];
        for (int round = 0; round < gain.length; round++) {
            DiskLoad without = smallReads(small, List.of(large));
            DiskLoad with = smallReads(smallFront, List.of(largeBack));
            gain[round] = (double) with.count() / without.count();
            slower[round] = (double) with.p99Nanos() / without.p99Nanos();
        }
        Arrays.sort(gain);
        Arrays.sort(slower);
        assertThat(gain[2]).as("reads with classes over reads without, median").isGreaterThan(1.5);
        assertThat(slower[2]).as("their p99, with classes over without, median").isLessThan(0.8);
        for (AioFile file : List.of(small, large, smallFront, largeBack)) {
            get(file.close());
        }
    }

    @Test
    void shouldKeepToTheRateWhenTheClassIsLimited() throws Exception {
        Path path = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), SEED, 4 << 20);
        AioFile file = aio.open(path, READ);
        AioFile slow = file.in(AioClass.builder("slow").bytesPerSecond(4 << 20).build());
        long began = System.nanoTime();
        List<AioFuture<ByteBuf>> reads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            reads.add(slow.read(i * (512L << 10), 512 << 10));
        }
        // Whoever is not limited does not wait behind those who are.
        get(file.read(0, SMALL_BYTES)).release();
        assertThat(reads).noneMatch(AioFuture::isDone);
        for (int i = 0; i < 4; i++) {
            ByteBuf read = get(reads.get(i));
            Patterns.check(read, SEED, i * (512L << 10), 512 << 10);
            read.release();
        }
        assertThat(System.nanoTime() - began)
                .as("2 MiB at 4 MiB/s")
                .isBetween(TimeUnit.MILLISECONDS.toNanos(400), TimeUnit.SECONDS.toNanos(5));
        get(slow.close());
        get(file.close());
    }

    @Test
    void shouldCloseTheDescriptorWithTheLastViewWhenClassesHaveViews() throws Exception {
        Path path = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), SEED, SMALL_BYTES);
        AioFile file = aio.open(path, READ);
        AioClass other = AioClass.builder("other").build();
        AioFile view = file.in(other);
        assertThat(view.ioClass()).isSameAs(other);
        assertThat(view.in(other)).isSameAs(view);
        assertThat(view.on(aio.loop(1)).ioClass()).isSameAs(other);
        get(view.on(aio.loop(1)).close());
        get(file.close());
        ByteBuf read = get(view.read(0, SMALL_BYTES));
        Patterns.check(read, SEED, 0, SMALL_BYTES);
        read.release();
        get(view.close());
    }
}
