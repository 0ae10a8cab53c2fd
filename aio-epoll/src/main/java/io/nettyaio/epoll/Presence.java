package io.nettyaio.epoll;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How long a class has been at a device while one with more shares was there too, and for how long it leaves the device to
 * that one in return: for each moment of the one, as many of the other as the shares say. Nine to one: it is there for a
 * ninth of the time.
 *
 * <p>Time needs no knowledge of what a device can do, in bytes or in operations, and what it is lost to is what disturbs
 * others. It rests for 50 ms at most at a time, so that one long operation does not keep it away for minutes.
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
     * Some of what it had there has come back.
     *
     * @param ratio the shares of the class that it has to leave room for, over its own; not more than 1 where there is none
     */
    synchronized void ended(long nowNanos, double ratio) {
        long there = Math.max(LEAST_NANOS, nowNanos - sinceNanos);
        sinceNanos = nowNanos;
        if (ratio > 1) {
            long from = Math.max(restsUntilNanos - nowNanos, 0);
            double rest = Math.min((double) MOST_REST_NANOS, (double) from + (double) there * (ratio - 1));
            restsUntilNanos = nowNanos + (long) rest;
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
