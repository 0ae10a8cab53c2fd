package io.nettyaio.handler;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseNotifier;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.DefaultAioFuture;
import java.nio.file.Path;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/** In a directory beneath another, which stays open from the first of these steps to the last. */
final class DirectoryNames implements SinkNames {

    private final AioContext context;
    private final AioFile root;
    private final String relativePath;
    private final String temporary;
    private final String target;
    private final Path temporaryPath;
    private @Nullable AioFile directory;

    /** @param relativePath of the directory, from {@code root}; empty for that itself */
    DirectoryNames(
            AioContext context,
            AioFile root,
            String relativePath,
            String temporary,
            String target,
            Path temporaryPath) {
        this.context = context;
        this.root = root;
        this.relativePath = relativePath;
        this.temporary = temporary;
        this.target = target;
        this.temporaryPath = temporaryPath;
    }

    @Override
    public Future<AioFile> open(int mode) {
        Promise<AioFile> made = new DefaultAioFuture<>(context.eventLoop());
        context.openBeneath(root, relativePath, AioOpenOption.READ, AioOpenOption.DIRECTORY)
                .addListener((Future<AioFile> opened) -> {
                    if (opened.isSuccess()) {
                        directory = opened.getNow();
                        make(mode, made);
                    } else {
                        made.setFailure(opened.cause());
                    }
                });
        return made;
    }

    private void make(int mode, Promise<AioFile> made) {
        Future<AioFile> unused = PromiseNotifier.cascade(
                context.openBeneath(
                        directory(),
                        temporary,
                        EnumSet.of(AioOpenOption.WRITE, AioOpenOption.CREATE_NEW, AioOpenOption.NOFOLLOW),
                        mode),
                made);
    }

    private AioFile directory() {
        AioFile in = directory;
        if (in == null) {
            throw new IllegalStateException(temporaryPath + ": its directory is not open");
        }
        return in;
    }

    @Override
    public Future<Void> rename(boolean replace) {
        return replace
                ? context.renameIn(directory(), temporary, target)
                : context.renameNoReplaceIn(directory(), temporary, target);
    }

    @Override
    public Future<Void> unlink() {
        return context.unlinkIn(directory(), temporary);
    }

    @Override
    public Future<Void> syncDirectory() {
        return directory().fsync();
    }

    @Override
    public @Nullable Future<Void> close() {
        AioFile in = directory;
        return in == null ? null : in.close();
    }

    @Override
    public Path temporary() {
        return temporaryPath;
    }
}
