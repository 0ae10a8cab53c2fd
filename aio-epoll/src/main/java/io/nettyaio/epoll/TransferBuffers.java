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

    private boolean read;
    private ByteBuf[] buffers = new ByteBuf[1];
    /** What stands in for the buffer of the same index, where it lies on the heap. */
    private @Nullable ByteBuf @Nullable [] standIns;

    private int[] indexes = new int[1];
    private int[] lengths = new int[1];
    private int count;

    private long[] segmentAddresses = new long[FEW];
    private long[] segmentLengths = new long[FEW];
    private int segments;
    private long lengthBytes;
    private @Nullable NativeMemory iovecs;

    void begin(boolean forRead, int buffersToCome) {
        read = forRead;
        if (buffers.length < buffersToCome) {
            buffers = new ByteBuf[buffersToCome];
            indexes = new int[buffersToCome];
            lengths = new int[buffersToCome];
        }
    }

    /**
     * Adds a buffer's writable bytes for a read, its readable ones for a write. The reference it holds from now on is the
     * caller's to have acquired.
     */
    void add(ByteBuf buffer, ByteBufAllocator standInAllocator) {
        int index = read ? buffer.writerIndex() : buffer.readerIndex();
        int length = read ? buffer.writableBytes() : buffer.readableBytes();
        int at = count++;
        buffers[at] = buffer;
        indexes[at] = index;
        lengths[at] = length;
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
            standIns = new ByteBuf[buffers.length];
        }
        standIns[at] = standIn;
        if (!read) {
            standIn.writeBytes(buffer, index, length);
        }
        if (standIn.hasMemoryAddress()) {
            addSegment(standIn.memoryAddress(), length);
        } else {
            ByteBuffer nio = standIn.nioBuffer(0, length);
            addSegment(Native.addressOf(nio) + nio.position(), length);
        }
    }

    private void addSegment(long address, long length) {
        if (segments == segmentAddresses.length) {
            segmentAddresses = Arrays.copyOf(segmentAddresses, 2 * segments);
            segmentLengths = Arrays.copyOf(segmentLengths, 2 * segments);
        }
        segmentAddresses[segments] = address;
        segmentLengths[segments] = length;
        segments++;
        lengthBytes += length;
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
        return segmentAddresses[0];
    }

    /** An address that is not a multiple of the alignment; 0 where each is. */
    long misalignedAddress(int alignment) {
        for (int i = 0; i < segments; i++) {
            if ((segmentAddresses[i] & (alignment - 1)) != 0) {
                return segmentAddresses[i];
            }
        }
        return 0;
    }

    /** A segment's length that is not a multiple of the alignment; 0 where each is. */
    long misalignedLength(int alignment) {
        for (int i = 0; i < segments; i++) {
            if ((segmentLengths[i] & (alignment - 1)) != 0) {
                return segmentLengths[i];
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
            long length = segmentLengths[i];
            if (skip >= length) {
                skip -= length;
                continue;
            }
            long part = Math.min(length - skip, room);
            out.putLong(n * IOVEC_BYTES, segmentAddresses[i] + skip);
            out.putLong(n * IOVEC_BYTES + Long.BYTES, part);
            skip = 0;
            room -= part;
            n++;
        }
        return n;
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
            int part = (int) Math.min(lengths[i], left);
            ByteBuf standIn = standIns == null ? null : standIns[i];
            if (standIn != null) {
                buffers[i].setBytes(indexes[i], standIn, 0, part);
            }
            buffers[i].writerIndex(indexes[i] + part);
            left -= part;
        }
    }

    /** The kernel is done with the memory: gives back every reference. */
    void release() {
        for (int i = 0; i < count; i++) {
            ByteBuf buffer = buffers[i];
            // Not held on to by an operation that waits to be used again.
            buffers[i] = NONE;
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
            segmentAddresses = new long[FEW];
            segmentLengths = new long[FEW];
            buffers = new ByteBuf[1];
            indexes = new int[1];
            lengths = new int[1];
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
