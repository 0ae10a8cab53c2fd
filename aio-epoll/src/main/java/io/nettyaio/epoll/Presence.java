package io.nettyaio.epoll;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How long a class with fewer shares has kept a device busy while one with more was there too, and for how long it leaves
 * the device to that one in return, so that what it takes of the time is its share.
 *
 * <p>Time needs no knowledge of what a device can do, in bytes or in operations, and what it is lost to is what disturbs
 * others. Of the time that a class has something in flight, it is charged for its part of all that is: the rest is waiting
 * behind others. It rests for 50 ms at most at a time, so that one long operation does not keep it away for minutes.
 *
 * <p>For the loops of all contexts; guarded by the object, a few instructions for each operation while classes share.
 */
final class Presence {

    /**
     * What an operation counts for at least: beside a fast device it is the processors that classes share, and they are
     * busy with it before and after.
     */
    static final long LEAST_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    static final long MOST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private long sinceNanos;
    private volatile long restsUntilNanos;
    private final AtomicBoolean watched = new AtomicBoolean();

    Presence(long nowNanos) {
        restsUntilNanos = nowNanos;
    }

    /** It had nothing at the device, and has now. */
    synchronized void begins(long nowNanos) {
        sinceNanos = nowNanos;
    }

    /**
     * Some of what it had there has come back. The device has been busy with it for its part of the time: the rest of what
     * was in flight was others'.
     *
     * @param part  of the units in flight that are its own
     * @param share of the device's time that is its own; 1 where it need not leave any to others
     */
    synchronized void ended(long nowNanos, double part, double share) {
        double there = nowNanos - sinceNanos;
        sinceNanos = nowNanos;
        if (share < 1) {
            double rest = Math.max((double) LEAST_NANOS, there * part) / share - there;
            if (rest > 0) {
                double from = Math.max(restsUntilNanos - nowNanos, 0);
                restsUntilNanos = nowNanos + (long) Math.min((double) MOST_REST_NANOS, from + rest);
            }
        }
    }

    /** Whether a timer is to be set for its rest: there is none. */
    boolean watch() {
        return watched.compareAndSet(false, true);
    }

    /** The timer has run. */
    void watched() {
        watched.set(false);
    }

    /** For how long it rests yet; 0 or less where it does not. */
    long restNanos(long nowNanos) {
        return restsUntilNanos - nowNanos;
    }
}
