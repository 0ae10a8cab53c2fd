package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioContext;
import io.nettyaio.examples.log.Opening.Opened;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An append-only log of records that survive a power loss, written in groups, on an event loop that never waits for it.
 *
 * <p><b>Threading.</b> Any method from any thread; callbacks and listeners on {@link #eventLoop()}, never inside the call.
 * Appends from the loop cost no task; appends of one thread are in order.
 *
 * <p><b>Ownership.</b> An append takes over its payload: copied and released before the call returns, on the loop.
 *
 * <p><b>What an acknowledgement means.</b> See {@link LogDurability}. Acknowledgements come in order, so a record that is
 * acknowledged as durable has all before it durable, whatever they asked for. Of a record whose append has failed, nobody
 * finds anything later on, with one exception: where the log has become {@link LogState#READ_ONLY} the batch it was in may
 * have reached the disk, whole or in part, and the next opening decides, for whole records, in order.
 *
 * <p><b>Bounds.</b> {@link LogConfig#maxPendingBytes()} and {@link LogConfig#maxPendingRecords()}: beyond, appends fail
 * with {@link LogException.Kind#BACKLOG}. Who stops when {@link #isWritable()} turns false never sees that.
 *
 * <p><b>Failures.</b> {@link LogState} says what the log does about them.
 *
 * <p><b>End.</b> {@link #close()}, and only when that has completed, the shutdown of the loop: a loop that shuts down drops
 * the timers and the files that the log ends with.
 */
public final class WriteAheadLog {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(WriteAheadLog.class);

    private final EventLoop loop;
    private final LogConfig config;
    private final LogDirectory directory;
    private final LogLock lock;
    private final LogId logId;
    private final Segments segments;
    private final Committer committer;
    private final List<LogListener> listeners = new CopyOnWriteArrayList<>();
    private final Promise<Void> closePromise;
    private final AtomicBoolean closeCalled = new AtomicBoolean();

    private volatile LogState state = LogState.OPEN;
    private volatile @Nullable LogException cause;
    private volatile boolean writable = true;
    /** What may be pending before it says that it has enough. */
    private final long highBytes;

    private int pendingRecords;
    private long pendingBytes;
    private boolean marked;
    private boolean ending;
    private long firstSegment;
    private long snapshot;
    private long snapshotBytes;
    private @Nullable Compaction compaction;

    /** On the loop, of what {@link Starting} has made ready. */
    WriteAheadLog(AioContext aio, LogConfig config, Opened opened, Segments segments, Segment current) {
        this.loop = aio.eventLoop();
        this.config = config;
        this.directory = opened.directory();
        this.lock = opened.lock();
        this.segments = segments;
        this.closePromise = loop.newPromise();
        // The context sees a record when its batch is written: until then it is for the log to keep to the mark.
        highBytes =
                Math.min(config.maxPendingBytes() / 2, aio.config().waterMark().highBytes());
        LogContents contents = opened.contents();
        firstSegment = contents.segments().isEmpty()
                ? current.id()
                : contents.segments().get(0).id();
        snapshot = contents.snapshot();
        snapshotBytes = contents.snapshotBytes();
        logId = contents.log();
        committer = new Committer(
                aio,
                config,
                contents.log(),
                segments,
                current,
                opened.offset(),
                opened.lastBlock(),
                contents.last(),
                new ForCommitter());
    }

    // ---- opening -------------------------------------------------------------------------------------------------

    /**
     * Opens a log, makes it where there is none, and replays it.
     *
     * <p><b>Completion.</b> When everything the log holds has been given to {@code replay}, what was torn is cut, all that
     * was replayed is durable and the first append can be written.
     *
     * @param aio    on whose loop it lives; every file is opened through it
     * @param config where it lies, and its limits
     * @param replay gets the snapshot and the records after it
     * @return fails with {@link LogException} (damaged, of an unknown version, locked) or
     *     {@link io.nettyaio.AioException}; nothing has been changed then, but that files of unfinished work may be gone
     */
    public static Future<WriteAheadLog> open(AioContext aio, LogConfig config, LogReplay replay) {
        Promise<WriteAheadLog> promise = aio.eventLoop().newPromise();
        Runnable open = () -> {
            var unused = new Opening(aio, config, replay).run().whenComplete((opened, thrown) -> {
                if (thrown == null) {
                    new Starting(aio, config, opened, promise).run();
                } else {
                    promise.tryFailure(Stages.cause(thrown));
                }
            });
        };
        try {
            aio.eventLoop().execute(open);
        } catch (RejectedExecutionException loopIsGone) {
            promise.tryFailure(closedException());
        }
        return promise;
    }

    /** On the loop: what was appended before, and a last batch that says where the log goes on, become durable. */
    void begin(Promise<WriteAheadLog> promise) {
        segments.prepare();
        committer.mark();
        committer.sync(
                (sequence, failed, none) -> {
                    if (failed != null) {
                        close().addListener(closed -> promise.tryFailure(failed));
                    } else if (!promise.trySuccess(this)) {
                        var unused = close(); // cancelled meanwhile
                    }
                },
                null);
    }

    /** What waits for segments. */
    Segments.Waiter segmentWaiter() {
        return committer;
    }

    // ---- appending -----------------------------------------------------------------------------------------------

    /**
     * Appends a record that is acknowledged when it is durable.
     *
     * @param type    any number from 0 up
     * @param payload its contents, taken over
     * @return its sequence, or a {@link LogException}
     */
    public Future<Long> append(int type, ByteBuf payload) {
        Promise<Long> promise = loop.newPromise();
        append(type, payload, LogDurability.ALWAYS, promise, TO_PROMISE);
        return promise;
    }

    private static final LogCallback<Promise<Long>> TO_PROMISE = (sequence, failed, promise) -> {
        if (failed == null) {
            promise.trySuccess(sequence);
        } else {
            promise.tryFailure(failed);
        }
    };

    /**
     * Appends a record; the callback form, which allocates nothing on the loop.
     *
     * @param type       any number from 0 up
     * @param payload    its contents, taken over
     * @param durability when it is acknowledged
     * @param attachment given to the callback
     * @param callback   told once
     * @throws IllegalArgumentException where the type is below 0; the payload is released
     */
    public <A extends @Nullable Object> void append(
            int type, ByteBuf payload, LogDurability durability, A attachment, LogCallback<? super A> callback) {
        if (type < 0) {
            payload.release();
            throw new IllegalArgumentException("type=" + type + ": must not be below 0");
        }
        @SuppressWarnings("unchecked")
        LogCallback<Object> told = (LogCallback<Object>) callback;
        if (loop.inEventLoop()) {
            appendOnLoop(type, payload, durability, told, attachment);
            return;
        }
        try {
            loop.execute(() -> appendOnLoop(type, payload, durability, told, attachment));
        } catch (RejectedExecutionException loopIsGone) {
            // The only case in which the caller's thread is told.
            payload.release();
            Callbacks.call(told, 0, closedException(), attachment);
        }
    }

    private void appendOnLoop(
            int type,
            ByteBuf payload,
            LogDurability durability,
            LogCallback<Object> callback,
            @Nullable Object attachment) {
        try {
            LogException refused = refusal(payload.readableBytes());
            if (refused != null) {
                loop.execute(() -> Callbacks.call(callback, 0, refused, attachment));
                return;
            }
            pendingRecords++;
            pendingBytes += RecordFormat.sizeOf(payload.readableBytes());
            committer.append(type, payload, durability, callback, attachment);
            updateWritable();
        } finally {
            payload.release();
        }
    }

    private @Nullable LogException refusal(int length) {
        if (state != LogState.OPEN) {
            return state == LogState.CLOSED ? closedException() : cause;
        }
        if (length > config.maxRecordBytes()) {
            return new LogException(
                    LogException.Kind.TOO_LARGE,
                    "a record of " + length + " bytes is longer than maxRecordBytes=" + config.maxRecordBytes()
                            + "; split it, or raise the limit",
                    null);
        }
        if (pendingRecords > 0
                && (pendingBytes + RecordFormat.sizeOf(length) > config.maxPendingBytes()
                        || pendingRecords >= config.maxPendingRecords())) {
            return new LogException(
                    LogException.Kind.BACKLOG,
                    pendingRecords + " records of " + pendingBytes
                            + " bytes wait for the disk; append while isWritable(),"
                            + " or raise maxPendingBytes=" + config.maxPendingBytes() + " and maxPendingRecords="
                            + config.maxPendingRecords(),
                    null);
        }
        return null;
    }

    private static LogException closedException() {
        return new LogException(LogException.Kind.CLOSED, "the log is closed; open it again", null);
    }

    /**
     * Makes everything appended before durable.
     *
     * @return the sequence up to which the log is durable then, or a {@link LogException}
     */
    public Future<Long> sync() {
        Promise<Long> promise = loop.newPromise();
        onLoop(promise, () -> {
            LogException refused = state == LogState.CLOSED ? closedException() : cause;
            if (refused != null && state != LogState.OPEN) {
                promise.tryFailure(refused);
            } else {
                committer.sync(promised(), promise);
            }
        });
        return promise;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static LogCallback<Object> promised() {
        return (LogCallback) TO_PROMISE;
    }

    private void onLoop(Promise<?> promise, Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException loopIsGone) {
            promise.tryFailure(closedException());
        }
    }

    // ---- compaction ----------------------------------------------------------------------------------------------

    /**
     * Replaces all records appended until now by a snapshot, in the background, with a bounded share of the disk's time.
     * Works while the log is {@link LogState#FULL}, too: it gives room back.
     *
     * @param source gives the snapshot's records; asked on the loop, from now on or soon after
     * @return the sequence of the last record replaced, once the snapshot is durable and the old files are gone; fails with
     *     {@link LogException.Kind#SNAPSHOT} where one is being written already or the source fails. The log goes on
     *     without it
     */
    public Future<Long> compact(SnapshotSource source) {
        Promise<Long> promise = loop.newPromise();
        if (loop.inEventLoop()) {
            compactOnLoop(source, promise);
        } else {
            onLoop(promise, () -> compactOnLoop(source, promise));
        }
        return promise;
    }

    private void compactOnLoop(SnapshotSource source, Promise<Long> promise) {
        LogException refused =
                state == LogState.CLOSED ? closedException() : state == LogState.READ_ONLY ? cause : null;
        if (refused == null && compaction != null) {
            refused = new LogException(
                    LogException.Kind.SNAPSHOT, "a snapshot is being written already; wait for its end", null);
        }
        if (refused != null) {
            promise.tryFailure(refused);
            return;
        }
        long sequence = committer.lastSequence();
        if (sequence == snapshot) {
            promise.trySuccess(sequence); // nothing has been appended since
            return;
        }
        Compaction started =
                new Compaction(directory, config, logId, committer, source, sequence, committer.startSegment());
        compaction = started;
        var unused = segments.snapshotFirst()
                .thenCompose(mayBegin -> started.run())
                .thenCompose(bytes -> published(started, bytes))
                .whenComplete((done, thrown) -> {
                    compaction = null;
                    segments.snapshotEnded();
                    if (thrown == null) {
                        promise.trySuccess(sequence);
                    } else {
                        if (snapshot != sequence) {
                            committer.forgetStartedSegment();
                        }
                        promise.tryFailure(Stages.cause(thrown));
                    }
                    endWhenIdle();
                });
    }

    /** The snapshot is durable: what it stands for goes. */
    private CompletionStage<Void> published(Compaction done, long bytes) {
        long oldSnapshot = snapshot;
        snapshot = done.sequence();
        snapshotBytes = bytes;
        List<Long> superfluous = new ArrayList<>();
        for (long id = firstSegment; id < done.firstSegment(); id++) {
            // The one in use goes when it is left.
            if (id != committer.current().id()) {
                superfluous.add(id);
            }
        }
        firstSegment = done.firstSegment();
        CompletionStage<Void> removed = oldSnapshot == 0
                ? CompletableFuture.completedFuture(null)
                : directory.unlink(FileNames.snapshot(oldSnapshot));
        return removed.thenCompose(unused -> segments.recycle(superfluous));
    }

    // ---- state ---------------------------------------------------------------------------------------------------

    /** The loop it lives on. */
    public EventLoop eventLoop() {
        return loop;
    }

    /** What it does with appends. */
    public LogState state() {
        return state;
    }

    /** Why it refuses appends; {@code null} while it does not, or where it is closed. */
    public @Nullable LogException cause() {
        return cause;
    }

    /**
     * Whether less than half of what may be pending is, and not more bytes than the high mark of its context. Stop appending
     * when it is not; {@link LogListener} tells.
     */
    public boolean isWritable() {
        return writable;
    }

    /** Adds a listener; from the loop, it misses nothing. */
    public void addListener(LogListener listener) {
        listeners.add(listener);
    }

    /** Figures of this moment. On the loop only. */
    public LogStats stats() {
        Segment current = committer.current();
        return new LogStats(
                committer.lastSequence(),
                committer.durableSequence(),
                pendingRecords,
                pendingBytes,
                current.id(),
                (int) Math.max(0, current.id() - firstSegment + 1),
                current.id() < firstSegment
                        ? 0
                        : (current.id() - firstSegment) * config.segmentBytes() + committer.writtenOffset(),
                snapshotBytes,
                committer.commits(),
                committer.syncs(),
                committer.records(),
                committer.longestCommitNanos());
    }

    private void updateWritable() {
        boolean now = pendingBytes <= highBytes && pendingRecords <= config.maxPendingRecords() / 2;
        if (now != writable) {
            writable = now;
            // A task: an append is not to call out before it returns.
            loop.execute(() -> {
                for (LogListener listener : listeners) {
                    Callbacks.call(() -> listener.writabilityChanged(writable));
                }
            });
        }
    }

    private void become(LogState next, @Nullable LogException why) {
        cause = why;
        state = next;
        for (LogListener listener : listeners) {
            Callbacks.call(() -> listener.stateChanged(next, why));
        }
    }

    private final class ForCommitter implements Committer.Owner {

        @Override
        public void released(int records, long bytes) {
            pendingRecords -= records;
            pendingBytes -= bytes;
            updateWritable();
        }

        @Override
        public LogException full(Throwable reason) {
            LogException failure = new LogException(
                    LogException.Kind.FULL,
                    config.directory() + ": no room for more records (" + reason.getMessage()
                            + "); free some, the log goes on by itself",
                    reason);
            abortUnlessWritten(failure);
            if (state == LogState.OPEN) {
                LOGGER.warn("the log refuses appends until there is room", failure);
                become(LogState.FULL, failure);
            }
            return failure;
        }

        @Override
        public void roomAgain() {
            if (state == LogState.FULL) {
                LOGGER.info("{}: there is room again", config.directory());
                become(LogState.OPEN, null);
            }
        }

        @Override
        public LogException broken(String what, Throwable reason) {
            LogException failure = new LogException(
                    LogException.Kind.READ_ONLY,
                    config.directory() + ": " + what + " (" + reason.getMessage()
                            + "), so the log is read-only; see to the disk, then open it again",
                    reason);
            abortUnlessWritten(failure);
            if (state != LogState.CLOSED) {
                LOGGER.error("the log is read-only from now on", failure);
                become(LogState.READ_ONLY, failure);
            }
            return failure;
        }

        @Override
        public void left(long segment) {
            if (segment < firstSegment) {
                var unused = segments.recycle(List.of(segment)).whenComplete((removed, failed) -> {
                    if (failed != null) {
                        LOGGER.warn("cannot remove an old segment of {}", config.directory(), failed);
                    }
                });
            }
        }

        @Override
        public void idle() {
            endWhenIdle();
        }
    }

    /** Records that are about to fail were counted among those the snapshot stands for. */
    private void abortUnlessWritten(LogException failure) {
        Compaction running = compaction;
        if (running != null && running.sequence() > committer.writtenSequence()) {
            running.abort(failure);
            committer.forgetStartedSegment();
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /**
     * Refuses appends from now on, makes durable what was appended before, marks the log as closed and closes its files.
     *
     * @return completes when that is done; fails with what has kept the log from becoming durable. A second call gives the
     *     same future
     */
    public Future<Void> close() {
        if (closeCalled.compareAndSet(false, true)) {
            onLoop(closePromise, () -> {
                LogException why = state == LogState.READ_ONLY ? cause : null;
                become(LogState.CLOSED, why);
                endWhenIdle();
            });
        }
        return closePromise;
    }

    private void endWhenIdle() {
        if (state != LogState.CLOSED || ending || !committer.isIdle()) {
            return;
        }
        if (compaction != null) {
            compaction.abort(closedException());
            return;
        }
        if (!marked && cause == null) {
            marked = true;
            if (!committer.isFull()) {
                committer.mark();
            }
            committer.sync((sequence, failed, none) -> end(failed), null);
        } else if (!marked) {
            end(cause);
        }
    }

    private void end(@Nullable Throwable failed) {
        ending = true;
        var unused = segments.close()
                .thenCompose(closed -> committer.current().file().close().toCompletionStage())
                .handle((closed, thrown) -> null)
                .thenCompose(closed -> directory.close())
                .handle((closed, thrown) -> null)
                .thenCompose(closed -> lock.release(loop))
                .whenComplete((closed, thrown) -> {
                    committer.release();
                    if (failed == null) {
                        closePromise.trySuccess(null);
                    } else {
                        closePromise.tryFailure(failed);
                    }
                });
    }
}
