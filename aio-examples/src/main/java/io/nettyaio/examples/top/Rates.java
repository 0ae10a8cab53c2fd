package io.nettyaio.examples.top;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What has happened between two scrapes.
 *
 * @param before the earlier one
 * @param now    the later one
 */
record Rates(Scrape before, Scrape now) {

    private static final double NANOS_PER_SECOND = 1e9;

    double seconds() {
        return Math.max(1, now.nanos() - before.nanos()) / NANOS_PER_SECOND;
    }

    /** How much those that fit have grown. A counter that has become less has begun anew, with its server. */
    double growth(String name, Predicate<Sample> which) {
        double was = before.sum(name, which);
        double is = now.sum(name, which);
        return is < was ? is : is - was;
    }

    double perSecond(String name, Predicate<Sample> which) {
        return growth(name, which) / seconds();
    }

    double perSecond(String name) {
        return perSecond(name, any -> true);
    }

    /**
     * A percentile of what was recorded in a histogram between the two.
     *
     * @param name  of its buckets, each with a label {@code le}
     * @param which of them, of the same bounds, that are added up
     * @param share as 0.99
     * @return in the bounds' unit, interpolated between two bounds; {@code NaN} where nothing was recorded
     */
    double percentile(String name, Predicate<Sample> which, double share) {
        TreeMap<Double, Double> atMost = new TreeMap<>();
        add(atMost, now, name, which, 1);
        double total = atMost.isEmpty() ? 0 : atMost.lastEntry().getValue();
        TreeMap<Double, Double> earlier = new TreeMap<>();
        add(earlier, before, name, which, 1);
        double was = earlier.isEmpty() ? 0 : earlier.lastEntry().getValue();
        if (was <= total) {
            add(atMost, before, name, which, -1);
            total -= was;
        }
        return total <= 0 ? Double.NaN : quantile(atMost, share * total);
    }

    private static void add(Map<Double, Double> to, Scrape scrape, String name, Predicate<Sample> which, int sign) {
        for (Sample sample : scrape.of(name)) {
            if (which.test(sample)) {
                String le = sample.label("le");
                double bound = le.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(le);
                to.merge(bound, sign * sample.value(), Double::sum);
            }
        }
    }

    /** @param rank how many are at most what is looked for */
    private static double quantile(TreeMap<Double, Double> atMost, double rank) {
        double below = 0;
        double countBelow = 0;
        for (Map.Entry<Double, Double> bucket : atMost.entrySet()) {
            double count = bucket.getValue();
            if (count >= rank && count > countBelow) {
                return Double.isInfinite(bucket.getKey())
                        ? below
                        : below + (bucket.getKey() - below) * (rank - countBelow) / (count - countBelow);
            }
            below = bucket.getKey();
            countBelow = Math.max(countBelow, count);
        }
        return below;
    }
}
