package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A class's bytes and operations for each second on one device, across all loops: the generic cell rate algorithm, whose
 * state is the time until which what was let through is paid for. Lets through in bursts of up to 10 ms.
 */
final class RateLimit {

    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int LEAST_PIECE_BYTES = 16 * 1024;

    private final long bytesPerSecond;
    private final long operationsPerSecond;
    private final AtomicLong paidUntilNanos;

    RateLimit(AioClass of, long nowNanos) {
        bytesPerSecond = of.bytesPerSecond();
        operationsPerSecond = of.operationsPerSecond();
        paidUntilNanos = new AtomicLong(nowNanos);
    }

    /** The longest piece that is paid for at once: what goes in one burst. */
    int pieceBytes(int most) {
        if (bytesPerSecond == 0) {
            return most;
        }
        long burst = (long) ((double) bytesPerSecond * BURST_NANOS / SECOND_NANOS);
        return (int) Math.min(most, Math.max(LEAST_PIECE_BYTES, Long.highestOneBit(burst)));
    }

    /**
     * Pays for a transfer, where it may go now.
     *
     * @return 0, or how long it has to wait before it asks again, in nanoseconds
     */
    long pay(long bytes, long nowNanos) {
        long cost = cost(bytes);
        long paid;
        long from;
        do {
            paid = paidUntilNanos.get();
            if (paid - nowNanos > 0) {
                return paid - nowNanos;
            }
            from = Math.max(paid - nowNanos, -BURST_NANOS) + nowNanos;
        } while (!paidUntilNanos.compareAndSet(paid, from + cost));
        return 0;
    }

    private long cost(long bytes) {
        long cost = 0;
        if (bytesPerSecond > 0) {
            cost = (long) ((double) bytes * SECOND_NANOS / bytesPerSecond);
        }
        if (operationsPerSecond > 0) {
            cost = Math.max(cost, SECOND_NANOS / operationsPerSecond);
        }
        return cost;
    }
}
