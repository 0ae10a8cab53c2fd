package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * One context's way through a {@link RateLimit}: the operations that wait for their time, in order, and one timer for the
 * first. Loop-confined.
 */
final class Throttle {

    private final EpollAioContext context;
    private final RateLimit limit;
    private final ArrayDeque<Operation> waiting = new ArrayDeque<>();
    private final Runnable timerTask = this::timeHasCome;
    private boolean timer;

    Throttle(EpollAioContext context, RateLimit limit) {
        this.context = context;
        this.limit = limit;
    }

    /** The longest piece that is paid for at once. */
    int pieceBytes(int most) {
        return limit.pieceBytes(most);
    }

    /**
     * Pays for the operation's next piece.
     *
     * @return false where it has to wait: it is staged anew, paid for, when its time has come
     */
    boolean pass(Operation operation, long bytes) {
        if (context.isClosing()) {
            // What is in flight is carried out to its end; and a loop that shuts down has no timers any more.
            return true;
        }
        long wait = waiting.isEmpty() ? limit.pay(bytes, System.nanoTime()) : 1;
        if (wait == 0) {
            return true;
        }
        waiting.add(operation);
        arm(wait);
        return false;
    }

    private void arm(long nanos) {
        if (!timer) {
            timer = true;
            Future<?> unused = context.eventLoop().schedule(timerTask, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void timeHasCome() {
        timer = false;
        Operation next;
        while ((next = waiting.peek()) != null) {
            if (!next.isFinished()) {
                long wait = limit.pay(next.pieceBytes(), System.nanoTime());
                if (wait > 0) {
                    arm(wait);
                    return;
                }
                next.paid();
                context.stage(next);
            }
            waiting.remove();
        }
    }

    /** Takes out everything that waits, for a context that closes. */
    void drainWaiting(ArrayDeque<Operation> into) {
        into.addAll(waiting);
        waiting.clear();
    }
}
