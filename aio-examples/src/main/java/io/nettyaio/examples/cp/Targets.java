package io.nettyaio.examples.cp;

import io.nettyaio.AioContext;
import io.nettyaio.AioStat;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What stands where something is to be copied to. */
final class Targets {

    /** As in the kernel: MAXSYMLINKS. */
    private static final int MOST_LINKS = 40;

    private Targets() {}

    /**
     * A name for a file.
     *
     * @param path where the file really is, or will be
     * @param stat what is there now; {@code null} for nothing
     */
    record Target(Path path, @Nullable AioStat stat) {}

    /** Follows symbolic links at the end of a path, so that the link stays and the file behind it is replaced. */
    static CompletionStage<Target> resolve(AioContext aio, Path path) {
        return resolve(aio, path, path, 0);
    }

    private static CompletionStage<Target> resolve(AioContext aio, Path named, Path path, int links) {
        return Stages.then(aio.lstat(path).toCompletionStage(), (stat, cause) -> {
            if (Stages.isErrno(cause, Stages.ENOENT) && links == 0) {
                return CompletableFuture.completedStage(new Target(path, null));
            }
            if (Stages.isErrno(cause, Stages.ENOENT)) {
                return Stages.failed(new CopyRefusal("'" + named + "' is a symbolic link that leads nowhere, to '"
                        + path + "'; remove it, or name another target"));
            }
            if (cause != null || stat == null) {
                return Stages.failed(cause == null ? new IllegalStateException("no stat") : cause);
            }
            if (!stat.isSymbolicLink()) {
                return CompletableFuture.completedStage(new Target(path, stat));
            }
            if (links == MOST_LINKS) {
                return Stages.failed(new CopyRefusal("'" + named + "' leads through too many symbolic links"));
            }
            return aio.readlink(path)
                    .toCompletionStage()
                    .thenCompose(to -> resolve(aio, named, path.resolveSibling(to), links + 1));
        });
    }

    /** Refuses what must not be replaced by a copy of the source. */
    static void check(Path source, AioStat sourceStat, Path named, @Nullable AioStat target) throws CopyRefusal {
        if (target == null) {
            return;
        }
        if (target.isSameFile(sourceStat)) {
            throw new CopyRefusal("'" + source + "' and '" + named + "' are the same file");
        }
        if (target.isDirectory()) {
            throw new CopyRefusal("'" + named + "' is a directory, '" + source
                    + "' is none; remove the directory, or name another target");
        }
        if (!target.isRegularFile() && !target.isSymbolicLink()) {
            throw new CopyRefusal("'" + named + "' is a " + describe(target) + ", which is not replaced;"
                    + " remove it, or write to it with cat");
        }
    }

    static String describe(AioStat stat) {
        return switch (stat.type()) {
            case REGULAR -> "regular file";
            case DIRECTORY -> "directory";
            case SYMBOLIC_LINK -> "symbolic link";
            case BLOCK_DEVICE -> "block device";
            case CHARACTER_DEVICE -> "character device";
            case FIFO -> "FIFO";
            case SOCKET -> "socket";
            case UNKNOWN -> "file of an unknown kind";
        };
    }

    /**
     * Refuses to copy a directory into itself, which would not end: goes up from where the copy is to be, by {@code ..}, so
     * that neither links nor the spelling of paths matter.
     */
    static CompletionStage<@Nullable Void> checkOutside(AioContext aio, Path source, AioStat sourceStat, Path target) {
        return Stages.then(aio.stat(target).toCompletionStage(), (stat, cause) -> {
            if (stat != null) {
                return checkOutside(aio, source, sourceStat, target, target, stat);
            }
            Path parent = target.getParent();
            Path from = parent == null ? Path.of(".") : parent;
            return aio.stat(from)
                    .toCompletionStage()
                    .thenCompose(above -> checkOutside(aio, source, sourceStat, target, from, above));
        });
    }

    private static CompletionStage<@Nullable Void> checkOutside(
            AioContext aio, Path source, AioStat sourceStat, Path target, Path at, AioStat stat) {
        if (stat.isSameFile(sourceStat)) {
            return Stages.failed(new CopyRefusal("cannot copy the directory '" + source + "' into itself, to '" + target
                    + "'; name a target outside of it"));
        }
        Path up = at.resolve("..");
        return aio.stat(up)
                .toCompletionStage()
                .thenCompose(above -> above.isSameFile(stat)
                        ? Stages.done()
                        : checkOutside(aio, source, sourceStat, target, up, above));
    }
}
