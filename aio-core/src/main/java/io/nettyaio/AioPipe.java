package io.nettyaio;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * One end of a pipe, a FIFO, or an inherited stream of bytes such as standard input, seen from one event loop. Made by
 * {@link AioContext#pipe()}, {@link AioContext#openFifo}, {@link AioContext#adoptPipe} and the standard streams.
 *
 * <p><b>Threading.</b> Any method from any thread; completions on {@link #context()}'s loop.
 *
 * <p><b>Order.</b> Reads take their bytes, and writes give theirs, in the order in which they were started through this
 * view; a write is not mixed with another one of the same view, however long it is. Between views on several loops, and
 * between processes, the kernel keeps a write whole up to {@link #ATOMIC_WRITE_BYTES}; a longer one may be mixed.
 *
 * <p><b>Waiting.</b> An operation tries without blocking; where there is nothing to read, or no room to write, it waits
 * until the descriptor is ready and goes on with the bytes done so far. While it waits it holds no thread and no slot of
 * {@link AioConfig#queueDepth()}; {@link #read(int)} holds no buffer either.
 *
 * <p><b>Cancelling</b> ends a waiting operation at once. No byte is lost by it: what a cancelled read had taken out of the
 * pipe goes to the next read of this view. What a cancelled write had written stays written.
 *
 * <p><b>The other end.</b> Once all writers have closed, or died, what they have written is read first; after that each
 * read completes with 0 bytes, the end of file. A read that had begun ({@link #readFully}) completes with what there was.
 * Once all readers have closed, a write fails with EPIPE; nobody gets a SIGPIPE. What is left unread at that moment is
 * lost, as ever with pipes. Closing one end does what it does to the other end only; see {@link #close()} for what happens
 * to this view's own operations.
 *
 * <p><b>Ownership.</b> A read borrows its destination, a write takes over its source; see the
 * {@linkplain io.nettyaio package documentation}. Heap buffers work; they cost a copy.
 *
 * <p><b>Blocking mode.</b> O_NONBLOCK is a property of what all processes share that have inherited a descriptor, so it is
 * never set on one that this library has not made. A pipe of {@link AioContext#pipe()} or {@link AioContext#openFifo} is
 * O_NONBLOCK from the start. An inherited one is opened anew through {@code /proc/self/fd} where the kernel allows that: a
 * pipe, a FIFO or a terminal of this user. Otherwise (a socket; a pipe of another user) each call carries RWF_NOWAIT, as
 * long as the kernel takes it. Otherwise (a terminal of another user) helper threads make the calls, once the descriptor is
 * ready. Regular files and disks never wait for a peer, only for the disk: helpers make the calls, too.
 *
 * <p><b>Errors.</b> Through the future or callback: {@link AioException} with errno, operation and path.
 */
public interface AioPipe {

    /** A write of so many bytes, in one piece or several, is never mixed with another: PIPE_BUF of {@code pipe(7)}. */
    int ATOMIC_WRITE_BYTES = 4096;

    /** The context, and so the event loop, that this view belongs to. */
    AioContext context();

    /** The path of a FIFO; for what has none, a name such as {@code "pipe:[4711]"}. */
    String path();

    /**
     * The descriptor's number in this process, for calls this library does not have. It stays the library's: valid until
     * {@link #close()}, not to be closed, and not to be made blocking.
     */
    int descriptor();

    /** Whether it can be read from. */
    boolean isReadable();

    /** Whether it can be written to. */
    boolean isWritable();

    /** Whether {@link #close()} has not been called on this view. */
    boolean isOpen();

    /**
     * A view of the same end on another event loop, with a descriptor of its own. The end is closed with its last view.
     *
     * @param eventLoop a loop that {@link AioContext} runs on
     * @return this, where it is this view's own loop
     * @throws IllegalStateException         where this view is closed, or no descriptor is to be had
     * @throws UnsupportedOperationException where the loop is of a kind that the engine does not run on
     */
    AioPipe on(EventLoop eventLoop);

    /**
     * This end, for a child process: its standard input where this is a read end, its standard output or error where
     * this is a write end. The child gets a descriptor of its own, in blocking mode, and nothing else of this process.
     * For {@code ProcessBuilder.start()}, until which this view has to stay open; close it afterwards, or the other end
     * will not see it when the child is gone.
     *
     * <pre>{@code
     * AioPipePair pair = aio.pipe().sync().getNow();
     * Process child = new ProcessBuilder("sort").redirectOutput(pair.writeEnd().redirect()).start();
     * pair.writeEnd().close();
     * pair.readEnd().read(65536).addListener(...);
     * }</pre>
     *
     * @throws IllegalStateException where this view is closed, or both readable and writable
     */
    ProcessBuilder.Redirect redirect();

    // ---- reads ---------------------------------------------------------------------------------------------------

    /**
     * Reads what is there, as soon as there is something, into a buffer that is allocated then. {@code read(2)}.
     *
     * <p><b>Ownership.</b> The buffer is the receiver's to release. Where the future was cancelled, there is none.
     *
     * @param maxBytes at most so much, more than 0
     * @return at least one byte; an empty buffer at the end of file
     */
    AioFuture<ByteBuf> read(int maxBytes);

    /**
     * Reads what is there, as soon as there is something, into the writable bytes of {@code dst}. {@code read(2)}.
     *
     * @param dst borrowed; its writer index moves by the result. Without room it is refused with EINVAL
     * @return bytes read; 0 at the end of file, and only there
     */
    AioFuture<Integer> read(ByteBuf dst);

    /**
     * Reads what is there into the writable bytes of each buffer in turn. {@code readv(2)}.
     *
     * @param dsts borrowed; each one's writer index moves by what it received
     * @return bytes read, in sum; 0 at the end of file, and only there
     */
    AioFuture<Long> read(ByteBuf[] dsts);

    /** The callback form of {@link #read(ByteBuf)}. */
    <A extends @Nullable Object> void read(ByteBuf dst, A attachment, AioCallback<? super A> callback);

    /**
     * Fills the writable bytes of {@code dst}.
     *
     * @param dst borrowed; its writer index moves by the result
     * @return bytes read; less than asked only where the file has ended there
     */
    AioFuture<Integer> readFully(ByteBuf dst);

    // ---- writes --------------------------------------------------------------------------------------------------

    /**
     * Writes all readable bytes of {@code src}. {@code write(2)}.
     *
     * @param src taken over: released once, whatever the outcome
     * @return bytes written: all of them. A failure's {@link AioException#bytesTransferred()} says how much had been
     */
    AioFuture<Integer> write(ByteBuf src);

    /**
     * Writes all readable bytes of each buffer in turn: one write, {@code writev(2)}.
     *
     * @param srcs taken over, each of them
     * @return bytes written, in sum
     */
    AioFuture<Long> write(ByteBuf[] srcs);

    /** The callback form of {@link #write(ByteBuf)}. */
    <A extends @Nullable Object> void write(ByteBuf src, A attachment, AioCallback<? super A> callback);

    // ---- splice --------------------------------------------------------------------------------------------------

    /**
     * Moves bytes from this pipe into another one, in the kernel, without copying them where it can.
     * {@code splice(2)}. Takes its turn among the reads of this and the writes of the other.
     *
     * @param to       of the same context ({@link #on})
     * @param maxBytes ends after so many; {@link Long#MAX_VALUE} for all up to the end of file
     * @return bytes moved; less than asked only where this one has ended. EINVAL where neither is a pipe or FIFO
     */
    AioFuture<Long> spliceTo(AioPipe to, long maxBytes);

    /**
     * Moves bytes from this pipe into a file. {@code splice(2)}, on helper threads; a later sync of the file covers it.
     *
     * @param to          of the same context, neither direct nor opened for appending, which splice cannot do
     * @param offsetBytes where in the file
     * @param maxBytes    ends after so many; {@link Long#MAX_VALUE} for all up to the end of file
     * @return bytes moved; less than asked only where this one has ended
     */
    AioFuture<Long> spliceTo(AioFile to, long offsetBytes, long maxBytes);

    /**
     * Moves bytes from a file into this pipe. {@code splice(2)}, on helper threads.
     *
     * @param from        of the same context
     * @param offsetBytes where in the file
     * @param maxBytes    ends after so many; {@link Long#MAX_VALUE} for all up to the end of the file
     * @return bytes moved; less than asked only at the end of the file
     */
    AioFuture<Long> spliceFrom(AioFile from, long offsetBytes, long maxBytes);

    /**
     * Moves bytes from this pipe into a connected stream socket, as {@code channel.fd().intValue()} of Netty's epoll
     * transport. {@code splice(2)}. Nothing keeps what else is written to the channel from being mixed in.
     *
     * @param socket   in non-blocking mode, else EINVAL; it stays the caller's, and may be closed meanwhile
     * @param maxBytes ends after so many; {@link Long#MAX_VALUE} for all up to the end of file
     * @return bytes moved; less than asked only where this one has ended
     */
    AioFuture<Long> spliceToSocket(int socket, long maxBytes);

    /**
     * Moves bytes from a connected stream socket into this pipe. {@code splice(2)}. The channel must not read meanwhile
     * ({@code autoRead} off), or it takes its share.
     *
     * @param socket   in non-blocking mode, else EINVAL; it stays the caller's, and may be closed meanwhile
     * @param maxBytes ends after so many; {@link Long#MAX_VALUE} for all up to the end of the stream
     * @return bytes moved; less than asked only where the peer has shut its side down
     */
    AioFuture<Long> spliceFromSocket(int socket, long maxBytes);

    // ---- shape ---------------------------------------------------------------------------------------------------

    /** How many bytes the pipe holds at most: {@code F_GETPIPE_SZ} of {@code fcntl(2)}. EBADF where it is no pipe. */
    AioFuture<Integer> capacity();

    /**
     * Has the pipe hold more or fewer bytes: {@code F_SETPIPE_SZ} of {@code fcntl(2)}. EBUSY where more are in it by
     * now; EPERM beyond {@code /proc/sys/fs/pipe-max-size}.
     *
     * @param bytes at least so many
     * @return the new capacity, which the kernel rounds up
     */
    AioFuture<Integer> capacity(int bytes);

    /**
     * Waits until the pipe is ready, without taking anything. As {@link AioContext#poll}, but it ends with this view.
     *
     * @param events bits of {@link AioPollEvents}
     * @return the events that are
     */
    AioFuture<Integer> poll(int events);

    // ---- end -----------------------------------------------------------------------------------------------------

    /**
     * Closes this view. Operations that wait fail at once with {@link AioException.Kind#CLOSED} and ECANCELED, and say
     * how much they had done; later ones fail with EBADF. To have everything written, close when the last write has
     * completed. A second call gives the same future. A standard stream itself stays open as long as the process.
     *
     * @return completes when {@code close(2)} is done; fails with its error
     */
    AioFuture<Void> close();
}
