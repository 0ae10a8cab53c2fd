package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one read or write, as the kernel sees it: an address and a length where the buffers lie in one piece,
 * else segments, gathered into iovecs piece by piece.
 *
 * <p><b>Ownership.</b> Holds one reference to each buffer from {@link #add} until {@link #release()}. A heap buffer is
 * stood in for by a direct one: a write's contents are copied there at once, a read's back when it completes.
 *
 * <p>Filled by the thread that starts the operation, then used by one thread at a time: loop or helper. Reused with its
 * operation: a transfer of one direct buffer allocates nothing.
 */
final class TransferBuffers {

    /** The kernel moves no more at once: MAX_RW_COUNT of {@code include/linux/fs.h}. */
    static final long MOST_BYTES = 0x7ffff000L;
    /** UIO_MAXIOV. */
    private static final int MOST_SEGMENTS = 1024;

    private static final int IOVEC_BYTES = 16;
    private static final int FEW = 4;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(TransferBuffers.class);

    /** In the place of a buffer that has been given back. */
    private static final ByteBuf NONE = Unpooled.EMPTY_BUFFER;

    private static final ByteBuf[] NO_BUFFERS = {};
    private static final int[] NO_INTS = {};
    private static final long[] NO_LONGS = {};

    private boolean read;
    /** The first buffer and the first segment lie here, mostly the only ones; arrays would be five lines more of cache. */
    private ByteBuf first = NONE;

    private int firstIndex;
    private int firstLength;
    private long firstAddress;
    private long firstSegmentLength;

    /** The others: that of number i at i - 1. */
    private ByteBuf[] buffers = NO_BUFFERS;

    /** What stands in for the buffer of the same index, where it lies on the heap. */
    private @Nullable ByteBuf @Nullable [] standIns;

    private int[] indexes = NO_INTS;
    private int[] lengths = NO_INTS;
    private int count;

    private long[] segmentAddresses = NO_LONGS;
    private long[] segmentLengths = NO_LONGS;
    private int segments;
    private long lengthBytes;
    private @Nullable NativeMemory iovecs;

    void begin(boolean forRead, int buffersToCome) {
        read = forRead;
        int others = buffersToCome - 1;
        if (buffers.length < others) {
            buffers = new ByteBuf[others];
            indexes = new int[others];
            lengths = new int[others];
        }
    }

    /** A buffer that cannot be used at all. */
    static final class Unusable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Adds a buffer with the reference the operation needs: its own for a read, the caller's for a write.
     *
     * @throws Unusable where nothing can be done with it
     */
    void hold(ByteBuf buffer, ByteBufAllocator standInAllocator) {
        if (buffer.refCnt() <= 0) {
            throw new Unusable("the buffer is released");
        }
        if (read && buffer.isReadOnly()) {
            throw new Unusable("the buffer is read-only, so nothing can be read into it");
        }
        add(read ? buffer.retain() : buffer, standInAllocator);
    }

    /**
     * Adds a buffer's writable bytes for a read, its readable ones for a write. The reference it holds from now on is the
     * caller's to have acquired.
     */
    void add(ByteBuf buffer, ByteBufAllocator standInAllocator) {
        int index = read ? buffer.writerIndex() : buffer.readerIndex();
        int length = read ? buffer.writableBytes() : buffer.readableBytes();
        int at = count++;
        if (at == 0) {
            first = buffer;
            firstIndex = index;
            firstLength = length;
        } else {
            buffers[at - 1] = buffer;
            indexes[at - 1] = index;
            lengths[at - 1] = length;
        }
        if (length == 0) {
            return;
        }
        if (buffer.hasMemoryAddress()) {
            addSegment(buffer.memoryAddress() + index, length);
        } else if (!addDirect(buffer, index, length)) {
            addStandIn(buffer, at, index, length, standInAllocator);
        }
    }

    private boolean addDirect(ByteBuf buffer, int index, int length) {
        if (buffer.nioBufferCount() < 1) {
            return false;
        }
        ByteBuffer[] parts = buffer.nioBuffers(index, length);
        for (ByteBuffer part : parts) {
            if (!part.isDirect()) {
                return false;
            }
        }
        for (ByteBuffer part : parts) {
            if (part.hasRemaining()) {
                addSegment(Native.addressOf(part) + part.position(), part.remaining());
            }
        }
        return true;
    }

    private void addStandIn(ByteBuf buffer, int at, int index, int length, ByteBufAllocator allocator) {
        ByteBuf standIn = allocator.directBuffer(length, length);
        if (standIns == null) {
            standIns = new ByteBuf[1 + buffers.length];
        }
        standIns[at] = standIn;
        if (!read) {
            standIn.writeBytes(buffer, index, length);
        }
        addSegment(addressOf(standIn, 0, length), length);
    }

    /** Where a part of a direct buffer in one piece lies. */
    static long addressOf(ByteBuf direct, int index, int length) {
        if (direct.hasMemoryAddress()) {
            return direct.memoryAddress() + index;
        }
        ByteBuffer nio = direct.nioBuffer(index, length);
        return Native.addressOf(nio) + nio.position();
    }

    private void addSegment(long address, long length) {
        if (segments == 0) {
            firstAddress = address;
            firstSegmentLength = length;
        } else {
            int at = segments - 1;
            if (at == segmentAddresses.length) {
                segmentAddresses = Arrays.copyOf(segmentAddresses, Math.max(FEW, 2 * at));
                segmentLengths = Arrays.copyOf(segmentLengths, Math.max(FEW, 2 * at));
            }
            segmentAddresses[at] = address;
            segmentLengths[at] = length;
        }
        segments++;
        lengthBytes += length;
    }

    private long segmentAddress(int i) {
        return i == 0 ? firstAddress : segmentAddresses[i - 1];
    }

    private long segmentLength(int i) {
        return i == 0 ? firstSegmentLength : segmentLengths[i - 1];
    }

    /** All of it, in bytes. */
    long lengthBytes() {
        return lengthBytes;
    }

    boolean isVectored() {
        return segments > 1;
    }

    /** The address of a transfer in one piece. */
    long address() {
        return firstAddress;
    }

    /** An address that is not a multiple of the alignment; 0 where each is. */
    long misalignedAddress(int alignment) {
        for (int i = 0; i < segments; i++) {
            if ((segmentAddress(i) & (alignment - 1)) != 0) {
                return segmentAddress(i);
            }
        }
        return 0;
    }

    /** A segment's length that is not a multiple of the alignment; 0 where each is. */
    long misalignedLength(int alignment) {
        for (int i = 0; i < segments; i++) {
            if ((segmentLength(i) & (alignment - 1)) != 0) {
                return segmentLength(i);
            }
        }
        return 0;
    }

    /**
     * Writes iovecs for what is left after {@code done} bytes: as many as one system call takes.
     *
     * @param mostBytes of one system call
     * @return how many; their address is {@link #iovecsAddress()}
     */
    int gather(long done, long mostBytes) {
        if (iovecs == null) {
            iovecs = new NativeMemory((long) Math.min(segments, MOST_SEGMENTS) * IOVEC_BYTES, IOVEC_BYTES);
        }
        ByteBuffer out = iovecs.buffer();
        long skip = done;
        long room = mostBytes;
        int n = 0;
        for (int i = 0; i < segments && n < MOST_SEGMENTS && room > 0; i++) {
            long length = segmentLength(i);
            if (skip >= length) {
                skip -= length;
                continue;
            }
            long part = Math.min(length - skip, room);
            out.putLong(n * IOVEC_BYTES, segmentAddress(i) + skip);
            out.putLong(n * IOVEC_BYTES + Long.BYTES, part);
            skip = 0;
            room -= part;
            n++;
        }
        return n;
    }

    /** Copies into what is left after {@code done} bytes: as much as there is room for, and the source has. */
    int copyIn(long done, ByteBuf from) {
        long skip = done;
        int before = from.readableBytes();
        for (int i = 0; i < segments && from.isReadable(); i++) {
            if (skip >= segmentLength(i)) {
                skip -= segmentLength(i);
                continue;
            }
            int part = (int) Math.min(segmentLength(i) - skip, from.readableBytes());
            from.readBytes(Native.wrap(segmentAddress(i) + skip, part));
            skip = 0;
        }
        return before - from.readableBytes();
    }

    /** Appends the first {@code bytes} of it to a buffer. */
    void copyOut(long bytes, ByteBuf to) {
        long left = bytes;
        for (int i = 0; i < segments && left > 0; i++) {
            int part = (int) Math.min(segmentLength(i), left);
            to.writeBytes(Native.wrap(segmentAddress(i), part));
            left -= part;
        }
    }

    long iovecsAddress() {
        NativeMemory gathered = iovecs;
        if (gathered == null) {
            throw new IllegalStateException("nothing gathered");
        }
        return gathered.address();
    }

    /** A read has ended: moves the writer indexes by what arrived, and copies to buffers on the heap. */
    void received(long bytes) {
        long left = bytes;
        for (int i = 0; i < count && left > 0; i++) {
            ByteBuf buffer = i == 0 ? first : buffers[i - 1];
            int index = i == 0 ? firstIndex : indexes[i - 1];
            int part = (int) Math.min(i == 0 ? firstLength : lengths[i - 1], left);
            ByteBuf standIn = standIns == null ? null : standIns[i];
            if (standIn != null) {
                buffer.setBytes(index, standIn, 0, part);
            }
            buffer.writerIndex(index + part);
            left -= part;
        }
    }

    /** The kernel is done with the memory: gives back every reference. */
    void release() {
        for (int i = 0; i < count; i++) {
            // Not held on to by an operation that waits to be used again.
            ByteBuf buffer;
            if (i == 0) {
                buffer = first;
                first = NONE;
            } else {
                buffer = buffers[i - 1];
                buffers[i - 1] = NONE;
            }
            release(buffer);
            if (standIns != null && standIns[i] != null) {
                release(standIns[i]);
            }
        }
        standIns = null;
        count = 0;
        segments = 0;
        lengthBytes = 0;
        if (iovecs != null) {
            iovecs.close();
            iovecs = null;
        }
        if (segmentAddresses.length > 64) {
            segmentAddresses = NO_LONGS;
            segmentLengths = NO_LONGS;
            buffers = NO_BUFFERS;
            indexes = NO_INTS;
            lengths = NO_INTS;
        }
    }

    /** Gives back every reference, and stands for one byte that nobody wants, of a read that goes on. */
    void discard() {
        release();
        addSegment(Nowhere.BYTE.address(), 1);
    }

    /** Written by the kernel, read by nobody. Made when first needed. */
    private static final class Nowhere {
        static final NativeMemory BYTE = new NativeMemory(Long.BYTES, Long.BYTES);
    }

    private static void release(ByteBuf buffer) {
        try {
            buffer.release();
        } catch (RuntimeException releasedTwice) {
            // The caller's mistake, which must not keep the operation from being settled.
            LOGGER.error("a buffer was released by its owner while an operation held it: {}", buffer, releasedTwice);
        }
    }
}
