package io.nettyaio.examples.top;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a server has shown at one time. */
final class Scrape {

    private final long nanos;
    private final String health;
    private final Map<String, List<Sample>> byName;

    /**
     * A scrape.
     *
     * @param nanos   when, by {@link System#nanoTime()}
     * @param health  in a line
     * @param samples all that was shown
     */
    Scrape(long nanos, String health, List<Sample> samples) {
        this.nanos = nanos;
        this.health = health;
        byName = samples.stream().collect(Collectors.groupingBy(Sample::name));
    }

    long nanos() {
        return nanos;
    }

    String health() {
        return health;
    }

    /** Those of a metric; none where it is not shown. */
    List<Sample> of(String name) {
        return byName.getOrDefault(name, List.of());
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    /** The sum of those that fit. */
    double sum(String name, Predicate<Sample> which) {
        double sum = 0;
        for (Sample sample : of(name)) {
            if (which.test(sample)) {
                sum += sample.value();
            }
        }
        return sum;
    }

    double sum(String name) {
        return sum(name, any -> true);
    }

    /** The greatest of those that fit; 0 where none does. */
    double greatest(String name, Predicate<Sample> which) {
        double greatest = 0;
        for (Sample sample : of(name)) {
            if (which.test(sample)) {
                greatest = Math.max(greatest, sample.value());
            }
        }
        return greatest;
    }
}
