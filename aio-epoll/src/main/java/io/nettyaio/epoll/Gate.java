package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.nettyaio.AioClass;
import java.util.concurrent.TimeUnit;
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
 * one operation, as far as that goes.
 *
 * <p><b>A class with fewer shares</b> than another that is there uses the device for a part of the time only, see
 * {@link Presence}: what is in flight says who fills the queue, and nothing of who keeps the device busy. It rests in between;
 * that it is over is found out by whatever else comes back, or else by a timer.
 */
final class Gate {

    /** Others' operations that come back are what wakes those that rest; the timer is for when there are none. */
    private static final long LEAST_WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

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

    /** Whether a class with more shares uses it at this time, so that pieces have to be short. */
    boolean isYielding(ClassQueue one) {
        ClassQueue[] all = classes;
        if (all.length < 2) {
            return false;
        }
        long now = System.nanoTime();
        for (ClassQueue queue : all) {
            if (queue.ioClass().shares() > one.ioClass().shares() && queue.isActive(now)) {
                return true;
            }
        }
        return false;
    }

    /**
     * For how long a class has to leave the device to another with more shares; 0 where it need not.
     *
     * @param now where there is more than one class
     */
    private long restNanos(ClassQueue of, long now) {
        long rest = classes.length < 2 ? 0 : of.presence().restNanos(now);
        return rest > 0 && mostOtherShares(of, now) > of.ioClass().shares() ? rest : 0;
    }

    /** Where lanes wait while their class rests, somebody looks after them when it has: it may be that nobody comes back. */
    private void watchRest(ClassQueue of, long now) {
        long rest = of.isContended() ? restNanos(of, now) : 0;
        if (rest > 0 && of.presence().watch()) {
            // Not a loop's timer: the loop may end before, and others wait for it.
            Future<?> unused = GlobalEventExecutor.INSTANCE.schedule(
                    () -> rested(of), Math.max(rest, LEAST_WATCH_NANOS), TimeUnit.NANOSECONDS);
        }
    }

    private void rested(ClassQueue of) {
        of.presence().watched();
        long time = now();
        wakeNext(time);
        watchRest(of, time);
    }

    /** For the time since it began, or since it was charged last. */
    private void charge(ClassQueue queue, long now) {
        int own = queue.ioClass().shares();
        boolean yields = false;
        long shares = own;
        int units = 0;
        for (ClassQueue other : classes) {
            units += other.unitsInFlight();
            if (other != queue && other.isAtDevice(now)) {
                shares += other.ioClass().shares();
                yields |= other.ioClass().shares() > own;
            }
        }
        double part = (double) queue.unitsInFlight() / Math.max(1, units);
        queue.presence().ended(now, part, yields ? (double) own / shares : 1);
    }

    private int mostOtherShares(ClassQueue of, long now) {
        int most = 0;
        for (ClassQueue queue : classes) {
            if (queue != of && queue.isAtDevice(now)) {
                most = Math.max(most, queue.ioClass().shares());
            }
        }
        return most;
    }

    /** The time, where anybody needs to know. */
    private long now() {
        return classes.length < 2 ? 0 : System.nanoTime();
    }

    /** Units that a class may have in flight now. */
    int allowance(ClassQueue of, int limit, long now) {
        ClassQueue[] all = classes;
        if (all.length < 2) {
            return Integer.MAX_VALUE;
        }
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
        long time = now();
        if (!queue.mayAcquire(lane)
                || (!lane.isHurried() && restNanos(queue, time) > 0)
                || !queue.tryEnter(units, allowance(queue, lane.limit(), time), time)) {
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
        long time = now();
        if (classes.length > 1) {
            queue.used(time);
            charge(queue, time);
        }
        queue.exit(units);
        inFlight.addAndGet(-weight);
        wakeNext(time);
        watchRest(queue, time);
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
        long time = now();
        if (queue.mayAcquire(lane) && mayPass(queue, lane, time) && hasRoom(lane)) {
            wakeNext(time);
        } else if (!lane.isHurried()) {
            watchRest(queue, time);
        }
    }

    private boolean hasRoom(Lane lane) {
        return hasRoom(inFlight.get(), lane.firstWeight(), depth.of(lane.limit()));
    }

    private boolean mayPass(ClassQueue queue, Lane first, long now) {
        return (first.isHurried() || restNanos(queue, now) == 0)
                && queue.hasRoom(first.firstUnits(), allowance(queue, first.limit(), now));
    }

    /**
     * Wakes the lane whose turn it is, of the class that is least ahead of its share and may have more. Whether there is
     * room for its first operation it finds out by itself.
     */
    void wakeNext() {
        wakeNext(now());
    }

    /** By one time for all that is decided: what rests by this is watched by this, or its rest would end unseen in between. */
    private void wakeNext(long time) {
        ClassQueue[] all = classes;
        ClassQueue best = null;
        double least = Double.POSITIVE_INFINITY;
        for (ClassQueue queue : all) {
            Lane first = queue.first();
            if (first != null && queue.ahead() < least && mayPass(queue, first, time)) {
                best = queue;
                least = queue.ahead();
            }
        }
        if (best != null) {
            if (all.length > 1) {
                best.used(time);
            }
            Lane next = best.poll();
            if (next != null) {
                next.wake();
            }
        }
    }
}
