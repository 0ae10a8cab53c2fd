package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A class at a {@link Gate}: what it has in flight, and its lanes that wait. For the loops of all contexts.
 *
 * <p>What is in flight is counted in units of what keeps a device busy, so that a class of long transfers does not get
 * more of it than one of short ones.
 */
final class ClassQueue {

    /** For so long after its last operation a class with fewer shares still leaves the device to it. */
    private static final long AT_DEVICE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** After its last operation a class is still taken for a user of the device, and its share kept free. */
    private static final long ACTIVE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final AioClass ioClass;
    private final @Nullable RateLimit rateLimit;
    private final AtomicInteger unitsInFlight = new AtomicInteger();
    private final Presence presence;
    private final AtomicInteger lanes = new AtomicInteger();
    private final Queue<Lane> waiting = new ConcurrentLinkedQueue<>();
    /** Whom all of the class's room is kept for; it waits here and not in {@link #waiting}. */
    private final AtomicReference<@Nullable Lane> reserved = new AtomicReference<>();

    private volatile long lastUsedNanos;

    ClassQueue(AioClass ioClass, long nowNanos) {
        this.ioClass = ioClass;
        rateLimit = ioClass.isLimited() ? new RateLimit(ioClass, nowNanos) : null;
        lastUsedNanos = nowNanos - ACTIVE_NANOS;
        presence = new Presence(nowNanos);
    }

    AioClass ioClass() {
        return ioClass;
    }

    @Nullable
    RateLimit rateLimit() {
        return rateLimit;
    }

    Presence presence() {
        return presence;
    }

    int unitsInFlight() {
        return unitsInFlight.get();
    }

    AtomicInteger lanes() {
        return lanes;
    }

    /** Whether it uses the device, or has just done so. */
    boolean isActive(long nowNanos) {
        return unitsInFlight.get() > 0 || isContended() || nowNanos - lastUsedNanos < ACTIVE_NANOS;
    }

    /** Whether it is there, or is about to be: between two operations in a row it still is. */
    boolean isAtDevice(long nowNanos) {
        return unitsInFlight.get() > 0 || isContended() || nowNanos - lastUsedNanos < AT_DEVICE_NANOS;
    }

    boolean isContended() {
        return !waiting.isEmpty() || reserved.get() != null;
    }

    /** How far it is ahead of its share; the least is served first. */
    double ahead() {
        return (double) unitsInFlight.get() / ioClass.shares();
    }

    /** Takes units where there is room. With none in flight there always is: what is longer than the share goes alone. */
    boolean tryEnter(int units, int allowance, long nowNanos) {
        int now;
        do {
            now = unitsInFlight.get();
            if (!hasRoom(now, units, allowance)) {
                return false;
            }
        } while (!unitsInFlight.compareAndSet(now, now + units));
        if (now == 0) {
            presence.begins(nowNanos);
        }
        return true;
    }

    boolean hasRoom(int units, int allowance) {
        return hasRoom(unitsInFlight.get(), units, allowance);
    }

    private static boolean hasRoom(int inFlight, int units, int allowance) {
        return inFlight == 0 || units <= allowance - inFlight;
    }

    void exit(int units) {
        unitsInFlight.addAndGet(-units);
    }

    /** It uses the device now, or is about to: a lane that has been woken counts before it has taken its turn. */
    void used(long nowNanos) {
        lastUsedNanos = nowNanos;
    }

    // ---- lanes that wait -----------------------------------------------------------------------------------------

    boolean mayAcquire(Lane lane) {
        Lane first = reserved.get();
        return first == null || first == lane;
    }

    /** Keeps all room for a lane until it {@link #unreserve}s; without effect while it is kept for another. */
    void reserve(Lane lane) {
        boolean unused = reserved.compareAndSet(null, lane);
    }

    /** Keeps it for that lane no more; says whether it did. */
    boolean unreserve(Lane lane) {
        return reserved.compareAndSet(lane, null);
    }

    /** Queues a lane, which must not be in the queue. */
    void await(Lane lane) {
        if (reserved.get() == lane) {
            lane.waitsReserved(true);
        } else {
            waiting.add(lane);
        }
    }

    /** Whose turn it would be; {@code null} where none waits. */
    @Nullable
    Lane first() {
        Lane kept = reserved.get();
        if (kept == null) {
            return waiting.peek();
        }
        return kept.isWaitingReserved() ? kept : null;
    }

    /** Takes out the lane whose turn it is. */
    @Nullable
    Lane poll() {
        Lane kept = reserved.get();
        if (kept == null) {
            return waiting.poll();
        }
        return kept.waitsReserved(false) ? kept : null;
    }
}
