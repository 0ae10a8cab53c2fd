package io.nettyaio.examples.log;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a log's directory was found to hold.
 *
 * @param log           whose files they are
 * @param snapshot      sequence of the newest snapshot; 0 where there is none
 * @param snapshotBytes its size
 * @param segments      the segments that count, in order; not empty unless the log is new
 * @param endSegment    id of the segment in which the records end; 0 where there is no segment
 * @param endOffset     where in it
 * @param usedEndBytes  up to where it holds anything but zeros
 * @param last          sequence of the last record
 * @param nextSegment   id of the first segment that does not exist yet
 * @param leftover      segments behind the end: what they hold was never durable
 * @param empty         a segment behind the end that has never been written to; 0 where there is none
 * @param superfluous   names of files that nobody reads any more
 * @param oldSegments   segments that nobody reads any more
 */
record LogContents(
        LogId log,
        long snapshot,
        long snapshotBytes,
        List<SegmentFile> segments,
        long endSegment,
        long endOffset,
        long usedEndBytes,
        long last,
        long nextSegment,
        List<Long> leftover,
        @Nullable SegmentFile empty,
        List<String> superfluous,
        List<Long> oldSegments) {

    /**
     * A segment that was read.
     *
     * @param id        counted from 1
     * @param sizeBytes of the file
     */
    record SegmentFile(long id, long sizeBytes) {}
}
