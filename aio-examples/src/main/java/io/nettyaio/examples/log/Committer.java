package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.nettyaio.AioCallback;
import io.nettyaio.AioContext;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Group commit. Appends are encoded into the batch that is filling; one batch at a time is written, and synced if one of
 * its records asks for it. What arrives meanwhile is the next batch, and what comes in the turns of the loop right after
 * ({@link #gathers}): it grows with the load, and nothing waits for a timer. Loop-confined.
 *
 * <pre>
 *   append ──► filling ──(full, or nothing in flight)──► sealed ──► in flight: write, sync ──► acknowledged
 * </pre>
 *
 * <p>A batch lies in one segment. The segment is chosen when its first record is encoded, its file is needed only when it
 * is written. Before a batch is written to another segment than the one before it, everything before it is synced, so
 * that only the last segment that holds records can have a torn end.
 */
final class Committer implements Segments.Waiter {

    /** What it needs of the log it commits for. */
    interface Owner {
        /** Records are settled; their callers are told next. */
        void released(int records, long bytes);

        /** Nothing can be written for want of room; what is pending is about to fail. */
        LogException full(Throwable cause);

        /** There is room again. */
        void roomAgain();

        /** Nothing can be written any more; what is pending is about to fail. */
        LogException broken(String what, Throwable cause);

        /** A segment has been left for the next one. */
        void left(long segment);

        /** Nothing is pending. */
        void idle();
    }

    private record SyncWaiter(
            long sequence,
            LogCallback<Object> callback,
            @Nullable Object attachment) {}

    private static final long SOON_MILLIS = 1_000;
    private static final long RETRY_MILLIS = 1_000;
    /** Enough for two to take turns, and for bursts. */
    private static final int MOST_POOLED = 4;

    private final AioContext aio;
    private final EventLoop loop;
    private final LogConfig config;
    private final Owner owner;
    private final LogId log;
    private final Segments segments;
    private final RecordFormat format = new RecordFormat();
    private final ByteBuf lastBlock;
    private final Runnable pump = this::pumpNow;
    private final AioCallback<Batch> written = this::written;
    private final AioCallback<Batch> writtenDurably = this::writtenDurably;
    private final AioCallback<Batch> synced = this::synced;

    private final Deque<Batch> pool = new ArrayDeque<>();
    private final Deque<Batch> sealed = new ArrayDeque<>();
    private final Deque<SyncWaiter> syncWaiters = new ArrayDeque<>();
    private @Nullable Batch filling;
    private @Nullable Batch inFlight;
    private boolean pumpAsked;
    /** The segment is being synced before the next one is taken. */
    private boolean rolling;

    private boolean full;
    private boolean broken;

    /** Where the next batch begins. */
    private long encodeSegment;

    /** Before which nothing may be written any more: a snapshot stands for it. */
    private long floorSegment;

    private int encodeOffset;
    private long nextSequence;

    /** What has been written, and of that, what is durable. */
    private Segment current;

    private int writtenOffset;
    private long writtenSequence;
    private long durableSequence;
    /** Up to where a write that failed may have left something; 0 where there is nothing. */
    private int strayEnd;

    private boolean soonScheduled;
    private long commits;
    private long syncs;
    private long records;
    private long longestCommitNanos;
    private long commitBeganNanos;
    /** Moving average. */
    private long usualCommitNanos;

    private long gatherBeganNanos;
    /** How far the batch had got when it last waited for a turn of the loop. */
    private long gatheredSequence;

    /**
     * @param current   the segment to go on in
     * @param offset    where
     * @param lastBlock what the block holds that the offset lies in; taken over
     * @param sequence  of the last record, which is durable
     */
    Committer(
            AioContext aio,
            LogConfig config,
            LogId log,
            Segments segments,
            Segment current,
            int offset,
            ByteBuf lastBlock,
            long sequence,
            Owner owner) {
        this.aio = aio;
        this.loop = aio.eventLoop();
        this.config = config;
        this.log = log;
        this.segments = segments;
        this.owner = owner;
        this.current = current;
        this.lastBlock = lastBlock;
        encodeSegment = current.id();
        encodeOffset = offset;
        writtenOffset = offset;
        nextSequence = sequence + 1;
        writtenSequence = sequence;
        durableSequence = sequence;
    }

    // ---- encoding ------------------------------------------------------------------------------------------------

    /** Encodes a record. The payload stays the caller's. */
    void append(
            int type,
            ByteBuf payload,
            LogDurability durability,
            @Nullable LogCallback<Object> callback,
            @Nullable Object attachment) {
        Batch batch = batchFor(RecordFormat.sizeOf(payload.readableBytes()));
        batch.add(type, payload, durability, callback, attachment);
        nextSequence++;
        pumpSoon();
    }

    /** Encodes a mark: once it is written, whoever reads it knows that everything before it was durable. */
    void mark() {
        if (nextSequence == 1) {
            return; // there is nothing before it
        }
        Batch batch = batchFor(RecordFormat.HEADER_BYTES);
        batch.addControl(RecordFormat.TYPE_MARK, 0);
        batch.want(LogDurability.ALWAYS);
        pumpSoon();
    }

    /** Has everything appended before become durable. */
    void sync(LogCallback<Object> callback, @Nullable Object attachment) {
        syncWaiters.add(new SyncWaiter(nextSequence - 1, callback, attachment));
        Batch last = filling != null ? filling : sealed.isEmpty() ? inFlight : sealed.peekLast();
        if (last != null) {
            last.want(LogDurability.ALWAYS);
        } else if (durableSequence < writtenSequence) {
            syncNow();
        } else {
            loop.execute(this::tellSyncWaiters);
        }
    }

    /**
     * The next record goes to a segment that has none yet.
     *
     * @return its id
     */
    long startSegment() {
        seal();
        if (encodeOffset != RecordFormat.BLOCK_BYTES) {
            nextSegment();
        }
        floorSegment = encodeSegment;
        return encodeSegment;
    }

    /** The snapshot for which a segment was started has failed. */
    void forgetStartedSegment() {
        floorSegment = 0;
    }

    /** Whether a segment is in use, or ready to be. */
    boolean hasSegment(long id) {
        return current.id() >= id || (current.id() + 1 == id && segments.isReady());
    }

    private Batch batchFor(int size) {
        Batch batch = filling;
        if (batch != null
                && (batch.lengthBytes() + size > config.maxBatchBytes()
                        || batch.endOffset() + size > sizeOf(batch.segmentId()))) {
            seal();
            batch = null;
        }
        if (batch == null) {
            if (encodeOffset + size > sizeOf(encodeSegment)) {
                nextSegment();
            }
            batch = pool.isEmpty() ? new Batch(aio.alignedAllocator(), format) : pool.pop();
            filling = batch.begin(encodeSegment, encodeOffset, nextSequence, size);
        }
        return batch;
    }

    /** The segment in use may have been made with another setting. */
    private int sizeOf(long segment) {
        return segment == current.id() ? current.sizeBytes() : config.segmentBytes();
    }

    private void nextSegment() {
        encodeSegment++;
        encodeOffset = RecordFormat.BLOCK_BYTES;
    }

    private void seal() {
        Batch batch = filling;
        if (batch != null) {
            filling = null;
            if (config.padded()) {
                batch.pad(sizeOf(batch.segmentId()));
            }
            encodeOffset = batch.endOffset();
            sealed.add(batch);
        }
    }

    // ---- writing -------------------------------------------------------------------------------------------------

    /** At the end of the tick, so that all its appends go together. */
    private void pumpSoon() {
        if (inFlight == null && !pumpAsked) {
            pumpAsked = true;
            try {
                loop.execute(pump);
            } catch (RejectedExecutionException loopHasEnded) {
                // Whoever brings its last completions goes on with what is pending.
                pumpNow();
            }
        }
    }

    private void pumpNow() {
        pumpAsked = false;
        if (inFlight != null || rolling) {
            return;
        }
        if (broken || full) {
            // Everything has failed. Who closes the log may have waited for the sync before the next segment.
            owner.idle();
            return;
        }
        if (gathers()) {
            return;
        }
        if (sealed.isEmpty()) {
            seal();
        }
        Batch batch = sealed.peekFirst();
        if (batch == null) {
            owner.idle();
        } else if (batch.segmentId() == current.id() || roll()) {
            sealed.removeFirst();
            write(batch);
        }
    }

    /**
     * Whether records still come with each turn of the loop, so that the batch is to wait for the next turn. Whoever was
     * acknowledged by the batch before answers at about the same time: to sync for the first of them makes the others wait
     * for a sync more, and costs one. No longer than a commit usually takes; and as soon as a turn brings nothing, the
     * batch goes, so one caller alone does not wait.
     */
    private boolean gathers() {
        Batch batch = filling;
        if (batch == null
                || !batch.isAlways()
                || !sealed.isEmpty()
                || nextSequence == gatheredSequence
                || loop.isShuttingDown()
                || System.nanoTime() - gatherBeganNanos > usualCommitNanos) {
            return false;
        }
        gatheredSequence = nextSequence;
        pumpAsked = true;
        // A plain task would run before the loop looks at its sockets again. But a loop that shuts down drops timers.
        var unused = loop.schedule(pump, 0, TimeUnit.NANOSECONDS).addListener(ran -> {
            if (ran.isCancelled()) {
                pumpNow();
            }
        });
        return true;
    }

    private void write(Batch batch) {
        inFlight = batch;
        commitBeganNanos = System.nanoTime();
        batch.finish(log, durableSequence, lastBlock);
        boolean direct = current.file().isDirect();
        ByteBuf bytes = direct ? batch.retainedBlocks() : batch.retainedBytes();
        int at = direct ? batch.startOffset() & -RecordFormat.BLOCK_BYTES : batch.startOffset();
        // One operation instead of two, unless there is something before it that it would not cover.
        if (batch.isAlways() && durableSequence == writtenSequence) {
            current.file().writeDurably(bytes, at, batch, writtenDurably);
        } else {
            current.file().write(bytes, at, batch, written);
        }
    }

    private void writtenDurably(long bytes, @Nullable Throwable cause, Batch batch) {
        if (batch != inFlight) {
            return; // has failed with everything else meanwhile
        }
        if (cause != null) {
            writeFailed(cause, batch);
            return;
        }
        wrote(batch);
        synced(bytes, null, batch);
    }

    private void written(long bytes, @Nullable Throwable cause, Batch batch) {
        if (batch != inFlight) {
            return; // has failed with everything else meanwhile
        }
        if (cause != null) {
            writeFailed(cause, batch);
            return;
        }
        wrote(batch);
        if (batch.isAlways()) {
            current.file().fdatasync(batch, synced);
        } else {
            if (batch.isSoon()) {
                syncSoon();
            }
            done(batch);
        }
    }

    private void wrote(Batch batch) {
        batch.copyLastBlock(lastBlock);
        writtenOffset = batch.endOffset();
        writtenSequence = batch.nextSequence() - 1;
        commits++;
        records += batch.count();
    }

    private void writeFailed(Throwable cause, Batch batch) {
        if (Segments.isNoRoom(cause)) {
            strayEnd = batch.endOffset();
            runFull(cause);
            retryLater();
        } else {
            runBroken("a write to " + FileNames.segment(current.id()) + " has failed", cause);
        }
    }

    private void synced(long unused, @Nullable Throwable cause, Batch batch) {
        if (batch != inFlight) {
            return;
        }
        if (cause != null) {
            runBroken("a sync of " + FileNames.segment(current.id()) + " has failed", cause);
            return;
        }
        syncs++;
        durableSequence = writtenSequence;
        done(batch);
    }

    private void done(Batch batch) {
        inFlight = null;
        long now = System.nanoTime();
        long commitNanos = now - commitBeganNanos;
        longestCommitNanos = Math.max(longestCommitNanos, commitNanos);
        usualCommitNanos += (commitNanos - usualCommitNanos) / 8;
        owner.released(batch.count(), batch.recordBytes());
        gatherBeganNanos = now;
        if (!sealed.isEmpty()) {
            // First, so that the disk works while callers are told.
            pumpNow();
        }
        batch.acknowledge(null);
        tellSyncWaiters();
        recycle(batch);
        pumpSoon();
    }

    private void recycle(Batch batch) {
        batch.reset(config.maxBatchBytes());
        if (pool.size() < MOST_POOLED && !broken) {
            pool.push(batch);
        } else {
            batch.release();
        }
    }

    // ---- syncs of their own --------------------------------------------------------------------------------------

    private void syncSoon() {
        if (!soonScheduled) {
            soonScheduled = true;
            var unused = loop.schedule(
                    () -> {
                        soonScheduled = false;
                        if (durableSequence < writtenSequence && !broken) {
                            syncNow();
                        }
                    },
                    SOON_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }

    private void syncNow() {
        long upTo = writtenSequence;
        current.file().fdatasync(this, (unused, cause, self) -> {
            if (broken) {
                return; // one that succeeds after one that has failed proves nothing
            }
            if (cause == null) {
                syncs++;
                durableSequence = Math.max(durableSequence, upTo);
                tellSyncWaiters();
            } else {
                runBroken("a sync of " + FileNames.segment(current.id()) + " has failed", cause);
            }
        });
    }

    private void tellSyncWaiters() {
        SyncWaiter first;
        while ((first = syncWaiters.peekFirst()) != null && first.sequence() <= durableSequence) {
            syncWaiters.removeFirst();
            Callbacks.call(first.callback(), first.sequence(), null, first.attachment());
        }
    }

    // ---- segments ------------------------------------------------------------------------------------------------

    /**
     * Goes on to the next segment.
     *
     * @return false where that takes a while: the pump is called again
     */
    private boolean roll() {
        if (durableSequence < writtenSequence) {
            rolling = true;
            long upTo = writtenSequence;
            current.file().fdatasync(this, (unused, cause, self) -> {
                rolling = false;
                if (broken) {
                    pumpNow();
                } else if (cause == null) {
                    syncs++;
                    durableSequence = Math.max(durableSequence, upTo);
                    tellSyncWaiters();
                    pumpNow();
                } else {
                    runBroken("a sync of " + FileNames.segment(current.id()) + " has failed", cause);
                }
            });
            return false;
        }
        Throwable failure = segments.failure();
        Segment next = segments.take();
        if (next == null) {
            if (failure != null) {
                segmentFailed(failure);
            }
            return false;
        }
        long left = current.id();
        var unused = current.file().close().addListener(closed -> owner.left(left));
        current = next;
        writtenOffset = RecordFormat.BLOCK_BYTES;
        return true;
    }

    @Override
    public void segmentSettled() {
        Throwable failure = segments.failure();
        boolean needed = !sealed.isEmpty() && sealed.getFirst().segmentId() != current.id();
        if (full) {
            leaveFull();
        } else if (needed && failure != null && inFlight == null) {
            segmentFailed(failure);
        } else {
            pumpNow();
        }
    }

    private void segmentFailed(Throwable cause) {
        if (Segments.isNoRoom(cause)) {
            runFull(cause);
        } else {
            runBroken("no new segment can be made", cause);
        }
    }

    // ---- failures ------------------------------------------------------------------------------------------------

    private void runFull(Throwable cause) {
        if (broken) {
            return;
        }
        full = true;
        failPending(owner.full(cause));
    }

    private void leaveFull() {
        if (full && !broken && strayEnd == 0 && segments.isReady()) {
            full = false;
            owner.roomAgain();
            pumpNow();
        }
    }

    private void retryLater() {
        var unused = loop.schedule(this::erase, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Overwrites what a failed write may have left with zeros, since its callers were told that it is not there. */
    private void erase() {
        if (broken || strayEnd == 0) {
            return;
        }
        int begin = writtenOffset & -RecordFormat.BLOCK_BYTES;
        int end = (strayEnd + RecordFormat.BLOCK_BYTES - 1) & -RecordFormat.BLOCK_BYTES;
        ByteBuf blocks = aio.alignedAllocator().directBuffer(end - begin);
        blocks.writeBytes(lastBlock, 0, writtenOffset - begin).writeZero(end - writtenOffset);
        current.file().write(blocks, begin, this, (bytes, cause, self) -> {
            if (cause == null) {
                current.file().fdatasync(this, (unused, syncCause, same) -> {
                    if (syncCause == null) {
                        strayEnd = 0;
                        segments.prepare();
                        leaveFull();
                    } else {
                        runBroken("a sync of " + FileNames.segment(current.id()) + " has failed", syncCause);
                    }
                });
            } else if (Segments.isNoRoom(cause)) {
                retryLater();
            } else {
                runBroken("a write to " + FileNames.segment(current.id()) + " has failed", cause);
            }
        });
    }

    private void runBroken(String what, Throwable cause) {
        if (!broken) {
            broken = true;
            failPending(owner.broken(what, cause));
        }
    }

    /** Everything that is not written yet fails; the next record takes the number of the first of these. */
    private void failPending(LogException cause) {
        List<Batch> failed = new ArrayList<>();
        if (inFlight != null) {
            failed.add(inFlight);
        }
        failed.addAll(sealed);
        if (filling != null) {
            failed.add(filling);
        }
        List<SyncWaiter> waiters = new ArrayList<>(syncWaiters);
        inFlight = null;
        filling = null;
        sealed.clear();
        syncWaiters.clear();
        encodeSegment = current.id();
        encodeOffset = writtenOffset;
        if (encodeSegment < floorSegment) {
            nextSegment();
        }
        nextSequence = writtenSequence + 1;
        for (Batch batch : failed) {
            owner.released(batch.count(), batch.recordBytes());
            batch.acknowledge(cause);
            recycle(batch);
        }
        for (SyncWaiter waiter : waiters) {
            Callbacks.call(waiter.callback(), 0, cause, waiter.attachment());
        }
        owner.idle();
    }

    // ---- the end, and figures ------------------------------------------------------------------------------------

    boolean isIdle() {
        return inFlight == null && filling == null && sealed.isEmpty() && !rolling;
    }

    /** Gives back its memory; nothing is pending any more. */
    void release() {
        broken = true;
        pool.forEach(Batch::release);
        pool.clear();
        lastBlock.release();
    }

    boolean isFull() {
        return full;
    }

    Segment current() {
        return current;
    }

    int writtenOffset() {
        return writtenOffset;
    }

    long lastSequence() {
        return nextSequence - 1;
    }

    long writtenSequence() {
        return writtenSequence;
    }

    long durableSequence() {
        return durableSequence;
    }

    long commits() {
        return commits;
    }

    long syncs() {
        return syncs;
    }

    long records() {
        return records;
    }

    long longestCommitNanos() {
        return longestCommitNanos;
    }
}
