package io.nettyaio.epoll;

import java.util.concurrent.TimeUnit;

/**
 * Tells a system call that waited from one during which the scheduler gave the CPU to another thread: that takes as long,
 * says nothing of the device, and happens all the time where the CPUs are busy. The kernel counts how often a thread has
 * given up its CPU by itself; see {@code ru_nvcsw} in {@code getrusage(2)}.
 *
 * <p>Asking costs nearly as much as an attempt on the page cache. So it is asked only for a while after a call that took
 * long, and of the first such call nobody knows. Loop-confined.
 */
final class Preemption {

    static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long UNKNOWN = -1;

    private final Syscalls syscalls;
    private boolean watching;
    private long watchedUntilNanos;
    private long switchesBefore = UNKNOWN;

    Preemption(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /** A system call is about to be made. */
    void begins(long nowNanos) {
        if (!watching) {
            return;
        }
        watching = nowNanos - watchedUntilNanos < 0;
        switchesBefore = watching ? syscalls.voluntarySwitches() : UNKNOWN;
    }

    /** The call that began last has taken long: whether it has waited, for all one knows. */
    boolean waited(long nowNanos) {
        watching = true;
        watchedUntilNanos = nowNanos + WATCH_NANOS;
        return switchesBefore < 0 || syscalls.voluntarySwitches() != switchesBefore;
    }
}
