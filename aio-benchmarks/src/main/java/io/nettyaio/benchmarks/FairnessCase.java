package io.nettyaio.benchmarks;

import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.epoll.EpollAio;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What shares are worth to small reads beside a flood of bulk. */
@Command(
        name = "fairness",
        description = {
            "4 KiB direct reads, 8 in flight, on one loop, while 32 direct reads and 32 writes of 256 KiB are in flight on "
                    + "another: in classes of 90 and 10 shares, and without classes.",
            "As root the files lie on an ext4 file system on a loop device over tmpfs.",
            "The reads' operations per second beside their share, which is nine tenths of what they reach alone; their 99th "
                    + "percentile beside what it is alone; what the bulk gets, in MiB per second."
        })
final class FairnessCase implements Callable<Integer> {

    private static final long FILE_BYTES = 256L << 20;
    private static final int LARGE_BYTES = 256 << 10;
    private static final int SMALL_DEPTH = 8;
    private static final int LARGE_DEPTH = 32;
    private static final double SHARE = 0.9;
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** What the flood has put into the device before the reads have begun is carried out first. */
    private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final Goal RATE = Goal.atLeast(0.8);
    private static final Goal LATENCY = Goal.atMost(3);

    @Mixin
    private final RunOptions options = new RunOptions();

    /** The small reads, and the bulk's bytes for each second, of one round. */
    private record Round(FairnessLoad.Result small, double bulkBytesPerSecond) {}

    @Override
    public Integer call() throws Exception {
        options.check();
        try (LoopFileSystem fileSystem = LoopFileSystem.tryCreate(2 * FILE_BYTES, LoopFileSystem.ReadAhead.DEFAULT)) {
            Path directory = fileSystem == null ? Programs.buildDirectory() : fileSystem.directory();
            try (TestFile small = TestFile.create(directory, "small", FILE_BYTES);
                    TestFile large = TestFile.create(directory, "large", FILE_BYTES);
                    Loop front = new Loop();
                    Loop back = new Loop()) {
                // A direct read of a range that the page cache holds is another thing.
                small.dropFromPageCache();
                large.dropFromPageCache();
                Report report = new Report(options, small.path());
                run(front, open(front, small), back, open(back, large), report);
                report.write();
            }
        }
        return 0;
    }

    private static AioFile open(Loop loop, TestFile file) throws InterruptedException {
        return EpollAio.context(loop.eventLoop(), AioConfig.defaults())
                .open(file.path(), AioOpenOption.READ, AioOpenOption.WRITE, AioOpenOption.DIRECT)
                .sync()
                .getNow();
    }

    private void run(Loop front, AioFile small, Loop back, AioFile large, Report report) throws Exception {
        AioFile smallFront = small.in(AioClass.builder("front").shares(90).build());
        AioFile largeBack = large.in(AioClass.builder("back").shares(10).build());
        List<Round> alone = new ArrayList<>();
        List<Round> classes = new ArrayList<>();
        List<Round> none = new ArrayList<>();
        try {
            say("warming up");
            round(front, smallFront, back, largeBack, WARM_UP_NANOS);
            for (int round = 1; round <= options.rounds(); round++) {
                say("round " + round + " of " + options.rounds());
                alone.add(round(front, smallFront, back, null, options.nanos()));
                classes.add(round(front, smallFront, back, largeBack, options.nanos()));
                none.add(round(front, small, back, large, options.nanos()));
            }
        } finally {
            for (AioFile file : List.of(smallFront, small, largeBack, large)) {
                file.close().awaitUninterruptibly();
            }
        }
        measurements(report, "alone", alone);
        measurements(report, "classes", classes);
        measurements(report, "none", none);
        double share = SHARE * median(alone, round -> round.small().operationsPerSecond());
        Report.Figure ownShare = new Report.Figure("share", share);
        ToDoubleFunction<Round> rate = round -> round.small().operationsPerSecond();
        ToDoubleFunction<Round> p99 = round -> round.small().p99Micros();
        ToDoubleFunction<Round> bulk = round -> round.bulkBytesPerSecond() / (1 << 20);
        report.compare(0, "small_ops_per_s", figure("classes", classes, rate), ownShare, RATE);
        report.compare(0, "small_ops_per_s", figure("none", none, rate), ownShare, null);
        report.compare(0, "small_p99_us", figure("classes", classes, p99), figure("alone", alone, p99), LATENCY);
        report.compare(0, "small_p99_us", figure("none", none, p99), figure("alone", alone, p99), null);
        report.compare(0, "bulk_mib_per_s", figure("classes", classes, bulk), figure("none", none, bulk), null);
    }

    private void say(String what) {
        Stop.check();
        Progress.say(options.caseName() + ": " + what);
    }

    private static Round round(Loop front, AioFile small, Loop back, @Nullable AioFile flooded, long nanos)
            throws Exception {
        List<FairnessLoad> bulk = new ArrayList<>();
        if (flooded != null) {
            bulk.add(new FairnessLoad(back, flooded, FILE_BYTES, LARGE_BYTES, LARGE_DEPTH, false));
            bulk.add(new FairnessLoad(back, flooded, FILE_BYTES, LARGE_BYTES, LARGE_DEPTH, true));
        }
        FairnessLoad reads = new FairnessLoad(front, small, FILE_BYTES, Side.BLOCK_BYTES, SMALL_DEPTH, false);
        Stop.sleep(SETTLE_NANOS);
        reads.measure();
        for (FairnessLoad load : bulk) {
            load.measure();
        }
        Stop.sleep(nanos);
        FairnessLoad.Result result = reads.result();
        double bulkBytes = 0;
        for (FairnessLoad load : bulk) {
            bulkBytes += load.result().bytesPerSecond();
        }
        reads.stop();
        for (FairnessLoad load : bulk) {
            load.stop();
        }
        return new Round(result, bulkBytes);
    }

    private static Report.Figure figure(String name, List<Round> rounds, ToDoubleFunction<Round> of) {
        return new Report.Figure(name, median(rounds, of));
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> of) {
        double[] sorted = rounds.stream().mapToDouble(of).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1
                ? sorted[half]
                : Arrays.stream(sorted, half - 1, half + 1).average().orElseThrow();
    }

    private static void measurements(Report report, String side, List<Round> rounds) {
        for (Round round : rounds) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("side", side);
            entry.put("operationsPerSecond", round.small().operationsPerSecond());
            entry.put("p99Micros", round.small().p99Micros());
            entry.put("bulkBytesPerSecond", round.bulkBytesPerSecond());
            report.measurement(entry);
        }
    }
}
