package io.nettyaio.epoll;

import io.netty.channel.IoEventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.nettyaio.AioConfig;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is started in one iteration of the loop is staged, and sent off together at its end, as much as one tick may hold:
 * attempts on the page cache, bytes copied, operations, one batch for {@code io_submit(2)}. The rest goes on in the next
 * tick, after the loop has looked after its sockets. Loop-confined.
 */
final class Tick {

    private static final long RETRY_MILLIS = 1;

    private final EpollAioContext context;
    private final IoEventLoop loop;
    /** Runs a task when the loop's iteration ends; {@code null} where the loop has no such thing. */
    private final @Nullable SingleThreadEventLoop tailLoop;

    private final AioConfig config;
    private final ArrayDeque<Operation> staged = new ArrayDeque<>();
    private final ArrayDeque<Lane> woken = new ArrayDeque<>();
    /** What was done inside of the call that started it, and is to be settled outside of it. */
    private final ArrayDeque<PipeOperation> done = new ArrayDeque<>();

    private final Runnable flushTask = this::flush;
    private boolean scheduled;
    private boolean flushing;
    private int attempts;
    private long inlineBytes;
    private long nowaitAttempts;
    private long longestNowaitNanos;

    Tick(EpollAioContext context, IoEventLoop loop, AioConfig config) {
        this.context = context;
        this.loop = loop;
        this.tailLoop = loop instanceof SingleThreadEventLoop single ? single : null;
        this.config = config;
    }

    long nowaitAttempts() {
        return nowaitAttempts;
    }

    long longestNowaitNanos() {
        return longestNowaitNanos;
    }

    /** The operation goes on its way, or on with it, when the tick ends. */
    void stage(Operation operation) {
        staged.add(operation);
        schedule();
    }

    /** The operation, which is done, is settled when the tick ends. */
    void settle(PipeOperation operation) {
        done.add(operation);
        schedule();
    }

    /** The lane has its turn when the tick ends. */
    void stage(Lane lane) {
        woken.add(lane);
        schedule();
    }

    void drainStaged(ArrayDeque<Operation> into) {
        into.addAll(staged);
        staged.clear();
    }

    /** There is something to do when the tick ends. */
    void schedule() {
        if (scheduled || flushing || context.closer().isDraining()) {
            return;
        }
        scheduled = true;
        try {
            if (tailLoop != null) {
                tailLoop.executeAfterEventLoopIteration(flushTask);
            } else {
                loop.execute(flushTask);
            }
        } catch (RejectedExecutionException loopIsGone) {
            scheduled = false;
            settleOffLoop();
        }
    }

    /** By a plain task, not one of the iteration's tail, which would run at once: the sockets come first. */
    private void scheduleNext() {
        if (scheduled || context.closer().isDraining()) {
            return;
        }
        scheduled = true;
        try {
            loop.execute(flushTask);
        } catch (RejectedExecutionException loopIsGone) {
            scheduled = false;
            settleOffLoop();
        }
    }

    /** The loop takes no tasks any more: whatever is staged was turned away, since the context is closed. */
    private void settleOffLoop() {
        Operation operation;
        while ((operation = staged.poll()) != null) {
            Operation turnedAway = operation;
            GlobalEventExecutor.INSTANCE.execute(turnedAway::sendOff);
        }
        PipeOperation unsettled;
        while ((unsettled = done.poll()) != null) {
            GlobalEventExecutor.INSTANCE.execute(unsettled::settleDone);
        }
    }

    /** Sends off what is staged, as much as one tick may hold, and submits one batch. */
    void flush() {
        scheduled = false;
        flushing = true;
        KernelAio kernel = context.kernel();
        boolean resources = true;
        try {
            for (int n = woken.size(); n > 0; n--) {
                woken.remove().run();
            }
            attempts = 0;
            inlineBytes = 0;
            int most = Math.min(staged.size(), config.completionsPerWakeup());
            for (int n = most; n > 0 && hasBudget() && !staged.isEmpty(); n--) {
                staged.remove().sendOff();
            }
            for (int n = config.completionsPerWakeup(); n > 0 && !done.isEmpty(); n--) {
                done.remove().settleDone();
            }
            if (kernel != null && !kernel.submitter().isEmpty()) {
                resources = kernel.submit();
            }
        } finally {
            flushing = false;
        }
        if (!staged.isEmpty() || !woken.isEmpty() || !done.isEmpty()) {
            scheduleNext();
        } else if (kernel != null && !kernel.submitter().isEmpty()) {
            if (resources) {
                scheduleNext();
            } else {
                retryLater(kernel);
            }
        }
        context.closer().closeIfIdle();
    }

    /** Whether this tick may hold more; what it may not is to be staged for the next one. */
    boolean hasBudget() {
        return attempts < config.submitBatch() && inlineBytes < config.inlineBytesPerTick();
    }

    /** Bytes that may still be copied on the loop in this tick. */
    long bytesLeft() {
        return Math.max(0, config.inlineBytesPerTick() - inlineBytes);
    }

    /** A call that does not wait has been made on the loop; negative bytes are an error's. */
    void called(long bytes) {
        attempts++;
        if (bytes > 0) {
            inlineBytes += bytes;
        }
    }

    /** The kernel lacked resources: a completion gives some back, and if none is to come, time may. */
    private void retryLater(KernelAio kernel) {
        if (kernel.inFlight() == 0) {
            scheduled = true;
            Future<?> unused = loop.schedule(flushTask, RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** An RWF_NOWAIT attempt has been made on the loop; negative bytes are an error's. */
    void attempted(long nanos, long bytes) {
        attempts++;
        nowaitAttempts++;
        if (bytes > 0) {
            inlineBytes += bytes;
        }
        if (nanos > longestNowaitNanos) {
            longestNowaitNanos = nanos;
        }
    }
}
