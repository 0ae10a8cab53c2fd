package io.nettyaio.examples.log;

import io.nettyaio.AioClass;
import io.nettyaio.AioContext;
import io.nettyaio.AioDirectoryEntry;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The directory a log lies in: its names, and making them durable. On the log's loop. */
final class LogDirectory {

    private static final int ENOENT = 2;
    private static final int EEXIST = 17;
    private static final int MODE = 0777;

    private final AioContext aio;
    private final Path path;
    private final AioFile file;
    private final AioClass ioClass;

    private LogDirectory(AioContext aio, Path path, AioFile file, AioClass ioClass) {
        this.aio = aio;
        this.path = path;
        this.file = file;
        this.ioClass = ioClass;
    }

    /** Opens it, and makes it first where it is missing. */
    static CompletionStage<LogDirectory> open(AioContext aio, Path path) {
        return open(aio, path, AioClass.DEFAULT);
    }

    /** As {@link #open(AioContext, Path)}; what is written to its files belongs to a class. */
    static CompletionStage<LogDirectory> open(AioContext aio, Path path, AioClass ioClass) {
        return unlessErrno(EEXIST, aio.mkdir(path, MODE).toCompletionStage())
                .thenCompose(unused -> existing(aio, path, ioClass));
    }

    /** Opens it; fails where it is missing. */
    static CompletionStage<LogDirectory> existing(AioContext aio, Path path) {
        return existing(aio, path, AioClass.DEFAULT);
    }

    private static CompletionStage<LogDirectory> existing(AioContext aio, Path path, AioClass ioClass) {
        return aio.open(path, AioOpenOption.READ, AioOpenOption.DIRECTORY)
                .toCompletionStage()
                .thenApply(file -> new LogDirectory(aio, path, file, ioClass));
    }

    private static CompletionStage<Void> unlessErrno(int errno, CompletionStage<Void> stage) {
        return stage.handle((done, thrown) -> thrown == null
                                || (Stages.cause(thrown) instanceof AioException refused && refused.errno() == errno)
                        ? CompletableFuture.<Void>completedFuture(null)
                        : CompletableFuture.<Void>failedFuture(Stages.cause(thrown)))
                .thenCompose(outcome -> outcome);
    }

    /** The names in it. The descriptor's place in the directory is used up: once for each opening. */
    CompletionStage<List<String>> list() {
        return list(new ArrayList<>());
    }

    private CompletionStage<List<String>> list(List<String> names) {
        return file.nextEntries().toCompletionStage().thenCompose(entries -> {
            if (entries.isEmpty()) {
                return CompletableFuture.completedFuture(names);
            }
            for (AioDirectoryEntry entry : entries) {
                names.add(entry.name().toString());
            }
            return list(names);
        });
    }

    CompletionStage<AioFile> open(String name, AioOpenOption... options) {
        return aio.open(path.resolve(name), options).toCompletionStage();
    }

    /** Opens what is written to, in the log's class. */
    CompletionStage<AioFile> openForWriting(String name, AioOpenOption... options) {
        return ioClass == AioClass.DEFAULT
                ? open(name, options)
                : open(name, options).thenCompose(this::inClass);
    }

    private CompletionStage<AioFile> inClass(AioFile opened) {
        AioFile view = opened.in(ioClass);
        return opened.close().toCompletionStage().thenApply(closed -> view);
    }

    CompletionStage<Void> rename(String from, String to) {
        return aio.rename(path.resolve(from), path.resolve(to)).toCompletionStage();
    }

    /** Removes a name; that it is not there is as well. */
    CompletionStage<Void> unlink(String name) {
        return unlessErrno(ENOENT, aio.unlink(path.resolve(name)).toCompletionStage());
    }

    /** Makes what was created, renamed and removed before durable. */
    CompletionStage<Void> sync() {
        return file.fsync().toCompletionStage();
    }

    AioContext aio() {
        return aio;
    }

    Path path() {
        return path;
    }

    CompletionStage<Void> close() {
        return file.close().toCompletionStage();
    }
}
