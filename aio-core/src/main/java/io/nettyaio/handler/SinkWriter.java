package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Writes buffers to a file in the order they come, joined into larger vectored writes: while one is under way, what
 * arrives waits for the next. One at a time, since writes in flight together have no order, and the file's size would tell
 * nothing of what is in it.
 *
 * <p>Loop-confined. A buffer is owned here from {@link #add} until it is given to the write that releases it.
 */
final class SinkWriter {

    /** Called on the loop. */
    interface Listener {

        /** So many buffers have been written and let go of. */
        void written(int buffers);

        /** A write has failed; what was queued has been released, as will be what still comes. */
        void failed(Throwable cause);

        /** Everything is written that was added before {@link #flush()}. */
        void drained();
    }

    /** Buffers of one write at most: IOV_MAX is 1024, and small ones may pin large ones. */
    private static final int MOST_BUFFERS = 256;

    private final int writeBytes;
    private final Listener listener;
    private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>();
    private @Nullable AioFile file;
    private long offset;
    private long queuedBytes;
    private long inFlightBytes;
    private @Nullable AioFuture<?> underWay;
    private boolean flushing;
    private boolean closed;

    /**
     * A writer without a file: what is added waits for one.
     *
     * @param writeBytes how much to wait for before a write is started
     */
    SinkWriter(int writeBytes, Listener listener) {
        this.writeBytes = writeBytes;
        this.listener = listener;
    }

    void open(AioFile to, long offsetBytes) {
        file = to;
        offset = offsetBytes;
        pump();
    }

    void add(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (closed || length == 0) {
            bytes.release();
            return;
        }
        queue.add(bytes);
        queuedBytes += length;
        pump();
    }

    /** Bytes that memory is held for. */
    long heldBytes() {
        return queuedBytes + inFlightBytes;
    }

    /** Writes what there is, however little, and says when that is done. */
    void flush() {
        flushing = true;
        pump();
    }

    /**
     * Releases what is queued, and takes back a write that the disk has not begun with: a slow one is not to be kept busy
     * with what nobody wants. The listener is told of its end, be it only the end of waiting for it.
     */
    void close() {
        closed = true;
        queuedBytes = 0;
        ByteBuf each;
        while ((each = queue.poll()) != null) {
            each.release();
        }
        AioFuture<?> write = underWay;
        if (write != null) {
            boolean unused = write.cancel(false);
        }
    }

    boolean isWriting() {
        return inFlightBytes > 0;
    }

    private void pump() {
        AioFile to = file;
        if (to == null || closed || inFlightBytes > 0) {
            return;
        }
        if (queue.isEmpty()) {
            if (flushing) {
                flushing = false;
                listener.drained();
            }
        } else if (flushing || queuedBytes >= writeBytes || queue.size() >= MOST_BUFFERS) {
            write(to);
        }
    }

    private void write(AioFile to) {
        ByteBuf[] buffers = new ByteBuf[Math.min(queue.size(), MOST_BUFFERS)];
        long bytes = 0;
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = queue.remove();
            bytes += buffers[i].readableBytes();
        }
        queuedBytes -= bytes;
        inFlightBytes = bytes;
        AioFuture<?> write = to.write(buffers, offset);
        underWay = write;
        write.addListener(done -> written(buffers.length, done.cause()));
        offset += bytes;
    }

    private void written(int buffers, @Nullable Throwable cause) {
        inFlightBytes = 0;
        underWay = null;
        if (closed) {
            listener.written(buffers);
        } else if (cause != null) {
            close();
            listener.failed(cause);
        } else {
            listener.written(buffers);
            pump();
        }
    }
}
