package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Records that are written together, encoded as they come, and who is to be told. Reused, so that an append allocates
 * nothing. Loop-confined.
 *
 * <p>The buffer begins where the block begins in which the batch begins; what is in it before the batch's own first byte
 * is filled in when the batch is written.
 */
final class Batch {

    private static final int FEW = 64;
    private static final int FIRST_BYTES = 64 * 1024;

    private final ByteBufAllocator allocator;
    private final RecordFormat format;
    private @Nullable ByteBuf buffer;
    private long segmentId;
    private int startOffset;
    private int headBytes;
    private long firstSequence;
    private int count;
    private int controls;
    private int recordBytes;
    private boolean always;
    private boolean soon;

    private @Nullable LogCallback<Object>[] callbacks = newCallbacks(FEW);
    private @Nullable Object[] attachments = new Object[FEW];

    Batch(ByteBufAllocator allocator, RecordFormat format) {
        this.allocator = allocator;
        this.format = format;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static @Nullable LogCallback<Object>[] newCallbacks(int length) {
        return new LogCallback[length];
    }

    /** Begins anew, at a place in a segment. */
    Batch begin(long segment, int offset, long sequence, int likelyBytes) {
        segmentId = segment;
        startOffset = offset;
        headBytes = offset % RecordFormat.BLOCK_BYTES;
        firstSequence = sequence;
        count = 0;
        controls = 0;
        recordBytes = 0;
        always = false;
        soon = false;
        int needed = headBytes + likelyBytes + RecordFormat.BLOCK_BYTES;
        if (buffer == null) {
            buffer = allocator.directBuffer(Math.max(FIRST_BYTES, needed));
        }
        buffer.clear().ensureWritable(needed).writerIndex(headBytes);
        return this;
    }

    /** Encodes a record; its sequence is {@link #nextSequence()}. The payload stays the caller's. */
    void add(
            int type,
            ByteBuf payload,
            LogDurability durability,
            @Nullable LogCallback<Object> callback,
            @Nullable Object attachment) {
        format.encode(buffer(), nextSequence(), type, payload);
        if (count == callbacks.length) {
            callbacks = Arrays.copyOf(callbacks, 2 * count);
            attachments = Arrays.copyOf(attachments, 2 * count);
        }
        callbacks[count] = callback;
        attachments[count] = attachment;
        count++;
        recordBytes += RecordFormat.sizeOf(payload.readableBytes());
        want(durability);
    }

    /** Adds a control record. */
    void addControl(int type, int lengthBytes) {
        format.encodeZeros(buffer(), nextSequence() - 1, type, lengthBytes);
        controls++;
    }

    /** What has to be done before the batch is acknowledged: the most that one of its records asks for. */
    void want(LogDurability durability) {
        always |= durability == LogDurability.ALWAYS;
        soon |= durability == LogDurability.EVERY_SECOND;
    }

    /** Fills its last block, so that the next batch begins at another one. */
    void pad(int segmentBytes) {
        int end = endOffset();
        int rest = -end & (RecordFormat.BLOCK_BYTES - 1);
        if (rest == 0) {
            return;
        }
        if (rest < RecordFormat.HEADER_BYTES) {
            rest += RecordFormat.BLOCK_BYTES;
        }
        if (end + rest <= segmentBytes) {
            addControl(RecordFormat.TYPE_PAD, rest - RecordFormat.HEADER_BYTES);
        }
    }

    /**
     * Completes it: it is about to be written.
     *
     * @param log       whose it is
     * @param durable   the last sequence known to be durable
     * @param lastBlock what the file holds of the block that the batch begins in
     */
    void finish(LogId log, long durable, ByteBuf lastBlock) {
        ByteBuf records = buffer();
        records.setBytes(0, lastBlock, 0, headBytes);
        format.seed(log, segmentId);
        for (int at = headBytes; at < records.writerIndex(); ) {
            format.finish(records, at, durable);
            at += RecordFormat.sizeOf(RecordFormat.length(records, at));
        }
    }

    /** Its own bytes, no more; a reference of the receiver's own. */
    ByteBuf retainedBytes() {
        ByteBuf records = buffer();
        return records.retainedSlice(headBytes, records.writerIndex() - headBytes);
    }

    /** Whole blocks, the first with what was in it before, the last filled with zeros; a reference of the receiver's own. */
    ByteBuf retainedBlocks() {
        ByteBuf records = buffer();
        int end = records.writerIndex();
        int rest = -end & (RecordFormat.BLOCK_BYTES - 1);
        records.ensureWritable(rest).setZero(end, rest);
        return records.retainedSlice(0, end + rest);
    }

    /** Copies the last block as far as it is filled: what the next batch begins with. */
    void copyLastBlock(ByteBuf to) {
        ByteBuf records = buffer();
        int end = records.writerIndex();
        int begin = end & -RecordFormat.BLOCK_BYTES;
        to.setBytes(0, records, begin, end - begin);
    }

    /** Tells everybody, in order. */
    void acknowledge(@Nullable Throwable cause) {
        for (int i = 0; i < count; i++) {
            LogCallback<Object> callback = callbacks[i];
            Object attachment = attachments[i];
            callbacks[i] = null;
            attachments[i] = null;
            if (callback != null) {
                Callbacks.call(callback, cause == null ? firstSequence + i : 0, cause, attachment);
            }
        }
    }

    /** Done with: keeps its buffer for the next time unless that has grown beyond what is usual. */
    void reset(int usualBytes) {
        if (buffer != null && buffer.capacity() > 2 * usualBytes) {
            release();
        }
        if (callbacks.length > 8 * FEW && count < callbacks.length / 8) {
            callbacks = newCallbacks(FEW);
            attachments = new Object[FEW];
        }
        count = 0;
    }

    void release() {
        if (buffer != null) {
            buffer.release();
            buffer = null;
        }
    }

    private ByteBuf buffer() {
        ByteBuf begun = buffer;
        if (begun == null) {
            throw new IllegalStateException("not begun");
        }
        return begun;
    }

    long segmentId() {
        return segmentId;
    }

    int startOffset() {
        return startOffset;
    }

    int endOffset() {
        return startOffset + lengthBytes();
    }

    int lengthBytes() {
        return buffer().writerIndex() - headBytes;
    }

    /** What its callers' records take; marks and paddings are nobody's. */
    int recordBytes() {
        return recordBytes;
    }

    long nextSequence() {
        return firstSequence + count;
    }

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0 && controls == 0;
    }

    boolean isAlways() {
        return always;
    }

    boolean isSoon() {
        return soon;
    }
}
