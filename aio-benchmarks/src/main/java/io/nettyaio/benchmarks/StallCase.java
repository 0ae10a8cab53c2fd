package io.nettyaio.benchmarks;

import io.nettyaio.AioContextStats;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Whether a loop still answers while it works with the disk. */
@Command(
        name = "stall",
        description = {
            "A 1 ms echo probe over TCP on one loop, while that loop also does cold buffered reads, 1,000 direct reads at "
                    + "once, extending direct writes and fdatasync of dirty data; beside the same work done blocking on "
                    + "the loop.",
            "The probe's percentiles, and the longest time inside one io_submit and one NOWAIT attempt."
        })
final class StallCase implements Callable<Integer> {

    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final Goal PROBE = Goal.atMost(0.1);
    private static final Goal WITHIN_LIMIT = Goal.atMost(1);
    private static final Report.Figure MILLISECOND = new Report.Figure("limit", 1000);

    @Mixin
    private final RunOptions options = new RunOptions(5, 3);

    @Override
    public Integer call() throws Exception {
        options.check();
        try (StallFiles files = StallFiles.create()) {
            Report report = new Report(options, files.cold().path());
            // On loops of their own: what the first, interpreted calls take is not to stand in the figures.
            try (StallSide<AioDisk> aio = new StallSide<>("aio", files, AioDisk::new);
                    StallSide<BlockingDisk> blocking = new StallSide<>("blocking", files, BlockingDisk::new)) {
                Progress.say("stall: warming up");
                aio.runLoaded(WARM_UP_NANOS, 0);
                blocking.runLoaded(WARM_UP_NANOS, 0);
            }
            try (StallSide<AioDisk> aio = new StallSide<>("aio", files, AioDisk::new);
                    StallSide<BlockingDisk> blocking = new StallSide<>("blocking", files, BlockingDisk::new)) {
                for (int round = 1; round <= options.rounds(); round++) {
                    say(round, "aio, idle");
                    aio.runIdle(options.nanos());
                    say(round, "aio");
                    aio.runLoaded(options.nanos(), round);
                    say(round, "blocking");
                    blocking.runLoaded(options.nanos(), round);
                }
                compare(report, aio, blocking);
            }
            report.write();
        }
        return 0;
    }

    private void say(int round, String what) {
        Stop.check();
        Progress.say("stall: round " + round + " of " + options.rounds() + ": " + what);
    }

    private static void compare(Report report, StallSide<AioDisk> aio, StallSide<?> blocking) {
        measurement(report, "idle", aio.idle());
        measurement(report, "aio", aio.loaded());
        measurement(report, "blocking", blocking.loaded());
        percentile(report, "p50", 50, aio, blocking, null);
        percentile(report, "p99", 99, aio, blocking, null);
        percentile(report, "p999", 99.9, aio, blocking, PROBE);
        percentile(report, "max", 100, aio, blocking, null);
        AioContextStats stats = aio.disk().stats();
        Report.Figure submit = new Report.Figure(aio.name(), stats.longestSubmitNanos() / 1e3);
        Report.Figure nowait = new Report.Figure(aio.name(), stats.longestNowaitNanos() / 1e3);
        report.compare(0, "longest_io_submit_us", submit, MILLISECOND, WITHIN_LIMIT);
        report.compare(0, "longest_nowait_us", nowait, MILLISECOND, null);
        Map<String, Double> theirs = blocking.rates();
        aio.rates()
                .forEach((kind, rate) -> report.compare(
                        0,
                        kind,
                        new Report.Figure(aio.name(), rate),
                        new Report.Figure(blocking.name(), theirs.getOrDefault(kind, 0.0)),
                        null));
        report.note(aio.disk().routes());
    }

    private static void percentile(
            Report report,
            String label,
            double percentile,
            StallSide<?> aio,
            StallSide<?> blocking,
            @Nullable Goal goal) {
        String measure = "probe_" + label + "_us";
        Report.Figure ours = new Report.Figure(aio.name(), micros(aio.loaded(), percentile));
        report.compare(0, measure, ours, new Report.Figure("idle", micros(aio.idle(), percentile)), null);
        report.compare(
                0, measure, ours, new Report.Figure(blocking.name(), micros(blocking.loaded(), percentile)), goal);
    }

    private static double micros(Histogram nanos, double percentile) {
        return nanos.getValueAtPercentile(percentile) / 1e3;
    }

    private static void measurement(Report report, String side, Histogram nanos) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("side", side);
        entry.put("probes", nanos.getTotalCount());
        for (double percentile : new double[] {50, 90, 99, 99.9, 100}) {
            entry.put("p" + percentile + "Micros", micros(nanos, percentile));
        }
        report.measurement(entry);
    }
}
