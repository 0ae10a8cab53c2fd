package io.nettyaio.examples.serve;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.io.EOFException;
import java.util.ArrayDeque;

/**
 * Sends a file's contents over a channel, as a response's header and body.
 *
 * <p>A chunk is in memory from the start of its read until the socket has taken its last byte. There are never more
 * than {@link ServerConfig#windowChunks()} of them, and none is read while the channel is not writable: a slow client
 * costs the window, however long the file is. Reads in flight together complete in any order, so they wait in a queue,
 * in the order of the file, and only its head is written.
 *
 * <p>The header goes with the first chunk: until then, a disk that fails can still be answered with an error.
 *
 * <p>Belongs to the event loop of its channel, as its file view does. It closes the file, whatever the outcome.
 */
final class FileStream {

    /** How it ended: one of these, once, unless it was {@linkplain #abort() aborted}. */
    interface Listener {

        /** The socket has taken everything. */
        void sent();

        /**
         * The file cannot be read to the length that the header says.
         *
         * @param headerSent whether it is too late to say so in the response
         */
        void fileFailed(Throwable cause, boolean headerSent);

        /** The channel does not take any more. */
        void channelFailed(Throwable cause);
    }

    private final ChannelHandlerContext ctx;
    private final AioFile file;
    private final long sizeBytes;
    private final int chunkBytes;
    private final int windowChunks;
    private final HttpResponse header;
    private final Listener listener;

    /** Reads that have not been written, in the order of the file. */
    private final ArrayDeque<AioFuture<ByteBuf>> reads = new ArrayDeque<>();

    private long readOffset;
    private long writtenOffset;
    private int chunksInSocket;
    private boolean headerSent;
    private boolean ended;
    private boolean pumping;
    private boolean pumpAgain;

    /**
     * A stream that has not started.
     *
     * @param file      taken over
     * @param sizeBytes what the header says; more than 0
     */
    FileStream(
            ChannelHandlerContext ctx,
            AioFile file,
            long sizeBytes,
            HttpResponse header,
            ServerConfig config,
            Listener listener) {
        this.ctx = ctx;
        this.file = file;
        this.sizeBytes = sizeBytes;
        this.header = header;
        this.listener = listener;
        chunkBytes = config.chunkBytes();
        windowChunks = config.windowChunks();
    }

    /** Does what can be done now: to be called to start, and whenever the channel has become writable. */
    void pump() {
        assert ctx.executor().inEventLoop();
        if (pumping) {
            // A flush may call back here, and so may a read: what they change is seen by the loop below.
            pumpAgain = true;
            return;
        }
        pumping = true;
        try {
            do {
                pumpAgain = false;
                writeArrived();
                startReads();
            } while (pumpAgain);
        } finally {
            pumping = false;
        }
    }

    /** The channel is gone, or is about to: gives everything back. The listener is not called. */
    void abort() {
        if (!ended) {
            end();
        }
    }

    private void startReads() {
        while (!ended
                && readOffset < sizeBytes
                && reads.size() + chunksInSocket < windowChunks
                && ctx.channel().isWritable()) {
            int length = chunkLength(readOffset);
            AioFuture<ByteBuf> read = file.read(readOffset, length);
            readOffset += length;
            reads.add(read);
            read.addListener(ignored -> pump());
        }
    }

    private void writeArrived() {
        boolean written = false;
        while (!ended && ctx.channel().isWritable()) {
            AioFuture<ByteBuf> next = reads.peek();
            if (next == null || !next.isDone()) {
                break;
            }
            reads.remove();
            written |= write(next);
        }
        if (written) {
            ctx.flush();
        }
    }

    private boolean write(AioFuture<ByteBuf> read) {
        if (!read.isSuccess()) {
            end();
            listener.fileFailed(read.cause(), headerSent);
            return false;
        }
        ByteBuf chunk = read.getNow();
        int length = chunkLength(writtenOffset);
        if (chunk.readableBytes() != length) {
            long end = writtenOffset + chunk.readableBytes();
            chunk.release();
            end();
            listener.fileFailed(
                    new EOFException("the file has shrunk from " + sizeBytes + " to " + end + " bytes"), headerSent);
            return false;
        }
        if (!headerSent) {
            headerSent = true;
            ChannelFuture unused = ctx.write(header); // if it fails, so does what follows it
        }
        writtenOffset += length;
        chunksInSocket++;
        HttpContent content =
                writtenOffset == sizeBytes ? new DefaultLastHttpContent(chunk) : new DefaultHttpContent(chunk);
        ctx.write(content).addListener(this::taken);
        return true;
    }

    /** The socket has taken a chunk, or will never. */
    private void taken(Future<? super Void> write) {
        chunksInSocket--;
        if (ended) {
            return;
        }
        if (!write.isSuccess()) {
            end();
            listener.channelFailed(write.cause());
        } else if (writtenOffset == sizeBytes && chunksInSocket == 0) {
            end();
            listener.sent();
        } else {
            pump();
        }
    }

    private int chunkLength(long offset) {
        return (int) Math.min(chunkBytes, sizeBytes - offset);
    }

    private void end() {
        ended = true;
        for (AioFuture<ByteBuf> read : reads) {
            // A read that is cancelled releases its buffer itself, once the kernel is done with it.
            if (!read.cancel(false) && read.isSuccess()) {
                read.getNow().release();
            }
        }
        reads.clear();
        FileCloser.close(file);
    }
}
