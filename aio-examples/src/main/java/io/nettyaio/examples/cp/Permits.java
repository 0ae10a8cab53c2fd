package io.nettyaio.examples.cp;

import java.util.ArrayDeque;

/** A bounded number of permits, given in the order they were asked for. Loop-confined. */
final class Permits {

    private record Waiter(long count, Runnable granted) {}

    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private final long limit;
    private long free;
    private boolean granting;

    Permits(long limit) {
        this.limit = limit;
        this.free = limit;
    }

    /**
     * Takes permits, now or when there are enough.
     *
     * @param count   how many; no more than there are in all
     * @param granted what to do with them; runs inside this call where they are free
     */
    void acquire(long count, Runnable granted) {
        if (count > limit) {
            throw new IllegalArgumentException("count=" + count + " exceeds limit=" + limit);
        }
        waiters.add(new Waiter(count, granted));
        grant();
    }

    /** Gives permits back. */
    void release(long count) {
        free += count;
        grant();
    }

    /** Whether all are free and nobody waits. */
    boolean isIdle() {
        return free == limit && waiters.isEmpty();
    }

    /** In a loop, not by recursion: what is granted may give back and ask again at once, any number of times. */
    private void grant() {
        if (granting) {
            return;
        }
        granting = true;
        try {
            for (Waiter next = waiters.peek(); next != null && next.count <= free; next = waiters.peek()) {
                waiters.remove();
                free -= next.count;
                next.granted.run();
            }
        } finally {
            granting = false;
        }
    }
}
