package io.nettyaio.epoll;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The thread that looks after all {@linkplain StallWatch watched} loops of the process; there is none while no loop is
 * watched. It only ever asks loops and takes stacks, so it comes as often as the most impatient of them needs it.
 */
final class StallWatcher implements Runnable {

    private static final Object LOCK = new Object();
    private static final List<StallWatch> WATCHED = new ArrayList<>();
    private static @Nullable Thread thread;

    private StallWatcher() {}

    /** From any thread. */
    static void add(StallWatch watch) {
        synchronized (LOCK) {
            WATCHED.add(watch);
            if (thread == null) {
                Thread started = new Thread(new StallWatcher(), "aio-stall-watch");
                started.setDaemon(true);
                thread = started;
                started.start();
            }
        }
    }

    /** Those that are left; the thread ends where there are none. */
    private static List<StallWatch> watched() {
        synchronized (LOCK) {
            WATCHED.removeIf(StallWatch::isClosed);
            if (WATCHED.isEmpty()) {
                thread = null;
            }
            return new ArrayList<>(WATCHED);
        }
    }

    @Override
    public void run() {
        long wakeNanos = System.nanoTime();
        for (List<StallWatch> all = watched(); !all.isEmpty(); all = watched()) {
            long now = System.nanoTime();
            long late = Math.max(0, now - wakeNanos);
            long pauseNanos = Long.MAX_VALUE;
            for (StallWatch watch : all) {
                watch.look(now, late);
                pauseNanos = Math.min(pauseNanos, watch.periodNanos());
            }
            wakeNanos = now + pauseNanos;
            LockSupport.parkNanos(this, pauseNanos);
        }
    }
}
