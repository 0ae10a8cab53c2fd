package io.nettyaio.epoll;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How much may be in flight on one thing, a block device or the helpers' queue, across all loops. Each context comes
 * through a {@link Lane} of its own, where its operations wait in order.
 *
 * <p><b>No wakeup is lost</b>: a lane enters {@link #waiting} and then looks for room; whoever gives back permits does so
 * and then looks into {@link #waiting}. One of the two sees the other.
 *
 * <p><b>Fairness</b>: waiting lanes are woken in turn, and while one waits, no other may take more than its share.
 */
final class Gate {

    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger lanes = new AtomicInteger();
    private final Queue<Lane> waiting = new ConcurrentLinkedQueue<>();

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
        return !waiting.isEmpty();
    }

    int share(int limit) {
        return Math.max(1, limit / Math.max(1, lanes.get()));
    }

    /**
     * Takes permits where there is room. With nothing in flight there always is: a weight above the limit goes alone.
     */
    boolean tryAcquire(int weight, int limit) {
        int now;
        do {
            now = inFlight.get();
            if (!hasRoom(now, weight, limit)) {
                return false;
            }
        } while (!inFlight.compareAndSet(now, now + weight));
        return true;
    }

    private static boolean hasRoom(int inFlight, int weight, int limit) {
        return inFlight == 0 || inFlight + weight <= limit;
    }

    void release(int weight) {
        inFlight.addAndGet(-weight);
        if (!waiting.isEmpty()) {
            wakeNext();
        }
    }

    /** Queues a lane, which must not be in the queue. */
    void await(Lane lane) {
        waiting.add(lane);
        if (hasRoom(inFlight.get(), lane.nextWeight(), lane.limit())) {
            wakeNext();
        }
    }

    void wakeNext() {
        Lane next = waiting.poll();
        if (next != null) {
            next.wake();
        }
    }
}
