package io.nettyaio.epoll;

import java.util.ArrayDeque;

/**
 * The appends of a file, in the order they were started on whichever loop: one at a time goes to the kernel, so that they
 * land in that order, and a long one lands whole. Guarded by itself.
 */
final class AppendQueue {

    private final ArrayDeque<Operation> queue = new ArrayDeque<>();

    /** An append starts. */
    synchronized void enter(Operation append) {
        queue.add(append);
    }

    /**
     * Asks for the turn.
     *
     * @return false where others come first; the operation is resumed when it is its turn
     */
    synchronized boolean isTurnOf(Operation append) {
        boolean first = queue.peek() == append;
        append.waitsForTurn(!first);
        return first;
    }

    /** An append has ended, however. */
    void exit(Operation append) {
        Operation next = null;
        synchronized (this) {
            boolean wasFirst = queue.peek() == append;
            queue.remove(append);
            Operation head = queue.peek();
            if (wasFirst && head != null && head.isWaitingForTurn()) {
                head.waitsForTurn(false);
                next = head;
            }
        }
        if (next != null) {
            next.resume();
        }
    }
}
