package io.nettyaio.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A probe's threads, which the scheduler lets run before all others: {@code SCHED_FIFO}, see {@code sched(7)}. Where a load
 * takes all CPUs a client waits for one up to a few milliseconds when the answer has come, whoever has sent it. That is
 * neither the server's doing nor what its users see, whose load comes from elsewhere. They sleep nearly all of the time.
 *
 * <p>Any thread.
 */
final class RealTime {

    private static volatile @Nullable String refusal;

    private RealTime() {}

    /** Has the calling thread run before all others, where that is allowed. */
    static void begin() throws InterruptedException {
        try {
            Path thread = Path.of("/proc/thread-self").toRealPath().getFileName();
            Programs.Outcome outcome = Programs.run(List.of("chrt", "--fifo", "--pid", "1", thread.toString()));
            if (outcome.exitCode() != 0) {
                refusal = outcome.errors().strip();
            }
        } catch (IOException e) {
            refusal = e.getMessage();
        }
    }

    /** Tells a report where it was not allowed. */
    static void note(Report report) {
        String why = refusal;
        if (why != null) {
            report.note("the probe has no real-time priority, which needs root, and waits for the CPU like the load: "
                    + why);
        }
    }
}
