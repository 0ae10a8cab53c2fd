package io.nettyaio.examples.log;

import io.netty.buffer.ByteBuf;
import java.util.zip.CRC32C;

/**
 * The first block of a segment or snapshot. Numbers are little-endian; what follows the check is zeros.
 *
 * <pre>
 *  0  magic     "AIO-LOG\n"
 *  8  version   1
 * 12  kind      1 segment, 2 snapshot
 * 16  log       16 random bytes, the same in all files of a log
 * 32  id        of a segment, counted from 1; of a snapshot, the last sequence it stands for
 * 40  size      of a segment's file, in bytes; of a snapshot 1 if the segment it names was there, else 0
 * 48  first     of a snapshot, the id of the segment that goes on from there; of a segment 0
 * 56  reserved  0
 * 60  check     CRC32C of bytes 0 to 59
 * </pre>
 *
 * @param kind         {@link #SEGMENT} or {@link #SNAPSHOT}
 * @param log          whose file it is
 * @param id           see above
 * @param sizeBytes    see above
 * @param firstSegment see above
 */
record FileHeader(int kind, LogId log, long id, long sizeBytes, long firstSegment) {

    static final int SEGMENT = 1;
    static final int SNAPSHOT = 2;
    static final int VERSION = 1;

    private static final long MAGIC = 0x0A474F4C_2D4F4941L;
    private static final int VERSION_AT = 8;
    private static final int KIND_AT = 12;
    private static final int LOG_AT = 16;
    private static final int ID_AT = 32;
    private static final int SIZE_AT = 40;
    private static final int FIRST_AT = 48;
    private static final int CHECK_AT = 60;

    static FileHeader segment(LogId log, long id, long sizeBytes) {
        return new FileHeader(SEGMENT, log, id, sizeBytes, 0);
    }

    static FileHeader snapshot(LogId log, long sequence, long firstSegment, boolean firstExists) {
        return new FileHeader(SNAPSHOT, log, sequence, firstExists ? 1 : 0, firstSegment);
    }

    /** What stands for a snapshot in its records' checks: never a segment's id. */
    static long snapshotSeed(long sequence) {
        return ~sequence;
    }

    /** Adds the block. */
    void encode(ByteBuf out) {
        int at = out.writerIndex();
        out.writeZero(RecordFormat.BLOCK_BYTES);
        out.setLongLE(at, MAGIC);
        out.setIntLE(at + VERSION_AT, VERSION);
        out.setIntLE(at + KIND_AT, kind);
        out.setLongLE(at + LOG_AT, log.high());
        out.setLongLE(at + LOG_AT + Long.BYTES, log.low());
        out.setLongLE(at + ID_AT, id);
        out.setLongLE(at + SIZE_AT, sizeBytes);
        out.setLongLE(at + FIRST_AT, firstSegment);
        out.setIntLE(at + CHECK_AT, check(out, at));
    }

    /**
     * Reads the block.
     *
     * @param file name, for what is thrown
     * @throws LogException of kind CORRUPT or UNKNOWN_VERSION
     */
    static FileHeader decode(ByteBuf in, String file, int expectedKind, long expectedId) throws LogException {
        int at = in.readerIndex();
        if (in.readableBytes() < RecordFormat.BLOCK_BYTES) {
            throw LogException.corrupt(
                    file, in.readableBytes(), "the file ends inside its first block of " + RecordFormat.BLOCK_BYTES);
        }
        if (in.getLongLE(at) != MAGIC) {
            throw LogException.corrupt(file, 0, "this is not a file of a log");
        }
        int version = in.getIntLE(at + VERSION_AT);
        if (version != VERSION) {
            throw new LogException(
                    LogException.Kind.UNKNOWN_VERSION,
                    file + ": is of version " + version + " and this program knows version " + VERSION
                            + " only; open it with the program that wrote it",
                    file,
                    VERSION_AT,
                    null);
        }
        if (in.getIntLE(at + CHECK_AT) != check(in, at)) {
            throw LogException.corrupt(file, CHECK_AT, "the header's check does not match");
        }
        FileHeader header = new FileHeader(
                in.getIntLE(at + KIND_AT),
                new LogId(in.getLongLE(at + LOG_AT), in.getLongLE(at + LOG_AT + Long.BYTES)),
                in.getLongLE(at + ID_AT),
                in.getLongLE(at + SIZE_AT),
                in.getLongLE(at + FIRST_AT));
        if (header.kind != expectedKind || header.id != expectedId) {
            throw LogException.corrupt(
                    file,
                    KIND_AT,
                    "the header is that of " + (header.kind == SEGMENT ? "segment " : "snapshot ") + header.id);
        }
        return header;
    }

    private static int check(ByteBuf buffer, int at) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.nioBuffer(at, CHECK_AT));
        return (int) crc.getValue();
    }
}
