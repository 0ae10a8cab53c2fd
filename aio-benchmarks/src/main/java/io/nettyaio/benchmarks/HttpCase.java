package io.nettyaio.benchmarks;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.handler.HttpFileConfig;
import io.nettyaio.handler.HttpFileHandler;
import io.nettyaio.handler.HttpFileRoot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A file server under load. */
@Command(
        name = "http",
        description = {
            "10,000 files of 100 KiB, asked for at random by wrk with 32 connections, from one loop or worker: "
                    + "HttpFileHandler beside nginx ('aio threads; sendfile on', and 'sendfile on') and beside Netty's "
                    + "ChunkedNioFile and DefaultFileRegion.",
            "cold: the files are dropped from the page cache, and each is asked for once; hot: all of them are in it.",
            "As root, on an ext4 file system on a loop device over tmpfs, else, or with --dir, on the disk, whose speed"
                    + " varies.",
            "Requests per second, latency, and the p99.9 of small responses out of memory, which a probe asks the same "
                    + "loop for each millisecond meanwhile."
        })
final class HttpCase implements Callable<Integer> {

    private static final int WARM_UP_SECONDS = 2;
    private static final int WARM_UP_ROUNDS_LEAST = 4;
    private static final int WARM_UP_ROUNDS_MOST = 12;
    private static final Goal COLD_RATE = Goal.atLeast(1);
    private static final Goal COLD_P99 = Goal.atMost(1);
    private static final Goal HOT_RATE = Goal.atLeast(0.8);
    private static final Goal PROBE = Goal.atMost(0.2);

    @Mixin
    private final RunOptions options = new RunOptions(3, 5);

    @Option(names = "--dir", paramLabel = "DIR", description = "Where the files are to lie, to measure that disk.")
    private @Nullable Path directory;

    /** What one side did in one round. */
    private record Round(Wrk.Result load, Histogram probe) {}

    @Override
    public Integer call() throws Exception {
        options.check();
        Path disk = directory;
        try (LoopFileSystem fileSystem = disk != null
                        ? null
                        : LoopFileSystem.tryCreate(HttpSite.BYTES, LoopFileSystem.ReadAhead.DEFAULT);
                HttpSite site = HttpSite.create(
                        fileSystem != null ? fileSystem.directory() : disk != null ? disk : Programs.buildDirectory());
                Wrk wrk = new Wrk()) {
            Report report = new Report(options, site.root());
            List<HttpServerSide> sides = new ArrayList<>();
            try {
                start(site.root(), report, sides);
                Map<String, List<Round>> cold = run(site, wrk, sides, true);
                compare(report, "cold", cold);
                Map<String, List<Round>> hot = run(site, wrk, sides, false);
                compare(report, "hot", hot);
            } finally {
                sides.forEach(HttpServerSide::close);
            }
            RealTime.note(report);
            report.write();
        }
        return 0;
    }

    private static void start(Path root, Report report, List<HttpServerSide> sides) throws Exception {
        sides.add(aio(root));
        for (boolean threads : new boolean[] {true, false}) {
            NginxSide nginx = NginxSide.tryCreate(threads ? "nginx-threads" : "nginx-sendfile", root, threads, report);
            if (nginx != null) {
                sides.add(nginx);
            }
        }
        sides.add(new NettySide(
                "netty-region",
                new Loop(),
                (loop, pipeline) -> pipeline.addLast(new BlockingFiles(root, true)),
                () -> {}));
        sides.add(new NettySide(
                "netty-chunked",
                new Loop(),
                (loop, pipeline) -> pipeline.addLast(new ChunkedWriteHandler(), new BlockingFiles(root, false)),
                () -> {}));
    }

    private static HttpServerSide aio(Path root) throws Exception {
        Loop loop = new Loop();
        AioFile directory = EpollAio.context(loop.eventLoop())
                .open(root, AioOpenOption.READ, AioOpenOption.DIRECTORY)
                .sync()
                .getNow();
        HttpFileRoot files = new HttpFileRoot(directory, HttpFileConfig.defaults());
        return new NettySide(
                "aio",
                loop,
                (ignored, pipeline) -> addAio(pipeline, files),
                () -> loop.call(() -> {
                    files.close();
                    return null;
                }));
    }

    private static void addAio(ChannelPipeline pipeline, HttpFileRoot files) {
        pipeline.addLast(new HttpFileHandler(files));
    }

    /**
     * Until the JVM's sides get no faster, or for so many rounds: their compiler needs the CPUs that the load keeps busy, so
     * that seconds are not enough, and it starts again when the probe comes or files are cold.
     */
    private static void warmUp(HttpSite site, Wrk wrk, List<HttpServerSide> sides, boolean cold) throws Exception {
        Map<String, Double> best = new HashMap<>();
        boolean faster = true;
        for (int round = 1; faster && round <= WARM_UP_ROUNDS_MOST; round++) {
            faster = round < WARM_UP_ROUNDS_LEAST;
            for (HttpServerSide side : sides) {
                if (side.inJvm()) {
                    Stop.check();
                    Progress.say("http: " + (cold ? "cold" : "hot") + ", warming up: " + side.name());
                    if (cold) {
                        site.drop();
                    }
                    double rate =
                            run(wrk, side, WARM_UP_SECONDS, -round, cold).load().requestsPerSecond();
                    double before = best.getOrDefault(side.name(), 0.0);
                    faster |= rate > 1.05 * before;
                    best.put(side.name(), Math.max(before, rate));
                }
            }
        }
    }

    private Map<String, List<Round>> run(HttpSite site, Wrk wrk, List<HttpServerSide> sides, boolean cold)
            throws Exception {
        Map<String, List<Round>> rounds = new LinkedHashMap<>();
        int seconds = (int) Math.max(1, TimeUnit.NANOSECONDS.toSeconds(options.nanos()));
        if (!cold) {
            site.load();
        }
        warmUp(site, wrk, sides, cold);
        for (int round = 1; round <= options.rounds(); round++) {
            for (HttpServerSide side : sides) {
                Stop.check();
                Progress.say("http: " + (cold ? "cold" : "hot") + ", round " + round + " of " + options.rounds() + ": "
                        + side.name());
                if (cold) {
                    site.drop();
                }
                rounds.computeIfAbsent(side.name(), name -> new ArrayList<>())
                        .add(run(wrk, side, seconds, round, cold));
            }
        }
        return rounds;
    }

    private static Round run(Wrk wrk, HttpServerSide side, int seconds, long seed, boolean once) throws Exception {
        try (HttpProbe probe = new HttpProbe(side.address())) {
            Wrk.Result load = wrk.run(side.address(), seconds, seed, once);
            if (load.errors() > 0) {
                throw new BenchException(side.name() + ": wrk counts " + load.errors() + " errors");
            }
            Round round = new Round(load, probe.stop());
            Progress.say(String.format(
                    Locale.ROOT,
                    "http: %s: %d requests in %.1f s, p99 %d us, memory p99.9 %.0f us",
                    side.name(),
                    load.requests(),
                    load.micros() / 1e6,
                    load.p99(),
                    round.probe().getValueAtPercentile(99.9) / 1e3));
            return round;
        }
    }

    private static void compare(Report report, String state, Map<String, List<Round>> rounds) {
        rounds.forEach((side, all) -> all.forEach(round -> measurement(report, state, side, round)));
        boolean cold = state.equals("cold");
        String ours = "aio";
        for (String other : rounds.keySet()) {
            if (other.equals(ours)) {
                continue;
            }
            boolean nginx = other.equals(cold ? "nginx-threads" : "nginx-sendfile");
            compare(
                    report,
                    state + "_requests_per_s",
                    rounds,
                    other,
                    round -> round.load().requestsPerSecond(),
                    nginx ? (cold ? COLD_RATE : HOT_RATE) : null);
            compare(
                    report,
                    state + "_p50_us",
                    rounds,
                    other,
                    round -> round.load().p50(),
                    null);
            compare(
                    report,
                    state + "_p99_us",
                    rounds,
                    other,
                    round -> round.load().p99(),
                    nginx && cold ? COLD_P99 : null);
            compare(
                    report,
                    state + "_p999_us",
                    rounds,
                    other,
                    round -> round.load().p999(),
                    null);
            compare(
                    report,
                    state + "_memory_p999_us",
                    rounds,
                    other,
                    round -> round.probe().getValueAtPercentile(99.9) / 1e3,
                    cold && other.equals("netty-region") ? PROBE : null);
        }
    }

    private static void compare(
            Report report,
            String measure,
            Map<String, List<Round>> rounds,
            String other,
            ToDoubleFunction<Round> figure,
            @Nullable Goal goal) {
        report.compare(
                0,
                measure,
                new Report.Figure("aio", median(rounds.getOrDefault("aio", List.of()), figure)),
                new Report.Figure(other, median(rounds.getOrDefault(other, List.of()), figure)),
                goal);
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> figure) {
        double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static void measurement(Report report, String state, String side, Round round) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("state", state);
        entry.put("side", side);
        entry.put("load", round.load());
        entry.put("requestsPerSecond", round.load().requestsPerSecond());
        entry.put("probes", round.probe().getTotalCount());
        for (double percentile : new double[] {50, 99, 99.9, 100}) {
            entry.put("memoryP" + percentile + "Micros", round.probe().getValueAtPercentile(percentile) / 1e3);
        }
        report.measurement(entry);
    }
}
