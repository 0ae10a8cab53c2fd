package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.stream.ChunkedInput;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import org.jspecify.annotations.Nullable;

/**
 * A range of a file, for a {@link io.netty.handler.stream.ChunkedWriteHandler} to send: plainly, in a
 * {@code HttpChunkedInput}, or in a {@code Http2DataChunkedInput}. Reads ahead by {@link AioReadAhead}; where the next
 * chunk is not ready the transfer is suspended, and resumed when it is. {@link AioFileTransfer} is the way to use it with
 * less to think of.
 *
 * <p><b>Threading.</b> Made by any thread. Belongs to the channel's event loop from then on, so the ChunkedWriteHandler
 * must not have an executor of its own. A file whose view belongs to another loop is read through a view of the
 * channel's, which closes with this input. {@link #close()} may be called from any thread.
 *
 * <p><b>Ownership.</b> A chunk given out is its receiver's. The others are given back by {@link #close()}, also while the
 * kernel still reads into them; what the handler forgets to close is closed with the channel. The file is closed with the
 * input where {@code closeFile} says so, else it stays the caller's, who must not close it before.
 *
 * <p><b>Errors.</b> {@link #readChunk(ByteBufAllocator)} throws, and so the write's future fails with, the
 * {@link AioException} of the read; where the file ends before the range does, one of kind
 * {@link AioException.Kind#SHRUNK}. What has been sent by then cannot be taken back: close the channel.
 */
public final class AioChunkedFile implements ChunkedInput<ByteBuf> {

    private final ChannelFileInput<ByteBuf> input;

    /**
     * A range, read ahead by {@link AioReadAhead#DEFAULT}; the file stays open.
     *
     * @param channel     where it will be written
     * @param offsetBytes where the range begins
     * @param lengthBytes its length; it must not end beyond the end of the file
     * @throws IllegalArgumentException      where it is not a range
     * @throws IllegalStateException         where the file is closed
     * @throws UnsupportedOperationException where the channel's loop is of a kind that the engine does not run on
     */
    public AioChunkedFile(Channel channel, AioFile file, long offsetBytes, long lengthBytes) {
        this(channel, file, offsetBytes, lengthBytes, AioReadAhead.DEFAULT, false);
    }

    /**
     * A range.
     *
     * @param channel     where it will be written
     * @param offsetBytes where the range begins
     * @param lengthBytes its length; it must not end beyond the end of the file
     * @param readAhead   how far to read ahead
     * @param closeFile   whether to close the file with this input
     * @throws IllegalArgumentException      where it is not a range; the file is left open then, as by the next two
     * @throws IllegalStateException         where the file is closed
     * @throws UnsupportedOperationException where the channel's loop is of a kind that the engine does not run on
     */
    public AioChunkedFile(
            Channel channel,
            AioFile file,
            long offsetBytes,
            long lengthBytes,
            AioReadAhead readAhead,
            boolean closeFile) {
        input = new ChannelFileInput<>(
                channel, file, offsetBytes, lengthBytes, readAhead, closeFile, false, ChunkSource::new);
    }

    /**
     * Starts to read ahead, before the input is written. For whoever has something to decide before the first byte is
     * sent: a file that cannot be read can still be answered with an error then.
     *
     * @return succeeds when the first chunk is ready (at once where the range is empty), fails as
     *     {@link #readChunk(ByteBufAllocator)} would
     */
    public Future<Void> prepare() {
        return input.prepare();
    }

    @Override
    public boolean isEndOfInput() {
        return input.isEndOfInput();
    }

    /**
     * The next chunk.
     *
     * @param allocator not used: the library allocates, aligned where the file needs it
     * @return {@code null} where it is not ready; the ChunkedWriteHandler's transfer is resumed when it is
     */
    @Override
    public @Nullable ByteBuf readChunk(ByteBufAllocator allocator) throws Exception {
        return input.next();
    }

    /** As {@link #readChunk(ByteBufAllocator)}. */
    @Deprecated
    @Override
    public @Nullable ByteBuf readChunk(ChannelHandlerContext ctx) throws Exception {
        return input.next();
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

    /** How many chunks it reads ahead at present. */
    public int windowChunks() {
        return input.windowChunks();
    }

    @Override
    public void close() {
        input.close();
    }

    ChannelFileInput<ByteBuf> source() {
        return input;
    }

    /** Chunks that are read. */
    private record ChunkSource(AioFile file) implements ReadAhead.Source<ByteBuf> {

        @Override
        public AioFuture<ByteBuf> ask(long offsetBytes, int lengthBytes) {
            return file.read(offsetBytes, lengthBytes);
        }

        @Override
        public boolean isSubmittable() {
            return file.context().isSubmittable();
        }

        @Override
        public int lengthBytes(ByteBuf chunk) {
            return chunk.readableBytes();
        }

        @Override
        public void release(ByteBuf chunk) {
            chunk.release();
        }
    }
}
