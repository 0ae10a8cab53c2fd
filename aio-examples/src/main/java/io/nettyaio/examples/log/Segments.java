package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes segments ready ahead of need: one that is not used yet always waits behind the one that is. Loop-confined.
 *
 * <p>A segment is made under a temporary name: allocated, written full of zeros, synced, renamed, the directory synced.
 * Only then is it written to, so all that is ever written to it overwrites blocks that are there: it cannot run out of
 * room, the file's size does not change, and a direct write stays asynchronous. A segment that a snapshot has made
 * superfluous is taken instead of zeros: what it holds does not pass for records of the new one, whose id is in each
 * record's check.
 *
 * <p><b>Failures.</b> It tries again each second until it succeeds: whoever frees room need not tell.
 */
final class Segments {

    /** Who waits for a segment. */
    interface Waiter {
        /** The segment asked for is ready, or the attempt has failed for the time being. */
        void segmentSettled();
    }

    private static final int ENOSPC = 28;
    private static final int EOPNOTSUPP = 95;
    private static final int EDQUOT = 122;
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final long RETRY_MILLIS = 1_000;
    /** Superfluous segments that are kept to be used again. */
    private static final int MOST_SPARES = 2;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Segments.class);

    private final LogDirectory directory;
    private final LogConfig config;
    private final LogId log;
    private final Waiter waiter;
    private final Pace pace;
    private final Deque<Long> spares = new ArrayDeque<>();

    private @Nullable Segment ready;
    private @Nullable Throwable failure;
    private boolean preparing;
    private boolean wanted;
    private boolean closed;
    /** A snapshot is being written, which is what will give room. */
    private boolean snapshotFirst;

    private long nextId;
    /** The next attempt after one that failed; there is never more than one to come. */
    private @Nullable Future<?> retry;
    /** Whoever begins when the attempt under way has ended. */
    private @Nullable CompletableFuture<Void> attemptEnded;

    private @Nullable CompletableFuture<Void> idle;

    Segments(LogDirectory directory, LogConfig config, LogId log, long nextId, Waiter waiter) {
        this.directory = directory;
        this.config = config;
        this.log = log;
        this.nextId = nextId;
        this.waiter = waiter;
        this.pace = new Pace(
                directory.aio().eventLoop(), config.backgroundShare(), () -> wanted || closed || attemptEnded != null);
    }

    /** Options a segment is opened with for writing. */
    static AioOpenOption[] options(LogConfig config) {
        Set<AioOpenOption> options = EnumSet.of(AioOpenOption.READ, AioOpenOption.WRITE);
        if (config.direct()) {
            options.add(AioOpenOption.DIRECT);
        }
        return options.toArray(AioOpenOption[]::new);
    }

    /** Recovery has found one that is whole and empty. */
    void adopt(Segment segment) {
        ready = segment;
        nextId = segment.id() + 1;
    }

    /** A segment that no recovery will read, to be used again. */
    CompletionStage<Void> recycle(List<Long> superfluous) {
        List<CompletionStage<Void>> removals = new ArrayList<>();
        for (long id : superfluous) {
            if (spares.size() < MOST_SPARES) {
                spares.add(id);
            } else {
                removals.add(directory.unlink(FileNames.segment(id)));
            }
        }
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        for (CompletionStage<Void> removal : removals) {
            done = done.thenCombine(removal, (a, b) -> null);
        }
        return removals.isEmpty() ? done : done.thenCompose(unused -> directory.sync());
    }

    /**
     * The next segment, if it is ready; then the one after it is begun.
     *
     * @return {@code null} where it is not: {@link Waiter#segmentSettled} is called when that has changed
     */
    @Nullable
    Segment take() {
        Segment taken = ready;
        if (taken == null) {
            wanted = true;
            prepare();
            return null;
        }
        ready = null;
        wanted = false;
        prepare();
        return taken;
    }

    /** The first segment of all, which has been waited for. The next one is not begun. */
    Segment takeOnly() {
        Segment taken = ready;
        if (taken == null) {
            throw new IllegalStateException("no segment is ready");
        }
        ready = null;
        return taken;
    }

    /** Whether the next segment is there. */
    boolean isReady() {
        return ready != null;
    }

    /** Why the last attempt to make a segment failed; {@code null} where it did not, or is under way. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    static boolean isNoRoom(@Nullable Throwable cause) {
        return cause instanceof AioException refused && (refused.errno() == ENOSPC || refused.errno() == EDQUOT);
    }

    /**
     * Leaves what little room there is to a snapshot: a file that is allocated takes all there is before it is given up. So
     * the attempt under way ends first, without pauses, and after one that has failed there is none until
     * {@link #snapshotEnded}.
     *
     * @return when the snapshot may begin
     */
    CompletionStage<Void> snapshotFirst() {
        snapshotFirst = true;
        if (!preparing) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> ended = new CompletableFuture<>();
        attemptEnded = ended;
        return ended;
    }

    /** The snapshot is there, and has given room, or is not going to be. */
    void snapshotEnded() {
        snapshotFirst = false;
        prepare();
    }

    /** Begins to make the next segment, unless it is there or being made. */
    void prepare() {
        if (preparing || closed || ready != null || (snapshotFirst && failure != null)) {
            return;
        }
        preparing = true;
        cancelRetry();
        long id = nextId;
        Long spare = spares.poll();
        // What is thrown on the way is a failure like another.
        CompletionStage<Segment> made = CompletableFuture.completedFuture(id)
                .thenCompose(next -> spare == null ? create(next) : reuse(spare, next));
        made.whenComplete((segment, thrown) -> {
            preparing = false;
            if (thrown == null) {
                failure = null;
                ready = segment;
                nextId = id + 1;
                wanted = false;
            } else {
                attemptFailed(id, Stages.cause(thrown));
            }
            attemptEnded();
        });
    }

    private void attemptFailed(long id, Throwable cause) {
        failure = cause;
        if (!closed) {
            LOGGER.warn("cannot make segment {}: trying again in {} ms", id, RETRY_MILLIS, cause);
            retry = directory.aio().eventLoop().schedule(this::prepare, RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void cancelRetry() {
        Future<?> scheduled = retry;
        if (scheduled != null) {
            retry = null;
            scheduled.cancel(false);
        }
    }

    private void attemptEnded() {
        CompletableFuture<Void> told = attemptEnded;
        attemptEnded = null;
        if (idle != null) {
            idle.complete(null);
        } else {
            waiter.segmentSettled();
        }
        if (told != null) {
            told.complete(null);
        }
    }

    private CompletionStage<Segment> create(long id) {
        String temporary = FileNames.segment(id) + FileNames.TEMPORARY;
        Set<AioOpenOption> options = EnumSet.of(AioOpenOption.CREATE, AioOpenOption.TRUNCATE);
        Collections.addAll(options, options(config));
        return directory
                .openForWriting(temporary, options.toArray(AioOpenOption[]::new))
                .thenCompose(file -> orClose(
                        file,
                        checkAlignment(file)
                                .thenCompose(unused -> allocate(file))
                                .thenCompose(unused -> writeHeader(file, id))
                                .thenCompose(unused -> fill(file, RecordFormat.BLOCK_BYTES))
                                .thenCompose(unused -> file.fsync().toCompletionStage())
                                .thenCompose(unused -> publish(temporary, id))
                                .thenApply(unused -> new Segment(id, file, config.segmentBytes()))))
                .handle((segment, thrown) -> thrown == null
                        ? CompletableFuture.completedFuture(segment)
                        // What there is of it takes the room that is missing.
                        : directory
                                .unlink(temporary)
                                .handle((a, b) -> null)
                                .thenCompose(unused -> CompletableFuture.<Segment>failedFuture(thrown)))
                .thenCompose(stage -> stage);
    }

    /** The old name goes first, durably: else a crash could leave the old name with the new header. */
    private CompletionStage<Segment> reuse(long spare, long id) {
        String temporary = FileNames.segment(id) + FileNames.TEMPORARY;
        return directory
                .rename(FileNames.segment(spare), temporary)
                .thenCompose(unused -> directory.sync())
                .thenCompose(unused -> directory.openForWriting(temporary, options(config)))
                .thenCompose(file -> file.size().toCompletionStage().thenCompose(size -> {
                    if (size != config.segmentBytes()) {
                        // Made with another setting.
                        return file.close().toCompletionStage().thenCompose(closed -> create(id));
                    }
                    return orClose(
                            file,
                            writeHeader(file, id)
                                    .thenCompose(unused -> file.fsync().toCompletionStage())
                                    .thenCompose(unused -> publish(temporary, id))
                                    .thenApply(unused -> new Segment(id, file, config.segmentBytes())));
                }));
    }

    private CompletionStage<Void> publish(String temporary, long id) {
        return directory.rename(temporary, FileNames.segment(id)).thenCompose(unused -> directory.sync());
    }

    private static CompletionStage<Segment> orClose(AioFile file, CompletionStage<Segment> made) {
        return made.whenComplete((segment, thrown) -> {
            if (thrown != null) {
                var unused = file.close();
            }
        });
    }

    private static CompletionStage<Void> checkAlignment(AioFile file) {
        return file.alignment() <= RecordFormat.BLOCK_BYTES
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(new LogException(
                        LogException.Kind.UNUSABLE,
                        "the device wants direct transfers aligned to " + file.alignment()
                                + " bytes and the log's blocks have " + RecordFormat.BLOCK_BYTES
                                + "; open the log without direct",
                        null));
    }

    /** Says at once if there is no room, and keeps the file in few pieces. Not every file system can. */
    private CompletionStage<Void> allocate(AioFile file) {
        return file.allocate(0, config.segmentBytes())
                .toCompletionStage()
                .handle((done, thrown) -> thrown == null
                                || (Stages.cause(thrown) instanceof AioException refused
                                        && refused.errno() == EOPNOTSUPP)
                        ? CompletableFuture.<Void>completedFuture(null)
                        : CompletableFuture.<Void>failedFuture(thrown))
                .thenCompose(stage -> stage);
    }

    private CompletionStage<Void> writeHeader(AioFile file, long id) {
        ByteBuf block = directory.aio().alignedAllocator().directBuffer(RecordFormat.BLOCK_BYTES);
        FileHeader.segment(log, id, config.segmentBytes()).encode(block);
        return file.write(block, 0).toCompletionStage().thenApply(written -> null);
    }

    private CompletionStage<Void> fill(AioFile file, int offset) {
        int length = Math.min(CHUNK_BYTES, config.segmentBytes() - offset);
        if (length <= 0) {
            return CompletableFuture.completedFuture(null);
        }
        return pace.run(() -> zeros(file, offset, length)).thenCompose(unused -> fill(file, offset + length));
    }

    private CompletionStage<?> zeros(AioFile file, int offset, int length) {
        ByteBuf zeros = directory.aio().alignedAllocator().directBuffer(length);
        CompletionStage<Integer> written =
                file.write(zeros.writeZero(length), offset).toCompletionStage();
        // The page cache would take it all at once, and hand it to the disk all at once in the end.
        return file.isDirect()
                ? written
                : written.thenCompose(n -> file.syncRange(offset, length).toCompletionStage());
    }

    /** Stops; the one being made is finished or given up first. */
    CompletionStage<Void> close() {
        closed = true;
        cancelRetry();
        CompletableFuture<Void> done = new CompletableFuture<>();
        idle = done;
        if (!preparing) {
            done.complete(null);
        }
        return done.thenCompose(unused -> {
            Segment unusedSegment = ready;
            ready = null;
            return unusedSegment == null
                    ? CompletableFuture.<Void>completedFuture(null)
                    : unusedSegment.file().close().toCompletionStage();
        });
    }
}
