package io.nettyaio.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** The C program {@code pipe_loop}: the same scheme as ours, and nothing around it. */
final class PipeProgramSide implements Side {

    private final PipeCase.Traffic traffic;

    PipeProgramSide(PipeCase.Traffic traffic) {
        this.traffic = traffic;
    }

    @Override
    public String name() {
        return "c";
    }

    @Override
    public boolean inJvm() {
        return false;
    }

    @Override
    public Sample run(Load load) throws IOException, InterruptedException {
        Map<String, Long> fields = Programs.require(List.of(
                        Programs.ours("pipe_loop").toString(),
                        "--mode",
                        traffic.mode(),
                        "--block",
                        "" + PipeCase.BLOCK_BYTES,
                        "--seconds",
                        "" + load.nanos() / 1e9))
                .fields();
        return new Sample(
                fields.getOrDefault("operations", 0L),
                fields.getOrDefault("elapsed_ns", 1L),
                fields.getOrDefault("cpu_ns", 0L),
                Sample.UNKNOWN);
    }

    @Override
    public void close() {}
}
