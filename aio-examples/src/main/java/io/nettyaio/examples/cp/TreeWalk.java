package io.nettyaio.examples.cp;

import io.nettyaio.AioContext;
import io.nettyaio.AioDirectoryEntry;
import io.nettyaio.AioFile;
import io.nettyaio.AioFileType;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioStat;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Goes through what was named, and through directories in depth, one step at a time, and starts a copy for each name it
 * comes to; as many are under way as the job has permits for files. Loop-confined.
 *
 * <p>Held at a time: of each directory on the way down a descriptor and the rest of one piece of its names. A directory
 * that the walk has left gets its own permissions and times when all below it is complete, since these may forbid, and
 * would be changed by, what is done there.
 *
 * <p>Entering and completing a directory take a permit as well: so neither gets ahead of the other without bound.
 */
final class TreeWalk {

    private static final int PERMISSIONS = 0777;
    private static final int OWNER_ALL = 0700;
    private static final int STICKY_AND_GROUP = 03000;

    /**
     * Something to copy.
     *
     * @param named whether it was named by the user, and not found in a directory
     */
    record Item(Path source, Path target, AioFileType type, boolean named) {

        static Item named(Path source, Path target) {
            return new Item(source, target, AioFileType.UNKNOWN, true);
        }
    }

    /** A directory on the way down, or left and not complete. */
    private static final class Directory {
        final @Nullable Directory parent;
        final Item item;
        final ArrayDeque<Item> pending = new ArrayDeque<>();
        final @Nullable AioFile listing;
        final @Nullable AioStat stat;
        /** The directory that the tree is copied to, which must not be met on the way. */
        @Nullable
        AioStat copy;

        boolean made;
        boolean exhausted;
        boolean left;
        int children;

        Directory(@Nullable Directory parent, Item item, @Nullable AioFile listing, @Nullable AioStat stat) {
            this.parent = parent;
            this.item = item;
            this.listing = listing;
            this.stat = stat;
        }
    }

    private final CopyJob job;
    private final AioContext aio;
    private final Runnable whenDone;
    private @Nullable Directory top;
    private boolean waiting;
    private boolean stepping;

    /** @param items what was named; the target of each is known */
    TreeWalk(CopyJob job, List<Item> items, Runnable whenDone) {
        this.job = job;
        this.aio = job.aio();
        this.whenDone = whenDone;
        Directory root = new Directory(null, Item.named(Path.of(""), Path.of("")), null, null);
        root.pending.addAll(items);
        root.exhausted = true;
        top = root;
    }

    void start() {
        step();
    }

    // ---- the way through -----------------------------------------------------------------------------------------

    /** Goes on until it has to wait. */
    private void step() {
        if (stepping) {
            return;
        }
        stepping = true;
        while (top != null && !waiting) {
            Directory at = top;
            if (job.isStopping()) {
                at.pending.clear();
                at.exhausted = true;
            }
            Item item = at.pending.poll();
            if (item != null) {
                waiting = true;
                at.children++;
                job.files().acquire(1, () -> look(at, item));
            } else if (at.exhausted || at.listing == null) {
                leave(at);
            } else {
                waiting = true;
                list(at, at.listing);
            }
        }
        stepping = false;
    }

    private void resume() {
        waiting = false;
        step();
    }

    private void list(Directory at, AioFile listing) {
        listing.nextEntries().toCompletionStage().whenComplete((entries, cause) -> {
            if (cause != null) {
                at.exhausted = true;
                job.failed(at.item.source, at.item.target, Stages.cause(cause));
            } else {
                at.exhausted = entries.isEmpty();
                for (AioDirectoryEntry entry : entries) {
                    at.pending.add(new Item(
                            at.item.source.resolve(entry.name()),
                            at.item.target.resolve(entry.name()),
                            entry.type(),
                            false));
                }
            }
            resume();
        });
    }

    /** With a permit: finds out what it is, where that is not known. */
    private void look(Directory at, Item item) {
        if (item.type != AioFileType.UNKNOWN) {
            copy(at, item, item.type);
            return;
        }
        boolean follow = item.named && !job.options().recursive();
        AioFuture<AioStat> stat = follow ? aio.stat(item.source) : aio.lstat(item.source);
        stat.toCompletionStage().whenComplete((is, cause) -> {
            if (cause != null) {
                resume();
                settled(at, item, cause);
            } else {
                copy(at, item, is.type());
            }
        });
    }

    private void copy(Directory at, Item item, AioFileType type) {
        if (type == AioFileType.DIRECTORY && job.options().recursive()) {
            enter(at, item);
            return;
        }
        CompletionStage<@Nullable Void> copy = switch (type) {
            case REGULAR ->
                new FileCopy(
                                job,
                                item.source,
                                item.target,
                                item.named && !job.options().recursive())
                        .run();
            case SYMBOLIC_LINK -> new LinkCopy(job, item.source, item.target).run();
            case DIRECTORY -> Stages.failed(new CopyRefusal("'" + item.source + "' is a directory; copy it with -r"));
            default ->
                Stages.failed(new CopyRefusal("'" + item.source + "' is not copied: it is neither a regular file,"
                        + " a directory nor a symbolic link"));
        };
        CompletionStage<@Nullable Void> all = item.named && job.options().sync()
                ? copy.thenCompose(nothing -> job.syncDirectory(parent(item.target)))
                : copy;
        all.whenComplete((nothing, cause) -> settled(at, item, cause));
        resume();
    }

    private void settled(Directory at, Item item, @Nullable Throwable cause) {
        if (cause != null) {
            job.failed(item.source, item.target, Stages.cause(cause));
        }
        job.files().release(1);
        childDone(at);
    }

    // ---- into a directory ----------------------------------------------------------------------------------------

    private void enter(Directory at, Item item) {
        AioFuture<AioFile> open =
                aio.open(item.source, AioOpenOption.READ, AioOpenOption.DIRECTORY, AioOpenOption.NOFOLLOW);
        open.toCompletionStage()
                .thenCompose(listing -> Stages.then(
                        prepare(at, item, listing),
                        (made, cause) -> made != null
                                ? CompletableFuture.completedStage(made)
                                : CopyJob.closing(
                                        listing,
                                        Stages.<Directory>failed(
                                                cause == null ? new IllegalStateException("nothing made") : cause))))
                .whenComplete((directory, cause) -> {
                    if (cause != null) {
                        resume();
                        settled(at, item, cause);
                    } else {
                        job.files().release(1);
                        top = directory;
                        resume();
                    }
                });
    }

    private CompletionStage<Directory> prepare(Directory at, Item item, AioFile listing) {
        return listing.stat().toCompletionStage().thenCompose(stat -> {
            Directory directory = new Directory(at, item, listing, stat);
            directory.copy = at.copy;
            if (at.copy != null && at.copy.isSameFile(stat)) {
                return Stages.failed(
                        new CopyRefusal("'" + item.source + "' is where the copy goes to, and is left out"));
            }
            CompletionStage<@Nullable Void> outside =
                    item.named ? Targets.checkOutside(aio, item.source, stat, item.target) : Stages.done();
            return outside.thenCompose(nothing -> make(directory, stat))
                    .thenCompose(nothing -> item.named ? remember(directory) : Stages.done())
                    .thenApply(nothing -> directory);
        });
    }

    private CompletionStage<@Nullable Void> make(Directory directory, AioStat stat) {
        Item item = directory.item;
        int mode = (stat.permissions() & PERMISSIONS) | OWNER_ALL;
        return Stages.then(aio.mkdir(item.target, mode).toCompletionStage(), (nothing, cause) -> {
            directory.made = cause == null;
            if (cause == null) {
                return Stages.done();
            }
            if (!Stages.isErrno(cause, Stages.EEXIST)) {
                return Stages.failed(cause);
            }
            AioFuture<AioStat> taken = item.named ? aio.stat(item.target) : aio.lstat(item.target);
            return taken.toCompletionStage()
                    .thenCompose(by -> by.isDirectory()
                            ? Stages.done()
                            : Stages.failed(new CopyRefusal("'" + item.target + "' is a " + Targets.describe(by) + ", '"
                                    + item.source + "' is a directory; remove it, or name another target")));
        });
    }

    private CompletionStage<@Nullable Void> remember(Directory directory) {
        return aio.stat(directory.item.target).toCompletionStage().thenApply(copy -> {
            directory.copy = copy;
            return null;
        });
    }

    // ---- out of a directory --------------------------------------------------------------------------------------

    private void leave(Directory at) {
        top = at.parent;
        at.left = true;
        if (at.listing != null) {
            AioFuture<Void> unused = at.listing.close();
        }
        completeIfDone(at);
    }

    private void childDone(Directory of) {
        of.children--;
        completeIfDone(of);
    }

    private void completeIfDone(Directory of) {
        if (!of.left || of.children > 0) {
            return;
        }
        Directory parent = of.parent;
        AioStat stat = of.stat;
        if (parent == null || stat == null) {
            whenDone.run();
            return;
        }
        job.files()
                .acquire(
                        1,
                        () -> complete(of, stat).whenComplete((nothing, cause) -> {
                            if (cause == null) {
                                job.directoryCopied();
                            }
                            settled(parent, of.item, cause);
                        }));
    }

    private CompletionStage<@Nullable Void> complete(Directory directory, AioStat stat) {
        CopyOptions options = job.options();
        Path target = directory.item.target;
        boolean attributes = directory.made || options.preserveTimes();
        if (!attributes && !options.sync()) {
            return Stages.done();
        }
        return aio.open(target, AioOpenOption.READ, AioOpenOption.DIRECTORY)
                .toCompletionStage()
                .thenCompose(open -> CopyJob.closing(open, attributes(stat, open, attributes)))
                .thenCompose(nothing ->
                        options.sync() && directory.item.named ? job.syncDirectory(parent(target)) : Stages.done());
    }

    private CompletionStage<@Nullable Void> attributes(AioStat stat, AioFile open, boolean attributes) {
        int mode = stat.permissions() & (PERMISSIONS | STICKY_AND_GROUP);
        CompletionStage<@Nullable Void> set =
                attributes ? open.chmod(mode).toCompletionStage().thenApply(nothing -> null) : Stages.done();
        return set.thenCompose(nothing -> job.options().preserveTimes()
                        ? open.setTimes(stat.accessed(), stat.modified()).toCompletionStage()
                        : Stages.done())
                .thenCompose(nothing -> job.options().sync() ? open.fsync().toCompletionStage() : Stages.done());
    }

    private static Path parent(Path of) {
        Path parent = of.getParent();
        return parent == null ? Path.of(".") : parent;
    }
}
