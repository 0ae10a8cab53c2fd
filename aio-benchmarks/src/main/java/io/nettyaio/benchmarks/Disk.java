package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The disk work of the stall case, in the two ways it can be done on an event loop. All methods are called on the loop,
 * and {@link Done} is called there, later.
 */
interface Disk extends AutoCloseable {

    /** An operation has completed. */
    interface Done {
        void done(@Nullable Throwable cause);
    }

    /** A buffered read. */
    void coldRead(ByteBuf dst, long offset, Done done);

    /** An O_DIRECT read. */
    void directRead(ByteBuf dst, long offset, Done done);

    /** An O_DIRECT write past the end of a file; the buffer stays the caller's. */
    void extend(ByteBuf src, long offset, Done done);

    /** Cuts the file that {@link #extend} has made longer. */
    void cut(Done done);

    /** A buffered write; the buffer stays the caller's. */
    void write(ByteBuf src, long offset, Done done);

    /** Makes what {@link #write} has written durable. */
    void sync(Done done);

    @Override
    void close();
}
