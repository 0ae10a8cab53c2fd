package io.nettyaio.handler;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.handler.stream.ChunkedInput;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioFile;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A range of a file as {@link FileRegion}s, for a {@link io.netty.handler.stream.ChunkedWriteHandler} to send by
 * {@code sendfile(2)} over a plain-text epoll socket. {@code sendfile} waits for the disk where the page cache does not
 * hold the range, and would hold up the loop; so the range is cut into windows, and each is made resident off the loop
 * ({@link AioFile#prefetch}) before its region is given out, the next ones meanwhile. {@link AioFileTransfer} chooses
 * between this and {@link AioChunkedFile}.
 *
 * <p>A window that has lain ready for more than 100 ms is looked at again before it is given out. What is evicted between
 * that look and {@code sendfile} is waited for on the loop; this takes memory pressure in that moment, or a peer so slow
 * that a window stays in the socket's queue (no more than one does).
 *
 * <p><b>Threading, ownership, errors.</b> As {@link AioChunkedFile}. A file that shrinks after its window was looked at
 * makes the channel fail, with an IOException of Netty's; {@link AioFileTransfer} finds out.
 */
public final class AioFileRegion implements ChunkedInput<FileRegion> {

    /** Windows of 256 KiB, two to four of them ahead. */
    public static final AioReadAhead READ_AHEAD = new AioReadAhead(256 << 10, 2, 4);

    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ChannelFileInput<Long> input;
    private final EventLoop loop;
    private final long offsetBytes;
    /** One that has been given out, and not been sent. Regions do not count for the channel's writability: this does. */
    private boolean inSocketsQueue;

    private boolean wanted;

    /**
     * A range.
     *
     * @param channel     where it will be written
     * @param file        not a direct one
     * @param offsetBytes where the range begins
     * @param lengthBytes its length; it must not end beyond the end of the file
     * @param readAhead   the windows
     * @param closeFile   whether to close the file with this input
     * @throws IllegalArgumentException      where it is not a range, or the file is direct; the file is left open then, as
     *     by the next two
     * @throws IllegalStateException         where the file is closed
     * @throws UnsupportedOperationException where the channel's loop is of a kind that the engine does not run on
     */
    public AioFileRegion(
            Channel channel,
            AioFile file,
            long offsetBytes,
            long lengthBytes,
            AioReadAhead readAhead,
            boolean closeFile) {
        if (file.isDirect()) {
            throw new IllegalArgumentException(
                    file.path() + ": a direct file passes the page cache, which sendfile reads; use AioChunkedFile");
        }
        this.loop = channel.eventLoop();
        this.offsetBytes = offsetBytes;
        input = new ChannelFileInput<>(
                channel, file, offsetBytes, lengthBytes, readAhead, closeFile, true, Residency::new);
    }

    /** As {@link AioChunkedFile#prepare()}. */
    public Future<Void> prepare() {
        return input.prepare();
    }

    @Override
    public boolean isEndOfInput() {
        return input.isEndOfInput();
    }

    /**
     * The next region.
     *
     * @param allocator not used
     * @return {@code null} where it is not resident yet; the ChunkedWriteHandler's transfer is resumed when it is
     */
    @Override
    public @Nullable FileRegion readChunk(ByteBufAllocator allocator) throws Exception {
        return next();
    }

    /** As {@link #readChunk(ByteBufAllocator)}. */
    @Deprecated
    @Override
    public @Nullable FileRegion readChunk(ChannelHandlerContext ctx) throws Exception {
        return next();
    }

    private @Nullable FileRegion next() throws Exception {
        if (inSocketsQueue) {
            wanted = true;
            return null;
        }
        long at = offsetBytes + input.progressBytes();
        Long resident = input.next();
        if (resident == null) {
            return null;
        }
        FileRegion region = input.view().region(at, resident, this::released);
        inSocketsQueue = true;
        return region;
    }

    /** From the channel's write, on its loop, or from whoever else has dropped it. */
    private void released() {
        if (!loop.inEventLoop()) {
            executeOnLoop(this::released);
            return;
        }
        inSocketsQueue = false;
        if (wanted) {
            wanted = false;
            // Not within the write that is told of this by now.
            executeOnLoop(input::resume);
        }
    }

    private void executeOnLoop(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException loopIsGone) {
            // And with it the channel, which wants nothing any more.
        }
    }

    /** The range's length in bytes. */
    @Override
    public long length() {
        return input.lengthBytes();
    }

    /** Bytes given out so far. */
    @Override
    public long progress() {
        return input.progressBytes();
    }

    @Override
    public void close() {
        input.close();
    }

    ChannelFileInput<Long> source() {
        return input;
    }

    /** Windows that are made resident: a chunk is how long one is. */
    private record Residency(AioFile file) implements ReadAhead.Source<Long> {

        @Override
        public Future<Long> ask(long offsetBytes, int lengthBytes) {
            return file.prefetch(offsetBytes, lengthBytes);
        }

        @Override
        public boolean isSubmittable() {
            return file.context().isSubmittable();
        }

        @Override
        public int lengthBytes(Long resident) {
            return Math.toIntExact(resident);
        }

        @Override
        public void release(Long resident) {
            // nothing is held
        }

        @Override
        public boolean isStale(Long resident, long readyNanos) {
            return System.nanoTime() - readyNanos > FRESH_NANOS;
        }
    }
}
