package io.nettyaio.examples.log;

/**
 * Figures of a log.
 *
 * @param lastSequence       of the newest record appended
 * @param durableSequence    up to which records are known to survive a power loss
 * @param pendingRecords     appended and not acknowledged yet
 * @param pendingBytes       their size in the log
 * @param segmentId          of the segment written to
 * @param segments           files a recovery would read
 * @param logBytes           what a recovery would read of them, the newest snapshot left out
 * @param snapshotBytes      size of the newest snapshot
 * @param commits            batches written
 * @param syncs              batches written durably, and syncs of their own
 * @param records            records written
 * @param longestCommitNanos longest time from the start of a batch's write to its acknowledgement
 */
public record LogStats(
        long lastSequence,
        long durableSequence,
        int pendingRecords,
        long pendingBytes,
        long segmentId,
        int segments,
        long logBytes,
        long snapshotBytes,
        long commits,
        long syncs,
        long records,
        long longestCommitNanos) {}
