package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioCallback;
import io.nettyaio.AioFile;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Keeps so many direct reads, or writes, of one length in flight on a loop, at random places of a file. */
final class FairnessLoad implements AioCallback<FairnessLoad.Slot> {

    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final int DIGITS = 3;
    private static final long PATIENCE_SECONDS = 60;

    private final Loop loop;
    private final AioFile file;
    private final int bytes;
    private final boolean writes;
    private final long places;
    private final Offsets order;
    private final Histogram latencies = new Histogram(LONGEST_NANOS, DIGITS);
    private final CountDownLatch ended;
    private volatile boolean stopped;
    private volatile @Nullable Throwable failure;
    private long measuredNanos;

    /** An operation in flight. */
    static final class Slot {
        private final ByteBuf buffer;
        private long beganNanos;

        Slot(ByteBuf buffer) {
            this.buffer = buffer;
        }
    }

    /** What was measured between {@link #measure()} and {@link #stop()}. */
    record Result(double operationsPerSecond, double bytesPerSecond, double p99Micros) {}

    /**
     * Starts it.
     *
     * @param file      on the loop, opened for direct I/O
     * @param fileBytes its length
     * @param bytes     of each read or write; a multiple of a block
     */
    FairnessLoad(Loop loop, AioFile file, long fileBytes, int bytes, int depth, boolean writes) throws Exception {
        this.loop = loop;
        this.file = file;
        this.bytes = bytes;
        this.writes = writes;
        places = fileBytes / bytes;
        order = Offsets.random(places * Side.BLOCK_BYTES, bytes);
        ended = new CountDownLatch(depth);
        loop.call(() -> {
            for (int i = 0; i < depth; i++) {
                start(new Slot(file.context()
                        .alignedAllocator()
                        .directBuffer(bytes, bytes)
                        .writeZero(bytes)));
            }
            return true;
        });
    }

    private void start(Slot slot) {
        if (stopped || failure != null) {
            slot.buffer.release();
            ended.countDown();
            return;
        }
        long offset = order.next() / Side.BLOCK_BYTES * bytes;
        slot.beganNanos = System.nanoTime();
        if (writes) {
            file.write(slot.buffer.retain().setIndex(0, bytes), offset, slot, this);
        } else {
            file.read(slot.buffer.clear(), offset, slot, this);
        }
    }

    @Override
    public void completed(long result, @Nullable Throwable cause, Slot slot) {
        if (cause != null) {
            failure = cause;
        }
        latencies.recordValue(Math.min(LONGEST_NANOS, System.nanoTime() - slot.beganNanos));
        start(slot);
    }

    /** What comes is measured; what was, is forgotten. */
    void measure() throws Exception {
        loop.call(() -> {
            latencies.reset();
            measuredNanos = System.nanoTime();
            return true;
        });
    }

    /** What has been measured until now. */
    Result result() throws Exception {
        return loop.call(() -> {
            double seconds = (System.nanoTime() - measuredNanos) / 1e9;
            double rate = latencies.getTotalCount() / seconds;
            return new Result(rate, rate * bytes, latencies.getValueAtPercentile(99) / 1e3);
        });
    }

    /** Ends it once what is in flight has ended. */
    void stop() throws InterruptedException {
        stopped = true;
        if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new BenchException("reads or writes of " + bytes + " bytes have not ended");
        }
        Throwable cause = failure;
        if (cause != null) {
            throw new BenchException("reads or writes of " + bytes + " bytes", cause);
        }
    }
}
