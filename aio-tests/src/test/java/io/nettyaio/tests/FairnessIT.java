package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioClass;
import io.nettyaio.AioFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What nine shares in ten are worth to 4 KiB reads beside bulk reads and writes that flood the device from another loop.
 *
 * <p>The reads' share is nine tenths of what they reach alone, in operations for each second: with so many in flight they
 * have the device to themselves then, whatever it is. Of that they are to get four fifths, and their 99th percentile is to
 * be no more than three times what it is alone. Without classes the same load misses one of the two; else the test would
 * show nothing. Measured once both have been at it for a moment: what the flood had put into the device before there was anybody
 * else is carried out first, once. Medians of interleaved rounds, since the machine is not the test's alone.
 */
@Timeout(60)
class FairnessIT {

    private static final long SEED = 2004;
    private static final int FILE_BYTES = 64 << 20;
    private static final int SMALL_BYTES = 4096;
    private static final int SMALL_DEPTH = 8;
    private static final int LARGE_BYTES = 256 << 10;
    private static final int LARGE_DEPTH = 32;
    private static final int ROUNDS = 7;
    private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final double SHARE = 0.9;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    /** Throughput and latency of the small reads, over what they are alone; one of each for a round. */
    private static final class Figures {
        private final double[] rate = new double[ROUNDS];
        private final double[] p99 = new double[ROUNDS];
        private long bulk;

        void round(int number, DiskLoad alone, DiskLoad beside, long bulkBytes) {
            rate[number] = beside.perSecond() / (SHARE * alone.perSecond());
            p99[number] = (double) beside.p99Nanos() / alone.p99Nanos();
            bulk += bulkBytes;
        }

        double ofShare() {
            return median(rate);
        }

        double slower() {
            return median(p99);
        }

        private static double median(double[] of) {
            double[] sorted = of.clone();
            Arrays.sort(sorted);
            return sorted[sorted.length / 2];
        }

        @Override
        public String toString() {
            return String.format(
                    "%.2f of the share, p99 %.2f times that alone, %d MiB of bulk", ofShare(), slower(), bulk >> 20);
        }
    }

    private long bulkBytes;

    private DiskLoad small(AioFile small, List<AioFile> flooded) throws Exception {
        List<DiskLoad> bulk = new ArrayList<>();
        for (AioFile file : flooded) {
            bulk.add(new DiskLoad(file, FILE_BYTES, LARGE_BYTES, LARGE_DEPTH, false));
            bulk.add(new DiskLoad(file, FILE_BYTES, LARGE_BYTES, LARGE_DEPTH, true));
        }
        DiskLoad reads = new DiskLoad(small, FILE_BYTES, SMALL_BYTES, SMALL_DEPTH, false);
        TimeUnit.NANOSECONDS.sleep(SETTLE_NANOS);
        reads.measure();
        TimeUnit.NANOSECONDS.sleep(ROUND_NANOS);
        reads.stop();
        bulkBytes = 0;
        for (DiskLoad load : bulk) {
            load.stop();
            bulkBytes += load.bytes();
        }
        return reads;
    }

    @Test
    void shouldKeepThroughputAndLatencyByTheSharesWhenBulkFloodsTheDevice() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        AioFile small = aio.open(Patterns.file(directory.resolve("small"), SEED, FILE_BYTES), READ, DIRECT);
        AioFile large = get(
                aio.context(1).open(Patterns.file(directory.resolve("large"), SEED, FILE_BYTES), READ, WRITE, DIRECT));
        AioFile smallFront = small.in(AioClass.builder("front").shares(90).build());
        AioFile largeBack = large.in(AioClass.builder("back").shares(10).build());
        for (int i = 0; i < 2; i++) { // warms up
            small(small, List.of());
            small(smallFront, List.of(largeBack));
        }
        Figures with = new Figures();
        Figures without = new Figures();
        for (int round = 0; round < ROUNDS; round++) {
            DiskLoad alone = small(smallFront, List.of());
            with.round(round, alone, small(smallFront, List.of(largeBack)), bulkBytes);
            without.round(round, alone, small(small, List.of(large)), bulkBytes);
        }
        assertThat(with.ofShare()).as("with classes: %s", with).isGreaterThan(0.8);
        assertThat(with.slower()).as("with classes: %s", with).isLessThan(3);
        assertThat(with.bulk).as("bulk goes on, too").isPositive();
        assertThat(without.ofShare() < 0.8 || without.slower() > 3)
                .as("without classes: %s", without)
                .isTrue();
        for (AioFile file : List.of(small, large, smallFront, largeBack)) {
            get(file.close());
        }
    }
}
