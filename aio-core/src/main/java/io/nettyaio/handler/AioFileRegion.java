package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.handler.stream.ChunkedInput;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.nio.channels.FileChannel;
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
 * <p>Where the file cannot be opened a second time for {@code sendfile} (no {@code /proc}, or the permission is gone), it
 * gives out buffers.
 *
 * <p><b>Threading, ownership, errors.</b> As {@link AioChunkedFile}. A file that shrinks after its window was looked at
 * makes the channel fail, with an IOException of Netty's; {@link AioFileTransfer} finds out.
 */
public final class AioFileRegion implements ChunkedInput<Object> {

    /** Windows of 256 KiB, two to four of them ahead. */
    public static final AioReadAhead READ_AHEAD = new AioReadAhead(256 << 10, 2, 4);

    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Source source;
    private final ChannelFileInput<Object> input;
    private final long offsetBytes;

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
        source = new Source(channel.eventLoop());
        this.offsetBytes = offsetBytes;
        input = new ChannelFileInput<>(channel, file, offsetBytes, lengthBytes, readAhead, closeFile, true, source::of);
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
     * The next region, or buffer.
     *
     * @param allocator not used
     * @return {@code null} where it is not resident yet; the ChunkedWriteHandler's transfer is resumed when it is
     */
    @Override
    public @Nullable Object readChunk(ByteBufAllocator allocator) throws Exception {
        return next();
    }

    /** As {@link #readChunk(ByteBufAllocator)}. */
    @Deprecated
    @Override
    public @Nullable Object readChunk(ChannelHandlerContext ctx) throws Exception {
        return next();
    }

    private @Nullable Object next() throws Exception {
        long at = offsetBytes + input.progressBytes();
        Object chunk = input.next();
        return chunk instanceof Long resident ? source.region(at, resident) : chunk;
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

    ChannelFileInput<Object> source() {
        return input;
    }

    /** Windows that are made resident: a {@link Long} says how long each is. Or buffers. */
    private static final class Source implements ReadAhead.Source<Object> {

        private final EventLoop loop;
        private @Nullable AioFile file;
        private @Nullable AioFuture<FileChannel> channel;

        Source(EventLoop loop) {
            this.loop = loop;
        }

        Source of(AioFile view) {
            file = view;
            return this;
        }

        private AioFile file() {
            AioFile view = file;
            if (view == null) {
                throw new IllegalStateException("not in use");
            }
            return view;
        }

        @Override
        public Future<?> ask(long offsetBytes, int lengthBytes) {
            AioFile view = file();
            AioFuture<FileChannel> opening = channel;
            if (opening == null) {
                opening = view.channel();
                channel = opening;
            }
            if (opening.isSuccess()) {
                return view.prefetch(offsetBytes, lengthBytes);
            }
            if (opening.isDone()) {
                return view.read(offsetBytes, lengthBytes);
            }
            Promise<Object> window = loop.newPromise();
            AioFuture<Long> prefetch = view.prefetch(offsetBytes, lengthBytes);
            opening.addListener(opened -> {
                if (window.isDone()) {
                    return; // cancelled
                }
                Future<?> give = opened.isSuccess() ? prefetch : view.read(offsetBytes, lengthBytes);
                give.addListener(given -> settle(window, given));
            });
            return window;
        }

        private void settle(Promise<Object> window, Future<?> given) {
            if (!given.isSuccess()) {
                window.tryFailure(given.cause());
            } else if (!window.trySuccess(given.getNow())) {
                release(given.getNow());
            }
        }

        @Override
        public boolean isSubmittable() {
            return file().context().isSubmittable();
        }

        @Override
        public int lengthBytes(Object chunk) {
            return chunk instanceof ByteBuf bytes ? bytes.readableBytes() : Math.toIntExact((Long) chunk);
        }

        @Override
        public void release(Object chunk) {
            if (chunk instanceof ByteBuf bytes) {
                bytes.release();
            }
        }

        @Override
        public boolean isStale(Object chunk, long readyNanos) {
            return chunk instanceof Long && System.nanoTime() - readyNanos > FRESH_NANOS;
        }

        FileRegion region(long offsetBytes, long lengthBytes) {
            AioFuture<FileChannel> opened = channel;
            if (opened == null) {
                throw new IllegalStateException("no channel");
            }
            return new Window(opened.getNow(), offsetBytes, lengthBytes);
        }
    }

    /** The FileChannel is the file's, not the region's. */
    private static final class Window extends DefaultFileRegion {

        Window(FileChannel channel, long offsetBytes, long lengthBytes) {
            super(channel, offsetBytes, lengthBytes);
        }

        @Override
        protected void deallocate() {}
    }
}
