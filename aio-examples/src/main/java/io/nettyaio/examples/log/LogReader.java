package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.examples.log.LogContents.SegmentFile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log from its newest snapshot to its end, and decides where that is. Changes nothing.
 *
 * <p>Records are good as long as their checks match and their sequences follow each other. At the first one that is not,
 * the log has ended: with a torn batch, or none. But if anything behind that place proves that the missing record had
 * been durable (each record says up to where the log was durable when it was written), it is damaged, and refused.
 *
 * <p>One use. On the loop.
 */
final class LogReader {

    private final LogDirectory directory;
    private final AioOpenOption[] options;
    private final LogReplay replay;
    private final RecordFormat format = new RecordFormat();

    private final List<SegmentFile> segments = new ArrayList<>();
    private final List<String> superfluous = new ArrayList<>();
    private final List<Long> oldSegments = new ArrayList<>();
    private List<Long> ids = new ArrayList<>();
    private @Nullable LogId log;
    private long snapshot;
    private long snapshotBytes;
    private long firstSegment = 1;
    private boolean firstMustExist;
    private long last;

    LogReader(LogDirectory directory, AioOpenOption[] options, LogReplay replay) {
        this.directory = directory;
        this.options = options;
        this.replay = replay;
    }

    /** Reads everything. Fails with a {@link LogException} that says what is damaged, and where. */
    CompletionStage<LogContents> read() {
        return directory.list().thenCompose(this::readSnapshot).thenCompose(unused -> readSegments());
    }

    // ---- the snapshot --------------------------------------------------------------------------------------------

    private CompletionStage<Void> readSnapshot(List<String> names) {
        List<Long> snapshots = new ArrayList<>();
        for (String name : names) {
            if (FileNames.isTemporary(name)) {
                superfluous.add(name);
            } else if (FileNames.segmentId(name) > 0) {
                ids.add(FileNames.segmentId(name));
            } else if (FileNames.snapshotSequence(name) >= 0) {
                snapshots.add(FileNames.snapshotSequence(name));
            }
        }
        Collections.sort(ids);
        Collections.sort(snapshots);
        if (snapshots.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        snapshot = snapshots.remove(snapshots.size() - 1);
        snapshots.forEach(older -> superfluous.add(FileNames.snapshot(older)));
        return withFile(FileNames.snapshot(snapshot), this::readSnapshotFile);
    }

    private CompletionStage<Void> readSnapshotFile(AioFile file) {
        String name = FileNames.snapshot(snapshot);
        return header(file, name, FileHeader.SNAPSHOT, snapshot).thenCompose(header -> {
            log = header.log();
            firstSegment = header.firstSegment();
            firstMustExist = header.sizeBytes() != 0;
            last = snapshot;
            format.seed(header.log(), FileHeader.snapshotSeed(snapshot));
            return file.size().toCompletionStage().thenCompose(size -> {
                snapshotBytes = size;
                return readSnapshotRecords(new RecordScan(name, file, size, format), name);
            });
        });
    }

    private CompletionStage<Void> readSnapshotRecords(RecordScan scan, String name) {
        long[] count = new long[1];
        boolean[] ended = new boolean[1];
        return scan.walk(RecordFormat.BLOCK_BYTES, (window, at, offset) -> {
                    if (ended[0] || RecordFormat.sequence(window, at) != count[0] + 1) {
                        return false;
                    }
                    count[0]++;
                    int type = RecordFormat.type(window, at);
                    if (type == RecordFormat.TYPE_END) {
                        ended[0] = true;
                    } else if (type < 0) {
                        return false;
                    } else {
                        replay.snapshotRecord(type, payload(window, at));
                    }
                    return true;
                })
                .thenAccept(end -> {
                    if (!ended[0]) {
                        throw new CompletionException(
                                LogException.corrupt(name, end, "the snapshot is damaged: " + scan.badReason()));
                    }
                });
    }

    private static ByteBuf payload(ByteBuf window, int at) {
        return window.slice(at + RecordFormat.HEADER_BYTES, RecordFormat.length(window, at));
    }

    // ---- the segments --------------------------------------------------------------------------------------------

    private CompletionStage<LogContents> readSegments() {
        while (!ids.isEmpty() && ids.get(0) < firstSegment) {
            oldSegments.add(ids.remove(0));
        }
        if (ids.isEmpty()) {
            if (snapshot > 0 && firstMustExist) {
                return failed(missing(firstSegment));
            }
            return CompletableFuture.completedFuture(contents(0, 0, 0, List.of(), null));
        }
        for (int i = 0; i < ids.size(); i++) {
            if (ids.get(i) != firstSegment + i) {
                return failed(missing(firstSegment + i));
            }
        }
        return readSegment(0);
    }

    private LogException missing(long id) {
        return LogException.corrupt(FileNames.segment(id), 0, "the file is missing, and others go on from it");
    }

    private CompletionStage<LogContents> readSegment(int index) {
        String name = FileNames.segment(ids.get(index));
        return withFile(
                        name,
                        file -> checkSegment(file, index).thenCompose(size -> {
                            RecordScan scan = new RecordScan(name, file, size, format);
                            return scan.walk(RecordFormat.BLOCK_BYTES, this::replayRecord)
                                    .thenCompose(end -> ended(scan, index, end));
                        }))
                .thenCompose(next -> next == null ? readSegment(index + 1) : CompletableFuture.completedFuture(next));
    }

    /** Its header and size; gives the size. */
    private CompletionStage<Long> checkSegment(AioFile file, int index) {
        long id = ids.get(index);
        String name = FileNames.segment(id);
        return header(file, name, FileHeader.SEGMENT, id)
                .thenCompose(header -> file.size().toCompletionStage().thenApply(size -> {
                    if (log != null && !log.equals(header.log())) {
                        throw new CompletionException(LogException.corrupt(name, 0, "the file belongs to another log"));
                    }
                    if (size != header.sizeBytes()) {
                        throw new CompletionException(LogException.corrupt(
                                name,
                                size,
                                "the file has been cut: it was made with " + header.sizeBytes() + " bytes"));
                    }
                    log = header.log();
                    format.seed(header.log(), id);
                    if (segments.size() == index) {
                        segments.add(new SegmentFile(id, size));
                    }
                    return size;
                }));
    }

    private boolean replayRecord(ByteBuf window, int at, long offset) {
        long sequence = RecordFormat.sequence(window, at);
        int type = RecordFormat.type(window, at);
        if (type < 0) {
            return sequence == last && (type == RecordFormat.TYPE_MARK || type == RecordFormat.TYPE_PAD);
        }
        if (sequence != last + 1) {
            return false;
        }
        replay.record(sequence, type, payload(window, at));
        last = sequence;
        return true;
    }

    /** The segment's records have ended: does the next one go on from there? Gives {@code null} where it does. */
    private CompletionStage<@Nullable LogContents> ended(RecordScan scan, int index, long end) {
        String reason = scan.badReason();
        CompletionStage<Boolean> goesOn =
                index + 1 < ids.size() ? beginsWithNext(index + 1) : CompletableFuture.completedFuture(false);
        return goesOn.thenCompose(yes -> {
            if (yes) {
                return CompletableFuture.completedFuture(null);
            }
            format.seed(log(), ids.get(index));
            return scan.examine(end, last + 1).thenCompose(rest -> {
                if (rest.evidence() >= 0) {
                    return failed(damaged(index, end, reason, index, rest.evidence()));
                }
                return examineLater(index + 1, index, end, reason, null, new ArrayList<>())
                        .thenApply(behind ->
                                contents(ids.get(index), end, rest.usedEndBytes(), behind.leftover(), behind.empty()));
            });
        });
    }

    private CompletionStage<Boolean> beginsWithNext(int index) {
        String name = FileNames.segment(ids.get(index));
        boolean[] found = new boolean[1];
        return withFile(
                name,
                file -> checkSegment(file, index)
                        .thenCompose(size -> new RecordScan(name, file, size, format)
                                .walk(RecordFormat.BLOCK_BYTES, (window, at, offset) -> {
                                    // A mark or a padding has the number of the record before it.
                                    long behind = RecordFormat.type(window, at) < 0 ? last : last + 1;
                                    found[0] = RecordFormat.sequence(window, at) == behind;
                                    return false;
                                }))
                        .thenApply(unused -> found[0]));
    }

    private record Behind(List<Long> leftover, @Nullable SegmentFile empty) {}

    /** What the segments behind the end hold must not matter, and is looked at to be sure of it. */
    private CompletionStage<Behind> examineLater(
            int index, int endIndex, long end, String reason, @Nullable SegmentFile empty, List<Long> leftover) {
        if (index >= ids.size()) {
            return CompletableFuture.completedFuture(new Behind(leftover, empty));
        }
        long id = ids.get(index);
        String name = FileNames.segment(id);
        return withFile(
                        name,
                        file -> checkSegment(file, index)
                                .thenCompose(size -> new RecordScan(name, file, size, format)
                                        .examine(RecordFormat.BLOCK_BYTES, last + 1)))
                .thenCompose(rest -> {
                    if (rest.evidence() >= 0) {
                        return failed(damaged(endIndex, end, reason, index, rest.evidence()));
                    }
                    // The first one may be used as it is, if it never was.
                    boolean usable = index == endIndex + 1 && rest.usedEndBytes() == RecordFormat.BLOCK_BYTES;
                    if (!usable) {
                        leftover.add(id);
                    }
                    return examineLater(
                            index + 1, endIndex, end, reason, usable ? segments.get(index) : empty, leftover);
                });
    }

    private LogException damaged(int index, long end, String reason, int laterIndex, long later) {
        return LogException.corrupt(
                FileNames.segment(ids.get(index)),
                end,
                "record " + (last + 1) + " is missing (" + reason
                        + "), but was there: a later one was written after it had" + " become durable, in "
                        + FileNames.segment(ids.get(laterIndex)) + " at " + later);
    }

    private LogContents contents(
            long endSegment, long end, long usedEnd, List<Long> leftover, @Nullable SegmentFile empty) {
        long next = endSegment == 0 ? firstSegment : empty == null ? endSegment + 1 : empty.id() + 1;
        return new LogContents(
                log == null ? LogId.random() : log,
                snapshot,
                snapshotBytes,
                segments,
                endSegment,
                end,
                usedEnd,
                last,
                next,
                leftover,
                empty,
                superfluous,
                oldSegments);
    }

    // ---- small ---------------------------------------------------------------------------------------------------

    private CompletionStage<FileHeader> header(AioFile file, String name, int kind, long id) {
        return file.read(0, RecordFormat.BLOCK_BYTES).toCompletionStage().thenApply(block -> {
            try {
                return FileHeader.decode(block, name, kind, id);
            } catch (LogException refused) {
                throw new CompletionException(refused);
            } finally {
                block.release();
            }
        });
    }

    /** Opens, uses and closes a file. */
    private <V> CompletionStage<V> withFile(String name, Function<AioFile, CompletionStage<V>> use) {
        return directory.open(name, options).thenCompose(file -> {
            CompletionStage<V> used;
            try {
                used = use.apply(file);
            } catch (RuntimeException thrown) {
                used = failed(thrown);
            }
            return used.handle((value, thrown) -> file.close()
                            .toCompletionStage()
                            .handle((closed, unclosed) -> {
                                if (thrown != null) {
                                    throw new CompletionException(Stages.cause(thrown));
                                }
                                return value;
                            }))
                    .thenCompose(closed -> closed);
        });
    }

    private LogId log() {
        LogId known = log;
        if (known == null) {
            throw new IllegalStateException("no file read yet");
        }
        return known;
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <V> CompletionStage<V> failed(Throwable cause) {
        return CompletableFuture.failedFuture(cause);
    }
}
