package io.nettyaio.epoll;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How much may be in flight on one thing, a block device or the helpers' queue, across all loops. Each context comes
 * through a {@link Lane} of its own, where its operations wait in order.
 *
 * <p><b>No wakeup is lost</b>: a lane enters {@link #waiting} and then looks for room; whoever gives back permits does so
 * and then looks into {@link #waiting}. One of the two sees the other.
 *
 * <p><b>Fairness</b>: waiting lanes are woken in turn, and while one waits, no other may take more than its share. A lane
 * whose turn comes again and again without room for its first operation, which is a long one, may {@link #reserve}: from
 * then on no other takes permits, so that those that come back add up to its room.
 */
final class Gate {

    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger lanes = new AtomicInteger();
    private final Queue<Lane> waiting = new ConcurrentLinkedQueue<>();
    /** Whom all room is kept for; it waits here and not in {@link #waiting}. */
    private final AtomicReference<@Nullable Lane> reserved = new AtomicReference<>();

    int inFlight() {
        return inFlight.get();
    }

    void join() {
        lanes.incrementAndGet();
    }

    void leave() {
        lanes.decrementAndGet();
    }

    boolean isContended() {
        return !waiting.isEmpty() || reserved.get() != null;
    }

    int share(int limit) {
        return Math.max(1, limit / Math.max(1, lanes.get()));
    }

    /**
     * Takes permits where there is room. With nothing in flight there always is: a weight above the limit goes alone.
     */
    boolean tryAcquire(Lane lane, int weight, int limit) {
        int now;
        do {
            now = inFlight.get();
            if (!mayAcquire(lane) || !hasRoom(now, weight, limit)) {
                return false;
            }
        } while (!inFlight.compareAndSet(now, now + weight));
        return true;
    }

    private boolean mayAcquire(Lane lane) {
        Lane first = reserved.get();
        return first == null || first == lane;
    }

    private static boolean hasRoom(int inFlight, int weight, int limit) {
        return inFlight == 0 || inFlight + weight <= limit;
    }

    void release(int weight) {
        inFlight.addAndGet(-weight);
        if (isContended()) {
            wakeNext();
        }
    }

    /** Keeps all room for a lane until it {@link #unreserve}s; without effect while it is kept for another. */
    void reserve(Lane lane) {
        boolean unused = reserved.compareAndSet(null, lane);
    }

    /** The lane has had its turn, or needs none any more; without effect where nothing is kept for it. */
    void unreserve(Lane lane) {
        if (reserved.compareAndSet(lane, null)) {
            wakeNext();
        }
    }

    /** Queues a lane, which must not be in the queue. */
    void await(Lane lane) {
        if (reserved.get() == lane) {
            lane.waitsReserved(true);
        } else {
            waiting.add(lane);
        }
        if (mayAcquire(lane) && hasRoom(inFlight.get(), lane.nextWeight(), lane.limit())) {
            wakeNext();
        }
    }

    void wakeNext() {
        Lane first = reserved.get();
        Lane next = first == null ? waiting.poll() : first.waitsReserved(false) ? first : null;
        if (next != null) {
            next.wake();
        }
    }
}
