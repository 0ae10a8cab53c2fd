package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Reads the records of one file, window by window, so that the loop is never kept for long and memory stays bounded.
 * Loop-confined; one walk at a time.
 */
final class RecordScan {

    /** Gets each good record. */
    interface Visitor {
        /**
         * A record whose checks match. The window is lent.
         *
         * @param at where in the window
         * @return whether it is one that may come here; if not, it counts as bad
         */
        boolean visit(ByteBuf window, int at, long offsetBytes);
    }

    /**
     * What lies behind a place where records end.
     *
     * @param evidence     where a record lies that proves that more had been durable; -1 where none does
     * @param usedEndBytes up to where there is anything but zeros
     */
    record Rest(long evidence, long usedEndBytes) {}

    private static final int WINDOW_BYTES = 512 * 1024;
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 * 1024);

    private final String name;
    private final AioFile file;
    private final long endBytes;
    private final RecordFormat format;
    private String badReason = "";

    /**
     * @param name     for what is thrown
     * @param endBytes how much of the file counts
     * @param format   seeded for this file
     */
    RecordScan(String name, AioFile file, long endBytes, RecordFormat format) {
        this.name = name;
        this.file = file;
        this.endBytes = endBytes;
        this.format = format;
    }

    // ---- records -------------------------------------------------------------------------------------------------

    /**
     * Visits one record after another.
     *
     * @param from where the first one begins
     * @return where the first bad one begins, or would have no room
     */
    CompletionStage<Long> walk(long from, Visitor visitor) {
        return walk(from, RecordFormat.HEADER_BYTES, visitor);
    }

    /** What was bad where the walk has ended. */
    String badReason() {
        return badReason;
    }

    private CompletionStage<Long> walk(long from, int needed, Visitor visitor) {
        if (from + RecordFormat.HEADER_BYTES > endBytes) {
            badReason = "the file's end";
            return CompletableFuture.completedFuture(from);
        }
        return read(from, needed).thenCompose(window -> {
            long[] next = new long[] {from};
            int more;
            try {
                more = visitAll(window, next, visitor);
            } finally {
                window.release();
            }
            return more == 0 ? CompletableFuture.completedFuture(next[0]) : walk(next[0], more, visitor);
        });
    }

    /** Returns how much is needed to go on from next[0]; 0 where a bad record is there. */
    private int visitAll(ByteBuf window, long[] next, Visitor visitor) {
        int begin = window.readerIndex();
        long origin = next[0];
        int at = begin;
        while (at + RecordFormat.HEADER_BYTES <= window.writerIndex()) {
            next[0] = origin + at - begin;
            if (!format.isHeader(window, at)) {
                badReason = "no record begins here";
                return 0;
            }
            long room = endBytes - next[0];
            if (RecordFormat.length(window, at) > room || RecordFormat.sizeOf(RecordFormat.length(window, at)) > room) {
                badReason = "the record is longer than the file";
                return 0;
            }
            int size = RecordFormat.sizeOf(RecordFormat.length(window, at));
            if (at + size > window.writerIndex()) {
                return size;
            }
            if (!format.isPayload(window, at)) {
                badReason = "the payload's check does not match";
                return 0;
            }
            if (!visitor.visit(window, at, next[0])) {
                badReason = "record " + RecordFormat.sequence(window, at) + " of type " + RecordFormat.type(window, at)
                        + " does not belong here";
                return 0;
            }
            at += size;
        }
        next[0] = origin + at - begin;
        return RecordFormat.HEADER_BYTES;
    }

    // ---- what lies behind ----------------------------------------------------------------------------------------

    /**
     * Looks behind the last good record.
     *
     * @param from     where it ended
     * @param expected the sequence that would have come
     */
    CompletionStage<Rest> examine(long from, long expected) {
        return examine(from, expected, from);
    }

    private CompletionStage<Rest> examine(long from, long expected, long usedEnd) {
        if (from >= endBytes) {
            return CompletableFuture.completedFuture(new Rest(-1, usedEnd));
        }
        return read(from, 0).thenCompose(window -> {
            try {
                int used = usedBytes(window);
                int evidence = used == 0 ? -1 : evidence(window, expected);
                if (evidence >= 0) {
                    return CompletableFuture.completedFuture(new Rest(from + evidence, from + used));
                }
                int length = window.readableBytes();
                // A header may lie across the windows' border.
                int step = from + length >= endBytes ? length : length - RecordFormat.HEADER_BYTES;
                return examine(from + step, expected, used == 0 ? usedEnd : from + used);
            } finally {
                window.release();
            }
        });
    }

    /** Up to where there is anything but zeros, rounded up to a word. */
    private static int usedBytes(ByteBuf window) {
        ByteBuffer words = words(window);
        int end = words.limit();
        while (end > 0) {
            int part = Math.min(ZEROS.capacity(), end);
            if (words.slice(end - part, part).mismatch(ZEROS.duplicate().limit(part)) >= 0) {
                break;
            }
            end -= part;
        }
        while (end >= Long.BYTES && words.getLong(end - Long.BYTES) == 0) {
            end -= Long.BYTES;
        }
        return end;
    }

    private int evidence(ByteBuf window, long expected) {
        ByteBuffer words = words(window);
        int last = words.limit() - RecordFormat.HEADER_BYTES;
        for (int at = 0; at <= last; at += RecordFormat.ALIGNMENT_BYTES) {
            if (RecordFormat.mayProve(words, at, expected) && format.isHeader(window, window.readerIndex() + at)) {
                return at;
            }
        }
        return -1;
    }

    /**
     * The window's own memory: what goes through it word by word, on the loop, is not to pay for each word what a ByteBuf
     * checks, or what one that is watched for leaks writes down (which is seconds for a segment).
     */
    private static ByteBuffer words(ByteBuf window) {
        return window.nioBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private CompletionStage<ByteBuf> read(long from, int needed) {
        int length = (int) Math.min(Math.max(WINDOW_BYTES, needed), endBytes - from);
        return file.read(from, length).toCompletionStage().thenApply(window -> {
            if (window.readableBytes() < length) {
                int got = window.readableBytes();
                window.release();
                throw new CompletionException(
                        LogException.corrupt(name, from + got, "the file has become shorter while it was read"));
            }
            return window;
        });
    }
}
