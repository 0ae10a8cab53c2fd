package io.nettyaio.epoll;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;

/**
 * The way back from helpers to the loop: a JCTools queue, and one eventfd of those that are coming back as the wakeup.
 *
 * <p><b>No wakeup is lost</b>: a helper queues and then, unless a wakeup is under way, signals; the loop first notes that
 * none is under way any more and then looks into the queue.
 */
final class HelperReturns {

    private final Syscalls syscalls;
    /** Whoever is in it holds a slot, so there is room for all. Of the kind without Unsafe, which a recent JVM warns of. */
    private final MpscAtomicArrayQueue<Operation> returned;

    private final AtomicBoolean signalled = new AtomicBoolean();
    /** Helpers between handing back an operation and signalling an eventfd, which must stay open that long. */
    private final AtomicInteger returning = new AtomicInteger();

    HelperReturns(Syscalls syscalls, int queueDepth) {
        this.syscalls = syscalls;
        returned = new MpscAtomicArrayQueue<>(Math.max(2, queueDepth));
    }

    /** On a helper: hands back an operation, which from here on is the loop's. */
    void hand(Operation operation, int eventFd) {
        returning.incrementAndGet();
        try {
            while (!returned.offer(operation)) {
                Thread.onSpinWait();
            }
            if (!signalled.get() && signalled.compareAndSet(false, true)) {
                syscalls.eventFdSignal(eventFd);
            }
        } finally {
            returning.decrementAndGet();
        }
    }

    /** Whether there is, or has just been, something to take back. */
    boolean isSignalled() {
        return signalled.get();
    }

    /** Whether a helper may be about to signal an eventfd. */
    boolean isReturning() {
        return returning.get() > 0;
    }

    /** On the loop: takes back operations, as many as one turn may; {@link #isSignalled} where there may be more. */
    void reap(TurnBudget turn) {
        if (!signalled.get()) {
            // Nothing, or a helper that has queued and is about to signal.
            return;
        }
        signalled.set(false);
        while (!turn.isExhausted()) {
            Operation operation = returned.poll();
            if (operation == null) {
                return;
            }
            Slot slot = operation.slot();
            if (slot != null) {
                slot.transition(Slot.State.IN_FLIGHT, Slot.State.COMPLETED);
            }
            operation.helperReturned();
            turn.ran();
        }
        signalled.set(true);
    }
}
