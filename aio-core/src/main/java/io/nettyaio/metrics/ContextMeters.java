package io.nettyaio.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.nettyaio.AioContext;
import io.nettyaio.AioContextStats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The meters of one context in one registry. Guarded by {@link AioMetrics}. */
final class ContextMeters {

    private static final String OPERATIONS = "operations";
    private static final String BYTES = "bytes";

    private final MeterRegistry registry;
    private final String name;
    private final Tags tags;
    private final AioMeasurements measurements;
    private final MeterSet own;
    private final Map<AioMeasurements.Kind, KindMeters> kinds = new HashMap<>();
    private final List<MeterSet> demotions = new ArrayList<>();

    ContextMeters(MeterRegistry registry, Tags common, String name, AioContext context, AioMeasurements measurements) {
        this.registry = registry;
        this.name = name;
        this.measurements = measurements;
        tags = common.and("context", name);
        own = new MeterSet(registry, tags);
        ofStats(context);
        if (context.config().metrics()) {
            ofSubmit();
            own.gauge(
                    "aio.held",
                    BYTES,
                    "bytes of buffers of cancelled operations that the kernel or a helper still has",
                    measurements,
                    AioMeasurements::heldBytes);
        }
        ofLag();
    }

    private void ofStats(AioContext context) {
        stat(context, "aio.pending", OPERATIONS, "started and not completed", Tags.empty(), AioContextStats::pending);
        stat(
                context,
                "aio.pending.bytes",
                BYTES,
                "of the transfers among them",
                Tags.empty(),
                AioContextStats::pendingBytes);
        stat(
                context,
                "aio.waiting",
                OPERATIONS,
                "waiting to become pending",
                Tags.empty(),
                AioContextStats::waitingForRoom);
        String inFlight = "handed to kernel AIO, or to helper threads";
        stat(context, "aio.in.flight", OPERATIONS, inFlight, Tags.of("by", "kernel"), AioContextStats::kernelInFlight);
        stat(context, "aio.in.flight", OPERATIONS, inFlight, Tags.of("by", "helper"), AioContextStats::helperInFlight);
        String slots = "slots made so far, each with an eventfd";
        stat(context, "aio.slots", "slots", slots, Tags.of("state", "free"), AioContextStats::freeSlots);
        stat(
                context,
                "aio.slots",
                "slots",
                slots,
                Tags.of("state", "used"),
                stats -> Math.max(0, stats.slots() - stats.freeSlots()));
        stat(context, "aio.files.open", "files", "views of files and pipes", Tags.empty(), AioContextStats::openFiles);
        own.counter(
                "aio.nowait.attempts",
                "attempts",
                "tries on the loop to take what the page cache holds",
                context,
                of -> of.stats().nowaitAttempts());
        own.nanos(
                "aio.nowait.longest",
                "longest of these tries since the context began",
                context,
                of -> of.stats().longestNowaitNanos());
        own.nanos(
                "aio.submit.longest",
                "longest io_submit on the loop since the context began",
                context,
                of -> of.stats().longestSubmitNanos());
    }

    private void stat(
            AioContext context,
            String meter,
            String unit,
            String what,
            Tags more,
            ToDoubleFunction<AioContextStats> figure) {
        own.gauge(meter, unit, what, more, context, of -> figure.applyAsDouble(of.stats()));
    }

    private void ofSubmit() {
        own.timer("aio.submit.time", "time inside io_submit on the loop", measurements.submitNanos());
        own.counter(
                "aio.submit.operations",
                OPERATIONS,
                "operations that io_submit has taken from the loop",
                measurements.submitBatch(),
                AioHistogram::sum);
        own.sizes("aio.submit.batch", "operations in one io_submit", measurements.submitBatch());
    }

    private void ofLag() {
        AioHistogram lag = measurements.lagNanos();
        if (lag != null) {
            own.timer("aio.loop.lag", "how long the loop took to come back to its selector", lag);
            own.counter(
                    "aio.loop.stalls",
                    "stalls",
                    "times that this took longer than the threshold",
                    measurements,
                    AioMeasurements::stalls);
        }
    }

    String name() {
        return name;
    }

    /** Registers what has been seen since. */
    void update() {
        for (AioMeasurements.Kind kind : measurements.kinds()) {
            kinds.computeIfAbsent(kind, unseen -> new KindMeters(registry, tags, unseen))
                    .update();
        }
        List<? extends AioMeasurements.Demotions> all = measurements.demotions();
        for (AioMeasurements.Demotions one : all.subList(demotions.size(), all.size())) {
            MeterSet set = new MeterSet(registry, tags.and("device", one.device(), "reason", one.reason()));
            set.counter(
                    "aio.demotions",
                    "demotions",
                    "times that operations were moved off the loop",
                    one,
                    AioMeasurements.Demotions::count);
            demotions.add(set);
        }
    }

    void close() {
        own.close();
        kinds.values().forEach(KindMeters::close);
        demotions.forEach(MeterSet::close);
    }
}
