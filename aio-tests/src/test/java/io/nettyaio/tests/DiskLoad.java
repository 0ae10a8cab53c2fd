package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Keeps so many reads, or writes, of a direct file in flight until it is stopped. On the file's loop. */
final class DiskLoad {

    private static final long SEED = 2004;
    private static final int DIGITS = 3;

    private final AioFile file;
    private final int fileBytes;
    private final int bytes;
    private final boolean writes;
    private final SplittableRandom random;
    private final Histogram latencies = new Histogram(DIGITS);
    private final CountDownLatch ended;
    private long beganNanos = System.nanoTime();
    private long endedNanos;
    private volatile boolean stopped;

    /**
     * Starts at once.
     *
     * @param fileBytes of the file, a multiple of {@code bytes}
     * @param bytes     of each read or write
     * @param depth     how many are in flight
     */
    DiskLoad(AioFile file, int fileBytes, int bytes, int depth, boolean writes) {
        this.file = file;
        this.fileBytes = fileBytes;
        this.bytes = bytes;
        this.writes = writes;
        random = new SplittableRandom(SEED + bytes);
        ended = new CountDownLatch(depth);
        file.context().eventLoop().execute(() -> {
            for (int i = 0; i < depth; i++) {
                next(file.context().alignedAllocator().directBuffer(bytes, bytes));
            }
        });
    }

    private void next(ByteBuf buffer) {
        if (stopped) {
            buffer.release();
            ended.countDown();
            return;
        }
        long offset = random.nextInt(fileBytes / bytes) * (long) bytes;
        long began = System.nanoTime();
        AioFuture<Integer> moved =
                writes ? file.write(buffer.retain().setIndex(0, bytes), offset) : file.read(buffer.clear(), offset);
        moved.addListener(done -> {
            assertThat(done.isSuccess()).isTrue();
            latencies.recordValue(System.nanoTime() - began);
            next(buffer);
        });
    }

    /** Forgets what has been measured until now: what comes is. */
    void measure() throws Exception {
        AioTestLoops.get(file.context().eventLoop().submit(() -> {
            latencies.reset();
            beganNanos = System.nanoTime();
        }));
    }

    /** Ends it, once what is in flight has ended. */
    void stop() throws InterruptedException {
        stopped = true;
        assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
        endedNanos = System.nanoTime();
    }

    // ---- after it has stopped ------------------------------------------------------------------------------------

    long bytes() {
        return latencies.getTotalCount() * bytes;
    }

    int count() {
        return (int) latencies.getTotalCount();
    }

    double perSecond() {
        return latencies.getTotalCount() * 1e9 / (endedNanos - beganNanos);
    }

    long p99Nanos() {
        return latencies.getValueAtPercentile(99);
    }
}
