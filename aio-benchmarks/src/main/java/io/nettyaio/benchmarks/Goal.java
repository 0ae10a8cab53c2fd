package io.nettyaio.benchmarks;

import java.util.Locale;

/**
 * What a ratio should be.
 *
 * @param bound  the limit
 * @param atMost whether the ratio should be at most that, else at least
 */
record Goal(double bound, boolean atMost) {

    static Goal atLeast(double bound) {
        return new Goal(bound, false);
    }

    static Goal atMost(double bound) {
        return new Goal(bound, true);
    }

    boolean metBy(double ratio) {
        return atMost ? ratio <= bound : ratio >= bound;
    }

    @Override
    public String toString() {
        return "goal" + (atMost ? "<=" : ">=") + String.format(Locale.ROOT, "%.3g", bound);
    }
}
