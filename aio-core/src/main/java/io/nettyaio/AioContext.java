package io.nettyaio;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
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
     * Starts an operation of your own.
     *
     * @param operation used for this one start; what its methods may do, and where they run, it says itself
     * @return completes with its value
     * @throws IllegalArgumentException where its route is neither {@code HELPER} nor {@code INLINE}
     */
    <V extends @Nullable Object> AioFuture<V> submit(AioOperation<V> operation);

    /**
     * Makes an eventfd that becomes readable when an operation completes, however: succeeds, fails, is cancelled or times
     * out; at once where it has. {@code eventfd(2)}. For an epoll loop that is not Netty's, or another process.
     *
     * @param operation a future of this library or any other of Netty's, such as one of {@link AioWait}
     * @return the caller's to close
     * @throws AioException where no descriptor can be made (EMFILE, ENFILE); the message names the limit
     */
    AioEventFd exportEventFd(Future<?> operation) throws AioException;

    /**
     * Queues a real-time signal when an operation completes, however; at once where it has. {@code rt_sigqueueinfo(2)},
     * {@code rt_tgsigqueueinfo(2)}. What becomes of the signal does not affect the operation.
     *
     * @param operation as for {@link #exportEventFd}
     * @param signal    to whom, which, and what for
     * @return completes when the signal is queued; fails with ESRCH (nobody there), EPERM (another user's) or EAGAIN (the
     *     receiver's queue is full, which is not waited for). Cancelling it calls the signal off
     */
    AioFuture<Void> signal(Future<?> operation, AioSignal signal);

    /**
     * Closes the context; see {@link AioContext}. A second call gives the same future.
     *
     * @return completes when everything has settled and every descriptor and buffer is given back
     */
    AioFuture<Void> close();
}
