package io.nettyaio.benchmarks;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one side did in one round.
 *
 * @param operations     reads completed
 * @param elapsedNanos   in this time
 * @param cpuNanos       user and system time of the side's process in this time
 * @param allocatedBytes bytes of heap the loop thread allocated; {@link #UNKNOWN} where there is no such thing
 */
record Sample(long operations, long elapsedNanos, long cpuNanos, long allocatedBytes) {

    static final long UNKNOWN = -1;

    double operationsPerSecond() {
        return operations * 1e9 / elapsedNanos;
    }

    double cpuMicrosPerOperation() {
        return cpuNanos / 1e3 / Math.max(1, operations);
    }

    double allocatedBytesPerOperation() {
        return allocatedBytes == UNKNOWN ? Double.NaN : (double) allocatedBytes / Math.max(1, operations);
    }

    /** The middle one, or the mean of the two in the middle. */
    static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
        double[] sorted = samples.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
