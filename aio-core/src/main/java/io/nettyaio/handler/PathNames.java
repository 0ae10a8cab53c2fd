package io.nettyaio.handler;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.nio.file.Path;
import java.util.EnumSet;

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
        Promise<Void> synced = context.eventLoop().newPromise();
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
    public Future<Void> close() {
        return context.eventLoop().newSucceededFuture(null);
    }

    @Override
    public Path temporary() {
        return temporary;
    }
}
