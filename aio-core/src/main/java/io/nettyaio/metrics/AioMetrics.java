package io.nettyaio.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.nettyaio.AioContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Shows contexts to Micrometer. The meters are listed in {@code docs/metrics.md}.
 *
 * <pre>{@code
 * System.setProperty("io.nettyaio.metrics", "true");     // or AioConfig.builder().metrics(true)
 * new AioMetrics(eventLoopGroup).bindTo(registry);
 * }</pre>
 *
 * <p>Bind it at any time: a context made later has its meters as soon as it is there, one that closes takes them away. Each
 * is named by its loop's thread, in the tag {@code context}. What is counted and timed for each operation is there where
 * {@link io.nettyaio.AioConfig#metrics()} is true; the gauges are there in any case.
 *
 * <p>Meters of a combination of class, kind, route and outcome appear when that is first seen. Their number is bounded.
 *
 * <p><b>Threading.</b> Any thread. Loops only count; meters are registered and read on other threads.
 */
public final class AioMetrics implements MeterBinder, AutoCloseable {

    private final @Nullable Set<EventExecutor> loops;
    private final Tags tags;
    private final List<Binding> bindings = new ArrayList<>();
    private final AtomicBoolean asked = new AtomicBoolean();
    private final Runnable listener = this::askForUpdate;
    private boolean closed;

    /** Of all contexts of this process. */
    public AioMetrics() {
        this(null, Tags.empty());
    }

    /**
     * Of the contexts of some loops.
     *
     * @param loops an event loop group, or some of its loops; those that have no context yet may get one later
     */
    public AioMetrics(Iterable<? extends EventExecutor> loops) {
        this(loops, Tags.empty());
    }

    /**
     * Of the contexts of some loops, or of all.
     *
     * @param loops an event loop group, or some of its loops; {@code null} for all contexts of this process
     * @param tags  put to each meter
     */
    public AioMetrics(@Nullable Iterable<? extends EventExecutor> loops, Iterable<Tag> tags) {
        this.tags = Tags.of(tags);
        if (loops == null) {
            this.loops = null;
        } else {
            Set<EventExecutor> set = Collections.newSetFromMap(new IdentityHashMap<>());
            loops.forEach(set::add);
            this.loops = set;
        }
    }

    /**
     * Registers the meters, and keeps them up to date until {@link #close()}. May be called for several registries.
     *
     * @throws IllegalStateException after the close
     */
    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        if (closed) {
            throw new IllegalStateException("closed; make another AioMetrics for " + registry);
        }
        if (bindings.isEmpty()) {
            AioContexts.addListener(listener);
        }
        Binding binding = new Binding(registry, tags);
        bindings.add(binding);
        binding.update(watched());
    }

    /** Takes all meters away, from all registries. */
    @Override
    public synchronized void close() {
        closed = true;
        AioContexts.removeListener(listener);
        bindings.forEach(Binding::close);
        bindings.clear();
    }

    private void askForUpdate() {
        if (!asked.getAndSet(true)) {
            // Elsewhere: this is a loop's thread, and a registry may have locks.
            GlobalEventExecutor.INSTANCE.execute(this::update);
        }
    }

    private synchronized void update() {
        asked.set(false);
        Map<AioContext, AioMeasurements> now = watched();
        bindings.forEach(binding -> binding.update(now));
    }

    private Map<AioContext, AioMeasurements> watched() {
        Map<AioContext, AioMeasurements> open = AioContexts.open();
        Set<EventExecutor> wanted = loops;
        if (wanted == null) {
            return open;
        }
        Map<AioContext, AioMeasurements> mine = new HashMap<>(open);
        mine.keySet().removeIf(context -> !wanted.contains(context.eventLoop()));
        return mine;
    }
}
