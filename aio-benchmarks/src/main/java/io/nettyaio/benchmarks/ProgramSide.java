package io.nettyaio.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The C program {@code aio_loop}: the same scheme as ours, and nothing around it. */
final class ProgramSide implements Side {

    private final String name;
    private final List<String> command;

    ProgramSide(String name, Path file, boolean direct) {
        this.name = name;
        command = new ArrayList<>(
                List.of(Programs.ours("aio_loop").toString(), "--file", file.toString(), "--block", "" + BLOCK_BYTES));
        if (direct) {
            command.add("--direct");
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean inJvm() {
        return false;
    }

    @Override
    public Sample run(Load load) throws IOException, InterruptedException {
        List<String> full = new ArrayList<>(command);
        full.addAll(List.of(
                "--depth", "" + load.depth(), "--seconds", "" + load.nanos() / 1e9, "--seed", "" + load.seed()));
        Map<String, Long> fields = Programs.require(full).fields();
        return new Sample(
                field(fields, "operations"), field(fields, "elapsed_ns"), field(fields, "cpu_ns"), Sample.UNKNOWN);
    }

    private static long field(Map<String, Long> fields, String name) {
        Long value = fields.get(name);
        if (value == null) {
            throw new BenchException("aio_loop did not say " + name);
        }
        return value;
    }

    @Override
    public void close() {}
}
