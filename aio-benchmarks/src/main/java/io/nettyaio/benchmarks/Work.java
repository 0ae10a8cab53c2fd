package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Promise;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a loop does to the disk beside its sockets, in the stall case: four kinds of work, each in its own rhythm. The
 * rhythm is the same whichever way the work is done; a kind that has not finished when its turn comes leaves it out.
 * Confined to the loop.
 */
final class Work {

    /** Where the file that is made longer is cut. */
    static final long EXTENDED_MAX_BYTES = 64L << 20;

    private static final long COLD_PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int COLD_READS = 8;
    /** More than a device's queue holds, which is 256 with most. */
    private static final int BURST_READS = 1000;

    private static final long BURST_PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long EXTEND_PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int EXTEND_BYTES = 64 << 10;
    private static final long SYNC_PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int DIRTY_WRITES = 4;
    private static final int DIRTY_BYTES = 1 << 20;

    private final EventLoop eventLoop;
    private final Disk disk;
    private final Offsets coldOffsets;
    private final Offsets directOffsets;
    private final ByteBuf extension = AlignedByteBufAllocator.page().directBuffer(EXTEND_BYTES, EXTEND_BYTES);
    private final ByteBuf dirt = AlignedByteBufAllocator.page().directBuffer(DIRTY_BYTES, DIRTY_BYTES);
    private final List<Kind> kinds;
    private final Promise<Void> finished;

    private boolean running = true;
    private int active;
    private long extendedBytes = EXTENDED_MAX_BYTES;
    private long writtenBytes;
    private @Nullable Throwable failure;

    Work(Loop loop, Disk disk, StallFiles files, long seed) {
        this.eventLoop = loop.eventLoop();
        this.disk = disk;
        finished = eventLoop.newPromise();
        coldOffsets = Offsets.permutation(files.cold().bytes(), seed);
        directOffsets = Offsets.random(files.direct().bytes(), seed);
        extension.writeZero(EXTEND_BYTES);
        dirt.writeZero(DIRTY_BYTES);
        kinds = List.of(
                new Kind("cold_reads_per_s", COLD_PERIOD_NANOS, COLD_READS, this::coldRead),
                new Kind("direct_reads_per_s", BURST_PERIOD_NANOS, BURST_READS, this::directRead),
                new Kind("extending_writes_per_s", EXTEND_PERIOD_NANOS, 1, this::extend),
                new Kind("syncs_per_s", SYNC_PERIOD_NANOS, 1, this::writeAndSync));
    }

    private interface Start {
        void start(ByteBuf buffer, Disk.Done done);
    }

    /** One kind of work: as many operations as it has buffers, all started at once. */
    final class Kind implements Disk.Done {

        private final String name;
        private final long periodNanos;
        private final List<ByteBuf> buffers;
        private final Start start;
        private int outstanding;
        private long completed;

        Kind(String name, long periodNanos, int operations, Start start) {
            this.name = name;
            this.periodNanos = periodNanos;
            this.start = start;
            buffers = Stream.generate(
                            () -> AlignedByteBufAllocator.page().directBuffer(Side.BLOCK_BYTES, Side.BLOCK_BYTES))
                    .limit(operations)
                    .toList();
        }

        /** Operations completed. */
        long completed() {
            return completed;
        }

        String name() {
            return name;
        }

        private void turn() {
            if (!running) {
                retire();
                return;
            }
            if (outstanding == 0) {
                outstanding = buffers.size();
                for (ByteBuf buffer : buffers) {
                    start.start(buffer.clear(), this);
                }
            }
            // From the end of this turn on: also a loop that blocks gets to its sockets between two turns.
            later(this::turn, periodNanos);
        }

        @Override
        public void done(@Nullable Throwable cause) {
            outstanding--;
            completed++;
            if (cause != null && failure == null) {
                failure = cause;
                running = false;
            }
        }

        private void retire() {
            if (outstanding > 0) {
                later(this::turn, TimeUnit.MILLISECONDS.toNanos(1));
                return;
            }
            buffers.forEach(ByteBuf::release);
            if (--active == 0) {
                finish();
            }
        }
    }

    private void coldRead(ByteBuf buffer, Disk.Done done) {
        long offset = coldOffsets.next();
        if (offset == Offsets.USED_UP) {
            done.done(new BenchException("every page of the file has been read: shorten --seconds"));
        } else {
            disk.coldRead(buffer, offset, done);
        }
    }

    private void directRead(ByteBuf buffer, Disk.Done done) {
        disk.directRead(buffer, directOffsets.next(), done);
    }

    private void extend(ByteBuf unused, Disk.Done done) {
        if (extendedBytes >= EXTENDED_MAX_BYTES) {
            extendedBytes = 0;
            disk.cut(done);
        } else {
            disk.extend(extension, extendedBytes, done);
            extendedBytes += EXTEND_BYTES;
        }
    }

    private void writeAndSync(ByteBuf unused, Disk.Done done) {
        for (int i = 0; i < DIRTY_WRITES; i++) {
            disk.write(dirt, writtenBytes % StallFiles.WRITTEN_BYTES, this::written);
            writtenBytes += DIRTY_BYTES;
        }
        // Covers the writes started before it.
        disk.sync(done);
    }

    private void written(@Nullable Throwable cause) {
        if (cause != null && failure == null) {
            failure = cause;
        }
    }

    private void later(Runnable turn, long nanos) {
        eventLoop.schedule(turn, nanos, TimeUnit.NANOSECONDS).addListener(future -> {
            if (!future.isSuccess()) {
                finished.tryFailure(future.cause());
            }
        });
    }

    /** Starts all kinds. */
    void start() {
        active = kinds.size();
        for (Kind kind : kinds) {
            later(kind::turn, kind.periodNanos / 10);
        }
    }

    /** Starts nothing more; {@link #finished()} when what has been started is done. */
    void stop() {
        running = false;
    }

    private void finish() {
        extension.release();
        dirt.release();
        if (failure == null) {
            finished.trySuccess(null);
        } else {
            finished.tryFailure(failure);
        }
    }

    Promise<Void> finished() {
        return finished;
    }

    List<Kind> kinds() {
        return kinds;
    }
}
