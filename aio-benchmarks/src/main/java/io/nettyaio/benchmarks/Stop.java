package io.nettyaio.benchmarks;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The clean stop on SIGTERM and SIGINT. The shutdown hook wakes the main thread, which unwinds through its
 * try-with-resources blocks and so takes everything down in order; the hook waits for it. Where the main thread does not
 * come, the hook carries out the last resorts itself.
 */
final class Stop {

    private static final long UNWIND_SECONDS = 30;

    private static final CountDownLatch REQUESTED = new CountDownLatch(1);
    private static final CountDownLatch FINISHED = new CountDownLatch(1);
    private static final Set<Runnable> LAST_RESORTS = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Stop::unwind, "bench-stop"));
    }

    /** The user has asked for an end. */
    static final class StoppedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        StoppedException() {
            super("stopped", null, false, false);
        }
    }

    private Stop() {}

    /** Throws where an end has been asked for. Long work calls it now and then. */
    static void check() {
        if (REQUESTED.getCount() == 0) {
            throw new StoppedException();
        }
    }

    /** Sleeps, but no longer than until an end is asked for. */
    static void sleep(long nanos) throws InterruptedException {
        if (REQUESTED.await(nanos, TimeUnit.NANOSECONDS)) {
            throw new StoppedException();
        }
    }

    /** Something to do at exit even if the main thread is stuck. Has to do no harm where it is done already. */
    static void lastResort(Runnable action) {
        LAST_RESORTS.add(action);
    }

    /** The main thread has taken everything down. */
    static void finished() {
        FINISHED.countDown();
    }

    private static void unwind() {
        REQUESTED.countDown();
        try {
            FINISHED.await(UNWIND_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        LAST_RESORTS.forEach(Runnable::run);
    }
}
