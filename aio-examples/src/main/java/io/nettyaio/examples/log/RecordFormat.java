package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Layout of a record and its checks; see {@code docs/log-format.md}. Numbers are little-endian.
 *
 * <pre>
 *  0  header check   CRC32C of the file's seed and bytes 4 to 31
 *  4  payload check  CRC32C of the payload and its padding
 *  8  sequence       of the record; of a control record, that of the record before it
 * 16  length         of the payload, in bytes
 * 20  lag            sequence less that of the last record known durable when this one was written
 * 24  type           as given; below 0 for a control record
 * 28  reserved       0
 * 32  payload, padded with zeros to a multiple of 8
 * </pre>
 *
 * <p>The seed holds the log's and the file's identity, so what another file, or an earlier use of a recycled one, has left
 * is never taken for a record; nor can contents that a stranger chose, since the log's identity is random.
 *
 * <p><b>Threading.</b> One for each user: it reuses its checksum.
 */
final class RecordFormat {

    /** What files are divided into: fit for any direct file in use. */
    static final int BLOCK_BYTES = 4096;

    static final int HEADER_BYTES = 32;
    static final int ALIGNMENT_BYTES = 8;

    /** The log was closed, or recovered: everything up to its sequence is durable. */
    static final int TYPE_MARK = -1;
    /** Fills a batch up to a multiple of the block. */
    static final int TYPE_PAD = -2;
    /** The end of a snapshot: nothing is missing. */
    static final int TYPE_END = -3;

    private static final int PAYLOAD_CHECK = 4;
    private static final int SEQUENCE = 8;
    private static final int LENGTH = 16;
    /** {@link Integer#MAX_VALUE} where it does not say. */
    private static final int LAG = 20;

    private static final int TYPE = 24;
    private static final int RESERVED = 28;

    private final CRC32C crc = new CRC32C();
    private final byte[] seed = new byte[3 * Long.BYTES];
    private final ByteBuffer seedWords = ByteBuffer.wrap(seed).order(ByteOrder.LITTLE_ENDIAN);

    /** Longest payload that a segment has room for. */
    static int mostPayloadBytes(int segmentBytes) {
        return segmentBytes - BLOCK_BYTES - HEADER_BYTES - BLOCK_BYTES;
    }

    /** What a record takes, header and padding counted. */
    static int sizeOf(int payloadBytes) {
        return HEADER_BYTES + padded(payloadBytes);
    }

    private static int padded(int bytes) {
        return (bytes + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES;
    }

    /** The identity that the checks which follow are made with. */
    RecordFormat seed(LogId log, long fileId) {
        seedWords.putLong(0, log.high()).putLong(8, log.low()).putLong(16, fileId);
        return this;
    }

    // ---- writing -------------------------------------------------------------------------------------------------

    /**
     * Adds a record at the writer index, but for its lag and header check, which {@link #finish} fills in.
     *
     * @param payload its readable bytes are copied; the reader index stays
     */
    void encode(ByteBuf out, long sequence, int type, ByteBuf payload) {
        int length = payload.readableBytes();
        int at = out.writerIndex();
        int size = sizeOf(length);
        out.ensureWritable(size);
        out.setLongLE(at + SEQUENCE, sequence);
        out.setIntLE(at + LENGTH, length);
        out.setIntLE(at + TYPE, type);
        out.setIntLE(at + RESERVED, 0);
        out.setBytes(at + HEADER_BYTES, payload, payload.readerIndex(), length);
        int padding = padded(length) - length;
        if (padding > 0) {
            out.setZero(at + HEADER_BYTES + length, padding);
        }
        out.setIntLE(at + PAYLOAD_CHECK, check(out, at + HEADER_BYTES, padded(length)));
        out.writerIndex(at + size);
    }

    /** Adds a control record of zeros, as {@link #encode}. */
    void encodeZeros(ByteBuf out, long sequence, int type, int length) {
        int at = out.writerIndex();
        int size = sizeOf(length);
        out.ensureWritable(size);
        out.setZero(at, size);
        out.setLongLE(at + SEQUENCE, sequence);
        out.setIntLE(at + LENGTH, length);
        out.setIntLE(at + TYPE, type);
        out.setIntLE(at + PAYLOAD_CHECK, check(out, at + HEADER_BYTES, padded(length)));
        out.writerIndex(at + size);
    }

    /**
     * Completes the record at an index: it is about to be written.
     *
     * @param durable the last sequence known to be durable
     */
    void finish(ByteBuf out, int at, long durable) {
        out.setIntLE(at + LAG, (int) Math.min(sequence(out, at) - durable, Integer.MAX_VALUE));
        out.setIntLE(at, headerCheck(out, at));
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    /** Whether there is a record's header, made for this file. */
    boolean isHeader(ByteBuf in, int at) {
        return sequence(in, at) != 0 && length(in, at) >= 0 && in.getIntLE(at) == headerCheck(in, at);
    }

    /** Whether the payload behind a good header is whole; all of it has to be there. */
    boolean isPayload(ByteBuf in, int at) {
        return in.getIntLE(at + PAYLOAD_CHECK) == check(in, at + HEADER_BYTES, padded(length(in, at)));
    }

    static long sequence(ByteBuf in, int at) {
        return in.getLongLE(at + SEQUENCE);
    }

    static int length(ByteBuf in, int at) {
        return in.getIntLE(at + LENGTH);
    }

    static int type(ByteBuf in, int at) {
        return in.getIntLE(at + TYPE);
    }

    /**
     * Whether what lies there, if it is a header, says that a sequence had been durable. Cheap, for the word by word search
     * through what a file held before: rules out nearly all of it, text too, since that has no zeros where a header does.
     *
     * @param words little-endian
     */
    static boolean mayProve(ByteBuffer words, int at, long expected) {
        if (words.getInt(at + RESERVED) != 0) {
            return false;
        }
        long sequence = words.getLong(at + SEQUENCE);
        int lag = words.getInt(at + LAG);
        return lag != Integer.MAX_VALUE
                && sequence >= expected
                && sequence - lag >= expected
                && words.getInt(at + LENGTH) >= 0;
    }

    // ---- checks --------------------------------------------------------------------------------------------------

    private int headerCheck(ByteBuf buffer, int at) {
        crc.reset();
        crc.update(seed, 0, seed.length);
        // The buffer's own view, moved: makes no garbage. Its readers are done with it when they return.
        crc.update(buffer.internalNioBuffer(at + PAYLOAD_CHECK, HEADER_BYTES - PAYLOAD_CHECK));
        return (int) crc.getValue();
    }

    private int check(ByteBuf buffer, int at, int length) {
        crc.reset();
        crc.update(buffer.internalNioBuffer(at, length));
        return (int) crc.getValue();
    }
}
