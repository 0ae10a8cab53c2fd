package io.nettyaio.examples.cp;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioFile;
import io.nettyaio.examples.cp.Extents.Extent;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Moves the data of one file to another, at the same offsets: some chunks are being read while those before them are being
 * written. Loop-confined.
 *
 * <p><b>Ownership.</b> A chunk's buffer belongs to the pump while it is read, to the write afterwards; its bytes count
 * against the job's permits until it is written. A pump that fails starts nothing more, and ends when what is in flight has.
 */
final class Pump {

    /** Stands for a length that only reading finds out. */
    static final long UNKNOWN_SIZE = 1L << 62;

    /** A chunk on its way: its permits, its place, its buffer while that is the pump's. */
    private static final class Chunk {
        final long offsetBytes;
        final int lengthBytes;
        final ByteBuf buffer;
        int dataBytes;

        Chunk(long offsetBytes, int lengthBytes, ByteBuf buffer) {
            this.offsetBytes = offsetBytes;
            this.lengthBytes = lengthBytes;
            this.buffer = buffer;
        }
    }

    private final CopyJob job;
    private final AioFile from;
    private final AioFile to;
    private final Extents extents;
    private final long sizeBytes;
    private final int alignment;
    private final int window;
    private final int writers;
    private final ArrayDeque<Chunk> toWrite = new ArrayDeque<>();
    private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();

    private long position;
    private long extentEnd;
    private boolean asking;
    private boolean noMore;
    private boolean filling;
    private boolean refill;
    private int chunks;
    private int writing;
    private long writtenEnd;
    private long reported;
    private long endsAt = Long.MAX_VALUE;
    private @Nullable Throwable failure;

    /**
     * @param sizeBytes the file's length; {@link #UNKNOWN_SIZE}: it is read to its end, one chunk after the other
     * @param alignment of both files
     */
    Pump(CopyJob job, AioFile from, AioFile to, Extents extents, long sizeBytes, int alignment) {
        this.job = job;
        this.from = from;
        this.to = to;
        this.extents = extents;
        this.sizeBytes = sizeBytes;
        this.alignment = alignment;
        window = sizeBytes == UNKNOWN_SIZE ? 1 : job.options().chunksInFlight();
        // Buffered writes to a file take its lock, so more than one only wait for each other; and they keep the order.
        writers = to.isDirect() ? window : 1;
    }

    /** Starts it; completes when all is written, or nothing is in flight any more. */
    CompletionStage<@Nullable Void> run() {
        fill();
        return done;
    }

    /** Where the last write ended. A direct one ends at a multiple of the alignment, which may be past the data. */
    long writtenEnd() {
        return writtenEnd;
    }

    /** Where the file turned out to end while it was read; {@link Long#MAX_VALUE} where it had the length it should have. */
    long endsAt() {
        return endsAt;
    }

    /** Starts what may be started, in a loop: what completes at once must not recurse. */
    private void fill() {
        if (filling) {
            refill = true;
            return;
        }
        filling = true;
        do {
            refill = false;
            startReads();
            startWrites();
        } while (refill);
        filling = false;
        if (chunks == 0 && !asking && (noMore || failure != null) && !done.isDone()) {
            if (failure != null) {
                done.completeExceptionally(failure);
            } else {
                done.complete(null);
            }
        }
    }

    private void startReads() {
        if (failure == null && job.isStopping()) {
            fail(new CopyStopped());
        }
        while (failure == null && !noMore && !asking && chunks < window) {
            if (position >= extentEnd) {
                ask();
            } else {
                long left = extentEnd - position;
                int length = (int) Math.min(left, Math.max(job.options().chunkBytes(), alignment));
                int whole = (length + alignment - 1) & -alignment;
                long at = position;
                position += length;
                chunks++;
                job.bytes().acquire(whole, () -> read(at, whole));
            }
        }
    }

    private void ask() {
        asking = true;
        extents.next().whenComplete((extent, cause) -> {
            asking = false;
            if (cause != null) {
                fail(Stages.cause(cause));
            } else {
                go(extent);
            }
            fill();
        });
    }

    private void go(@Nullable Extent extent) {
        if (extent == null) {
            noMore = true;
        } else {
            position = extent.beginBytes();
            extentEnd = extent.endBytes();
        }
    }

    private void read(long offsetBytes, int lengthBytes) {
        if (failure != null || offsetBytes >= endsAt) {
            ended(lengthBytes);
            return;
        }
        ByteBuf buffer;
        try {
            buffer = job.aio().alignedAllocator().directBuffer(lengthBytes, lengthBytes);
        } catch (OutOfMemoryError full) {
            fail(full);
            ended(lengthBytes);
            return;
        }
        from.read(buffer, offsetBytes, new Chunk(offsetBytes, lengthBytes, buffer), (count, cause, chunk) -> {
            if (cause != null) {
                fail(cause);
            } else if (count < Math.min(chunk.lengthBytes, sizeBytes - chunk.offsetBytes)) {
                endsAt = Math.min(endsAt, chunk.offsetBytes + count);
                noMore = true;
            }
            if (failure != null || count == 0) {
                chunk.buffer.release();
                ended(chunk.lengthBytes);
                return;
            }
            chunk.dataBytes = (int) Math.min(count, sizeBytes - chunk.offsetBytes);
            toWrite.add(chunk);
            fill();
        });
    }

    private void startWrites() {
        while (writing < writers && !toWrite.isEmpty()) {
            Chunk chunk = toWrite.remove();
            if (failure != null) {
                chunk.buffer.release();
                job.bytes().release(chunk.lengthBytes);
                chunks--;
                continue;
            }
            writing++;
            // The file may have grown past the length that is copied.
            chunk.buffer.writerIndex(chunk.dataBytes);
            chunk.buffer.writeZero(-chunk.dataBytes & (alignment - 1));
            long end = chunk.offsetBytes + chunk.buffer.readableBytes();
            to.write(chunk.buffer, chunk.offsetBytes, chunk, (count, cause, written) -> {
                writing--;
                if (cause != null) {
                    fail(cause);
                } else {
                    writtenEnd = Math.max(writtenEnd, end);
                    reported += written.dataBytes;
                    job.listener().copied(written.dataBytes);
                }
                ended(written.lengthBytes);
            });
        }
    }

    /** Bytes that the listener has heard of. */
    long reportedBytes() {
        return reported;
    }

    private void ended(int lengthBytes) {
        chunks--;
        job.bytes().release(lengthBytes);
        fill();
    }

    private void fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
    }
}
