package io.nettyaio;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An open file, seen from one event loop. Opened by {@link AioContext#open}.
 *
 * <p><b>Threading.</b> Any method from any thread; completions on {@link #context()}'s loop. Operations in flight
 * together have no order among each other, with three exceptions: a sync covers every write started before it, appends
 * land in the order they were started, and {@link #close()} waits for everything started before it. Two overlapping
 * writes that must land in order have to be started one after the other's completion.
 *
 * <p><b>Transfers.</b> A write moves all of its source or fails. A read fills its destination and is short only at the
 * end of the file. Offsets and lengths are in bytes. Nothing limits a file to 2 or 4 GiB; vectored forms move more than
 * 2 GiB at once.
 *
 * <p><b>Ownership.</b> A read borrows its destination, a write takes over its source; see the
 * {@linkplain io.nettyaio package documentation}. While a read is in flight its destination must not be touched; its
 * writer index moves when the read completes, just before the listeners run. Heap buffers work; they cost a copy.
 *
 * <p><b>Errors.</b> Every failure arrives through the future or callback, never as a throw: {@link AioException} with
 * errno, operation and path; {@link IllegalArgumentException} where a direct file needs an alignment that the buffer,
 * offset or length does not have (it names the alignment).
 */
public interface AioFile {

    /** The context, and so the event loop, that this view belongs to. */
    AioContext context();

    /** The path the file was opened by. */
    String path();

    /** Whether the file was opened with {@link AioOpenOption#DIRECT}. */
    boolean isDirect();

    /**
     * What memory addresses, offsets and lengths must be multiples of, in bytes; 1 unless the file {@link #isDirect()}.
     * Read from the file itself ({@code STATX_DIOALIGN}) or, on kernels before 6.1, from its block device.
     */
    int alignment();

    /** Whether {@link #close()} has not been called on this view. */
    boolean isOpen();

    /**
     * A view of the same descriptor on another event loop, in the same {@linkplain #ioClass() class}. The descriptor closes with its last view. Syncs cover the
     * writes of all views; appends of all views are in order.
     *
     * @param eventLoop a loop that {@link AioContext} runs on
     * @return this, where it is this view's own loop
     * @throws IllegalStateException         where this view is closed
     * @throws UnsupportedOperationException where the loop is of a kind that the engine does not run on
     */
    AioFile on(EventLoop eventLoop);

    /** The class that this view's operations belong to; {@link AioClass#DEFAULT} unless {@link #in} gave another. */
    AioClass ioClass();

    /**
     * A view of the same descriptor on the same event loop whose operations belong to a class. It is closed for itself;
     * the descriptor closes with its last view.
     *
     * @param ioClass the class
     * @return this, where it is this view's own class
     * @throws IllegalStateException where this view is closed
     */
    AioFile in(AioClass ioClass);

    /**
     * The same view, whose operations each have a {@linkplain AioFuture#deadline deadline}; those that are added to a batch
     * too. {@link #close()} has none: it cannot be called off. The callback forms allocate a future here.
     *
     * @param timeout from the start of each operation; replaces the one this view has
     */
    AioFile withDeadline(Duration timeout);

    // ---- reads ---------------------------------------------------------------------------------------------------

    /**
     * Reads into a buffer that is allocated for you, aligned where the file needs it; any offset and length will do.
     * {@code pread(2)}.
     *
     * <p><b>Ownership.</b> The buffer is the receiver's to release. Where the future was cancelled, the library
     * releases it.
     *
     * @param offsetBytes where in the file
     * @param lengthBytes how much; the buffer has fewer readable bytes only at the end of the file, none past it
     */
    AioFuture<ByteBuf> read(long offsetBytes, int lengthBytes);

    /**
     * Fills the writable bytes of {@code dst} from the file. {@code preadv2(2)}.
     *
     * @param dst         borrowed; its writer index moves by the result
     * @param offsetBytes where in the file
     * @return bytes read; less than asked only at the end of the file, 0 past it
     */
    AioFuture<Integer> read(ByteBuf dst, long offsetBytes);

    /**
     * Fills the writable bytes of each buffer in turn: one transfer, {@code preadv2(2)}.
     *
     * @param dsts        borrowed; each one's writer index moves by what it received
     * @param offsetBytes where in the file
     * @return bytes read, in sum
     */
    AioFuture<Long> read(ByteBuf[] dsts, long offsetBytes);

    /** The callback form of {@link #read(ByteBuf, long)}. */
    <A extends @Nullable Object> void read(
            ByteBuf dst, long offsetBytes, A attachment, AioCallback<? super A> callback);

    /**
     * Makes a range resident in the page cache without copying it, so that {@code sendfile(2)} or a mapping finds it
     * there: {@code readahead(2)}, and the wait for it, off the loop. What is resident is found so on the loop. Pages
     * may be evicted at any time afterwards, though rarely soon. Not for a direct file.
     *
     * @param offsetBytes where the range begins
     * @param lengthBytes its length
     * @return how much of the range there is: all, or less, to the start of a page, where the file ends before
     */
    AioFuture<Long> prefetch(long offsetBytes, long lengthBytes);

    /**
     * A range as a region, which epoll's socket channels send by {@code sendfile(2)}, without copying it. That waits for
     * the disk where the page cache does not hold the range: {@link #prefetch} it first, or let
     * {@link io.nettyaio.handler.AioFileTransfer} see to it. Making one costs no system call.
     *
     * <p><b>Ownership.</b> The caller's; writing it to a channel passes it on. The descriptor stays open until the region
     * is released, even if the file is closed before.
     *
     * @param offsetBytes where the range begins
     * @param lengthBytes its length; a region that ends beyond the end of the file makes its channel's write fail
     * @throws IllegalArgumentException where it is not a range, or the file neither a regular one nor a block device, or not
     *     opened to be read, or with {@link AioOpenOption#DIRECT}
     * @throws IllegalStateException    where the file is closed
     */
    default FileRegion region(long offsetBytes, long lengthBytes) {
        return region(offsetBytes, lengthBytes, () -> {});
    }

    /**
     * As {@link #region(long, long)}.
     *
     * @param released runs once, when the region is released, on the thread that does so: a channel has no other way to say
     *     that it wants the next one, since regions do not count for its {@code isWritable()}
     */
    FileRegion region(long offsetBytes, long lengthBytes, Runnable released);

    // ---- writes --------------------------------------------------------------------------------------------------

    /**
     * Writes all readable bytes of {@code src}. {@code pwritev2(2)}.
     *
     * @param src         taken over: released once, whatever the outcome
     * @param offsetBytes where in the file
     * @return bytes written: all of them. A failure's {@link AioException#bytesTransferred()} says how much had been
     */
    AioFuture<Integer> write(ByteBuf src, long offsetBytes);

    /**
     * Writes all readable bytes of each buffer in turn: one transfer, {@code pwritev2(2)}.
     *
     * @param srcs        taken over, each of them
     * @param offsetBytes where in the file
     * @return bytes written, in sum
     */
    AioFuture<Long> write(ByteBuf[] srcs, long offsetBytes);

    /** The callback form of {@link #write(ByteBuf, long)}. */
    <A extends @Nullable Object> void write(
            ByteBuf src, long offsetBytes, A attachment, AioCallback<? super A> callback);

    /**
     * Writes all readable bytes of {@code src}, durably: {@code pwritev2(2)} with {@code RWF_DSYNC}. One operation, and on a
     * helper one system call, instead of a write and an fdatasync. It covers its own bytes, and the metadata that reading
     * them needs, not what was written before it. Where the kernel does not know the flag it is a write and an
     * {@code fdatasync(2)}, on a helper.
     *
     * @param src         taken over
     * @param offsetBytes where in the file
     * @return bytes written: all of them, on the disk. After a failure nobody knows which of them are
     */
    AioFuture<Integer> writeDurably(ByteBuf src, long offsetBytes);

    /** The callback form of {@link #writeDurably(ByteBuf, long)}. */
    <A extends @Nullable Object> void writeDurably(
            ByteBuf src, long offsetBytes, A attachment, AioCallback<? super A> callback);

    /**
     * Writes all readable bytes at the end of the file, wherever that is by then: {@code pwritev2(2)} with
     * {@code RWF_APPEND}. Appends through any view of this descriptor land whole and in the order they were started.
     * On a direct file the length, and the file's size, must be multiples of {@link #alignment()}.
     *
     * @param src taken over
     * @return bytes written: all of them
     */
    AioFuture<Integer> append(ByteBuf src);

    // ---- durability ----------------------------------------------------------------------------------------------

    /**
     * Makes contents and metadata durable: {@code fsync(2)}. Covers every write, append, truncate and allocate started
     * before it through any view. Concurrent syncs of a file share one system call. Works on a directory.
     */
    AioFuture<Void> fsync();

    /** As {@link #fsync()}, leaving out metadata that reading the contents does not need: {@code fdatasync(2)}. */
    AioFuture<Void> fdatasync();

    /** The callback form of {@link #fdatasync()}. */
    <A extends @Nullable Object> void fdatasync(A attachment, AioCallback<? super A> callback);

    /**
     * Starts, and waits for, write-out of a range of the page cache: {@code sync_file_range(2)} with all three flags.
     * No durability: neither the disk's own cache nor metadata is flushed. Use {@link #fdatasync()} for that.
     *
     * @param offsetBytes where the range begins
     * @param lengthBytes its length; 0 for all up to the end of the file
     */
    AioFuture<Void> syncRange(long offsetBytes, long lengthBytes);

    // ---- shape ---------------------------------------------------------------------------------------------------

    /**
     * Allocates disk space, and grows the file where the range ends past its end: {@code fallocate(2)}, mode 0. Writes
     * into it cannot fail for want of space, but are not yet overwrites: the first write of each block is slower.
     *
     * @param offsetBytes where the range begins
     * @param lengthBytes its length, more than 0
     */
    AioFuture<Void> allocate(long offsetBytes, long lengthBytes);

    /**
     * Cuts or grows the file: {@code ftruncate(2)}.
     *
     * @param sizeBytes the new length
     */
    AioFuture<Void> truncate(long sizeBytes);

    /** The file's length in bytes; for a block device, the device's. */
    AioFuture<Long> size();

    /** What the file system knows about the file: {@code statx(2)}. */
    AioFuture<AioStat> stat();

    /** What the file system knew about the file when it was opened. Costs nothing; {@link #stat()} asks again. */
    AioStat openedStat();

    /**
     * Lists a directory: {@code getdents64(2)} and {@code statx(2)} of each name, on a helper thread. {@code .} and
     * {@code ..} are left out, names are in no order, symbolic links are not followed.
     *
     * @param maxEntries how many are taken at most; the rest is left out, see {@link AioDirectory#complete()}
     * @param then       turns what was found into the result: sorting and formatting a long list takes time, so it is
     *                   called <b>on the helper thread</b>, once, and has to be safe there; what it throws fails the
     *                   future
     * @param <T>        the type of the result
     * @return fails with ENOTDIR where this is not a directory
     */
    <T> AioFuture<T> list(int maxEntries, Function<? super AioDirectory, ? extends T> then);
    /**
     * Sets the permissions: {@code fchmod(2)}. Unlike those at {@link AioContext#open}, they are not less the umask.
     *
     * @param mode permission bits as for {@code chmod(2)}, up to 07777
     */
    AioFuture<Void> chmod(int mode);

    /**
     * Sets the times: {@code futimens(3)}. A later write changes the time of modification again, so set them last.
     *
     * @param accessed time of the last access
     * @param modified time of the last change of the contents
     */
    AioFuture<Void> setTimes(Instant accessed, Instant modified);

    /**
     * Where the next data begins: {@code lseek(2)} with {@code SEEK_DATA}. What lies between is a hole and reads as zeros.
     * Sees the writes that have completed. A file system that does not know its holes says that all is data. Moves the
     * descriptor's own offset, which no operation here uses.
     *
     * @param offsetBytes where to look from
     * @return the offset itself where it lies in data; -1 where no data follows
     */
    AioFuture<Long> nextData(long offsetBytes);

    /**
     * Where the next hole begins, as {@link #nextData} says where data does: {@code lseek(2)} with {@code SEEK_HOLE}.
     *
     * @param offsetBytes where to look from
     * @return the offset itself where it lies in a hole; the end of the file where none comes before; -1 past the end
     */
    AioFuture<Long> nextHole(long offsetBytes);

    // ---- directories -----------------------------------------------------------------------------------------------

    /**
     * The next names in this directory: {@code getdents64(2)}, 32 KiB of it, so that memory stays bounded however large
     * the directory is. Without {@code .} and {@code ..}, in no order. The place where it goes on is the descriptor's, so
     * all views share it; to begin anew, open the directory anew. A name that is made or removed meanwhile may or may not
     * be among them.
     *
     * @return the names, some hundreds at once; none at the end. Fails with ENOTDIR where it is no directory
     */
    AioFuture<List<AioDirectoryEntry>> nextEntries();

    // ---- end -----------------------------------------------------------------------------------------------------

    /**
     * Closes this view, and with the last view the descriptor. Operations started through this view before are carried
     * out first; later ones fail with EBADF. A second call gives the same future.
     *
     * @return completes when they are done and, for the last view, when {@code close(2)} is; fails with its error
     */
    AioFuture<Void> close();
}
