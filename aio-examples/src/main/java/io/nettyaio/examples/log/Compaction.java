package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Writes one snapshot, under a temporary name, and publishes it: when everything that was appended until its last record
 * is durable, and it is itself, it is renamed and the directory synced. Only then the caller may remove what it stands
 * for. A crash at any point leaves the old files or the new one. On the loop.
 */
final class Compaction {

    private static final int CHUNK_BYTES = 256 * 1024;

    private final LogDirectory directory;
    private final LogId log;
    private final Committer committer;
    private final SnapshotSource source;
    private final long sequence;
    private final long firstSegment;
    private final Pace pace;
    private final RecordFormat format = new RecordFormat();
    private long count;
    private long offset = RecordFormat.BLOCK_BYTES;
    private @Nullable LogException aborted;

    /**
     * @param sequence     of the last record that the snapshot stands for
     * @param firstSegment the one that the next record goes to
     */
    Compaction(
            LogDirectory directory,
            LogConfig config,
            LogId log,
            Committer committer,
            SnapshotSource source,
            long sequence,
            long firstSegment) {
        this.directory = directory;
        this.log = log;
        this.committer = committer;
        this.source = source;
        this.sequence = sequence;
        this.firstSegment = firstSegment;
        this.pace = new Pace(directory.aio().eventLoop(), config.backgroundShare(), () -> aborted != null);
        format.seed(log, FileHeader.snapshotSeed(sequence));
    }

    long sequence() {
        return sequence;
    }

    long firstSegment() {
        return firstSegment;
    }

    /** Gives it up at the next step. */
    void abort(LogException why) {
        if (aborted == null) {
            aborted = why;
        }
    }

    /** Completes with the snapshot's size once it is published. */
    CompletionStage<Long> run() {
        String temporary = FileNames.snapshot(sequence) + FileNames.TEMPORARY;
        return directory
                .openForWriting(temporary, AioOpenOption.CREATE, AioOpenOption.TRUNCATE, AioOpenOption.WRITE)
                .thenCompose(file -> writeRecords(file)
                        .thenCompose(unused -> writeHeader(file))
                        .thenCompose(unused -> file.fsync().toCompletionStage())
                        .handle((done, thrown) -> close(file, thrown))
                        .thenCompose(closed -> closed))
                .thenCompose(unused -> everythingDurable())
                .thenCompose(unused -> directory.rename(temporary, FileNames.snapshot(sequence)))
                .thenCompose(unused -> directory.sync())
                .thenApply(unused -> offset)
                .handle((bytes, thrown) -> thrown == null
                        ? CompletableFuture.completedFuture(bytes)
                        : directory
                                .unlink(temporary)
                                .handle((a, b) -> null)
                                .thenCompose(unused -> CompletableFuture.<Long>failedFuture(Stages.cause(thrown))))
                .thenCompose(stage -> stage);
    }

    private static CompletionStage<Void> close(AioFile file, @Nullable Throwable thrown) {
        return file.close().toCompletionStage().thenAccept(closed -> {
            if (thrown != null) {
                throw new CompletionException(Stages.cause(thrown));
            }
        });
    }

    private CompletionStage<Void> writeRecords(AioFile file) {
        Chunk chunk = new Chunk(directory.aio().alignedAllocator().directBuffer(2 * CHUNK_BYTES));
        boolean more;
        try {
            checkNotAborted();
            more = source.write(chunk);
            if (!more) {
                chunk.end();
            }
        } catch (Exception | Error refused) {
            chunk.out.release();
            return CompletableFuture.failedFuture(
                    refused instanceof LogException
                            ? refused
                            : new LogException(
                                    LogException.Kind.SNAPSHOT, "the source of the snapshot has failed", refused));
        }
        long at = offset;
        int length = chunk.out.readableBytes();
        offset += length;
        CompletionStage<Void> written = pace.run(() -> file.write(chunk.out, at)
                .toCompletionStage()
                // Or the page cache takes it all, and the sync at the end keeps the disk from everybody else.
                .thenCompose(n -> file.syncRange(at, length).toCompletionStage()));
        return more ? written.thenCompose(unused -> writeRecords(file)) : written;
    }

    /** Last: without it there is no snapshot. */
    private CompletionStage<?> writeHeader(AioFile file) {
        ByteBuf block = directory.aio().alignedAllocator().directBuffer(RecordFormat.BLOCK_BYTES);
        FileHeader.snapshot(log, sequence, firstSegment, committer.hasSegment(firstSegment))
                .encode(block);
        return file.write(block, 0).toCompletionStage();
    }

    /** The source may have given effects of records that are not durable yet. */
    private CompletionStage<Void> everythingDurable() {
        CompletableFuture<Void> durable = new CompletableFuture<>();
        try {
            checkNotAborted();
        } catch (LogException refused) {
            durable.completeExceptionally(refused);
            return durable;
        }
        committer.sync(
                (upTo, failed, none) -> {
                    if (failed == null) {
                        durable.complete(null);
                    } else {
                        durable.completeExceptionally(failed);
                    }
                },
                null);
        return durable;
    }

    private void checkNotAborted() throws LogException {
        if (aborted != null) {
            throw aborted;
        }
    }

    /** What one call of the source adds. */
    private final class Chunk implements SnapshotSink {

        private final ByteBuf out;

        private Chunk(ByteBuf out) {
            this.out = out;
        }

        @Override
        public void record(int type, ByteBuf payload) {
            try {
                if (type < 0) {
                    throw new IllegalArgumentException("type=" + type + ": must not be below 0");
                }
                int at = out.writerIndex();
                format.encode(out, ++count, type, payload);
                format.finish(out, at, 0);
            } finally {
                payload.release();
            }
        }

        @Override
        public boolean isFull() {
            return out.readableBytes() >= CHUNK_BYTES;
        }

        private void end() {
            int at = out.writerIndex();
            format.encodeZeros(out, ++count, RecordFormat.TYPE_END, 0);
            format.finish(out, at, 0);
        }
    }
}
