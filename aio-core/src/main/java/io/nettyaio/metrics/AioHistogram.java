package io.nettyaio.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts values by size, in buckets of a relative width of a sixteenth: made for a loop that records a million of them in a
 * second while another thread reads. Values are durations in nanoseconds, or sizes.
 *
 * <p>A bucket holds the values above its lower bound up to, and with, its upper one; powers of two are bounds. So how many
 * values were at most 2<sup>n</sup> is known exactly, as the buckets of Prometheus want it.
 *
 * <p><b>Threading.</b> One thread at a time {@linkplain #record records}, without lock or read-modify-write; any thread
 * reads. Reads are opaque: each count is one that was true, but counts and sum are not of the very same moment.
 */
public final class AioHistogram {

    /** Sub-buckets of an octave. */
    private static final int SUB_BITS = 4;

    private static final int SUB = 1 << SUB_BITS;
    /** Values above 2 to this are counted as such: 18 minutes in nanoseconds. */
    private static final int OCTAVES = 40;

    private static final int BUCKETS = (OCTAVES - SUB_BITS + 1) * SUB;

    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle SUM;

    static {
        try {
            SUM = MethodHandles.lookup().findVarHandle(AioHistogram.class, "sum", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] counts = new long[BUCKETS];
    private long sum;

    /** Makes an empty one. */
    public AioHistogram() {}

    /** Counts a value. For its owner's thread; negative ones count as 0. */
    public void record(long value) {
        long counted = Math.max(0, value);
        int bucket = bucketOf(counted);
        COUNTS.setOpaque(counts, bucket, counts[bucket] + 1);
        SUM.setOpaque(this, sum + counted);
    }

    /** How many values there were. */
    public long count() {
        return countUpTo(BUCKETS - 1);
    }

    /** What they add up to. */
    public long sum() {
        return (long) SUM.getOpaque(this);
    }

    /** How many of them were at most the bound, which is exact where that is a power of two. */
    public long countAtMost(long bound) {
        return countUpTo(bucketOf(bound));
    }

    private long countUpTo(int last) {
        long total = 0;
        for (int i = 0; i <= last; i++) {
            total += (long) COUNTS.getOpaque(counts, i);
        }
        return total;
    }

    /** The counts of all buckets as they are now. */
    long[] counts() {
        long[] copy = new long[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            copy[i] = (long) COUNTS.getOpaque(counts, i);
        }
        return copy;
    }

    static int bucketOf(long value) {
        // One less, so that a power of two is the last of its bucket, and not the first of the next.
        long below = value - 1;
        if (below < SUB) {
            return (int) Math.max(0, below);
        }
        int octave = Long.SIZE - 1 - Long.numberOfLeadingZeros(below);
        int bucket = ((octave - SUB_BITS + 1) << SUB_BITS) + ((int) (below >>> (octave - SUB_BITS)) & (SUB - 1));
        return Math.min(bucket, BUCKETS - 1);
    }

    /** The largest value that the bucket holds. */
    static long upperBound(int bucket) {
        if (bucket < SUB) {
            return bucket + 1L;
        }
        int shift = (bucket >> SUB_BITS) - 1;
        return ((long) (SUB + (bucket & (SUB - 1)) + 1)) << shift;
    }
}
