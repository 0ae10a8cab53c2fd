package io.nettyaio.examples.cp;

import java.io.PrintWriter;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * What the user sees of a job. Standard error may block, so the event loop only leaves messages and figures here; the thread
 * that waits for the job prints the messages, and the bar's own thread draws the bar.
 */
final class Report implements CopyListener, AutoCloseable {

    private static final int MOST_WAITING = 1024;
    private static final long LOOK_MILLIS = 50;
    private static final int REDRAW_MILLIS = 200;
    private static final long MIB = 1 << 20;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintWriter err;
    private final String name;
    private final @Nullable ProgressBar bar;
    private final ArrayBlockingQueue<String> messages = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicLong unprinted = new AtomicLong();
    private long foundBytes;

    /** @param withBar whether to draw a progress bar on standard error */
    Report(PrintWriter err, String name, boolean withBar) {
        this.err = err;
        this.name = name;
        bar = withBar
                ? new ProgressBarBuilder()
                        .setTaskName(name)
                        .setInitialMax(0)
                        .setUnit(" MiB", MIB)
                        .showSpeed()
                        .setUpdateIntervalMillis(REDRAW_MILLIS)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setConsumer(new ConsoleProgressBarConsumer(System.err))
                        .build()
                : null;
    }

    @Override
    public void found(long bytes) {
        foundBytes += bytes;
        if (bar != null) {
            bar.maxHint(foundBytes);
        }
    }

    @Override
    public void copied(long bytes) {
        if (bar != null) {
            bar.stepBy(bytes);
        }
    }

    @Override
    public void failed(String message) {
        if (!messages.offer(message)) {
            unprinted.incrementAndGet();
        }
    }

    /** Prints what comes, until the job has ended and all is printed. */
    void printUntil(CountDownLatch ended) throws InterruptedException {
        while (ended.getCount() > 0 || !messages.isEmpty()) {
            String message = messages.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            if (message != null) {
                print(message);
            }
        }
        long more = unprinted.get();
        if (more > 0) {
            print(more + " more failures, which came faster than they could be printed");
        }
    }

    private void print(String message) {
        err.println((bar == null ? "" : CLEAR_LINE) + name + ": " + message);
        err.flush();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
