package io.nettyaio.examples.log;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other processes out of a log's directory, by a POSIX lock of a file in it: gone with the process, however that
 * ends. Taken and given back once in a log's life, on a thread that may wait.
 */
final class LogLock {

    private static final LogLock NONE = new LogLock(null);

    private final @Nullable FileChannel channel;

    private LogLock(@Nullable FileChannel channel) {
        this.channel = channel;
    }

    /** Where somebody else takes care that there is one log only. */
    static LogLock none() {
        return NONE;
    }

    static CompletionStage<LogLock> take(Path directory, EventLoop loop) {
        CompletableFuture<LogLock> taken = new CompletableFuture<>();
        ForkJoinPool.commonPool().execute(() -> {
            try {
                FileChannel channel = lock(directory);
                loop.execute(() -> taken.complete(new LogLock(channel)));
            } catch (IOException refused) {
                loop.execute(() -> taken.completeExceptionally(refused));
            }
        });
        return taken;
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel channel = FileChannel.open(
                directory.resolve(FileNames.LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException here) {
            // Held in this process: the same as elsewhere.
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw new LogException(
                    LogException.Kind.LOCKED,
                    directory + ": another log has it open; end that one, or choose another directory",
                    null);
        }
        return channel;
    }

    CompletionStage<Void> release(EventLoop loop) {
        FileChannel held = channel;
        if (held == null) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> released = new CompletableFuture<>();
        ForkJoinPool.commonPool().execute(() -> {
            try {
                held.close();
            } catch (IOException unimportant) {
                // The lock goes with the descriptor, whatever close(2) says.
            }
            loop.execute(() -> released.complete(null));
        });
        return released;
    }
}
