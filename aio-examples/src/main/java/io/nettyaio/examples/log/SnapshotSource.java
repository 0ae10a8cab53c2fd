package io.nettyaio.examples.log;

/**
 * Gives the state that replaces a log's old records, piece by piece, while appends go on.
 *
 * <p><b>What it has to give.</b> The state after all records appended before {@link WriteAheadLog#compact} was called;
 * the records after them are replayed on top. It may be <i>fuzzy</i>, that is, hold effects of records appended
 * meanwhile, if replaying these on top of it ends in the same state ("x is 5" does, "add 1 to x" does not): the snapshot
 * is not published before everything that was appended until its last record is durable.
 */
@FunctionalInterface
public interface SnapshotSource {

    /**
     * Adds records until the sink {@linkplain SnapshotSink#isFull() is full} or there are no more. Called on the log's
     * event loop, again and again, with pauses that keep the snapshot's share of the disk bounded.
     *
     * @param sink takes records, for the time of the call
     * @return whether there are more
     * @throws Exception fails the compaction; the log goes on without
     */
    boolean write(SnapshotSink sink) throws Exception;
}
