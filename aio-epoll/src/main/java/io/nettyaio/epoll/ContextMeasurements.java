package io.nettyaio.epoll;

import io.nettyaio.metrics.AioContexts;
import io.nettyaio.metrics.AioHistogram;
import io.nettyaio.metrics.AioMeasurements;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What a context measures of itself, as it is shown to others. Any thread. */
final class ContextMeasurements implements AioMeasurements {

    private static final AioHistogram NOTHING = new AioHistogram();

    private final @Nullable Recorder recorder;
    private final DemotionCounts demotions;
    private final List<Pool> pools = new CopyOnWriteArrayList<>();
    /** Set on the loop before the context is shown to anybody. */
    private String name = "?";

    private @Nullable StallWatch stalls;

    ContextMeasurements(EpollAioContext context, @Nullable Recorder recorder) {
        this.recorder = recorder;
        demotions = new DemotionCounts(context);
        pools.add(context.helpers());
    }

    /** On the loop, before anything is started: shows the context. */
    void open(EpollAioContext context) {
        name = Thread.currentThread().getName();
        long thresholdNanos = context.config().stallThresholdNanos();
        if (thresholdNanos > 0) {
            stalls = StallWatch.of(context.eventLoop(), name, thresholdNanos);
        }
        AioContexts.opened(context, this);
    }

    /** It closes, and its loop may wait for that. */
    void closing() {
        if (stalls != null) {
            stalls.close();
        }
    }

    /** It has closed. */
    void closed(EpollAioContext context) {
        closing();
        AioContexts.closed(context);
    }

    DemotionCounts demotionCounts() {
        return demotions;
    }

    /** On the loop: these work for the context, too. */
    void uses(Pool pool) {
        pools.add(pool);
        AioContexts.changed();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<? extends Kind> kinds() {
        return recorder == null ? List.of() : recorder.kinds();
    }

    @Override
    public AioHistogram submitNanos() {
        return recorder == null ? NOTHING : recorder.submitNanos();
    }

    @Override
    public AioHistogram submitBatch() {
        return recorder == null ? NOTHING : recorder.submitBatch();
    }

    @Override
    public long heldBytes() {
        return recorder == null ? 0 : recorder.heldBytes();
    }

    @Override
    public List<? extends Demotions> demotions() {
        return demotions.counts();
    }

    @Override
    public List<? extends Pool> pools() {
        return pools;
    }

    @Override
    public @Nullable AioHistogram lagNanos() {
        return stalls == null ? null : stalls.lagNanos();
    }

    @Override
    public long stalls() {
        return stalls == null ? 0 : stalls.count();
    }

    @Override
    public double machineRequests() {
        return number(KernelAio.sysctl("aio-nr"));
    }

    @Override
    public double machineRequestsMost() {
        return number(KernelAio.sysctl("aio-max-nr"));
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException unreadable) {
            return Double.NaN;
        }
    }
}
