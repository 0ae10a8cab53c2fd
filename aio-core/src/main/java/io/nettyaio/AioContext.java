package io.nettyaio;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
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

    /**
     * As {@link #openBeneath(AioFile, String, AioOpenOption...)}, with the permissions of a new file. Without openat2 a file
     * is created only by a plain name and with {@link AioOpenOption#CREATE_NEW}, which no link can lead astray; anything
     * else that would create or cut one fails with ENOSYS.
     *
     * @param mode permission bits as for {@code chmod(2)}, less the process's umask; used where the file is created
     */
    AioFuture<AioFile> openBeneath(AioFile directory, String relativePath, Set<AioOpenOption> options, int mode);

    // ---- names -----------------------------------------------------------------------------------------------------

    /**
     * Gives a file another name, atomically: {@code rename(2)}. Whoever opens {@code target} finds the file that was there
     * before, or this one, never a part and never nothing. With an fsync of the file before it, and of the directory after
     * it, this is how a file is replaced durably.
     *
     * <p><b>Errors.</b> Of both names, {@link AioException#path()} is {@code "source -> target"}. EXDEV: they lie on
     * different file systems, so copy; ENOTEMPTY or EEXIST: target is a directory with entries; EISDIR, ENOTDIR: one is a
     * directory and the other is not; EINVAL: target lies below source.
     *
     * @param source an existing name, of a directory too; a symbolic link is renamed itself
     * @param target the new name, which is replaced where it exists
     */
    AioFuture<Void> rename(Path source, Path target);

    /**
     * As {@link #rename}, failing with EEXIST where target exists: {@code renameat2(2)} with {@code RENAME_NOREPLACE}.
     * EINVAL: the file system cannot do that (NFS, for one).
     *
     * @param source an existing name
     * @param target the new name
     */
    AioFuture<Void> renameNoReplace(Path source, Path target);

    /**
     * Gives a file in an open directory another name there: {@code renameat2(2)} from the descriptor of the directory, so
     * whatever has become of its path meanwhile, it is that directory. Otherwise as {@link #rename}.
     *
     * <p><b>Errors.</b> EINVAL: a name is none, but empty, {@code .}, {@code ..} or a path.
     *
     * @param directory an open directory, on this context's loop
     * @param source    an existing name in it; a symbolic link is renamed itself
     * @param target    the new name in it, which is replaced where it exists
     */
    AioFuture<Void> renameIn(AioFile directory, String source, String target);

    /** As {@link #renameIn}, failing with EEXIST where target exists; see {@link #renameNoReplace}. */
    AioFuture<Void> renameNoReplaceIn(AioFile directory, String source, String target);

    /**
     * Removes a name from an open directory: {@code unlinkat(2)} from its descriptor. Otherwise as {@link #unlink}; errors
     * as for {@link #renameIn}.
     *
     * @param directory an open directory, on this context's loop
     * @param name      a name in it; a symbolic link is removed itself
     */
    AioFuture<Void> unlinkIn(AioFile directory, String name);

    /**
     * Removes a name: {@code unlink(2)}. The file goes with its last name and its last open descriptor. EISDIR: it is a
     * directory, see {@link #rmdir}.
     *
     * @param path the name; a symbolic link is removed itself
     */
    AioFuture<Void> unlink(Path path);

    /**
     * Makes a directory: {@code mkdir(2)}. EEXIST: the name is taken, by whatever.
     *
     * @param path its name, in an existing directory
     * @param mode permission bits as for {@code chmod(2)}, less the process's umask
     */
    AioFuture<Void> mkdir(Path path, int mode);

    /**
     * Removes an empty directory: {@code rmdir(2)}. ENOTEMPTY: it has entries; EBUSY: it is a mount point.
     *
     * @param path its name
     */
    AioFuture<Void> rmdir(Path path);

    /**
     * Makes a symbolic link: {@code symlink(2)}. EEXIST: the name is taken.
     *
     * @param target what the link says; relative to the link's own directory, and need not exist
     * @param link   its name
     */
    AioFuture<Void> symlink(Path target, Path link);

    /**
     * What a symbolic link says: {@code readlink(2)}. EINVAL: it is none.
     *
     * @param link its name
     * @return the target as it stands there, but for repeated and trailing slashes, which a {@link Path} does not have
     */
    AioFuture<Path> readlink(Path link);

    /**
     * What the file system knows about a file, without opening it: {@code statx(2)}, following symbolic links. Works for
     * files that {@link #open} refuses.
     *
     * @param path its name
     */
    AioFuture<AioStat> stat(Path path);

    /**
     * As {@link #stat(Path)}, of a symbolic link itself: {@code statx(2)} with {@code AT_SYMLINK_NOFOLLOW}.
     *
     * @param path its name
     */
    AioFuture<AioStat> lstat(Path path);

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
