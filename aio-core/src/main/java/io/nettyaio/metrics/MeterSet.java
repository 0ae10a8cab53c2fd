package io.nettyaio.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * Meters with the same tags, taken away together. Keeps what they read: Micrometer refers to it weakly. Guarded by its
 * user's lock.
 */
final class MeterSet {

    /** Least bound of a duration's bucket: about a microsecond. */
    private static final int FIRST_OCTAVE = 10;
    /** Greatest bound: about 17 seconds. */
    private static final int LAST_OCTAVE = 34;
    /** Greatest bound of a batch. */
    private static final int LAST_BATCH_OCTAVE = 12;

    private static final double[] PERCENTILES = {0.5, 0.99, 0.999};

    private final MeterRegistry registry;
    private final Tags tags;
    private final List<Meter> meters = new ArrayList<>();
    private final List<Object> kept = new ArrayList<>();

    MeterSet(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
    }

    <T> void gauge(String name, String unit, String what, T of, ToDoubleFunction<T> value) {
        gauge(name, unit, what, Tags.empty(), of, value);
    }

    <T> void gauge(String name, String unit, String what, Tags more, T of, ToDoubleFunction<T> value) {
        keep(
                of,
                Gauge.builder(name, of, value)
                        .baseUnit(unit)
                        .description(what)
                        .tags(tags.and(more))
                        .register(registry));
    }

    <T> void counter(String name, String unit, String what, T of, ToDoubleFunction<T> value) {
        counter(name, unit, what, Tags.empty(), of, value);
    }

    <T> void counter(String name, String unit, String what, Tags more, T of, ToDoubleFunction<T> value) {
        keep(
                of,
                FunctionCounter.builder(name, of, value)
                        .baseUnit(unit)
                        .description(what)
                        .tags(tags.and(more))
                        .register(registry));
    }

    <T> void nanos(String name, String what, T of, ToDoubleFunction<T> value) {
        keep(
                of,
                TimeGauge.builder(name, of, TimeUnit.NANOSECONDS, value)
                        .description(what)
                        .tags(tags)
                        .register(registry));
    }

    /**
     * A timer: its count and sum, its buckets as {@code name.histogram} with tag {@code le} in seconds, as Micrometer names
     * them for registries that have no histograms, and of the last minute or so its greatest value and percentiles.
     */
    void timer(String name, String what, AioHistogram nanos) {
        keep(
                nanos,
                FunctionTimer.builder(
                                name,
                                nanos,
                                AioHistogram::count,
                                histogram -> (double) histogram.sum(),
                                TimeUnit.NANOSECONDS)
                        .description(what)
                        .tags(tags)
                        .register(registry));
        buckets(name, what, nanos, FIRST_OCTAVE, LAST_OCTAVE, 1e-9);
        RecentValues recent = new RecentValues(nanos, System::nanoTime);
        nanos(name + ".max", what + "; the longest of the last minute", recent, RecentValues::greatest);
        for (double percentile : PERCENTILES) {
            keep(
                    recent,
                    TimeGauge.builder(
                                    name + ".percentile",
                                    recent,
                                    TimeUnit.NANOSECONDS,
                                    values -> values.percentile(percentile))
                            .description(what + "; percentiles of the last minute")
                            .tags(tags.and("phi", Double.toString(percentile)))
                            .register(registry));
        }
    }

    /** The buckets of sizes. */
    void sizes(String name, String what, AioHistogram sizes) {
        buckets(name, what, sizes, 0, LAST_BATCH_OCTAVE, 1);
    }

    private void buckets(String name, String what, AioHistogram from, int first, int last, double scale) {
        for (int octave = first; octave <= last; octave++) {
            long bound = 1L << octave;
            bucket(name, what, from, le(bound, scale), histogram -> histogram.countAtMost(bound));
        }
        bucket(name, what, from, "+Inf", AioHistogram::count);
    }

    private static String le(long bound, double scale) {
        return scale == 1 ? Long.toString(bound) : Double.toString(bound * scale);
    }

    private void bucket(String name, String what, AioHistogram from, String le, ToDoubleFunction<AioHistogram> value) {
        keep(
                from,
                FunctionCounter.builder(name + ".histogram", from, value)
                        .description(what + "; how many were at most le")
                        .tags(tags.and("le", le))
                        .register(registry));
    }

    private void keep(Object of, Meter meter) {
        kept.add(of);
        meters.add(meter);
    }

    /** Takes them all away. */
    void close() {
        meters.forEach(registry::remove);
        meters.clear();
        kept.clear();
    }
}
