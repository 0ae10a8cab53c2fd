package io.nettyaio.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Promise;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A side that runs in this JVM: keeps a number of reads in flight and starts the next one where a read's completion
 * arrives, on its event loop. What completes between two readings of the clocks, both made on the loop, is counted.
 *
 * @param <S> what a side keeps for each read in flight
 */
abstract class LoopSide<S extends LoopSide.Slot> implements Side {

    /** One of the reads in flight; its buffer is used again for the next one. */
    static class Slot {
        final ByteBuf buffer;

        Slot(ByteBuf buffer) {
            this.buffer = buffer;
        }
    }

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final String name;
    private final LongFunction<Offsets> order;
    private final Loop loop;

    // Confined to the loop, from here on.
    private Offsets offsets;
    private boolean counting;
    private int inFlight;
    private long operations;
    private long startedNanos;
    private long cpuStartedNanos;
    private long allocatedStarted;
    private @Nullable Sample sample;
    private @Nullable Throwable failure;
    private @Nullable Promise<Void> drained;

    LoopSide(String name, LongFunction<Offsets> order, Loop loop) {
        this.name = name;
        this.order = order;
        this.loop = loop;
        this.offsets = order.apply(0);
    }

    /** Makes what is kept for a read in flight. */
    abstract S newSlot(ByteBuf buffer);

    /** Starts a read of the slot's whole buffer. {@link #completed} is to be called on the loop when it is done. */
    abstract void start(S slot, long offset);

    /** A read is done: the next one. */
    final void completed(S slot, long bytes, @Nullable Throwable cause) {
        if (cause == null && bytes == BLOCK_BYTES && counting) {
            operations++;
            next(slot);
        } else {
            finish(bytes, cause);
        }
    }

    private void next(S slot) {
        long offset = offsets.next();
        if (offset == Offsets.USED_UP) {
            stopCounting();
            finish(BLOCK_BYTES, null);
        } else {
            slot.buffer.clear();
            start(slot, offset);
        }
    }

    private void finish(long bytes, @Nullable Throwable cause) {
        if (failure == null && cause != null) {
            failure = cause;
        } else if (failure == null && bytes != BLOCK_BYTES) {
            failure = new BenchException("read " + bytes + " bytes instead of " + BLOCK_BYTES);
        }
        if (failure != null) {
            stopCounting();
        }
        if (--inFlight == 0 && drained != null) {
            drained.setSuccess(null);
        }
    }

    private void startCounting(List<S> slots, Offsets freshOffsets, Promise<Void> whenDrained) {
        offsets = freshOffsets;
        drained = whenDrained;
        sample = null;
        failure = null;
        operations = 0;
        inFlight = slots.size();
        counting = true;
        allocatedStarted =
                THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
        cpuStartedNanos = PROCESS.getProcessCpuTime();
        startedNanos = System.nanoTime();
        slots.forEach(this::next);
    }

    private void stopCounting() {
        if (counting) {
            counting = false;
            long elapsedNanos = System.nanoTime() - startedNanos;
            long cpuNanos = PROCESS.getProcessCpuTime() - cpuStartedNanos;
            long allocated =
                    THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - allocatedStarted;
            sample = new Sample(operations, elapsedNanos, cpuNanos, allocated);
        }
    }

    private Sample result() {
        if (failure != null) {
            throw new BenchException(name + ": a read failed", failure);
        }
        if (sample == null) {
            throw new IllegalStateException("still counting");
        }
        return sample;
    }

    @Override
    public final Sample run(Load load) throws Exception {
        Offsets freshOffsets = order.apply(load.seed());
        Promise<Void> whenDrained = loop.eventLoop().newPromise();
        List<S> slots = new ArrayList<>();
        for (int i = 0; i < load.depth(); i++) {
            slots.add(newSlot(AlignedByteBufAllocator.page().directBuffer(BLOCK_BYTES, BLOCK_BYTES)));
        }
        loop.eventLoop().execute(() -> startCounting(slots, freshOffsets, whenDrained));
        try {
            // Woken early where the file is used up or a read has failed.
            waitFor(whenDrained, load.nanos());
        } finally {
            loop.eventLoop().execute(this::stopCounting);
            whenDrained.awaitUninterruptibly();
            slots.forEach(slot -> slot.buffer.release());
        }
        return loop.call(this::result);
    }

    private static void waitFor(Promise<Void> whenDrained, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = deadline - System.nanoTime()) {
            Stop.check();
            if (whenDrained.await(Math.min(left, TimeUnit.MILLISECONDS.toNanos(200)), TimeUnit.NANOSECONDS)) {
                return;
            }
        }
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final boolean inJvm() {
        return true;
    }

    final Loop loop() {
        return loop;
    }

    @Override
    public void close() {
        loop.close();
    }
}
