package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * How much may be in flight on one thing, a block device or the helpers' queue, across all loops. Each context comes
 * through a {@link Lane} of its own for each class, where its operations wait in order.
 *
 * <p><b>No wakeup is lost</b>: a lane enters its class's queue and then looks for room; whoever gives back permits does so
 * and then looks into the queues. One of the two sees the other.
 *
 * <p><b>Fairness between loops</b>: waiting lanes of a class are woken in turn, and while one waits, no other may take more
 * than its share. A lane whose turn comes again and again without room for its first operation, which is a long one, may
 * {@link #reserve}: from then on no other of the class takes permits, so that those that come back add up to its room.
 *
 * <p><b>Fairness between classes</b>: while several are active, each may have in flight what its shares give it of the
 * limit, in units; see {@link ClassQueue}. Alone, a class has it all. A class that has nothing in flight may always start
 * one operation, so whoever waits for its class waits for an operation of its class to end: no timer is needed.
 */
final class Gate {

    private final AtomicInteger inFlight = new AtomicInteger();
    private final AdaptiveDepth depth = new AdaptiveDepth();
    /** Never changed, but replaced by a longer one under the lock. */
    private volatile ClassQueue[] classes = new ClassQueue[0];

    int inFlight() {
        return inFlight.get();
    }

    AdaptiveDepth depth() {
        return depth;
    }

    /** The class's queue here, made when it is first asked for. */
    ClassQueue queueOf(AioClass ioClass) {
        ClassQueue there = find(ioClass);
        return there == null ? make(ioClass) : there;
    }

    private synchronized ClassQueue make(AioClass ioClass) {
        ClassQueue there = find(ioClass);
        if (there != null) {
            return there;
        }
        ClassQueue[] now = classes;
        ClassQueue[] more = new ClassQueue[now.length + 1];
        System.arraycopy(now, 0, more, 0, now.length);
        ClassQueue made = new ClassQueue(ioClass, System.nanoTime());
        more[now.length] = made;
        classes = more;
        return made;
    }

    private @Nullable ClassQueue find(AioClass ioClass) {
        for (ClassQueue queue : classes) {
            if (queue.ioClass() == ioClass) {
                return queue;
            }
        }
        return null;
    }

    /** Whether another class uses it at this time, so that long transfers have to go in pieces. */
    boolean isSharedBy(ClassQueue one) {
        ClassQueue[] all = classes;
        if (all.length < 2) {
            return false;
        }
        long now = System.nanoTime();
        for (ClassQueue queue : all) {
            if (queue != one && queue.isActive(now)) {
                return true;
            }
        }
        return false;
    }

    /** Units that a class may have in flight now. */
    int allowance(ClassQueue of, int limit) {
        ClassQueue[] all = classes;
        if (all.length < 2) {
            return Integer.MAX_VALUE;
        }
        long now = System.nanoTime();
        long shares = of.ioClass().shares();
        for (ClassQueue queue : all) {
            if (queue != of && queue.isActive(now)) {
                shares += queue.ioClass().shares();
            }
        }
        int own = of.ioClass().shares();
        return shares == own ? Integer.MAX_VALUE : (int) Math.max(1, (long) depth.of(limit) * own / shares);
    }

    int share(ClassQueue of, int limit) {
        return Math.max(1, depth.of(limit) / Math.max(1, of.lanes().get()));
    }

    /**
     * Takes permits where there is room. With nothing in flight there always is: a weight above the limit goes alone.
     */
    boolean tryAcquire(Lane lane, int weight, int units) {
        ClassQueue queue = lane.queue();
        if (!queue.mayAcquire(lane) || !queue.tryEnter(units, allowance(queue, lane.limit()))) {
            return false;
        }
        int limit = depth.of(lane.limit());
        int now;
        do {
            now = inFlight.get();
            if (!hasRoom(now, weight, limit)) {
                // Whoever has been turned away by these units meanwhile is woken by what is in flight.
                queue.exit(units);
                return false;
            }
        } while (!inFlight.compareAndSet(now, now + weight));
        return true;
    }

    private static boolean hasRoom(int inFlight, int weight, int limit) {
        return inFlight == 0 || weight <= limit - inFlight;
    }

    void release(ClassQueue queue, int weight, int units) {
        if (classes.length > 1) {
            queue.used(System.nanoTime());
        }
        queue.exit(units);
        inFlight.addAndGet(-weight);
        wakeNext();
    }

    /** Keeps all of the class's room for a lane until it {@link #unreserve}s. */
    void reserve(Lane lane) {
        lane.queue().reserve(lane);
    }

    /** The lane has had its turn, or needs none any more; without effect where nothing is kept for it. */
    void unreserve(Lane lane) {
        if (lane.queue().unreserve(lane)) {
            wakeNext();
        }
    }

    boolean isContended() {
        for (ClassQueue queue : classes) {
            if (queue.isContended()) {
                return true;
            }
        }
        return false;
    }

    /** Queues a lane, which must not be in the queue. */
    void await(Lane lane) {
        ClassQueue queue = lane.queue();
        queue.await(lane);
        if (queue.mayAcquire(lane) && mayPass(queue, lane) && hasRoom(lane)) {
            wakeNext();
        }
    }

    private boolean hasRoom(Lane lane) {
        return hasRoom(inFlight.get(), lane.firstWeight(), depth.of(lane.limit()));
    }

    private boolean mayPass(ClassQueue queue, Lane first) {
        return queue.hasRoom(first.firstUnits(), allowance(queue, first.limit()));
    }

    /**
     * Wakes the lane whose turn it is, of the class that is least ahead of its share and may have more. Whether there is
     * room for its first operation it finds out by itself.
     */
    void wakeNext() {
        ClassQueue[] all = classes;
        ClassQueue best = null;
        double least = Double.POSITIVE_INFINITY;
        for (ClassQueue queue : all) {
            Lane first = queue.first();
            if (first != null && queue.ahead() < least && mayPass(queue, first)) {
                best = queue;
                least = queue.ahead();
            }
        }
        if (best != null) {
            if (all.length > 1) {
                best.used(System.nanoTime());
            }
            Lane next = best.poll();
            if (next != null) {
                next.wake();
            }
        }
    }
}
