package io.nettyaio;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asynchronous file I/O on one event loop. There is one context for each loop, made on first use and gone with its loop.
 *
 * <p><b>Threading.</b> Any method from any thread; completions on {@link #eventLoop()}.
 *
 * <p><b>Life.</b> {@link State#OPEN} → {@link State#CLOSING} (new operations are refused, queued ones fail, those in
 * flight are carried out, open files are closed) → {@link State#CLOSED}. Shutdown of the loop does the same.
 */
public interface AioContext {

    /** Where in its life a context is. */
    enum State {
        /** Takes operations. */
        OPEN,
        /** Refuses new operations and waits for those in flight. */
        CLOSING,
        /** Everything has settled and been given back. */
        CLOSED
    }

    /** The loop this context runs on. */
    EventLoop eventLoop();

    /** The limits it was made with. */
    AioConfig config();

    /** Where in its life it is. */
    State state();

    /**
     * Why kernel AIO is not used, or {@code null} where it is. The API works either way; without kernel AIO everything
     * that cannot be done inline is done by helper threads.
     */
    @Nullable
    Throwable kernelAioUnavailabilityCause();

    /** Figures of this moment; from a thread other than the loop's they may be a little old. */
    AioContextStats stats();

    /**
     * Whether more operations are welcome: what is pending is below the {@linkplain AioConfig#waterMark() high water mark},
     * or has come back to the low one since. A hint, as {@link io.netty.channel.Channel#isWritable()} is: operations are
     * taken either way, up to {@link AioConfig#pendingOperations()} and {@link AioConfig#pendingBytes()}. A server stops
     * reading its sockets while it is false, so that a slow disk slows the clients instead of filling memory.
     *
     * <p><b>Threading.</b> Any thread; what others have started counts once it has arrived on the loop.
     */
    boolean isSubmittable();

    /** Tells the listener of each change of {@link #isSubmittable()}, until it is removed or the context is closed. */
    AioContext addSubmittableListener(AioSubmittableListener listener);

    /** Takes a listener back. */
    AioContext removeSubmittableListener(AioSubmittableListener listener);

    /** Allocates direct buffers whose address and capacity are multiples of 4096 bytes, fit for direct files. */
    ByteBufAllocator alignedAllocator();

    /**
     * Opens a file: {@code openat(2)}, on a helper thread. Regular files, directories (to sync and stat them), block
     * devices and memory devices such as {@code /dev/zero}; anything else is refused with EOPNOTSUPP. A new file gets
     * the permissions 0666 less the process's umask.
     */
    AioFuture<AioFile> open(Path path, AioOpenOption... options);

    /**
     * As {@link #open(Path, AioOpenOption...)}, with the permissions of a new file.
     *
     * @param mode permission bits as for {@code chmod(2)}, less the process's umask; used where the file is created
     */
    AioFuture<AioFile> open(Path path, Set<AioOpenOption> options, int mode);

    /**
     * Opens a file below a directory and nowhere else: {@code openat2(2)} with {@code RESOLVE_BENEATH}. A path that
     * leaves the directory, by {@code ..}, by being absolute or by a symbolic link, fails with EXDEV, even while others
     * rename and link. Where the kernel or a sandbox does not have openat2, the opened file's real path is compared
     * with the directory's.
     *
     * @param directory    an open directory
     * @param relativePath the path, relative to it
     */
    AioFuture<AioFile> openBeneath(AioFile directory, String relativePath, AioOpenOption... options);

    /** An empty batch. */
    AioBatch batch();

    /**
     * Closes the context; see {@link AioContext}. A second call gives the same future.
     *
     * @return completes when everything has settled and every descriptor and buffer is given back
     */
    AioFuture<Void> close();
}
