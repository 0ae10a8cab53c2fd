package io.nettyaio.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class AioHistogramTest {

    private static final long MINUTE_NANOS = 60_000_000_000L;

    @Test
    void shouldCountExactlyUpToEachPowerOfTwoWhenValuesLieAround() {
        for (int octave = 0; octave <= 40; octave++) {
            AioHistogram histogram = new AioHistogram();
            long bound = 1L << octave;
            histogram.record(bound);
            assertThat(histogram.countAtMost(bound)).as("2^%d itself", octave).isEqualTo(1);
            if (octave < 40) {
                histogram.record(bound + 1);
                assertThat(histogram.countAtMost(bound))
                        .as("2^%d and one more", octave)
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void shouldHoldEachValueInABucketNotWiderThanASixteenthWhenAtRandom() {
        Random random = new Random(4);
        for (int i = 0; i < 100_000; i++) {
            long value = 1 + (random.nextLong() >>> (25 + random.nextInt(39)));
            int bucket = AioHistogram.bucketOf(value);
            long upper = AioHistogram.upperBound(bucket);
            assertThat(value).isLessThanOrEqualTo(upper);
            if (bucket > 0) {
                long lower = AioHistogram.upperBound(bucket - 1);
                assertThat(value).isGreaterThan(lower);
                assertThat(upper - lower).isLessThanOrEqualTo(Math.max(1, lower / 16));
            }
        }
    }

    @Test
    void shouldCountAllAndAddThemUpWhenValuesAreBeyondItsRange() {
        AioHistogram histogram = new AioHistogram();
        histogram.record(-5);
        histogram.record(0);
        histogram.record(1L << 45);
        histogram.record(7);

        assertThat(histogram.count()).isEqualTo(4);
        assertThat(histogram.sum()).isEqualTo((1L << 45) + 7);
        assertThat(histogram.countAtMost(1)).isEqualTo(2);
    }

    @Test
    void shouldNeverGoBackWhenReadByAnotherThread() throws InterruptedException {
        AioHistogram histogram = new AioHistogram();
        Thread writer = new Thread(() -> {
            for (int i = 0; i < 2_000_000; i++) {
                histogram.record(i & 0xffff);
            }
        });
        writer.start();
        long before = 0;
        while (writer.isAlive()) {
            long now = histogram.count();
            assertThat(now).isGreaterThanOrEqualTo(before);
            before = now;
        }
        writer.join();
        assertThat(histogram.count()).isEqualTo(2_000_000);
    }

    @Test
    void shouldForgetWhatIsOlderThanAMinuteWhenReadEachTenSeconds() {
        AtomicLong clock = new AtomicLong(1);
        AioHistogram histogram = new AioHistogram();
        RecentValues recent = new RecentValues(histogram, clock::get);
        assertThat(recent.greatest()).isZero();

        clock.addAndGet(MINUTE_NANOS / 6);
        histogram.record(1 << 20);
        assertThat(recent.greatest()).isEqualTo(1 << 20);
        for (int i = 0; i < 8; i++) {
            clock.addAndGet(MINUTE_NANOS / 6);
            histogram.record(1 << 10);
            double greatest = recent.greatest();
            if (i < 2) {
                assertThat(greatest).as("after %d0 s", i + 1).isEqualTo(1 << 20);
            }
        }
        assertThat(recent.greatest()).isEqualTo(1 << 10);
    }

    @Test
    void shouldGiveThePercentileToWithinASixteenthWhenValuesAreSpread() {
        AtomicLong clock = new AtomicLong(1);
        AioHistogram histogram = new AioHistogram();
        RecentValues recent = new RecentValues(histogram, clock::get);
        for (int i = 1; i <= 10_000; i++) {
            histogram.record(i * 100L);
        }
        assertThat(recent.percentile(0.5)).isBetween(500_000.0, 500_000 * 17 / 16.0);
        assertThat(recent.percentile(0.99)).isBetween(990_000.0, 990_000 * 17 / 16.0);
        assertThat(recent.greatest()).isBetween(1_000_000.0, 1_000_000 * 17 / 16.0);
    }
}
