package io.nettyaio.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** Runs the sides of a case in turn, round after round. */
final class Rounds {

    /** Done before each run of a side, outside of what is measured. */
    interface Preparation {
        void prepare() throws Exception;
    }

    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(4);
    private static final long NEW_DEPTH_WARM_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final RunOptions options;
    private final List<? extends Side> sides;
    private final Preparation preparation;

    Rounds(RunOptions options, List<? extends Side> sides, Preparation preparation) {
        this.options = options;
        this.sides = sides;
        this.preparation = preparation;
    }

    /**
     * Lets the JIT compile the sides that run in this JVM. At the greatest depth, where most is done: what it takes for
     * compiling later on is counted as a side's processor time.
     */
    void warmUp(List<Integer> depths) throws Exception {
        warmUp(Collections.max(depths), WARM_UP_NANOS);
    }

    private void warmUp(int depth, long nanos) throws Exception {
        for (Side side : sides) {
            if (side.inJvm()) {
                say(depth, "warming up", side);
                preparation.prepare();
                side.run(new Side.Load(depth, nanos, depth));
            }
        }
    }

    /** The samples of all rounds at one depth. */
    Results run(int depth) throws Exception {
        warmUp(depth, NEW_DEPTH_WARM_UP_NANOS);
        Map<String, List<Sample>> samples = new LinkedHashMap<>();
        for (int round = 1; round <= options.rounds(); round++) {
            for (Side side : sides) {
                say(depth, "round " + round + " of " + options.rounds(), side);
                preparation.prepare();
                Sample sample = side.run(new Side.Load(depth, options.nanos(), 1000L * depth + round));
                samples.computeIfAbsent(side.name(), name -> new ArrayList<>()).add(sample);
            }
        }
        return new Results(depth, samples);
    }

    private void say(int depth, String what, Side side) {
        Stop.check();
        Progress.say(options.caseName() + ": depth " + depth + ", " + what + ": " + side.name());
    }

    /**
     * The samples at one depth.
     *
     * @param depth   reads in flight
     * @param samples of each side, by name
     */
    record Results(int depth, Map<String, List<Sample>> samples) {

        Report.Figure rate(Side side) {
            return median(side, Sample::operationsPerSecond);
        }

        Report.Figure cpu(Side side) {
            return median(side, Sample::cpuMicrosPerOperation);
        }

        Report.Figure allocation(Side side) {
            return median(side, Sample::allocatedBytesPerOperation);
        }

        private Report.Figure median(Side side, ToDoubleFunction<Sample> figure) {
            List<Sample> all = samples.get(side.name());
            if (all == null) {
                throw new IllegalArgumentException("not run: " + side.name());
            }
            return new Report.Figure(side.name(), Sample.median(all, figure));
        }
    }
}
