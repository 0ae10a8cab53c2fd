package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioClass;
import org.junit.jupiter.api.Test;

class RateLimitTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    /** Asks again and again, as a waiter does, and counts what goes through until the end. */
    private static long passed(RateLimit limit, long bytes, long fromNanos, long toNanos) {
        long count = 0;
        long now = fromNanos;
        while (now < toNanos) {
            long wait = limit.pay(bytes, now);
            if (wait == 0) {
                count++;
            }
            now += wait;
        }
        return count;
    }

    @Test
    void shouldLetThroughTheBytesOfASecondInASecond() {
        RateLimit limit =
                new RateLimit(AioClass.builder("x").bytesPerSecond(1 << 20).build(), 0);
        assertThat(passed(limit, 16 << 10, 0, SECOND)).isBetween(63L, 66L);
    }

    @Test
    void shouldLetThroughTheOperationsOfASecondInASecond() {
        RateLimit limit =
                new RateLimit(AioClass.builder("x").operationsPerSecond(500).build(), 0);
        assertThat(passed(limit, 1 << 30, 0, SECOND)).isBetween(499L, 506L);
    }

    @Test
    void shouldGoByTheStricterWhenBothAreSet() {
        AioClass both = AioClass.builder("x")
                .operationsPerSecond(1000)
                .bytesPerSecond(1_000_000)
                .build();
        assertThat(passed(new RateLimit(both, 0), 10, 0, SECOND)).isBetween(999L, 1011L);
        assertThat(passed(new RateLimit(both, 0), 10_000, 0, SECOND)).isBetween(99L, 102L);
    }

    @Test
    void shouldNotSaveUpMoreThanABurstWhenIdle() {
        RateLimit limit =
                new RateLimit(AioClass.builder("x").operationsPerSecond(1000).build(), 0);
        long later = 100 * SECOND;
        long count = 0;
        while (limit.pay(1, later) == 0) {
            count++;
        }
        assertThat(count).as("10 ms of it").isBetween(10L, 11L);
        assertThat(limit.pay(1, later)).isBetween(1L, MILLI);
    }

    @Test
    void shouldWaitUntilItIsPaidWhenOneIsLong() {
        RateLimit limit =
                new RateLimit(AioClass.builder("x").bytesPerSecond(1000).build(), 0);
        assertThat(limit.pay(2000, 0)).isZero();
        assertThat(limit.pay(1, 0)).isEqualTo(2 * SECOND);
        assertThat(limit.pay(1, 2 * SECOND)).isZero();
    }

    @Test
    void shouldCutPiecesToWhatABurstHolds() {
        assertThat(new RateLimit(AioClass.builder("x").bytesPerSecond(10 << 20).build(), 0).pieceBytes(128 << 10))
                .isEqualTo(64 << 10);
        assertThat(new RateLimit(AioClass.builder("x").bytesPerSecond(1).build(), 0).pieceBytes(128 << 10))
                .as("not below what makes a request worth it")
                .isEqualTo(16 << 10);
        assertThat(new RateLimit(AioClass.builder("x").operationsPerSecond(1).build(), 0).pieceBytes(128 << 10))
                .isEqualTo(128 << 10);
    }
}
