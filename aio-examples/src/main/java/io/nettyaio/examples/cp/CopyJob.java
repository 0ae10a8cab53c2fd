package io.nettyaio.examples.cp;

import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Copies files and trees, as {@code cp(1)} does where nothing else is said.
 *
 * <p><b>What a copy is.</b> Contents, holes and permissions. The permissions are the source's, whatever the umask; the
 * set-user-ID and set-group-ID bits are kept only where the copy has the same owner and group. A regular file gets its name
 * when it is complete, by a rename over what had that name before: whoever looks finds the old file or the new one. So a
 * target's other hard links keep the old contents; a target that is a symbolic link stays one, and the file it leads to is
 * replaced. Devices, FIFOs and sockets are neither copied nor replaced.
 *
 * <p><b>Links.</b> With {@link CopyOptions#recursive()} symbolic links are copied as links, those that were named, too;
 * without it they are followed.
 *
 * <p><b>Files that change.</b> A file is copied at the length it has when it is opened: what is appended later is not
 * copied, and one that gets shorter meanwhile is a failure.
 *
 * <p><b>Failures.</b> Each is reported to the listener; the job goes on with the rest.
 *
 * <p><b>Threading.</b> {@link #start} and {@link #stop()} from any thread; all else on the context's loop.
 */
public final class CopyJob {

    private static final String TEMPORARY = ".aio-cp-" + ProcessHandle.current().pid() + '-';

    private final AioContext aio;
    private final CopyOptions options;
    private final CopyListener listener;
    private final Permits files;
    private final Permits bytes;
    private final CompletableFuture<CopyResult> done = new CompletableFuture<>();

    private volatile boolean stopping;
    private long filesCopied;
    private long linksCopied;
    private long directoriesCopied;
    private long bytesCopied;
    private long failures;

    private CopyJob(AioContext aio, CopyOptions options, CopyListener listener) {
        this.aio = aio;
        this.options = options;
        this.listener = listener;
        files = new Permits(options.filesInFlight());
        bytes = new Permits(options.bytesInFlight());
    }

    /**
     * Starts to copy.
     *
     * @param aio      does it
     * @param sources  what to copy
     * @param target   a directory to copy it into, or the name that the copy of the only source gets
     * @param options  how
     * @param listener hears of it
     * @throws java.nio.file.InvalidPathException where the target is none
     */
    public static CopyJob start(
            AioContext aio, List<CopySource> sources, String target, CopyOptions options, CopyListener listener) {
        CopyJob job = new CopyJob(aio, options, listener);
        List<CopySource> all = List.copyOf(sources);
        Path to = Path.of(target);
        aio.eventLoop().execute(() -> job.begin(all, to, CopySource.isSlashed(target)));
        return job;
    }

    /**
     * Ends the job before its time: what is not complete leaves nothing behind but the directories that were made.
     * {@link #done()} tells when that is so.
     */
    public void stop() {
        stopping = true;
    }

    /** Completes when nothing is in flight any more; never with a failure but for a defect. */
    public CompletionStage<CopyResult> done() {
        return done.minimalCompletionStage();
    }

    // ---- on the loop ---------------------------------------------------------------------------------------------

    private void begin(List<CopySource> sources, Path target, boolean slashed) {
        Stages.then(aio.stat(target).toCompletionStage(), (stat, cause) -> {
                    if (cause != null && !Stages.isErrno(cause, Stages.ENOENT)) {
                        return Stages.<List<TreeWalk.Item>>failed(cause);
                    }
                    boolean directory = stat != null && stat.isDirectory();
                    boolean mayBecome = stat == null && options.recursive() && sources.size() == 1;
                    if (!directory && (sources.size() > 1 || (slashed && !mayBecome))) {
                        return Stages.<List<TreeWalk.Item>>failed(
                                new CopyRefusal("'" + target + "' is not a directory; make it first, or name another"));
                    }
                    return CompletableFuture.completedStage(items(sources, target, directory));
                })
                .whenComplete((items, cause) -> {
                    if (cause != null) {
                        failed(target, target, Stages.cause(cause));
                        end();
                    } else {
                        new TreeWalk(this, items, this::end).start();
                    }
                });
    }

    private List<TreeWalk.Item> items(List<CopySource> sources, Path target, boolean directory) {
        List<TreeWalk.Item> items = new ArrayList<>();
        Set<Path> targets = new HashSet<>();
        for (CopySource source : sources) {
            Path to = directory ? source.in(target) : target;
            if (to.equals(target) || targets.add(to)) {
                items.add(TreeWalk.Item.named(source.path(), to));
            } else {
                failed(
                        source.path(),
                        to,
                        new CopyRefusal("'" + source.path() + "' would replace '" + to
                                + "', which has just been copied; copy it elsewhere"));
            }
        }
        return items;
    }

    private void end() {
        done.complete(new CopyResult(filesCopied, linksCopied, directoriesCopied, bytesCopied, failures, stopping));
    }

    AioContext aio() {
        return aio;
    }

    CopyOptions options() {
        return options;
    }

    CopyListener listener() {
        return listener;
    }

    /** One for each file, link or directory that is being worked on. */
    Permits files() {
        return files;
    }

    /** One for each byte of a buffer. */
    Permits bytes() {
        return bytes;
    }

    boolean isStopping() {
        return stopping;
    }

    void checkRunning() throws CopyStopped {
        if (stopping) {
            throw new CopyStopped();
        }
    }

    void fileCopied(long sizeBytes) {
        filesCopied++;
        bytesCopied += sizeBytes;
    }

    void linkCopied() {
        linksCopied++;
    }

    void directoryCopied() {
        directoriesCopied++;
    }

    /** Reports why something is not copied. */
    void failed(Path source, Path target, Throwable cause) {
        if (cause instanceof CopyStopped) {
            return;
        }
        failures++;
        if (cause instanceof CopyRefusal) {
            listener.failed(String.valueOf(cause.getMessage()));
        } else {
            String why = cause instanceof AioException ? cause.getMessage() : cause.toString();
            listener.failed("cannot copy '" + source + "' to '" + target + "': " + why + remedy(cause));
        }
    }

    private String remedy(Throwable cause) {
        boolean refusedDirect =
                options.direct() && cause instanceof AioException failure && failure.errno() == Stages.EINVAL;
        return refusedDirect ? "; the file system may not know direct I/O: leave out --direct" : "";
    }

    /** A name beside the target that nobody has: as long as any name may be, and hidden. */
    static Path temporary(Path target) {
        return target.resolveSibling(
                TEMPORARY + Long.toHexString(ThreadLocalRandom.current().nextLong()));
    }

    /** Makes the names in a directory durable. */
    CompletionStage<@Nullable Void> syncDirectory(Path directory) {
        return aio.open(directory, AioOpenOption.READ, AioOpenOption.DIRECTORY)
                .toCompletionStage()
                .thenCompose(open -> closing(open, open.fsync().toCompletionStage()));
    }

    /** Closes a file after a stage, whatever becomes of that. */
    static <V extends @Nullable Object> CompletionStage<V> closing(AioFile file, CompletionStage<V> stage) {
        return Stages.then(
                stage,
                (value, cause) -> Stages.then(
                        file.close().toCompletionStage(),
                        // That a file which was only read cannot be closed loses nothing.
                        (closed, notClosed) -> cause != null ? Stages.failed(cause) : stage));
    }
}
