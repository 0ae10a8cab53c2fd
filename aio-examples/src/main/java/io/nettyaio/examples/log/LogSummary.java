package io.nettyaio.examples.log;

/**
 * What a log was found to hold.
 *
 * @param snapshot      the last sequence that the snapshot stands for; 0 where there is none
 * @param snapshotBytes its size
 * @param segments      segments behind it
 * @param lastSequence  of the last record
 * @param endFile       the segment in which the records end; empty where there is none
 * @param endOffset     where in it, in bytes
 * @param tornBytes     what an interrupted write has left behind the end; the next opening removes it
 */
public record LogSummary(
        long snapshot,
        long snapshotBytes,
        int segments,
        long lastSequence,
        String endFile,
        long endOffset,
        long tornBytes) {

    static LogSummary of(LogContents contents) {
        return new LogSummary(
                contents.snapshot(),
                contents.snapshotBytes(),
                contents.segments().size(),
                contents.last(),
                contents.endSegment() == 0 ? "" : FileNames.segment(contents.endSegment()),
                contents.endOffset(),
                Math.max(0, contents.usedEndBytes() - contents.endOffset()));
    }
}
