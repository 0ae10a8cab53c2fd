package io.nettyaio.epoll;

import org.jspecify.annotations.Nullable;

/**
 * The operations of one direction of a pipe, in the order in which they were started; only the first one ever tries.
 * Linked by hand, so that one that is cancelled leaves at once, wherever it stands. Loop-confined.
 *
 * <p><b>No edge is lost</b>: {@link #ready} is cleared where a call has met EAGAIN, or has been short on a pipe that is
 * empty or full then, and only an event sets it again. Whoever waits has the descriptor watched, and adding that to epoll
 * tells what is ready by then.
 */
final class PipeQueue {

    /** An operation's place. */
    static final class Entry {
        private final PipeOperation operation;
        private @Nullable Entry previous;
        private @Nullable Entry next;
        private @Nullable PipeQueue queue;

        Entry(PipeOperation operation) {
            this.operation = operation;
        }

        @Nullable
        PipeQueue queue() {
            return queue;
        }
    }

    private final EpollAioContext context;
    private final TurnBudget turn;
    private @Nullable Entry first;
    private @Nullable Entry last;
    private boolean driving;
    /** Whether a call may find something, for all we know. */
    private boolean ready = true;

    PipeQueue(EpollAioContext context) {
        this.context = context;
        turn = new TurnBudget(context.config().loopBudgetNanos());
    }

    boolean isReady() {
        return ready;
    }

    void ready(boolean now) {
        ready = now;
    }

    boolean isEmpty() {
        return first == null;
    }

    /** Whether it is its turn. */
    boolean isFirst(Entry entry) {
        return first == entry;
    }

    void add(Entry entry) {
        entry.queue = this;
        entry.previous = last;
        if (last == null) {
            first = entry;
        } else {
            last.next = entry;
        }
        last = entry;
    }

    /** Takes it out; the next one has its turn when the tick ends, unless the queue is being driven. */
    void remove(Entry entry) {
        boolean wasFirst = first == entry;
        if (entry.previous == null) {
            first = entry.next;
        } else {
            entry.previous.next = entry.next;
        }
        if (entry.next == null) {
            last = entry.previous;
        } else {
            entry.next.previous = entry.previous;
        }
        entry.queue = null;
        entry.previous = null;
        entry.next = null;
        if (wasFirst && first != null && !driving) {
            first.operation.stageForTurn();
        }
    }

    /** The descriptor's event. */
    void becameReady() {
        ready = true;
        if (first != null) {
            first.operation.woken();
            drive(false);
        }
    }

    /**
     * Has the first one try, and those behind it once it is done, as much as the tick may hold, and a turn may run.
     *
     * @param inStart whether this is inside of the call that starts an operation, which is then not to be settled here
     */
    void drive(boolean inStart) {
        if (driving) {
            // A callback has started another one: it has its turn when that returns.
            return;
        }
        driving = true;
        turn.begin(context.config().completionsPerWakeup(), System.nanoTime());
        try {
            while (first != null && first.operation.mayTry()) {
                PipeOperation operation = first.operation;
                if (turn.isExhausted() || !context.tick().hasBudget()) {
                    operation.stageForTurn();
                    return;
                }
                if (!operation.tryNow(inStart)) {
                    return;
                }
                turn.ran();
            }
        } finally {
            driving = false;
        }
    }

    /** Fails those that wait, for a pipe that closes; what a helper works on is to end by itself. */
    void failWaiting(PipeHandle of) {
        Entry entry = first;
        while (entry != null) {
            Entry following = entry.next;
            entry.operation.failWaiting(of);
            // What its listeners have done may have changed the queue behind it, too.
            entry = following != null && following.queue == this ? following : firstWaiting();
        }
    }

    private @Nullable Entry firstWaiting() {
        for (Entry entry = first; entry != null; entry = entry.next) {
            if (!entry.operation.isWithHelper()) {
                return entry;
            }
        }
        return null;
    }
}
