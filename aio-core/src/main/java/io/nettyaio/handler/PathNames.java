package io.nettyaio.handler;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.DefaultAioFuture;
import java.nio.file.Path;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/** By their paths. */
final class PathNames implements SinkNames {

    private final AioContext context;
    private final Path temporary;
    private final Path target;

    PathNames(AioContext context, Path temporary, Path target) {
        this.context = context;
        this.temporary = temporary;
        this.target = target;
    }

    @Override
    public Future<AioFile> open(int mode) {
        return context.open(
                temporary, EnumSet.of(AioOpenOption.WRITE, AioOpenOption.CREATE_NEW, AioOpenOption.NOFOLLOW), mode);
    }

    @Override
    public Future<Void> rename(boolean replace) {
        return replace ? context.rename(temporary, target) : context.renameNoReplace(temporary, target);
    }

    @Override
    public Future<Void> unlink() {
        return context.unlink(temporary);
    }

    @Override
    public Future<Void> syncDirectory() {
        Promise<Void> synced = new DefaultAioFuture<>(context.eventLoop());
        Path parent = target.getParent();
        context.open(parent == null ? Path.of("") : parent, AioOpenOption.READ, AioOpenOption.DIRECTORY)
                .addListener((Future<AioFile> opened) -> {
                    if (opened.isSuccess()) {
                        sync(opened.getNow(), synced);
                    } else {
                        synced.setFailure(opened.cause());
                    }
                });
        return synced;
    }

    private static void sync(AioFile directory, Promise<Void> synced) {
        directory
                .fsync()
                .addListener(done -> directory.close().addListener(closed -> {
                    if (done.isSuccess()) {
                        synced.setSuccess(null);
                    } else {
                        synced.setFailure(done.cause());
                    }
                }));
    }

    @Override
    public @Nullable Future<Void> close() {
        return null;
    }

    @Override
    public Path temporary() {
        return temporary;
    }
}
