package io.nettyaio.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The key-value server beside Redis. */
@Command(
        name = "kv",
        description = {
            "Durable SETs of 100 bytes by redis-benchmark, with 1, 64 and 256 connections, to ./aio kv and to redis-server"
                    + " --appendonly yes --appendfsync always, in turn, on the same disk; and GETs while such SETs run.",
            "Needs redis-server and redis-benchmark (apt-get install redis-server redis-tools)."
        })
final class KvCase implements Callable<Integer> {

    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final int[] CONNECTIONS = {1, 64, 256};
    private static final int BACKGROUND_CONNECTIONS = 32;
    private static final int GET_CONNECTIONS = 32;
    private static final String MIXED = "get-while-sets";

    @Mixin
    private final RunOptions options = new RunOptions(2, 5);

    @Option(names = "--loops", paramLabel = "N", description = "Event loops of ours (default: ${DEFAULT-VALUE}).")
    private int loops = 1;

    @Option(names = "--direct", description = "Ours writes its log past the page cache.")
    private boolean direct;

    @Override
    public Integer call() throws Exception {
        options.check();
        requireRedis();
        List<String> more = new ArrayList<>(List.of("--loops", Integer.toString(loops)));
        if (direct) {
            more.add("--direct");
        }
        try (KvSide ours = KvSide.ours(more);
                KvSide redis = KvSide.redis()) {
            Report report = new Report(options, ours.directory());
            for (int connections : CONNECTIONS) {
                sets(report, ours, redis, connections);
            }
            gets(report, ours, redis);
            measurements(report, ours);
            measurements(report, redis);
            report.write();
        }
        return 0;
    }

    private static void requireRedis() throws IOException, InterruptedException {
        try {
            Programs.require(List.of("redis-server", "--version"));
            Programs.require(List.of("redis-benchmark", "--version"));
        } catch (IOException e) {
            throw new BenchException(
                    "redis-server and redis-benchmark are needed: apt-get install redis-server redis-tools", e);
        }
    }

    private void sets(Report report, KvSide ours, KvSide redis, int connections) throws Exception {
        say(connections + " connections, warming up");
        ours.warmUp("set", connections, WARM_UP_NANOS);
        redis.warmUp("set", connections, WARM_UP_NANOS / 3);
        String label = "set" + connections;
        for (int round = 1; round <= options.rounds(); round++) {
            for (KvSide side : List.of(ours, redis)) {
                say(connections + " connections, round " + round + " of " + options.rounds() + ": " + side.name());
                side.measure(label, "set", connections, options.nanos());
            }
        }
        Goal goal = Goal.atLeast(connections == 1 ? 0.9 : 1);
        report.compare(
                connections,
                "durable_sets_per_s",
                ours.median(label, RedisBenchmark.Outcome::rate),
                redis.median(label, RedisBenchmark.Outcome::rate),
                goal);
        times(report, connections, label, "set", ours, redis);
    }

    private void gets(Report report, KvSide ours, KvSide redis) throws Exception {
        say("GETs while SETs run, warming up");
        for (KvSide side : List.of(ours, redis)) {
            side.whileSets(BACKGROUND_CONNECTIONS, () -> side.warmUp("get", GET_CONNECTIONS, WARM_UP_NANOS));
        }
        for (int round = 1; round <= options.rounds(); round++) {
            for (KvSide side : List.of(ours, redis)) {
                say("GETs while SETs run, round " + round + " of " + options.rounds() + ": " + side.name());
                side.whileSets(
                        BACKGROUND_CONNECTIONS, () -> side.measure(MIXED, "get", GET_CONNECTIONS, options.nanos()));
            }
        }
        report.compare(
                GET_CONNECTIONS,
                "gets_per_s_while_sets",
                ours.median(MIXED, RedisBenchmark.Outcome::rate),
                redis.median(MIXED, RedisBenchmark.Outcome::rate),
                Goal.atLeast(0.8));
        times(report, GET_CONNECTIONS, MIXED, "get", ours, redis);
    }

    private static void times(Report report, int connections, String label, String what, KvSide ours, KvSide redis) {
        Map<String, ToDoubleFunction<RedisBenchmark.Outcome>> percentiles = new LinkedHashMap<>();
        percentiles.put("p50", RedisBenchmark.Outcome::p50);
        percentiles.put("p99", RedisBenchmark.Outcome::p99);
        percentiles.put("p999", RedisBenchmark.Outcome::p999);
        percentiles.forEach((name, figure) -> report.compare(
                connections, what + "_" + name + "_ms", ours.median(label, figure), redis.median(label, figure), null));
    }

    private static void measurements(Report report, KvSide side) {
        side.outcomes()
                .forEach((label, all) -> all.forEach(outcome -> {
                    Map<String, Object> entry = new LinkedHashMap<>();
                    entry.put("side", side.name());
                    entry.put("case", label);
                    entry.put("requestsPerSecond", outcome.rate());
                    entry.put("p50Millis", outcome.p50());
                    entry.put("p99Millis", outcome.p99());
                    entry.put("p999Millis", outcome.p999());
                    report.measurement(entry);
                }));
    }

    private static void say(String what) {
        Stop.check();
        Progress.say("kv: " + what);
    }
}
