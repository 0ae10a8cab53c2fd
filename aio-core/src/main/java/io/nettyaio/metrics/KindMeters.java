package io.nettyaio.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.nettyaio.AioRoute;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The meters of one kind of operation in one class. Guarded by {@link AioMetrics}. */
final class KindMeters {

    private static final AioOutcome[] OUTCOMES = AioOutcome.values();
    /** The last one is that of operations that took none. */
    private static final @Nullable AioRoute[] ROUTES = routes();

    private final AioMeasurements.Kind kind;
    private final MeterSet set;
    private final boolean[] counted = new boolean[ROUTES.length * OUTCOMES.length];
    private final boolean[] moved = new boolean[ROUTES.length * OUTCOMES.length];
    private boolean timed;

    KindMeters(MeterRegistry registry, Tags context, AioMeasurements.Kind kind) {
        this.kind = kind;
        set = new MeterSet(registry, context.and("class", kind.ioClass(), "kind", kind.kind()));
    }

    private static @Nullable AioRoute[] routes() {
        AioRoute[] all = AioRoute.values();
        @Nullable AioRoute[] withNone = new AioRoute[all.length + 1];
        System.arraycopy(all, 0, withNone, 0, all.length);
        return withNone;
    }

    /** Registers what has been seen since. */
    void update() {
        int at = 0;
        for (AioRoute route : ROUTES) {
            for (AioOutcome outcome : OUTCOMES) {
                update(route, outcome, at++);
            }
        }
        if (!timed && kind.totalNanos().count() > 0) {
            timed = true;
            set.timer("aio.operation.latency", "from start to completion", kind.totalNanos());
            set.timer("aio.operation.device", "the part of it with the device or in a system call", kind.deviceNanos());
            set.timer("aio.operation.wait", "the part of it spent waiting for its turn", kind.waitNanos());
        }
    }

    private void update(@Nullable AioRoute route, AioOutcome outcome, int at) {
        Tags tags = Tags.of(
                "route", route == null ? "none" : route.name().toLowerCase(Locale.ROOT), "outcome", outcome.text());
        if (!counted[at] && kind.operations(route, outcome) > 0) {
            counted[at] = true;
            set.counter(
                    "aio.operations",
                    "operations",
                    "operations that have ended",
                    tags,
                    kind,
                    of -> of.operations(route, outcome));
        }
        if (!moved[at] && kind.bytes(route, outcome) > 0) {
            moved[at] = true;
            set.counter(
                    "aio.operation.bytes",
                    "bytes",
                    "bytes they have moved",
                    tags,
                    kind,
                    of -> of.bytes(route, outcome));
        }
    }

    void close() {
        set.close();
    }
}
