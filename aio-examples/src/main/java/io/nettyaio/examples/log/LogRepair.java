package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log without opening it for appends, and makes one readable again that {@link WriteAheadLog#open} refuses: by
 * giving up what comes from the damaged place on. What is given up is kept beside, in files that end in {@code .damaged}.
 *
 * <p><b>Threading.</b> Any thread; completes on the context's loop. The directory is locked meanwhile.
 */
public final class LogRepair {

    private static final String ASIDE = ".damaged";
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final AioOpenOption[] READ = {AioOpenOption.READ};

    private final LogDirectory directory;
    private final List<String> actions = new ArrayList<>();

    private LogRepair(LogDirectory directory) {
        this.directory = directory;
    }

    /**
     * What a repair has done.
     *
     * @param actions what it did, one sentence each; none where nothing was damaged
     * @param summary what the log holds now
     */
    public record Outcome(List<String> actions, LogSummary summary) {}

    /**
     * Reads a whole log and changes nothing.
     *
     * @param replay gets what it holds, up to the end or the damage
     * @return fails with a {@link LogException} where it is damaged
     */
    public static Future<LogSummary> verify(AioContext aio, Path path, LogReplay replay) {
        return locked(
                aio,
                path,
                directory -> new LogReader(directory, READ, replay).read().thenApply(LogSummary::of));
    }

    /** Gives up what is damaged, and what comes behind it. */
    public static Future<Outcome> repair(AioContext aio, Path path) {
        return locked(aio, path, directory -> {
            LogRepair repair = new LogRepair(directory);
            return repair.untilReadable(aio, path).thenApply(summary -> new Outcome(repair.actions, summary));
        });
    }

    private static <V> Future<V> locked(AioContext aio, Path path, Function<LogDirectory, CompletionStage<V>> use) {
        Promise<V> promise = aio.eventLoop().newPromise();
        aio.eventLoop().execute(() -> {
            var unused = LogDirectory.existing(aio, path)
                    .thenCompose(directory -> LogLock.take(path, aio.eventLoop())
                            .thenCompose(lock -> use.apply(directory)
                                    .handle((value, thrown) -> lock.release(aio.eventLoop())
                                            .thenApply(released -> valueOrThrow(value, thrown)))
                                    .thenCompose(stage -> stage))
                            .handle((value, thrown) ->
                                    directory.close().handle((closed, unclosed) -> valueOrThrow(value, thrown)))
                            .thenCompose(stage -> stage))
                    .whenComplete((value, thrown) -> {
                        if (thrown == null) {
                            promise.trySuccess(value);
                        } else {
                            promise.tryFailure(Stages.cause(thrown));
                        }
                    });
        });
        return promise;
    }

    private static <V> V valueOrThrow(V value, @Nullable Throwable thrown) {
        if (thrown != null) {
            throw new CompletionException(Stages.cause(thrown));
        }
        return value;
    }

    // ---- repair --------------------------------------------------------------------------------------------------

    /** Each round removes one obstacle, and there are no more of them than files. */
    private CompletionStage<LogSummary> untilReadable(AioContext aio, Path path) {
        return LogDirectory.existing(aio, path)
                .thenCompose(fresh -> new LogReader(fresh, READ, (sequence, type, payload) -> {})
                        .read()
                        .handle((contents, thrown) -> fresh.close().thenCompose(closed -> {
                            if (thrown == null) {
                                return CompletableFuture.completedFuture(LogSummary.of(contents));
                            }
                            Throwable cause = Stages.cause(thrown);
                            String damaged =
                                    cause instanceof LogException refused && refused.kind() == LogException.Kind.CORRUPT
                                            ? refused.file()
                                            : null;
                            if (damaged == null) {
                                return CompletableFuture.<LogSummary>failedFuture(cause);
                            }
                            long offset = ((LogException) cause).offsetBytes();
                            return names(aio, path)
                                    .thenCompose(names -> remove(damaged, offset, names))
                                    .thenCompose(unused -> directory.sync())
                                    .thenCompose(unused -> untilReadable(aio, path));
                        }))
                        .thenCompose(stage -> stage));
    }

    private static CompletionStage<List<String>> names(AioContext aio, Path path) {
        return LogDirectory.existing(aio, path)
                .thenCompose(fresh -> fresh.list()
                        .thenCompose(names -> fresh.close().thenApply(closed -> {
                            Collections.sort(names);
                            return names;
                        })));
    }

    private CompletionStage<Void> remove(String name, long offset, List<String> names) {
        long id = FileNames.segmentId(name);
        if (id < 0 || !names.contains(name)) {
            // A snapshot, or a file that is missing: neither it nor what goes on from it can be used.
            return id < 0 ? setAside(name) : missing(id, names);
        }
        return directory
                .open(name, AioOpenOption.READ, AioOpenOption.WRITE)
                .thenCompose(file -> file.read(0, RecordFormat.BLOCK_BYTES)
                        .toCompletionStage()
                        .thenCompose(block -> {
                            FileHeader header = null;
                            try {
                                header = FileHeader.decode(block, name, FileHeader.SEGMENT, id);
                            } catch (LogException unreadable) {
                                // Nothing of the file can be used.
                            } finally {
                                block.release();
                            }
                            return header == null || offset < RecordFormat.BLOCK_BYTES
                                    ? setAsideFrom(id, names)
                                    : cut(file, name, header.sizeBytes(), offset)
                                            .thenCompose(wasCut -> wasCut
                                                    ? CompletableFuture.<Void>completedFuture(null)
                                                    : setAsideFrom(id + 1, names));
                        })
                        .handle((done, thrown) ->
                                file.close().toCompletionStage().thenAccept(closed -> valueOrThrow("", thrown)))
                        .thenCompose(stage -> stage));
    }

    /** The first segment behind a snapshot must be there, if it was: without it, the snapshot is what is left. */
    private CompletionStage<Void> missing(long id, List<String> names) {
        CompletionStage<Void> later = setAsideFrom(id, names);
        String snapshot = names.stream()
                .filter(name -> FileNames.snapshotSequence(name) >= 0)
                .reduce((first, second) -> second)
                .orElse(null);
        if (snapshot == null) {
            return later;
        }
        long sequence = FileNames.snapshotSequence(snapshot);
        return later.thenCompose(unused -> directory.open(snapshot, AioOpenOption.READ, AioOpenOption.WRITE))
                .thenCompose(file -> file.read(0, RecordFormat.BLOCK_BYTES)
                        .toCompletionStage()
                        .thenCompose(block -> {
                            try {
                                FileHeader header = FileHeader.decode(block, snapshot, FileHeader.SNAPSHOT, sequence);
                                if (header.firstSegment() != id) {
                                    return CompletableFuture.completedFuture(0);
                                }
                                ByteBuf changed =
                                        directory.aio().alignedAllocator().directBuffer();
                                FileHeader.snapshot(header.log(), sequence, id, false)
                                        .encode(changed);
                                actions.add(snapshot + ": noted that no segment follows it");
                                return file.write(changed, 0).toCompletionStage();
                            } catch (LogException unreadable) {
                                return CompletableFuture.<Integer>failedFuture(unreadable);
                            } finally {
                                block.release();
                            }
                        })
                        .thenCompose(written -> file.fsync().toCompletionStage())
                        .thenCompose(synced -> file.close().toCompletionStage()));
    }

    private CompletionStage<Void> setAside(String name) {
        actions.add(name + ": set aside as " + name + ASIDE);
        return directory.rename(name, name + ASIDE);
    }

    private CompletionStage<Void> setAsideFrom(long id, List<String> names) {
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        for (String name : names) {
            if (FileNames.segmentId(name) >= id) {
                done = done.thenCompose(unused -> setAside(name));
            }
        }
        return done;
    }

    /**
     * Keeps a copy, gives the file its length and zeros from the damage on.
     *
     * @return whether all that was wrong was the length
     */
    private CompletionStage<Boolean> cut(AioFile file, String name, long sizeBytes, long from) {
        return file.size().toCompletionStage().thenCompose(size -> {
            boolean wasCut = size != sizeBytes;
            actions.add(
                    wasCut
                            ? name + ": was " + size + " bytes long instead of " + sizeBytes
                                    + ", the rest is zeros now; as it was: " + name + ASIDE
                            : name + ": given up from " + from + " on; as it was: " + name + ASIDE);
            return directory
                    .open(name + ASIDE, AioOpenOption.CREATE, AioOpenOption.TRUNCATE, AioOpenOption.WRITE)
                    .thenCompose(copy -> copy(file, copy, 0, size)
                            .thenCompose(unused -> copy.fsync().toCompletionStage())
                            .thenCompose(unused -> copy.close().toCompletionStage()))
                    .thenCompose(
                            unused -> file.truncate(Math.min(from, sizeBytes)).toCompletionStage())
                    .thenCompose(unused -> zeros(file, Math.min(from, sizeBytes), sizeBytes))
                    .thenCompose(unused -> file.fsync().toCompletionStage())
                    .thenApply(unused -> wasCut);
        });
    }

    private CompletionStage<Void> copy(AioFile from, AioFile to, long offset, long size) {
        if (offset >= size) {
            return CompletableFuture.completedFuture(null);
        }
        return from.read(offset, CHUNK_BYTES)
                .toCompletionStage()
                .thenCompose(bytes -> to.write(bytes, offset).toCompletionStage())
                .thenCompose(written -> copy(from, to, offset + written, size));
    }

    /** Written, not left as a hole: what is appended is to overwrite blocks. */
    private CompletionStage<Void> zeros(AioFile file, long offset, long size) {
        if (offset >= size) {
            return CompletableFuture.completedFuture(null);
        }
        int length = (int) Math.min(CHUNK_BYTES, size - offset);
        ByteBuf zeros = directory.aio().alignedAllocator().directBuffer(length).writeZero(length);
        return file.write(zeros, offset)
                .toCompletionStage()
                .thenCompose(written -> zeros(file, offset + written, size));
    }
}
