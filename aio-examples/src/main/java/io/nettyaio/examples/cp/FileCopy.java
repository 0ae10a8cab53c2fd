package io.nettyaio.examples.cp;

import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioStat;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Copies one regular file: opens it, looks at the target, fills a temporary file beside that, gives it its attributes,
 * makes it durable where that is asked for, closes it, and renames it. Whatever fails before the rename, and a stop too,
 * removes the temporary file. Loop-confined.
 */
final class FileCopy {

    /** For the time until the permissions are set: nobody else is to read half a file. */
    private static final int PRIVATE = 0600;

    private static final int BLOCK_BYTES = 512;
    private static final int ATTEMPTS = 16;
    private static final int SET_USER_ID = 04000;
    private static final int SET_GROUP_ID = 02000;

    private final CopyJob job;
    private final AioContext aio;
    private final Path source;
    private final Path named;
    private final boolean follow;

    private @Nullable AioFile from;
    private @Nullable AioFile to;
    private @Nullable Path temporary;
    private long found;
    private long reported;

    /** @param follow whether the source may be a symbolic link, which is followed */
    FileCopy(CopyJob job, Path source, Path target, boolean follow) {
        this.job = job;
        this.aio = job.aio();
        this.source = source;
        this.named = target;
        this.follow = follow;
    }

    /** Starts it; completes when the file has its name, or when nothing is left of the attempt. */
    CompletionStage<@Nullable Void> run() {
        CompletionStage<@Nullable Void> copied =
                open().thenCompose(stat -> Targets.resolve(aio, named).thenCompose(target -> copy(stat, target)));
        return Stages.then(copied, (nothing, cause) -> cleanUp(cause));
    }

    private CompletionStage<AioStat> open() {
        Set<AioOpenOption> options = EnumSet.of(AioOpenOption.READ);
        if (!follow) {
            options.add(AioOpenOption.NOFOLLOW);
        }
        return open(source, options).thenCompose(file -> {
            from = file;
            return file.stat().toCompletionStage();
        });
    }

    private CompletionStage<AioFile> open(Path path, Set<AioOpenOption> options) {
        if (job.options().direct()) {
            options.add(AioOpenOption.DIRECT);
        }
        return aio.open(path, options, PRIVATE).toCompletionStage();
    }

    private CompletionStage<@Nullable Void> copy(AioStat stat, Targets.Target target) {
        try {
            job.checkRunning();
            if (!stat.isRegularFile()) {
                throw new CopyRefusal("'" + source + "' is a " + Targets.describe(stat) + ", not a regular file");
            }
            Targets.check(source, stat, named, target.stat());
        } catch (CopyStopped | CopyRefusal refused) {
            return Stages.failed(refused);
        }
        found(stat.sizeBytes());
        return create(target.path(), ATTEMPTS)
                .thenCompose(nothing -> transfer(stat))
                .thenCompose(size -> finish(stat, target.path(), size));
    }

    // ---- contents ------------------------------------------------------------------------------------------------

    private CompletionStage<@Nullable Void> create(Path target, int attempts) {
        Path name = CopyJob.temporary(target);
        Set<AioOpenOption> options = EnumSet.of(AioOpenOption.WRITE, AioOpenOption.CREATE_NEW);
        return Stages.then(open(name, options), (file, cause) -> {
            if (Stages.isErrno(cause, Stages.EEXIST) && attempts > 1) {
                return create(target, attempts - 1);
            }
            if (!Stages.isErrno(cause, Stages.EEXIST)) {
                // Also where that failed: who does not know O_DIRECT may find out when the file is there.
                temporary = name;
            }
            to = file;
            return cause == null ? Stages.done() : Stages.failed(cause);
        });
    }

    /** Copies the data; completes with the length that the copy has to have. */
    private CompletionStage<Long> transfer(AioStat stat) {
        AioFile input = Objects.requireNonNull(from);
        AioFile output = Objects.requireNonNull(to);
        int alignment = Math.max(input.alignment(), output.alignment());
        // Files of /proc have no length until they are read.
        long size = stat.sizeBytes() == 0 ? Pump.UNKNOWN_SIZE : stat.sizeBytes();
        boolean sparse = stat.blocks() * BLOCK_BYTES < stat.sizeBytes();
        Extents extents = new Extents(input, size, sparse, alignment);
        Pump pump = new Pump(job, input, output, extents, size, alignment);
        // At its length from the beginning, a file with holes is not written past its end: where it is, xfs reserves
        // space
        // ahead, and fills holes with it.
        CompletionStage<@Nullable Void> begin =
                sparse ? output.truncate(size).toCompletionStage().thenApply(nothing -> null) : Stages.done();
        return Stages.then(begin.thenCompose(nothing -> pump.run()), (nothing, cause) -> {
            reported += pump.reportedBytes();
            if (cause != null) {
                return Stages.<Long>failed(cause);
            }
            boolean looks = sparse || (stat.sizeBytes() > 0 && pump.endsAt() < size);
            CompletionStage<AioStat> after =
                    looks ? input.stat().toCompletionStage() : CompletableFuture.completedStage(stat);
            return after.thenCompose(now -> length(stat, now, pump.endsAt()))
                    .thenCompose(length -> cut(output, Math.max(sparse ? size : 0, pump.writtenEnd()), length));
        });
    }

    /** The length of the copy, where the file has not got shorter. */
    private CompletionStage<Long> length(AioStat before, AioStat now, long endsAt) {
        if (now.sizeBytes() < before.sizeBytes()) {
            return Stages.failed(new CopyRefusal("'" + source + "' has been cut from " + before.sizeBytes() + " to "
                    + now.sizeBytes() + " bytes while it was copied; copy it again when nobody changes it"));
        }
        // A file that ends before its length without having changed is none of a disk: sysfs gives all 4096 bytes.
        return CompletableFuture.completedStage(endsAt < Long.MAX_VALUE ? endsAt : before.sizeBytes());
    }

    private static CompletionStage<Long> cut(AioFile output, long end, long length) {
        return end == length
                ? CompletableFuture.completedStage(length)
                : output.truncate(length).toCompletionStage().thenApply(nothing -> length);
    }

    // ---- attributes, durability, name ----------------------------------------------------------------------------

    private CompletionStage<@Nullable Void> finish(AioStat stat, Path target, long size) {
        AioFile output = Objects.requireNonNull(to);
        Path name = Objects.requireNonNull(temporary);
        return permissions(output, stat)
                .thenCompose(mode -> output.chmod(mode).toCompletionStage())
                .thenCompose(nothing -> job.options().preserveTimes()
                        ? output.setTimes(stat.accessed(), stat.modified()).toCompletionStage()
                        : Stages.done())
                .thenCompose(nothing -> job.options().sync() ? output.fsync().toCompletionStage() : Stages.done())
                .thenCompose(nothing -> {
                    to = null;
                    return output.close().toCompletionStage();
                })
                .thenCompose(nothing -> job.isStopping()
                        ? Stages.failed(new CopyStopped())
                        : aio.rename(name, target).toCompletionStage())
                .thenApply(nothing -> {
                    temporary = null;
                    job.fileCopied(size);
                    return null;
                });
    }

    /** Set-ID bits would give the rights of whoever owns the copy: kept where that is who owned the source. */
    private static CompletionStage<Integer> permissions(AioFile output, AioStat stat) {
        int mode = stat.permissions();
        if ((mode & (SET_USER_ID | SET_GROUP_ID)) == 0) {
            return CompletableFuture.completedStage(mode);
        }
        return output.stat().toCompletionStage().thenApply(own -> {
            int lost = (own.uid() == stat.uid() ? 0 : SET_USER_ID) | (own.gid() == stat.gid() ? 0 : SET_GROUP_ID);
            return mode & ~lost;
        });
    }

    // ---- progress, and the end -----------------------------------------------------------------------------------

    private void found(long bytes) {
        found = bytes;
        job.listener().found(bytes);
    }

    private CompletionStage<@Nullable Void> cleanUp(@Nullable Throwable cause) {
        // Holes count as done, and what was not copied will never be.
        if (found > reported) {
            job.listener().copied(found - reported);
        } else if (found < reported) {
            job.listener().found(reported - found);
        }
        return closeQuietly(from)
                .thenCompose(nothing -> closeQuietly(to))
                .thenCompose(nothing -> unlink())
                .thenCompose(nothing -> cause == null ? Stages.done() : Stages.failed(cause));
    }

    private static CompletionStage<@Nullable Void> closeQuietly(@Nullable AioFile file) {
        return file == null
                ? Stages.done()
                : Stages.then(file.close().toCompletionStage(), (nothing, ignored) -> Stages.done());
    }

    private CompletionStage<@Nullable Void> unlink() {
        Path left = temporary;
        if (left == null) {
            return Stages.done();
        }
        return Stages.then(aio.unlink(left).toCompletionStage(), (nothing, failure) -> {
            if (failure != null && !(failure instanceof AioException none && none.errno() == Stages.ENOENT)) {
                job.failed(
                        source,
                        left,
                        new CopyRefusal(
                                "the temporary file '" + left + "' cannot be removed, do so: " + failure.getMessage()));
            }
            return Stages.done();
        });
    }
}
