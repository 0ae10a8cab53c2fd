package io.nettyaio.benchmarks;

import io.nettyaio.AioConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Reads of {@code /dev/zero}, which cost the kernel next to nothing: what is left is the library. */
@Command(
        name = "null",
        description = {
            "4 KiB reads of /dev/zero on one loop: callback form and future form, beside a C program of the same scheme.",
            "Operations per second, and bytes allocated per operation on the loop thread."
        })
final class NullCase implements Callable<Integer> {

    private static final Path ZERO = Path.of("/dev/zero");

    private static final Goal CALLBACK_RATE = Goal.atLeast(0.85);
    private static final Goal FUTURE_RATE = Goal.atLeast(0.65);
    private static final Goal WITHIN_LIMIT = Goal.atMost(1);
    private static final Report.Figure CALLBACK_BYTES_LIMIT = new Report.Figure("limit", 1);
    private static final Report.Figure FUTURE_BYTES_LIMIT = new Report.Figure("limit", 100);

    @Mixin
    private final RunOptions options = new RunOptions();

    @Mixin
    private final Depths depths = new Depths();

    @Override
    public Integer call() throws Exception {
        options.check();
        depths.check();
        Report report = new Report(options, ZERO);
        try (Sides sides = new Sides()) {
            AioConfig config = AioConfig.defaults();
            AioSide<?> callbacks =
                    sides.add(AioSide.callbacks("aio_callback", seed -> Offsets.random(0, seed), config, ZERO));
            AioSide<?> futures =
                    sides.add(AioSide.futures("aio_future", seed -> Offsets.random(0, seed), config, ZERO));
            Side program = sides.add(new ProgramSide("c", ZERO, false));
            Rounds rounds = new Rounds(options, sides.all(), () -> {});
            rounds.warmUp(depths.all());
            for (int depth : depths.all()) {
                Rounds.Results results = rounds.run(depth);
                report.samples(results);
                compareRate(report, results, callbacks, program, Depths.goal(depth, CALLBACK_RATE));
                compareRate(report, results, futures, program, Depths.goal(depth, FUTURE_RATE));
                compareAllocation(report, results, callbacks, CALLBACK_BYTES_LIMIT);
                compareAllocation(report, results, futures, FUTURE_BYTES_LIMIT);
            }
            report.note(callbacks.routes());
            report.note(futures.routes());
        }
        report.write();
        return 0;
    }

    private static void compareRate(Report report, Rounds.Results results, Side ours, Side other, @Nullable Goal goal) {
        report.compare(results.depth(), "ops_per_s", results.rate(ours), results.rate(other), goal);
    }

    private static void compareAllocation(Report report, Rounds.Results results, Side ours, Report.Figure limit) {
        report.compare(results.depth(), "allocated_bytes_per_op", results.allocation(ours), limit, WITHIN_LIMIT);
    }
}
