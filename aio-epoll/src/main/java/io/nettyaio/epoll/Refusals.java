package io.nettyaio.epoll;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Remembers, for one file and direction, that attempts on the loop keep answering EAGAIN: writes that extend the file,
 * direct reads of what the page cache holds. After a few in a row operations go to the helper at once; now and then one
 * is tried on the loop again.
 *
 * <p>A hint shared by loops: opaque access, a lost update costs a detour.
 */
final class Refusals {

    static final int IN_A_ROW = 4;
    static final int TRY_AGAIN_AFTER = 64;

    /** Counts EAGAIN up to the bound; below zero, the operations until the next try. */
    private final AtomicInteger count = new AtomicInteger();

    /** Whether the next operation should not be tried on the loop. Counts the ones turned away. */
    boolean persist() {
        int n = count.getOpaque();
        if (n >= 0) {
            return false;
        }
        // The last one turned away leaves a single try: one more EAGAIN and the rest go to the helper again.
        count.setOpaque(n == -1 ? IN_A_ROW - 1 : n + 1);
        return true;
    }

    /**
     * One more.
     *
     * @return whether the operations to come are turned away by it
     */
    boolean refused() {
        int n = count.getOpaque();
        if (n < 0) {
            return false;
        }
        boolean persists = n + 1 >= IN_A_ROW;
        count.setOpaque(persists ? -TRY_AGAIN_AFTER : n + 1);
        return persists;
    }

    void accepted() {
        if (count.getOpaque() > 0) {
            count.setOpaque(0);
        }
    }
}
