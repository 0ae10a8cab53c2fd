package io.nettyaio.benchmarks;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nettyaio.AioConfig;
import io.nettyaio.metrics.AioMetrics;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What it costs to count and time each operation, where an operation costs next to nothing itself. */
@Command(
        name = "metrics",
        description = {
            "4 KiB reads of /dev/zero on one loop, callback form: with metrics, all of which are read each second, beside "
                    + "without.",
            "Operations per second, and bytes allocated per operation on the loop thread."
        })
final class MetricsCase implements Callable<Integer> {

    private static final Path ZERO = Path.of("/dev/zero");
    private static final Goal RATE = Goal.atLeast(0.95);

    @Mixin
    private final RunOptions options = new RunOptions();

    @Mixin
    private final Depths depths = new Depths();

    @Override
    public Integer call() throws Exception {
        options.check();
        depths.check();
        Report report = new Report(options, ZERO);
        ScheduledExecutorService scraper = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "scraper");
            thread.setDaemon(true);
            return thread;
        });
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (Sides sides = new Sides();
                AioMetrics metrics = new AioMetrics()) {
            AioSide<?> off = side(sides, "off", false);
            AioSide<?> on = side(sides, "on", true);
            metrics.bindTo(registry);
            ScheduledFuture<?> scrapes = scraper.scheduleAtFixedRate(() -> readAll(registry), 1, 1, TimeUnit.SECONDS);
            Rounds rounds = new Rounds(options, sides.all(), () -> {});
            rounds.warmUp(depths.all());
            for (int depth : depths.all()) {
                Rounds.Results results = rounds.run(depth);
                report.samples(results);
                @Nullable Goal goal = Depths.goal(depth, RATE);
                report.compare(depth, "ops_per_s", results.rate(on), results.rate(off), goal);
                report.compare(
                        depth,
                        "allocated_bytes_per_op",
                        results.allocation(on),
                        new Report.Figure("limit", 1),
                        Goal.atMost(1));
            }
            report.note("meters=" + registry.getMeters().size());
            report.note(on.routes());
            scrapes.cancel(false);
        } finally {
            scraper.shutdownNow();
            registry.close();
        }
        report.write();
        return 0;
    }

    private static AioSide<?> side(Sides sides, String name, boolean metrics) throws InterruptedException {
        AioConfig config = AioConfig.builder().metrics(metrics).build();
        return sides.add(AioSide.callbacks(name, seed -> Offsets.random(0, seed), config, ZERO));
    }

    /** As a scrape does. */
    private static void readAll(SimpleMeterRegistry registry) {
        registry.getMeters().forEach(meter -> meter.measure().forEach(measurement -> measurement.getValue()));
    }
}
