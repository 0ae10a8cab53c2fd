package io.nettyaio.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.nettyaio.AioContext;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** One registry's meters of {@link AioMetrics}, whose lock guards it. */
final class Binding {

    private static final String REQUESTS = "requests";

    private final MeterRegistry registry;
    private final Tags tags;
    private final MeterSet machine;
    private final Map<AioContext, ContextMeters> contexts = new HashMap<>();
    private final Map<AioMeasurements.Pool, MeterSet> pools = new HashMap<>();
    /** Of contexts, and of pools. */
    private final Set<String> names = new HashSet<>();

    private final Map<AioMeasurements.Pool, String> poolNames = new HashMap<>();

    Binding(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
        machine = new MeterSet(registry, tags);
        machine.gauge(
                "aio.machine.requests",
                REQUESTS,
                "fs.aio-nr: requests that kernel AIO contexts of the whole machine are set up for",
                this,
                unused -> ofMachine(AioMeasurements::machineRequests));
        machine.gauge(
                "aio.machine.max.requests",
                REQUESTS,
                "fs.aio-max-nr: as many as there can be",
                this,
                unused -> ofMachine(AioMeasurements::machineRequestsMost));
    }

    /** Any context knows it. */
    private static double ofMachine(ToDoubleFunction<AioMeasurements> figure) {
        for (AioMeasurements any : AioContexts.open().values()) {
            return figure.applyAsDouble(any);
        }
        return Double.NaN;
    }

    /** Brings the meters up to date with the contexts there are. */
    void update(Map<AioContext, AioMeasurements> open) {
        for (Iterator<Map.Entry<AioContext, ContextMeters>> all =
                        contexts.entrySet().iterator();
                all.hasNext(); ) {
            Map.Entry<AioContext, ContextMeters> entry = all.next();
            if (!open.containsKey(entry.getKey())) {
                entry.getValue().close();
                names.remove(entry.getValue().name());
                all.remove();
            }
        }
        Set<AioMeasurements.Pool> used = new HashSet<>();
        open.forEach((context, measurements) -> {
            contexts.computeIfAbsent(
                            context,
                            unseen -> new ContextMeters(
                                    registry, tags, nameOf(measurements.name()), unseen, measurements))
                    .update();
            used.addAll(measurements.pools());
        });
        updatePools(used);
    }

    /** Threads may bear the same name; meters must not. */
    private String nameOf(String wanted) {
        String name = wanted;
        for (int n = 2; !names.add(name); n++) {
            name = wanted + '#' + n;
        }
        return name;
    }

    private void updatePools(Set<AioMeasurements.Pool> used) {
        pools.entrySet().removeIf(entry -> {
            boolean gone = !used.contains(entry.getKey());
            if (gone) {
                entry.getValue().close();
                names.remove(poolNames.remove(entry.getKey()));
            }
            return gone;
        });
        for (AioMeasurements.Pool pool : used) {
            pools.computeIfAbsent(pool, unseen -> {
                String name = nameOf(unseen.name());
                poolNames.put(unseen, name);
                MeterSet set = new MeterSet(registry, tags.and("pool", name));
                set.gauge(
                        "aio.helper.threads",
                        "threads",
                        "threads alive that make system calls which may block",
                        unseen,
                        AioMeasurements.Pool::threads);
                set.gauge(
                        "aio.helper.queued",
                        "jobs",
                        "jobs that wait for one of these threads",
                        unseen,
                        AioMeasurements.Pool::queued);
                return set;
            });
        }
    }

    void close() {
        update(Map.of());
        machine.close();
    }
}
