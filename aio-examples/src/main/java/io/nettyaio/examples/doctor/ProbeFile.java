package io.nettyaio.examples.doctor;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioRoute;
import io.nettyaio.examples.doctor.Patience.NoAnswerException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The file that the doctor works on: open past the page cache and through it, and without a name. The name goes as
 * soon as it is open, so that nothing is left behind even by a SIGKILL; until then, a few milliseconds, {@link #create}
 * takes it away whatever happens.
 *
 * <p><b>Threading.</b> The command's own thread.
 */
final class ProbeFile implements AutoCloseable {

    static final int BLOCK_BYTES = 4096;

    private static final int OWNER_ONLY = 0600;
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final int CHUNKS_AT_ONCE = 8;
    private static final long FILL_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LEAST_BYTES = 1 << 20;
    private static final int EINVAL = 22;
    private static final int EOPNOTSUPP = 95;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Patience patience;
    private final AioFile buffered;
    private final @Nullable AioFile direct;
    private final @Nullable AioFile untouched;
    private final @Nullable AioRoute openRoute;
    private final long openNanos;
    private long filledBytes;

    private ProbeFile(
            Patience patience,
            AioFile buffered,
            @Nullable AioFile direct,
            @Nullable AioFile untouched,
            @Nullable AioRoute openRoute,
            long openNanos) {
        this.patience = patience;
        this.buffered = buffered;
        this.direct = direct;
        this.untouched = untouched;
        this.openRoute = openRoute;
        this.openNanos = openNanos;
    }

    /**
     * Makes one.
     *
     * @throws AioException where the directory does not take it
     */
    static ProbeFile create(AioContext context, Patience patience, Path directory)
            throws AioException, NoAnswerException, InterruptedException {
        // The first operation of a process takes longer than any other: that is not the directory's doing.
        close(patience.get("open", context.open(directory, AioOpenOption.READ, AioOpenOption.DIRECTORY)));
        Path name = directory.resolve(
                ".aio-doctor-" + ProcessHandle.current().pid() + '-' + COUNT.incrementAndGet() + ".tmp");
        long begun = System.nanoTime();
        AioFuture<AioFile> opening = context.open(
                name, Set.of(AioOpenOption.CREATE_NEW, AioOpenOption.READ, AioOpenOption.WRITE), OWNER_ONLY);
        AioFile buffered;
        try {
            buffered = patience.get("open", opening);
        } catch (NoAnswerException | InterruptedException e) {
            Future<?> unused = context.unlink(name); // it may come into being yet
            throw e;
        }
        long took = System.nanoTime() - begun;
        AioFile direct = null;
        AioFile untouched = null;
        boolean complete = false;
        try {
            try {
                direct = openDirect(context, patience, name);
                untouched = direct == null ? null : openDirect(context, patience, name);
            } finally {
                patience.get("unlink", context.unlink(name));
            }
            complete = true;
            return new ProbeFile(patience, buffered, direct, untouched, opening.route(), took);
        } finally {
            if (!complete) {
                close(buffered);
                close(direct);
                close(untouched);
            }
        }
    }

    private static @Nullable AioFile openDirect(AioContext context, Patience patience, Path name)
            throws AioException, NoAnswerException, InterruptedException {
        try {
            return patience.get(
                    "open", context.open(name, AioOpenOption.READ, AioOpenOption.WRITE, AioOpenOption.DIRECT));
        } catch (AioException e) {
            if (e.errno() == EINVAL || e.errno() == EOPNOTSUPP) {
                return null; // the file system does not know O_DIRECT
            }
            throw e;
        }
    }

    private static void close(@Nullable AioFile file) {
        if (file != null) {
            Future<?> unused = file.close();
        }
    }

    AioFile buffered() {
        return buffered;
    }

    /** {@code null} where the file system does not know O_DIRECT. */
    @Nullable
    AioFile direct() {
        return direct;
    }

    /**
     * The same file opened once more. What refuses to extend a file without waiting is remembered for the descriptor, so
     * what overwrites needs one that has never extended; {@code null} as {@link #direct()}.
     */
    @Nullable
    AioFile untouched() {
        return untouched;
    }

    /** Length and alignment of what is read and written. */
    int blockBytes() {
        return direct == null ? BLOCK_BYTES : Math.max(BLOCK_BYTES, direct.alignment());
    }

    @Nullable
    AioRoute openRoute() {
        return openRoute;
    }

    long openMicros() {
        return TimeUnit.NANOSECONDS.toMicros(openNanos);
    }

    /** How long it has become. */
    long filledBytes() {
        return filledBytes;
    }

    /**
     * Writes it: past the page cache where that is possible, so that reads through it miss. Ends early where the disk is
     * slow, but not before there is something to read.
     */
    void fill(long mostBytes, Progress progress) throws AioException, NoAnswerException, InterruptedException {
        AioFile file = direct == null ? buffered : direct;
        SplittableRandom random = new SplittableRandom(1); // a disk may leave out zeros
        long end = System.nanoTime() + FILL_NANOS;
        while (filledBytes < mostBytes && (filledBytes < LEAST_BYTES || System.nanoTime() - end < 0)) {
            patience.check();
            progress.step("writing", (double) filledBytes / mostBytes);
            List<AioFuture<Integer>> writes = new ArrayList<>();
            for (int i = 0; i < CHUNKS_AT_ONCE; i++) {
                byte[] bytes = new byte[CHUNK_BYTES];
                random.nextBytes(bytes);
                ByteBuf chunk = file.context()
                        .alignedAllocator()
                        .directBuffer(CHUNK_BYTES, CHUNK_BYTES)
                        .writeBytes(bytes);
                writes.add(file.write(chunk, filledBytes + (long) i * CHUNK_BYTES));
            }
            for (AioFuture<Integer> write : writes) {
                filledBytes += patience.get("write", write);
            }
        }
        patience.get("fdatasync", file.fdatasync());
    }

    /** Does not wait: what is left in flight ends with its context. */
    @Override
    public void close() {
        close(untouched);
        close(direct);
        close(buffered);
    }
}
