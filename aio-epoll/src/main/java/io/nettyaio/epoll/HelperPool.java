package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.metrics.AioMeasurements;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jctools.queues.atomic.MpmcAtomicArrayQueue;

/**
 * Threads that make the system calls which may block. Started when there is more work than idle threads, up to a bound;
 * a thread without work ends after a while. Jobs are taken in order.
 *
 * <p><b>Bound.</b> The queue has a fixed capacity and {@link #offer} says no when it is full. The engine asks only with a
 * permit of a {@link Gate} whose limit is not above the capacity, so that for its operations there is always room.
 *
 * <p>The semaphore counts the jobs in the queue: a permit is released after a job is in, so whoever acquires one finds
 * a job.
 */
final class HelperPool implements AioMeasurements.Pool {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(HelperPool.class);

    private final String name;
    private final int maxThreads;
    private final long idleNanos;
    /** Of the kind without Unsafe, which a recent JVM warns of. */
    private final MpmcAtomicArrayQueue<Runnable> jobs;

    private final Semaphore available = new Semaphore(0);
    private final AtomicInteger threads = new AtomicInteger();
    private final AtomicInteger idle = new AtomicInteger();
    private final AtomicInteger threadNumber = new AtomicInteger();

    HelperPool(String name, int maxThreads, int capacity, long idleNanos) {
        this.name = name;
        this.maxThreads = maxThreads;
        this.idleNanos = idleNanos;
        this.jobs = new MpmcAtomicArrayQueue<>(Math.max(2, capacity));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int threads() {
        return threads.get();
    }

    @Override
    public int queued() {
        return available.availablePermits();
    }

    /**
     * Queues a job.
     *
     * @return false where the queue is full; the job was not taken
     */
    boolean offer(Runnable job) {
        if (!jobs.offer(job)) {
            return false;
        }
        available.release();
        if (idle.get() < available.availablePermits()) {
            startThread();
        }
        return true;
    }

    private void startThread() {
        int running;
        do {
            running = threads.get();
            if (running >= maxThreads) {
                return;
            }
        } while (!threads.compareAndSet(running, running + 1));
        Thread thread = new Thread(this::work, name + '-' + threadNumber.incrementAndGet());
        // Outlives no JVM: an operation that still runs at exit has nobody left to tell.
        thread.setDaemon(true);
        boolean started = false;
        try {
            thread.start();
            started = true;
        } catch (OutOfMemoryError noThread) {
            // The process is at its limit of threads. The job stays queued: those there are go on, and the next offer
            // tries again.
            LOGGER.error("cannot start helper thread {} of {}; raise ulimit -u", running + 1, maxThreads, noThread);
        } finally {
            if (!started) {
                threads.decrementAndGet();
            }
        }
    }

    private void work() {
        boolean ended = false;
        try {
            while (!ended) {
                if (await()) {
                    run(next());
                } else {
                    threads.decrementAndGet();
                    ended = true;
                    // The same for one that came while this thread still counted as one of the most.
                    if (available.availablePermits() > idle.get()) {
                        startThread();
                    }
                }
            }
        } finally {
            if (!ended) {
                threads.decrementAndGet();
            }
        }
    }

    private boolean await() {
        if (available.tryAcquire()) {
            return true;
        }
        idle.incrementAndGet();
        try {
            return available.tryAcquire(idleNanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            // Nobody has business interrupting these threads: a job must not be lost to it.
            return false;
        } finally {
            idle.decrementAndGet();
            // An offer that came while this thread still counted as idle has started no other for its job.
            if (available.availablePermits() > idle.get()) {
                startThread();
            }
        }
    }

    private Runnable next() {
        Runnable job;
        // The permit promises a job; a producer in front of us in the queue may not have stored its own yet.
        while ((job = jobs.poll()) == null) {
            Thread.onSpinWait();
        }
        return job;
    }

    private static void run(Runnable job) {
        try {
            job.run();
        } catch (Throwable unexpected) {
            LOGGER.error("a helper's job failed in a way it should have handled", unexpected);
        }
    }
}
