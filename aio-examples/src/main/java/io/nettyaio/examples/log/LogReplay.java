package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;

/**
 * Receives what a log holds when it is opened: the newest snapshot's records, then every record after it, in order.
 *
 * <p><b>Threading.</b> On the log's event loop, a bounded number of records at a time.
 *
 * <p><b>Ownership.</b> The payload is lent for the time of the call: copy or retain what is to be kept. (A retained slice
 * keeps a whole read buffer alive.)
 *
 * <p>Where opening fails later on, what was received before is to be thrown away. An exception fails the opening.
 */
@FunctionalInterface
public interface LogReplay {

    /**
     * A record.
     *
     * @param sequence its number, one more than the record's before
     * @param type     as given to the append
     * @param payload  its contents, lent
     */
    void record(long sequence, int type, ByteBuf payload);

    /**
     * A record of the snapshot; these come first. By default given to {@link #record} with sequence 0.
     *
     * @param type    as given to the {@link SnapshotSink}
     * @param payload its contents, lent
     */
    default void snapshotRecord(int type, ByteBuf payload) {
        record(0, type, payload);
    }
}
