package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Brings a log's directory into the state that appends go on from: reads it, cuts a torn end, removes what is left over.
 * Each step may be interrupted by a crash, and is then done again by the next opening. On the loop.
 */
final class Opening {

    private static final int CHUNK_BYTES = 256 * 1024;

    private final AioContext aio;
    private final LogConfig config;
    private final LogReplay replay;
    private LogLock lock = LogLock.none();
    private @Nullable LogDirectory directory;

    /**
     * A log, ready to go on.
     *
     * @param current   the segment to go on in; {@code null} where the first one is to be made
     * @param offset    where in it
     * @param lastBlock what the block holds that the offset lies in; the receiver's
     * @param next      the segment behind it, where it is there already
     */
    record Opened(
            LogDirectory directory,
            LogLock lock,
            LogContents contents,
            @Nullable Segment current,
            int offset,
            ByteBuf lastBlock,
            @Nullable Segment next) {}

    Opening(AioContext aio, LogConfig config, LogReplay replay) {
        this.aio = aio;
        this.config = config;
        this.replay = replay;
    }

    CompletionStage<Opened> run() {
        return CompletableFuture.completedFuture(config.directory())
                .thenCompose(path -> LogDirectory.open(aio, path, config.ioClass()))
                .thenCompose(opened -> {
                    directory = opened;
                    return config.exclusive()
                            ? LogLock.take(config.directory(), aio.eventLoop())
                            : CompletableFuture.completedFuture(LogLock.none());
                })
                .thenCompose(taken -> {
                    lock = taken;
                    return new LogReader(directory(), Segments.options(config), replay).read();
                })
                .thenCompose(this::prepare)
                .handle((opened, thrown) -> thrown == null
                        ? CompletableFuture.completedFuture(opened)
                        : giveBack()
                                .thenCompose(unused -> CompletableFuture.<Opened>failedFuture(Stages.cause(thrown))))
                .thenCompose(stage -> stage);
    }

    private CompletionStage<Void> giveBack() {
        LogDirectory opened = directory;
        CompletionStage<Void> closed = opened == null ? CompletableFuture.completedFuture(null) : opened.close();
        return closed.handle((a, b) -> null).thenCompose(unused -> lock.release(aio.eventLoop()));
    }

    private CompletionStage<Opened> prepare(LogContents contents) {
        return removeLeftover(contents)
                .thenCompose(unused -> contents.endSegment() == 0
                        ? CompletableFuture.completedFuture(
                                opened(contents, null, RecordFormat.BLOCK_BYTES, newBlock(), null))
                        : openEnd(contents));
    }

    /**
     * Segments behind the end go before anything is appended, durably: the records in them have numbers that are used
     * again.
     */
    private CompletionStage<Void> removeLeftover(LogContents contents) {
        List<String> names = new ArrayList<>(contents.superfluous());
        contents.leftover().forEach(id -> names.add(FileNames.segment(id)));
        CompletionStage<Void> removed = CompletableFuture.completedFuture(null);
        for (String name : names) {
            removed = removed.thenCompose(unused -> directory().unlink(name));
        }
        return names.isEmpty()
                ? removed
                : removed.thenCompose(unused -> directory().sync());
    }

    private CompletionStage<Opened> openEnd(LogContents contents) {
        int offset = Math.toIntExact(contents.endOffset());
        ByteBuf block = newBlock();
        return openSegment(contents, contents.endSegment())
                .whenComplete((segment, thrown) -> {
                    if (thrown != null) {
                        block.release();
                    }
                })
                .thenCompose(segment -> {
                    CompletionStage<Opened> opened = readBlock(segment.file(), offset, block)
                            .thenCompose(unused -> erase(segment, offset, contents.usedEndBytes(), block))
                            // What was read may be in the page cache only, if it was a process that ended and not the
                            // machine.
                            .thenCompose(unused -> segment.file().fdatasync().toCompletionStage())
                            .thenCompose(unused -> contents.empty() == null
                                    ? CompletableFuture.<@Nullable Segment>completedFuture(null)
                                    : openSegment(contents, contents.empty().id()))
                            .thenApply(next -> opened(contents, segment, offset, block, next));
                    return opened.whenComplete((ok, thrown) -> {
                        if (thrown != null) {
                            block.release();
                            var unused = segment.file().close();
                        }
                    });
                });
    }

    private CompletionStage<Segment> openSegment(LogContents contents, long id) {
        long size = contents.segments().stream()
                .filter(segment -> segment.id() == id)
                .findFirst()
                .orElseThrow()
                .sizeBytes();
        return directory()
                .openForWriting(FileNames.segment(id), Segments.options(config))
                .thenApply(file -> new Segment(id, file, Math.toIntExact(size)));
    }

    private CompletionStage<Void> readBlock(AioFile file, int offset, ByteBuf block) {
        int begin = offset & -RecordFormat.BLOCK_BYTES;
        if (begin == offset) {
            return CompletableFuture.completedFuture(null);
        }
        return file.read(begin, offset - begin).toCompletionStage().thenAccept(bytes -> {
            block.setBytes(0, bytes, bytes.readerIndex(), bytes.readableBytes());
            bytes.release();
        });
    }

    /** Zeros over what a torn batch has left, so that it cannot come back behind records that are shorter. */
    private CompletionStage<Void> erase(Segment segment, int offset, long usedEnd, ByteBuf lastBlock) {
        if (usedEnd <= offset) {
            return CompletableFuture.completedFuture(null);
        }
        int begin = offset & -RecordFormat.BLOCK_BYTES;
        int head = offset - begin;
        int length = Math.min(CHUNK_BYTES, segment.sizeBytes() - begin);
        ByteBuf blocks = aio.alignedAllocator().directBuffer(length);
        blocks.writeBytes(lastBlock, 0, head).writeZero(length - head);
        return segment.file()
                .write(blocks, begin)
                .toCompletionStage()
                .thenCompose(unused -> erase(segment, begin + length, usedEnd, lastBlock));
    }

    private Opened opened(
            LogContents contents, @Nullable Segment current, int offset, ByteBuf lastBlock, @Nullable Segment next) {
        return new Opened(directory(), lock, contents, current, offset, lastBlock, next);
    }

    private ByteBuf newBlock() {
        return aio.alignedAllocator().directBuffer(RecordFormat.BLOCK_BYTES).writeZero(RecordFormat.BLOCK_BYTES);
    }

    private LogDirectory directory() {
        LogDirectory opened = directory;
        if (opened == null) {
            throw new IllegalStateException("not open");
        }
        return opened;
    }
}
