package io.nettyaio.epoll;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The completion ring of a kernel AIO context, {@code struct aio_ring} of {@code fs/aio.c}, reaped in user space.
 *
 * <p>The kernel writes an event, then the tail, then signals the eventfd. We read the tail with acquire, so that the
 * events below it are seen, and store the head with release, so that they are read before the kernel may overwrite them.
 * One consumer: the loop's thread.
 *
 * <p>The memory belongs to the kernel and is unmapped by {@code io_destroy(2)}: nobody may hold a ring past it.
 */
final class CompletionRing {

    /** Completions are copied out in pairs: data, then result. */
    static final int LONGS_PER_EVENT = 2;

    private static final int HEADER_BYTES = 32;
    private static final int EVENT_BYTES = 32;
    private static final int NR = 4;
    private static final int HEAD = 8;
    private static final int TAIL = 12;
    private static final int MAGIC = 16;
    private static final int INCOMPAT_FEATURES = 24;
    private static final int HEADER_LENGTH = 28;
    private static final int EVENT_DATA = 0;
    private static final int EVENT_RESULT = 16;
    private static final int AIO_RING_MAGIC = 0xa10a10a1;
    private static final int MOST_EVENTS = 1 << 24;

    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final ByteBuffer ring;
    private final int entries;

    private CompletionRing(ByteBuffer ring, int entries) {
        this.ring = ring;
        this.entries = entries;
    }

    /**
     * Looks at the header before anything behind it.
     *
     * @param header the first 32 bytes of the ring
     * @return the number of entries, or 0 where the ring is not of the form this class reads: then completions have to
     *     come from {@code io_getevents(2)}
     */
    static int usableEntries(ByteBuffer header) {
        int nr = header.getInt(NR);
        boolean usable = header.getInt(MAGIC) == AIO_RING_MAGIC
                && header.getInt(INCOMPAT_FEATURES) == 0
                && header.getInt(HEADER_LENGTH) == HEADER_BYTES
                && nr > 1
                && nr <= MOST_EVENTS;
        return usable ? nr : 0;
    }

    /** Length of a ring with that many entries. */
    static long lengthBytes(int entries) {
        return HEADER_BYTES + (long) entries * EVENT_BYTES;
    }

    static int headerBytes() {
        return HEADER_BYTES;
    }

    static CompletionRing over(ByteBuffer memory, int entries) {
        return new CompletionRing(memory.order(ByteOrder.nativeOrder()), entries);
    }

    boolean isEmpty() {
        return ring.getInt(HEAD) == (int) INT.getAcquire(ring, TAIL);
    }

    /**
     * Takes completions out of the ring.
     *
     * @param into     receives data and result of each
     * @param inFlight how many can be there: the ring lies in memory that this process can write, so that a head or tail
     *                 that would give more, or lies outside, is not believed
     * @return how many; -1 where the ring cannot be believed
     */
    int reap(long[] into, int inFlight) {
        int head = ring.getInt(HEAD);
        int tail = (int) INT.getAcquire(ring, TAIL);
        if (head == tail) {
            return 0;
        }
        if (head < 0 || head >= entries || tail < 0 || tail >= entries) {
            return -1;
        }
        int there = tail - head;
        if (there < 0) {
            there += entries;
        }
        if (there > inFlight) {
            return -1;
        }
        int taken = Math.min(there, into.length / LONGS_PER_EVENT);
        int out = 0;
        for (int i = 0; i < taken; i++) {
            int at = HEADER_BYTES + head * EVENT_BYTES;
            into[out++] = ring.getLong(at + EVENT_DATA);
            into[out++] = ring.getLong(at + EVENT_RESULT);
            if (++head == entries) {
                head = 0;
            }
        }
        INT.setRelease(ring, HEAD, head);
        return taken;
    }
}
