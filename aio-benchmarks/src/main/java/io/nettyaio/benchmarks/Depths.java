package io.nettyaio.benchmarks;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many reads are in flight: the cases that read are run at each of these depths. */
final class Depths {

    private static final int DEPTH_MAX = 4096;

    /** From this depth on there are goals: below, it is the latency of a wakeup that is measured. */
    private static final int GOAL_DEPTH = 32;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--depth",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,32,128",
            description = "Reads in flight (default: ${DEFAULT-VALUE}).")
    private List<Integer> depths = List.of();

    /** Says what is wrong with them, before any work is done. */
    void check() {
        for (int depth : depths) {
            if ((depth < 1 || depth > DEPTH_MAX) && command != null) {
                throw new ParameterException(command.commandLine(), "--depth must be from 1 to " + DEPTH_MAX);
            }
        }
    }

    List<Integer> all() {
        return depths;
    }

    /** The goal, where there is one at this depth. */
    static @Nullable Goal goal(int depth, Goal goal) {
        return depth >= GOAL_DEPTH ? goal : null;
    }
}
