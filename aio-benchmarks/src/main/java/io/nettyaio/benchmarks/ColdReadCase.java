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

/** Buffered reads that the page cache does not hold. */
@Command(
        name = "cold-read",
        description = {
            "Buffered 4 KiB random reads of a file that is dropped from the page cache, each block once, beside a pool of "
                    + "16 threads and fio with io_uring.",
            "Without --file, and as root, the file lies on an ext4 file system on a loop device over tmpfs.",
            "Operations per second, and CPU microseconds per operation."
        })
final class ColdReadCase implements Callable<Integer> {

    private static final int HELPERS_MAX = 2;
    private static final Goal RATE = Goal.atLeast(1.2);
    private static final Goal CPU = Goal.atMost(2.0 / 3);

    @Mixin
    private final RunOptions options = new RunOptions();

    @Mixin
    private final Depths depths = new Depths();

    @Option(
            names = "--file",
            paramLabel = "F",
            description = "Read this file instead of a new one, which is removed at the end.")
    private @Nullable Path named;

    @Option(
            names = "--fio-batch",
            paramLabel = "N",
            description =
                    "Reads that fio submits and collects at once, at most (default: ${DEFAULT-VALUE}, as fio's own).")
    private int fioBatch = 1;

    @Override
    public Integer call() throws Exception {
        options.check();
        depths.check();
        try (LoopFileSystem fileSystem = named == null
                        ? LoopFileSystem.tryCreate(DirectReadCase.FILE_BYTES, LoopFileSystem.ReadAhead.OFF)
                        : null;
                TestFile file = TestFile.of(named, directory(fileSystem), DirectReadCase.FILE_BYTES);
                Sides sides = new Sides()) {
            Report report = new Report(options, file.path());
            run(file, sides, report);
            report.write();
        }
        return 0;
    }

    private static Path directory(@Nullable LoopFileSystem fileSystem) {
        return fileSystem == null ? Programs.buildDirectory() : fileSystem.directory();
    }

    private void run(TestFile file, Sides sides, Report report) throws Exception {
        LongFunction<Offsets> order = seed -> Offsets.permutation(file.bytes(), seed);
        AioConfig config = AioConfig.builder()
                .collectorThreads(HELPERS_MAX)
                .helperThreads(HELPERS_MAX)
                .build();
        AioSide<?> aio = sides.add(AioSide.callbacks("aio", order, config, file.path(), AioOpenOption.READ));
        Side pool = sides.add(new PoolSide("pool", order, file.path(), DirectReadCase.POOL_THREADS));
        Side fio = FioSide.tryCreate("io_uring", file, fioBatch, report);
        if (fio != null) {
            sides.add(fio);
        }
        Rounds rounds = new Rounds(options, sides.all(), file::dropFromPageCache);
        rounds.warmUp(depths.all());
        for (int depth : depths.all()) {
            Rounds.Results results = rounds.run(depth);
            report.samples(results);
            if (fio != null) {
                report.compare(depth, "ops_per_s", results.rate(aio), results.rate(fio), Depths.goal(depth, RATE));
            }
            report.compare(depth, "ops_per_s", results.rate(aio), results.rate(pool), null);
            report.compare(depth, "cpu_us_per_op", results.cpu(aio), results.cpu(pool), Depths.goal(depth, CPU));
            if (fio != null) {
                report.compare(depth, "cpu_us_per_op", results.cpu(aio), results.cpu(fio), null);
            }
        }
        // Only where next to nothing was inline, found in the page cache, was it a cold read.
        report.note(aio.routes());
    }
}
