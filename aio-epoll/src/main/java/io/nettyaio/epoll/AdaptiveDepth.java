package io.nettyaio.epoll;

import java.util.concurrent.TimeUnit;

/**
 * How many operations a device is given at once, so that it keeps a latency goal: fewer when they take longer on average,
 * more again when they take less and the depth was used up. What is beyond waits in the gate, where it is ordered.
 *
 * <p>Looked at once for each window of operations. Falls in proportion to what the goal is missed by, at most by half a
 * window, and rises by an eighth, as congestion control does. For the loops of all contexts; guarded by the object, a few
 * instructions for each operation where a goal is set, and nothing where none is.
 */
final class AdaptiveDepth {

    static final int LEAST = 2;
    private static final int WINDOW_OPERATIONS = 32;
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    /** Below this part of the goal there is room to rise. */
    private static final double COMFORT = 0.8;

    private volatile int depth = Integer.MAX_VALUE;
    private long goalNanos = Long.MAX_VALUE;
    private long sumNanos;
    private int count;
    private int most;
    private boolean usedUp;
    private long windowBeganNanos;

    /** What may be in flight, of a limit that is given anyway. */
    int of(int limit) {
        return Math.min(limit, depth);
    }

    /** The depth now; {@link Integer#MAX_VALUE} while nothing had to be held back. */
    int depth() {
        return depth;
    }

    /**
     * An operation has come back from the device.
     *
     * @param nanos    how long it took since it was handed over
     * @param inFlight how many are, with this one
     * @param limit    what may be in flight without a goal
     * @param goal     of the context that asks; the smallest counts
     */
    synchronized void ended(long nanos, int inFlight, int limit, long goal, long nowNanos) {
        if (count == 0) {
            windowBeganNanos = nowNanos;
        }
        goalNanos = Math.min(goalNanos, goal);
        sumNanos += nanos;
        count++;
        most = Math.max(most, inFlight);
        usedUp |= inFlight >= of(limit);
        if (count >= WINDOW_OPERATIONS && nowNanos - windowBeganNanos >= WINDOW_NANOS) {
            adapt(sumNanos / count, limit);
            sumNanos = 0;
            count = 0;
            most = 0;
            usedUp = false;
        }
    }

    private void adapt(long meanNanos, int limit) {
        if (meanNanos > goalNanos) {
            double factor = Math.max(0.5, (double) goalNanos / meanNanos);
            // From what was in flight, not from a limit that nobody has used.
            depth = Math.max(LEAST, (int) (Math.min(of(limit), most) * factor));
        } else if (usedUp && meanNanos < goalNanos * COMFORT && depth < limit) {
            depth = Math.min(limit, depth + Math.max(1, depth / 8));
        }
    }
}
