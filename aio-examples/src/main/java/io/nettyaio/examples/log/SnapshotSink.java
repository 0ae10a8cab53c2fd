package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;

/** Takes the records of a snapshot. On the log's event loop, inside {@link SnapshotSource#write} only. */
public interface SnapshotSink {

    /**
     * Adds a record. Accepted even when full, but then it is time to return.
     *
     * @param type    any number from 0 up
     * @param payload its contents, taken over
     */
    void record(int type, ByteBuf payload);

    /** Whether the source should return now and go on in its next call. */
    boolean isFull();
}
