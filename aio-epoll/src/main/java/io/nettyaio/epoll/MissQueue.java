package io.nettyaio.epoll;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The reads and prefetches of one device that the page cache did not hold, in the order of their attempts, each of which has
 * started the read-in. One context's; loop-confined.
 *
 * <p><b>Retry.</b> In each tick the loop tries them again in that order. What has come in is a hit by then, a microsecond
 * on the loop; to have a collector thread fetch each of them would cost two changes of threads for each. The first that
 * has never been tried again before and misses still is where the device is: the pass ends there. One that has is passed
 * over, so that a late one keeps none from completing that has come in, and after {@link #RETRIES_MOST} it is left to the
 * collectors.
 *
 * <p><b>Sign.</b> Nothing wakes a loop when a page comes in. So a loop that has nothing more to do gives the first that
 * waits to a collector, which makes the blocking call: its return is the sign to look at the others. And the last one, so
 * that a first one that is late does not keep the loop from those behind it for longer than these take. Few operations
 * all go that way, many hardly any.
 *
 * <p><b>Permits.</b> Whoever waits here holds its permits of the device's gate, since the device is busy with it; also
 * when it is cancelled, which gives back its buffers at once ({@link Operation#abandon}). It holds no slot: a collector's
 * operation takes one.
 *
 * <p><b>End.</b> A context that closes carries out what waits here, as all that a device has been asked for: ticks go on
 * until nothing is pending.
 */
final class MissQueue {

    /** Retries of one operation that may miss before a collector waits for it. */
    static final int RETRIES_MOST = 4;

    private final EpollAioContext context;
    private final DeviceLane lane;
    private final int collectors;
    private final ArrayDeque<Missed> waiting = new ArrayDeque<>();
    /** Passed over in the pass that goes on. */
    private final ArrayDeque<Missed> passedOver = new ArrayDeque<>();
    /**
     * Found in it. Completed when it is over, as many as the tick has time for: what a completion runs is the caller's, and
     * may take its own.
     */
    private final ArrayDeque<Missed> found = new ArrayDeque<>();
    /** The one that was the first, or the last, and is with a collector. */
    private @Nullable Missed first;

    private @Nullable Missed last;

    /** Whether the last one has come back: what waits before it is in, or late. */
    private boolean sweep;

    /** Whether something has come in, or come here, since the loop last looked whether it may rest. */
    private boolean news;

    MissQueue(EpollAioContext context, DeviceLane lane) {
        this.context = context;
        this.lane = lane;
        this.collectors = context.config().collectorThreads();
    }

    boolean isEmpty() {
        return waiting.isEmpty() && found.isEmpty();
    }

    int size() {
        return waiting.size();
    }

    /** An attempt has missed. */
    void add(Missed operation) {
        if (isEmpty()) {
            context.tick().missed(this);
        }
        waiting.add(operation);
        news = true;
    }

    /** Tries again, as much as the tick's budget allows. */
    void retry() {
        if (lane.isDemoted()) {
            handOverAll();
        } else {
            pass();
        }
        // One at least, so that the last of them is not put off for ever.
        Missed next;
        while ((next = found.poll()) != null) {
            news = true;
            next.retried();
            if (!context.tick().hasTime()) {
                break;
            }
        }
    }

    private void pass() {
        Tick tick = context.tick();
        boolean atDevice = false;
        Missed next;
        while (!atDevice && tick.hasBudget() && (next = waiting.poll()) != null) {
            if (next.retryOnLoop()) {
                found.add(next);
            } else if (next.retries() < RETRIES_MOST) {
                atDevice = next.retries() == 1 && !sweep;
                passedOver.add(next);
            } else {
                next.handToCollector();
            }
        }
        sweep = false;
        while ((next = passedOver.pollLast()) != null) {
            waiting.addFirst(next);
        }
        tick.attemptsPause();
    }

    /** Attempts hold up the loop at the moment, so collectors take all. */
    private void handOverAll() {
        Missed next;
        while ((next = waiting.poll()) != null) {
            next.handToCollector();
        }
    }

    /**
     * The tick ends, and the loop may be about to sleep.
     *
     * @param ticksAnyhow whether the next tick comes whatever this answers
     * @return whether there should be one, since something may have come in meanwhile
     */
    boolean wantsTick(boolean ticksAnyhow) {
        if (ticksAnyhow || isEmpty()) {
            return false;
        }
        if (!found.isEmpty()) {
            return true;
        }
        if (news && waiting.size() > signsLeft()) {
            news = false;
            return true;
        }
        news = false;
        askForSign();
        return false;
    }

    private int signsLeft() {
        return (first == null ? 1 : 0) + (last == null && collectors > 1 ? 1 : 0);
    }

    private void askForSign() {
        Missed next;
        if (first == null && (next = waiting.poll()) != null) {
            first = next;
            next.handToCollector();
        }
        if (last == null && collectors > 1 && (next = waiting.pollLast()) != null) {
            last = next;
            next.handToCollector();
        }
    }

    /** One that was handed to a collector has ended: others may have come in. */
    void ended(Missed operation) {
        if (operation == first) {
            first = null;
        } else if (operation == last) {
            last = null;
            sweep = true;
        }
        if (!waiting.isEmpty()) {
            context.tick().schedule();
        }
    }
}
