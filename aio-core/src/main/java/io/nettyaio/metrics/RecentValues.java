package io.nettyaio.metrics;

import java.util.function.LongSupplier;

/**
 * The values of a histogram that are not older than a minute, give or take half of that: what has been counted since one
 * of the readings before. Nobody but readers does anything for it, so it reaches back to the last reading where that is
 * longer ago.
 *
 * <p><b>Threading.</b> Any thread.
 */
final class RecentValues {

    private static final long STEP_NANOS = 30_000_000_000L;
    /** Figures read one after the other are of the same moment. */
    private static final long SAME_MOMENT_NANOS = 100_000_000L;

    private final AioHistogram histogram;
    private final LongSupplier clock;
    /** From which values count as recent. */
    private long[] base;
    /** The base to come, and since when. */
    private long[] next;

    private long nextSinceNanos;
    private long[] recent;
    private long total;
    private long readNanos;

    RecentValues(AioHistogram histogram, LongSupplier clock) {
        this.histogram = histogram;
        this.clock = clock;
        next = histogram.counts();
        // Whatever there is already counts as recent at first: it is why this is there.
        base = new long[next.length];
        nextSinceNanos = clock.getAsLong();
        recent = new long[base.length];
        readNanos = nextSinceNanos - SAME_MOMENT_NANOS;
    }

    /** The value that this share of the values does not exceed, to within a sixteenth; 0 where there are none. */
    synchronized double percentile(double share) {
        read();
        long rank = (long) Math.ceil(share * total);
        long seen = 0;
        for (int i = 0; i < recent.length; i++) {
            seen += recent[i];
            if (seen >= rank && seen > 0) {
                return AioHistogram.upperBound(i);
            }
        }
        return 0;
    }

    /** The greatest of the values, to within a sixteenth; 0 where there are none. */
    double greatest() {
        return percentile(1);
    }

    private void read() {
        long now = clock.getAsLong();
        if (now - readNanos < SAME_MOMENT_NANOS) {
            return;
        }
        readNanos = now;
        long[] counts = histogram.counts();
        total = 0;
        for (int i = 0; i < counts.length; i++) {
            recent[i] = counts[i] - base[i];
            total += recent[i];
        }
        if (now - nextSinceNanos >= STEP_NANOS) {
            base = next;
            next = counts;
            nextSinceNanos = now;
        }
    }
}
