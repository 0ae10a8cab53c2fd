package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.function.LongConsumer;

/**
 * How long a device's system calls hold up a loop. One that takes longer than the budget moves the device's operations to
 * helpers for a while, and for longer each time it happens again soon after. Loop-confined.
 */
final class Stopwatch {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Stopwatch.class);
    private static final long FIRST_DEMOTION_NANOS = 20_000_000;
    /**
     * Of the first call over the budget nobody knows whose doing it was; a device whose queue is full does it again at
     * once. So the second within this time counts.
     */
    private static final long STRIKE_WINDOW_NANOS = 50_000_000;

    private static final long LONGEST_DEMOTION_NANOS = 1_280_000_000;

    private final Device device;
    private final Preemption preemption;
    private final long budgetNanos;
    private final LongConsumer onDemotion;
    private long demotionNanos = FIRST_DEMOTION_NANOS;
    private long demotedUntilNanos;
    private boolean demoted;
    private boolean everDemoted;
    private boolean struck;
    private long lastStrikeNanos;

    Stopwatch(Device device, Preemption preemption, long budgetNanos, LongConsumer onDemotion) {
        this.device = device;
        this.preemption = preemption;
        this.budgetNanos = budgetNanos;
        this.onDemotion = onDemotion;
    }

    /** Whether the device's operations are to stay off the loop at the moment. */
    boolean isDemoted() {
        if (!demoted) {
            return false;
        }
        demoted = System.nanoTime() - demotedUntilNanos < 0;
        return demoted;
    }

    /** Takes note of how long a system call for this device has held up the loop; {@link Preemption} was told of it. */
    void spent(long nanos, long nowNanos) {
        if (nanos <= budgetNanos || !preemption.heldUp(nowNanos)) {
            return;
        }
        boolean second = struck && nowNanos - lastStrikeNanos < STRIKE_WINDOW_NANOS;
        struck = true;
        lastStrikeNanos = nowNanos;
        if (!second) {
            return;
        }
        // Quiet for ten times as long as the last demotion: start small again.
        boolean relapse = everDemoted && nowNanos - demotedUntilNanos < 10 * demotionNanos;
        demotionNanos = relapse ? Math.min(2 * demotionNanos, LONGEST_DEMOTION_NANOS) : FIRST_DEMOTION_NANOS;
        demotedUntilNanos = nowNanos + demotionNanos;
        demoted = true;
        everDemoted = true;
        onDemotion.accept(demotionNanos);
        LOGGER.debug(
                "device {}: a system call held up the loop for {} ns (budget {} ns); to helpers for {} ns",
                device.number(),
                nanos,
                budgetNanos,
                demotionNanos);
    }
}
