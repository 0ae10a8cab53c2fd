package io.nettyaio.benchmarks;

import io.nettyaio.AioConfig;
import io.nettyaio.AioOpenOption;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Direct reads of a real disk. */
@Command(
        name = "direct-read",
        description = {
            "4 KiB random O_DIRECT reads of a 1 GiB file, beside the C program and AsynchronousFileChannel with 16 threads.",
            "Operations per second, and CPU microseconds per operation."
        })
final class DirectReadCase implements Callable<Integer> {

    static final long FILE_BYTES = 1L << 30;
    static final int POOL_THREADS = 16;

    private static final Goal RATE = Goal.atLeast(0.95);
    private static final Goal CPU_OF_PROGRAM = Goal.atMost(1.3);
    private static final Goal CPU_OF_CHANNEL = Goal.atMost(1.0 / 3);

    @Mixin
    private final RunOptions options = new RunOptions();

    @Mixin
    private final Depths depths = new Depths();

    @Option(
            names = "--file",
            paramLabel = "F",
            description = "Read this file instead of a new one, which is removed at the end.")
    private @Nullable Path named;

    @Override
    public Integer call() throws Exception {
        options.check();
        depths.check();
        try (TestFile file = TestFile.of(named, Programs.buildDirectory(), FILE_BYTES);
                Sides sides = new Sides()) {
            Report report = new Report(options, file.path());
            // A direct read of a range that the page cache holds is another thing.
            file.dropFromPageCache();
            run(file, sides, report);
            report.write();
        }
        return 0;
    }

    private void run(TestFile file, Sides sides, Report report) throws Exception {
        LongFunction<Offsets> order = seed -> Offsets.random(file.bytes(), seed);
        AioSide<?> aio = sides.add(AioSide.callbacks(
                "aio", order, AioConfig.defaults(), file.path(), AioOpenOption.READ, AioOpenOption.DIRECT));
        Side program = sides.add(new ProgramSide("c", file.path(), true));
        Side channel = sides.add(new AsyncChannelSide("async_file_channel", order, file.path(), POOL_THREADS));
        Rounds rounds = new Rounds(options, sides.all(), () -> {});
        rounds.warmUp(depths.all());
        for (int depth : depths.all()) {
            Rounds.Results results = rounds.run(depth);
            report.samples(results);
            report.compare(depth, "ops_per_s", results.rate(aio), results.rate(program), Depths.goal(depth, RATE));
            report.compare(depth, "ops_per_s", results.rate(aio), results.rate(channel), null);
            report.compare(
                    depth, "cpu_us_per_op", results.cpu(aio), results.cpu(program), Depths.goal(depth, CPU_OF_PROGRAM));
            report.compare(
                    depth, "cpu_us_per_op", results.cpu(aio), results.cpu(channel), Depths.goal(depth, CPU_OF_CHANNEL));
        }
        report.note(aio.routes());
    }
}
