package io.nettyaio;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asynchronous I/O on files and pipes on one event loop. There is one context for each loop, made on first use and gone
 * with its loop.
 *
 * <p><b>Threading.</b> Any method from any thread; completions on {@link #eventLoop()}.
 *
 * <p><b>Life.</b> {@link State#OPEN} → {@link State#CLOSING} (new operations are refused, queued ones fail, those in
 * flight are carried out, open files and pipes are closed) → {@link State#CLOSED}. Shutdown of the loop does the same.
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

    // ---- pipes ---------------------------------------------------------------------------------------------------

    /** Makes an anonymous pipe: {@code pipe2(2)}. Both ends are this context's; see {@link AioPipe#on}. */
    AioFuture<AioPipePair> pipe();

    /**
     * Opens one end of a named FIFO: {@code open(2)}, on a helper thread.
     *
     * <p>With {@link AioOpenOption#READ} it opens at once, whether or not there is a writer; reads wait for the first
     * writer instead of ending. With {@link AioOpenOption#WRITE} it opens when there is a reader, as {@code open(2)}
     * does; until then the kernel is asked again at intervals of up to 20 ms. It may be cancelled at any time. With both
     * it opens at once, and its reads never end, since it is a writer itself.
     *
     * @param options READ, WRITE, and CREATE or CREATE_NEW to make the FIFO with permissions 0666 less the process's
     *                umask; NOFOLLOW. Others are refused with EINVAL, as is a path that is no FIFO
     */
    AioFuture<AioPipe> openFifo(Path path, AioOpenOption... options);

    /**
     * Takes over a descriptor that this process has inherited, or got from elsewhere: a pipe, a FIFO, a terminal, a
     * stream socket, a file. What {@link AioPipe} says on blocking mode applies.
     *
     * @param descriptor its number; the library closes it with the pipe, or before. Where this fails, it stays the
     *                   caller's
     */
    AioFuture<AioPipe> adoptPipe(int descriptor);

    /**
     * Standard input, whatever it is: a pipe, a FIFO, a terminal, a socket, a file, a device. Read from there or from
     * {@link System#in}, but not from both. Closing the result does not close the process's own descriptor.
     */
    AioFuture<AioPipe> standardInput();

    /** Standard output; as {@link #standardInput()}. */
    AioFuture<AioPipe> standardOutput();

    /** Standard error; as {@link #standardInput()}. */
    AioFuture<AioPipe> standardError();

    // ---- readiness -----------------------------------------------------------------------------------------------

    /**
     * Waits, once, until a descriptor is ready: a pipe, a socket, an eventfd, a timerfd, a pidfd, a signalfd, inotify, a
     * terminal. {@code poll(2)}, through kernel AIO where that is sound (Linux 5.16 and later), else through the loop's
     * epoll instance, on a duplicate.
     *
     * <p>Ready is what the descriptor is at that moment; it may be so already. Nothing is read or written. Cancelling
     * takes it out of the kernel at once. As long as it waits, the kernel keeps what the descriptor stands for open, even
     * where the caller closes the number: cancel first, then close. Regular files, directories, disks and devices such
     * as {@code /dev/null} cannot be waited for, and fail with EPERM.
     *
     * @param descriptor the caller's, any that can be polled
     * @param events     bits of {@link AioPollEvents}
     * @return the events that are: of those asked for, and {@link AioPollEvents#ERR} and {@link AioPollEvents#HUP}
     */
    AioFuture<Integer> poll(int descriptor, int events);

    /**
     * Closes the context; see {@link AioContext}. A second call gives the same future.
     *
     * @return completes when everything has settled and every descriptor and buffer is given back
     */
    AioFuture<Void> close();
}
