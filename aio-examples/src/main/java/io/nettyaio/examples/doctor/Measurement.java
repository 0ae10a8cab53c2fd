package io.nettyaio.examples.doctor;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * Random reads at growing depth.
 *
 * @param direct             whether they went past the page cache
 * @param blockBytes         length of each
 * @param fileBytes          of the file read
 * @param steps              one for each depth, growing
 * @param longestSubmitMicros longest time in one {@code io_submit(2)} on the loop
 * @param demotions          times the device was moved off the loop, for a call that took longer than the loop's budget
 */
public record Measurement(
        boolean direct, int blockBytes, long fileBytes, List<Step> steps, long longestSubmitMicros, long demotions) {

    /** What counts as much as the best. */
    private static final double NEARLY = 0.9;

    /**
     * One depth.
     *
     * @param depth               reads in flight at once
     * @param operationsPerSecond completed
     * @param meanMicros          latency
     * @param p50Micros           half of them took no longer
     * @param p99Micros           99 in 100 took no longer
     * @param maxMicros           the longest
     */
    public record Step(
            int depth, double operationsPerSecond, double meanMicros, long p50Micros, long p99Micros, long maxMicros) {}

    /** The least depth that gives nearly the most operations per second. */
    @JsonProperty
    public Step knee() {
        double most =
                steps.stream().mapToDouble(Step::operationsPerSecond).max().orElse(0);
        return steps.stream()
                .filter(step -> step.operationsPerSecond() >= NEARLY * most)
                .findFirst()
                .orElseThrow();
    }

    Step deepest() {
        return steps.get(steps.size() - 1);
    }
}
