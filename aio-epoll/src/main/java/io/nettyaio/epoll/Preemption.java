package io.nettyaio.epoll;

import java.util.concurrent.TimeUnit;

/**
 * Tells a system call that held up the loop from one during which the scheduler gave the CPU to another thread: that takes
 * as long, says nothing of the device, and happens all the time where the CPUs are busy. The kernel counts how often a
 * thread has given up its CPU by itself, and how often it was taken away; see {@code ru_nvcsw} and {@code ru_nivcsw} in
 * {@code getrusage(2)}. One that has neither waited nor been put aside has been at work all that time.
 *
 * <p>Asking costs nearly as much as an attempt on the page cache. So it is asked only for a while after a call that took
 * long, and of the first such call nobody knows. Loop-confined.
 */
final class Preemption {

    static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Syscalls syscalls;
    private boolean watching;
    private long watchedUntilNanos;
    private boolean known;
    private long switchesBefore;

    Preemption(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /** A system call is about to be made. */
    void begins(long nowNanos) {
        if (!watching) {
            return;
        }
        watching = nowNanos - watchedUntilNanos < 0;
        known = watching;
        if (known) {
            switchesBefore = syscalls.contextSwitches();
        }
    }

    /** The call that began last has taken long: whether that was its own doing, for all one knows. */
    boolean heldUp(long nowNanos) {
        watching = true;
        watchedUntilNanos = nowNanos + WATCH_NANOS;
        if (!known) {
            return true;
        }
        long switches = syscalls.contextSwitches();
        boolean gaveUp = switches >>> Integer.SIZE != switchesBefore >>> Integer.SIZE;
        boolean putAside = (int) switches != (int) switchesBefore;
        return gaveUp || !putAside;
    }
}
