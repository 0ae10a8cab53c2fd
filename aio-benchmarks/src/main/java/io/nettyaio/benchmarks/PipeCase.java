package io.nettyaio.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Pipes between two loops. */
@Command(
        name = "pipe",
        description = {
            "One byte back and forth, and a stream of 64 KiB blocks, over pipes between two loops; beside a C program of the "
                    + "same scheme, and beside Netty's EpollDomainSocketChannel over a pair of sockets.",
            "Round trips and blocks per second."
        })
final class PipeCase implements Callable<Integer> {

    static final int BLOCK_BYTES = 64 * 1024;

    private static final Goal OF_PROGRAM = Goal.atLeast(0.8);
    private static final int ONE = 1;

    /** What goes over the pipe. */
    enum Traffic {
        PING_PONG("pingpong", "round_trips_per_s"),
        STREAM("stream", "blocks_per_s");

        private final String mode;
        private final String measure;

        Traffic(String mode, String measure) {
            this.mode = mode;
            this.measure = measure;
        }

        /** As the C program calls it. */
        String mode() {
            return mode;
        }
    }

    @Mixin
    private final RunOptions options = new RunOptions();

    @Override
    public Integer call() throws Exception {
        options.check();
        Report report = new Report(options, Path.of("/proc/self/fd"));
        for (Traffic traffic : Traffic.values()) {
            run(traffic, report);
        }
        report.write();
        return 0;
    }

    private void run(Traffic traffic, Report report) throws Exception {
        try (Sides sides = new Sides()) {
            Side aio = sides.add(new PipeSide(traffic));
            Side program = sides.add(new PipeProgramSide(traffic));
            Side netty = sides.add(new DomainSocketSide(traffic));
            Rounds rounds = new Rounds(options, sides.all(), () -> {});
            rounds.warmUp(List.of(ONE));
            Rounds.Results results = rounds.run(ONE);
            report.samples(results);
            compare(report, traffic, results, aio, program, OF_PROGRAM);
            compare(report, traffic, results, aio, netty, null);
            report.compare(0, traffic.mode() + "_cpu_us", results.cpu(aio), results.cpu(program), null);
        }
    }

    private static void compare(
            Report report, Traffic traffic, Rounds.Results results, Side ours, Side other, @Nullable Goal goal) {
        String measure = traffic.mode() + '_' + traffic.measure;
        report.compare(0, measure, results.rate(ours), results.rate(other), goal);
    }
}
