package io.nettyaio.epoll;

import io.netty.channel.IoEventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.metrics.AioHistogram;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How long a loop takes to come back to its selector. The {@link StallWatcher} has it answer at the end of an iteration,
 * four times in the time that counts as a stall. Where no answer comes for that time it takes the stack of the loop's
 * thread, which is then in the middle of what holds it up, and logs it there and then, since the loop may never come back;
 * when it does, the flight recorder is told how long that took.
 *
 * <p>What is measured is at most a quarter of the threshold too short, since that is how long ago the loop may have been
 * held up when it was asked. Where the watcher itself comes late, the process had no processor, or the JVM stopped all
 * threads: that time is not the loop's, and is left out.
 *
 * <p><b>Threading.</b> The watcher's thread, but for {@link #answer}, which the loop runs, and {@link #close}.
 */
final class StallWatch {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(StallWatch.class);
    private static final int ASKED_PER_THRESHOLD = 4;
    private static final int FRAMES_MOST = 64;
    private static final String SELECTOR = "io.netty.channel.epoll.Native";

    private final IoEventLoop loop;
    private final Thread thread;
    private final String contextName;
    private final long thresholdNanos;
    private final AioHistogram lagNanos = new AioHistogram();
    private final AtomicLong count = new AtomicLong();
    private final Runnable answerTask = this::answer;

    private long askedNanos;
    private boolean asking;
    private @Nullable String stack;
    /** 0 while the loop has not answered. */
    private volatile long answeredNanos;

    private volatile boolean closed;

    private StallWatch(IoEventLoop loop, Thread thread, String contextName, long thresholdNanos) {
        this.loop = loop;
        this.thread = thread;
        this.contextName = contextName;
        this.thresholdNanos = thresholdNanos;
    }

    /** On the loop: watches it from now on. */
    static StallWatch of(IoEventLoop loop, String contextName, long thresholdNanos) {
        StallWatch watch = new StallWatch(loop, Thread.currentThread(), contextName, thresholdNanos);
        StallWatcher.add(watch);
        return watch;
    }

    /** How often the watcher is to look. */
    long periodNanos() {
        return Math.max(thresholdNanos / ASKED_PER_THRESHOLD, TimeUnit.MICROSECONDS.toNanos(250));
    }

    boolean isClosed() {
        return closed;
    }

    AioHistogram lagNanos() {
        return lagNanos;
    }

    /** Stalls so far. */
    long count() {
        return count.get();
    }

    /**
     * Time to look.
     *
     * @param lateNanos how much later than it should have the watcher has woken up
     */
    void look(long nowNanos, long lateNanos) {
        if (asking && answeredNanos == 0) {
            if (lateNanos > periodNanos()) {
                askedNanos += lateNanos;
            }
            if (nowNanos - askedNanos > thresholdNanos && stack == null) {
                noticed(nowNanos - askedNanos);
            }
            return;
        }
        if (asking) {
            answered(Math.max(0, answeredNanos - askedNanos));
        }
        ask(nowNanos);
    }

    private void noticed(long nanos) {
        StackTraceElement[] frames = thread.getStackTrace();
        if (isWaiting(frames)) {
            // It has come back already, or has no processor to wake up on: nobody to blame.
            return;
        }
        String taken = format(frames);
        stack = taken;
        count.incrementAndGet();
        LOGGER.warn(
                "{} has not come back to its selector for {} ms (AioConfig.stallThreshold={} ms); move what it does there to"
                        + " another thread:{}",
                contextName,
                TimeUnit.NANOSECONDS.toMillis(nanos),
                TimeUnit.NANOSECONDS.toMillis(thresholdNanos),
                taken);
    }

    private static boolean isWaiting(StackTraceElement[] frames) {
        return frames.length == 0
                || (frames[0].getClassName().equals(SELECTOR)
                        && frames[0].getMethodName().startsWith("epollWait"));
    }

    private static String format(StackTraceElement[] frames) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(frames.length, FRAMES_MOST); i++) {
            text.append("\n\tat ").append(frames[i]);
        }
        return text.toString();
    }

    private void answered(long nanos) {
        asking = false;
        lagNanos.record(nanos);
        String during = stack;
        stack = null;
        if (during != null) {
            FlightEvents.stall(contextName, thread.getName(), nanos, during.strip());
        }
    }

    private void ask(long nowNanos) {
        answeredNanos = 0;
        askedNanos = nowNanos;
        asking = true;
        try {
            if (loop instanceof SingleThreadEventLoop single) {
                single.executeAfterEventLoopIteration(answerTask);
            } else {
                loop.execute(answerTask);
            }
        } catch (RejectedExecutionException loopIsGone) {
            closed = true;
        }
    }

    private void answer() {
        long now = System.nanoTime();
        answeredNanos = now == 0 ? 1 : now;
    }

    /** From any thread: nobody watches any more. */
    void close() {
        closed = true;
    }
}
