package io.nettyaio.examples.doctor;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioContextStats;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.examples.doctor.Patience.NoAnswerException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Reads blocks of a file in random order, so many in flight at once, for each depth in turn, and notes how long they take.
 *
 * <p><b>Threading.</b> {@link #run} on the command's own thread; the reads go on on the loop of the file's view, whose
 * context has the limits that a server's would.
 */
final class DepthMeasurement {

    private static final int DEEPEST = 128;
    private static final int WARM_UP_DEPTH = 8;
    /** Of the whole time. */
    private static final double WARM_UP_SHARE = 0.1;

    private static final int DIGITS = 2;

    private final Patience patience;
    private final AioFile view;
    private final long blocks;
    private final int blockBytes;

    /**
     * Of a file.
     *
     * @param view        what is read
     * @param filledBytes as far as it has been written
     * @param blockBytes  length of a read
     */
    DepthMeasurement(Patience patience, AioFile view, long filledBytes, int blockBytes) {
        this.patience = patience;
        this.view = view;
        this.blockBytes = blockBytes;
        blocks = filledBytes / blockBytes;
    }

    /** Powers of two, up to what may be in flight on the device. */
    static List<Integer> depths(int limit) {
        List<Integer> depths = new ArrayList<>();
        for (int depth = 1; depth <= Math.min(DEEPEST, limit); depth *= 2) {
            depths.add(depth);
        }
        return depths;
    }

    Measurement run(List<Integer> depths, long nanos, Progress progress)
            throws AioException, NoAnswerException, InterruptedException {
        long warmUpNanos = (long) (nanos * WARM_UP_SHARE);
        Histogram unused = measure(WARM_UP_DEPTH, warmUpNanos);
        long stepNanos = (nanos - warmUpNanos) / depths.size();
        List<Measurement.Step> steps = new ArrayList<>();
        for (int depth : depths) {
            patience.check();
            progress.step("reading", (double) steps.size() / depths.size());
            long begun = System.nanoTime();
            Histogram latencies = measure(depth, stepNanos);
            double seconds = (System.nanoTime() - begun) / 1e9;
            steps.add(new Measurement.Step(
                    depth,
                    latencies.getTotalCount() / seconds,
                    latencies.getMean() / 1e3,
                    TimeUnit.NANOSECONDS.toMicros(latencies.getValueAtPercentile(50)),
                    TimeUnit.NANOSECONDS.toMicros(latencies.getValueAtPercentile(99)),
                    TimeUnit.NANOSECONDS.toMicros(latencies.getMaxValue())));
        }
        progress.step("reading", 1);
        AioContextStats stats = view.context().stats();
        return new Measurement(
                view.isDirect(),
                blockBytes,
                blocks * blockBytes,
                steps,
                TimeUnit.NANOSECONDS.toMicros(stats.longestSubmitNanos()),
                stats.demotions());
    }

    private Histogram measure(int depth, long nanos) throws AioException, NoAnswerException, InterruptedException {
        Load load = new Load(System.nanoTime() + nanos);
        view.context().eventLoop().execute(() -> load.start(depth));
        return patience.get("a read", load.done);
    }

    /** So many chains of reads, each of which begins its next when its last is done. Confined to the loop. */
    private final class Load {

        private final Promise<Histogram> done = view.context().eventLoop().newPromise();
        private final Histogram latencies = new Histogram(DIGITS);
        private final SplittableRandom random = new SplittableRandom();
        private final long endNanos;
        private int running;
        private @Nullable Throwable failure;

        Load(long endNanos) {
            this.endNanos = endNanos;
        }

        void start(int depth) {
            running = depth;
            for (int i = 0; i < depth; i++) {
                ByteBuf buffer = view.context().alignedAllocator().directBuffer(blockBytes, blockBytes);
                read(buffer);
            }
        }

        private void read(ByteBuf buffer) {
            long begun = System.nanoTime();
            view.read(buffer.clear(), random.nextLong(blocks) * blockBytes, buffer, (result, cause, read) -> {
                long now = System.nanoTime();
                if (cause != null) {
                    failure = cause;
                } else {
                    latencies.recordValue(Math.max(1, now - begun));
                }
                if (failure == null && now - endNanos < 0 && !patience.isStopped()) {
                    read(read);
                } else {
                    read.release();
                    ended();
                }
            });
        }

        private void ended() {
            running--;
            if (running > 0) {
                return;
            }
            Throwable cause = failure;
            if (cause == null) {
                done.trySuccess(latencies);
            } else {
                done.tryFailure(cause);
            }
        }
    }
}
