package io.nettyaio.examples.cp;

import io.nettyaio.AioContext;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Copies a symbolic link, as a link that says the same. What it replaces, it replaces by a rename. Loop-confined. */
final class LinkCopy {

    private final CopyJob job;
    private final AioContext aio;
    private final Path source;
    private final Path target;

    LinkCopy(CopyJob job, Path source, Path target) {
        this.job = job;
        this.aio = job.aio();
        this.source = source;
        this.target = target;
    }

    /** Starts it; completes when the link has its name. */
    CompletionStage<@Nullable Void> run() {
        return aio.readlink(source)
                .toCompletionStage()
                .thenCompose(says -> Stages.then(
                        aio.symlink(says, target).toCompletionStage(),
                        (nothing, cause) -> Stages.isErrno(cause, Stages.EEXIST)
                                ? replace(says)
                                : cause == null ? Stages.done() : Stages.<@Nullable Void>failed(cause)))
                .thenApply(nothing -> {
                    job.linkCopied();
                    return null;
                });
    }

    private CompletionStage<@Nullable Void> replace(Path says) {
        Path temporary = CopyJob.temporary(target);
        return aio.lstat(source)
                .toCompletionStage()
                .thenCompose(own -> aio.lstat(target).toCompletionStage().thenCompose(other -> {
                    try {
                        Targets.check(source, own, target, other);
                    } catch (CopyRefusal refused) {
                        return Stages.<@Nullable Void>failed(refused);
                    }
                    return aio.symlink(says, temporary).toCompletionStage();
                }))
                .thenCompose(nothing -> Stages.then(
                        aio.rename(temporary, target).toCompletionStage(),
                        (renamed, cause) -> cause == null ? Stages.done() : remove(temporary, cause)));
    }

    private CompletionStage<@Nullable Void> remove(Path temporary, Throwable cause) {
        return Stages.then(aio.unlink(temporary).toCompletionStage(), (nothing, ignored) -> Stages.failed(cause));
    }
}
