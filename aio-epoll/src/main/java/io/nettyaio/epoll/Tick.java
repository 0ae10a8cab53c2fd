package io.nettyaio.epoll;

import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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
    private final AioConfig config;
    private final ArrayDeque<Operation> staged = new ArrayDeque<>();
    private final ArrayDeque<Lane> woken = new ArrayDeque<>();
    /** Where reads wait for their read-in. */
    private final List<MissQueue> missed = new ArrayList<>();
    /** What was done inside of the call that started it, and is to be settled outside of it. */
    private final ArrayDeque<PipeOperation> done = new ArrayDeque<>();

    private final TurnTask turn;
    private final TurnBudget turnBudget;
    private boolean flushing;
    /** The kernel lacks resources, and none in flight will give any back. */
    private @Nullable Future<?> retry;

    /** Operations whose listeners have run. */
    private long settled;

    private int attempts;
    private long inlineBytes;
    private long nowaitAttempts;
    private long longestNowaitNanos;
    /** When the last attempt ended, where nothing else has run since; a clock is a tenth of what an attempt costs. */
    private long lastAttemptNanos;

    private boolean attemptsInARow;
    /** When this tick, or the last one, began to send off. */
    private long begunNanos;

    Tick(EpollAioContext context, IoEventLoop loop, AioConfig config) {
        this.context = context;
        this.loop = loop;
        this.config = config;
        turn = new TurnTask(loop, this::flush, this::loopTakesNoMore);
        turnBudget = new TurnBudget(config.loopBudgetNanos());
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

    /** An operation's listeners have run. */
    void settled() {
        settled++;
    }

    /** The lane has its turn when the tick ends. */
    void stage(Lane lane) {
        woken.add(lane);
        schedule();
    }

    /** Reads wait there, to be tried again in each tick until none is left. */
    void missed(MissQueue queue) {
        if (!missed.contains(queue)) {
            missed.add(queue);
        }
        schedule();
    }

    void drainStaged(ArrayDeque<Operation> into) {
        into.addAll(staged);
        staged.clear();
    }

    /** There is something to do when the tick ends. */
    void schedule() {
        if (!flushing && !context.closer().isDraining()) {
            turn.atEnd();
        }
    }

    /**
     * The sockets come first. A loop that shuts down runs tasks as long as there are any, before it drops its handles:
     * whoever starts one operation after the other would keep it from that. What is staged then, the drain that follows
     * takes up.
     */
    private void scheduleNext() {
        if (!context.closer().isDraining() && !loop.isShuttingDown()) {
            turn.afterSockets();
        }
    }

    /**
     * The loop runs its last tasks, and takes no more. Unless the context has come to its end, in which case what is staged
     * was turned away, a thread will stand in for the loop, and find it.
     */
    private void loopTakesNoMore() {
        if (context.isReleased()) {
            Operation turnedAway;
            while ((turnedAway = staged.poll()) != null) {
                context.closer().failLate(turnedAway);
            }
        }
    }

    /** The context has been drained: what is staged now was turned away, and nobody flushes any more. */
    void drained() {
        loopTakesNoMore();
    }

    /** Sends off what is staged, as much as one tick may hold, and submits one batch. */
    void flush() {
        flushing = true;
        KernelAio kernel = context.kernel();
        Recorder recorder = context.recorder();
        if (recorder != null) {
            recorder.begin();
        }
        boolean resources = true;
        boolean again = false;
        try {
            for (int n = woken.size(); n > 0; n--) {
                woken.remove().run();
            }
            attempts = 0;
            inlineBytes = 0;
            begunNanos = System.nanoTime();
            lastAttemptNanos = begunNanos;
            // First: what has come in makes room at the device for what starts now.
            for (int i = 0; i < missed.size(); i++) {
                missed.get(i).retry();
            }
            // What is past its deadline is not sent off, however late the loop is.
            boolean inTime = context.deadlines().expireDue();
            turnBudget.begin(config.completionsPerWakeup(), missed.isEmpty() ? begunNanos : System.nanoTime());
            int most = inTime ? Math.min(staged.size(), config.completionsPerWakeup()) : 0;
            for (int n = most; n > 0 && !turnBudget.isExhausted() && hasBudget() && !staged.isEmpty(); n--) {
                int attemptsBefore = attempts;
                long settledBefore = settled;
                staged.remove().sendOff();
                attemptsInARow &= attempts > attemptsBefore;
                if (settled != settledBefore) {
                    turnBudget.ran();
                }
            }
            attemptsInARow = false;
            context.closes().send();
            if (!done.isEmpty()) {
                settleDone();
            }
            if (inTime && kernel != null && !kernel.submitter().isEmpty()) {
                resources = kernel.submit();
            }
            again = !missed.isEmpty() && missesWantTick();
        } finally {
            flushing = false;
            if (recorder != null) {
                recorder.end();
            }
        }
        if (again || !staged.isEmpty() || !woken.isEmpty() || !done.isEmpty()) {
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

    private void settleDone() {
        turnBudget.begin(config.completionsPerWakeup(), System.nanoTime());
        while (!turnBudget.isExhausted() && !done.isEmpty()) {
            done.remove().settleDone();
            turnBudget.ran();
        }
    }

    private boolean missesWantTick() {
        boolean ticksAnyhow = !staged.isEmpty() || !woken.isEmpty() || !done.isEmpty();
        boolean wanted = false;
        for (int i = missed.size() - 1; i >= 0; i--) {
            MissQueue queue = missed.get(i);
            wanted |= queue.wantsTick(ticksAnyhow);
            if (queue.isEmpty()) {
                missed.remove(i);
            }
        }
        return wanted;
    }

    /** Whether this tick may hold more; what it may not is to be staged for the next one. */
    boolean hasBudget() {
        return attempts < config.submitBatch()
                && inlineBytes < config.inlineBytesPerTick()
                && lastAttemptNanos - begunNanos < config.loopBudgetNanos();
    }

    /** As {@link #hasBudget}, asking the clock: before what takes long enough for that, as what a completion runs does. */
    boolean hasTime() {
        return System.nanoTime() - begunNanos < config.loopBudgetNanos();
    }

    /** Bytes that may still be copied on the loop in this tick. */
    long bytesLeft() {
        return Math.max(0, config.inlineBytesPerTick() - inlineBytes);
    }

    /** A call that does not wait has been made on the loop; negative bytes are an error's. */
    void called(long bytes) {
        attemptsInARow = false;
        attempts++;
        if (bytes > 0) {
            inlineBytes += bytes;
        }
    }

    /** The kernel lacked resources: a completion gives some back, and if none is to come, time may. */
    private void retryLater(KernelAio kernel) {
        // A drain ticks by itself.
        if (kernel.inFlight() == 0 && retry == null && !context.closer().isDraining()) {
            retry = loop.schedule(this::retryNow, RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void retryNow() {
        retry = null;
        schedule();
    }

    /** An RWF_NOWAIT attempt is about to be made on the loop, at the time that this returns. */
    long attemptBegins() {
        long now = attemptsInARow ? lastAttemptNanos : System.nanoTime();
        context.preemption().begins(now);
        return now;
    }

    /**
     * An attempt has been made; negative bytes are an error's.
     *
     * @return how long it took
     */
    long attemptEnds(long beganNanos, long bytes) {
        lastAttemptNanos = System.nanoTime();
        Recorder recorder = context.recorder();
        if (recorder != null) {
            recorder.at(lastAttemptNanos);
        }
        attemptsInARow = true;
        long nanos = lastAttemptNanos - beganNanos;
        attempts++;
        nowaitAttempts++;
        if (bytes > 0) {
            inlineBytes += bytes;
        }
        if (nanos > longestNowaitNanos) {
            longestNowaitNanos = nanos;
        }
        return nanos;
    }

    /** What follows the last attempt is not to be counted as the next one's time. */
    void attemptsPause() {
        attemptsInARow = false;
    }
}
