package io.nettyaio.examples.kv;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.nettyaio.examples.admin.Diagnosis;
import io.nettyaio.examples.admin.HealthSource;
import io.nettyaio.examples.log.LogState;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Shows what the key-value server does, and whether its log takes changes.
 *
 * <p><b>Threading.</b> Any thread: the figures are a copy that the store loop has left.
 */
final class KvMetrics implements MeterBinder, HealthSource {

    private final Supplier<KvFigures> figures;

    /** @param figures the newest ones */
    KvMetrics(Supplier<KvFigures> figures) {
        this.figures = figures;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        counter(registry, "aio.kv.commands", "commands", "run", KvFigures::commands);
        counter(registry, "aio.kv.errors", "errors", "errors replied", KvFigures::errors);
        counter(registry, "aio.kv.accepted", "connections", "that have come", KvFigures::accepted);
        counter(registry, "aio.kv.rejected", "connections", "without room", KvFigures::rejected);
        counter(registry, "aio.kv.cut", "connections", "that did not take their replies", KvFigures::cut);
        gauge(registry, "aio.kv.connections", "connections", "open", KvFigures::clients);
        gauge(registry, "aio.kv.keys", "keys", "in the keyspace", KvFigures::keys);
        counter(registry, "aio.kv.expired", "keys", "gone by their time to live", KvFigures::expired);
        gauge(registry, "aio.kv.used", "bytes", "keys, values, and replies that wait", KvFigures::usedBytes);
        gauge(registry, "aio.kv.pending", "changes", "not acknowledged yet", KvFigures::pendingChanges);
        counter(registry, "aio.kv.rollbacks", "rollbacks", "times changes were taken back", KvFigures::rollbacks);
        counter(
                registry,
                "aio.kv.log.commits",
                "commits",
                "batches written",
                at -> at.log().commits());
        counter(
                registry,
                "aio.kv.log.syncs",
                "syncs",
                "durable writes, and syncs",
                at -> at.log().syncs());
        counter(
                registry,
                "aio.kv.log.records",
                "records",
                "written",
                at -> at.log().records());
        gauge(
                registry,
                "aio.kv.log.size",
                "bytes",
                "that a recovery would read",
                at -> at.log().logBytes());
        gauge(
                registry,
                "aio.kv.log.segments",
                "segments",
                "that a recovery would read",
                at -> at.log().segments());
        gauge(registry, "aio.kv.log.writable", null, "1 where it takes changes", at -> at.refusal() == null ? 1 : 0);
        TimeGauge.builder(
                        "aio.kv.log.commit.longest",
                        this,
                        TimeUnit.NANOSECONDS,
                        of -> of.figures.get().log().longestCommitNanos())
                .description("from the start of a batch's write to its acknowledgement, since the start")
                .strongReference(true)
                .register(registry);
    }

    private void counter(
            MeterRegistry registry, String name, String unit, String what, ToDoubleFunction<KvFigures> figure) {
        FunctionCounter.builder(name, this, of -> figure.applyAsDouble(of.figures.get()))
                .baseUnit(unit)
                .description(what)
                .register(registry);
    }

    private void gauge(
            MeterRegistry registry,
            String name,
            @Nullable String unit,
            String what,
            ToDoubleFunction<KvFigures> figure) {
        Gauge.builder(name, this, of -> figure.applyAsDouble(of.figures.get()))
                .baseUnit(unit)
                .description(what)
                .strongReference(true)
                .register(registry);
    }

    @Override
    public void examine(Diagnosis diagnosis) {
        KvFigures now = figures.get();
        if (now.logState() == LogState.READ_ONLY || now.logState() == LogState.CLOSED) {
            diagnosis.down("the log takes no changes until the server is started anew: " + now.refusal());
        } else if (now.logState() == LogState.FULL) {
            diagnosis.degraded("the log takes no changes until there is room: " + now.refusal());
        }
    }
}
