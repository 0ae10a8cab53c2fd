package io.nettyaio.epoll;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Holds up whoever passes until it is let go: a system call that takes as long as the test wants. */
final class Holdup {

    private final CountDownLatch open = new CountDownLatch(1);
    private final Semaphore single = new Semaphore(0);
    private final AtomicInteger arrived = new AtomicInteger();

    /** Called by the one that is held up. */
    void pass() {
        arrived.incrementAndGet();
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(2 * Await.SECONDS);
        try {
            while (open.getCount() > 0 && !single.tryAcquire(1, TimeUnit.MILLISECONDS)) {
                if (System.nanoTime() - deadlineNanos > 0) {
                    throw new IllegalStateException("nobody let it go");
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    int arrived() {
        return arrived.get();
    }

    void awaitArrived(int count) {
        Await.until(() -> arrived.get() + " arrived, want " + count, () -> arrived.get() >= count);
    }

    void letOneGo() {
        single.release();
    }

    /** Those that are there and those to come. */
    void letGo() {
        open.countDown();
    }
}
