package io.nettyaio.benchmarks;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that every case takes. */
final class RunOptions {

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Seconds that each side is measured for in a round (default: ${DEFAULT-VALUE}).")
    private double seconds = 1;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Interleaved rounds; their medians are compared (default: ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Also writes results and machine facts to this file, as JSON.")
    private @Nullable Path json;

    RunOptions() {}

    RunOptions(double seconds, int rounds) {
        this.seconds = seconds;
        this.rounds = rounds;
    }

    /** Says what is wrong with them, before any work is done. */
    void check() {
        if (!(seconds >= 0.01 && seconds <= 3600)) {
            throw wrong("--seconds must be from 0.01 to 3600");
        }
        if (rounds < 1 || rounds > 1000) {
            throw wrong("--rounds must be from 1 to 1000");
        }
    }

    /** How long each side is measured for in a round. */
    long nanos() {
        return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    }

    int rounds() {
        return rounds;
    }

    @Nullable
    Path json() {
        return json;
    }

    String caseName() {
        return spec().name();
    }

    private CommandSpec spec() {
        if (command == null) {
            throw new IllegalStateException("not parsed yet");
        }
        return command;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec().commandLine(), message);
    }
}
