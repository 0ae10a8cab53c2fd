package io.nettyaio.epoll;

import java.nio.ByteBuffer;

/**
 * The iocbs of a context, one for each slot, and a pointer to each: {@code struct iocb} of {@code <linux/aio_abi.h>},
 * 64 bytes, little-endian. Fields an operation does not use stay zero, as the kernel demands; it writes {@code aio_key}
 * itself.
 *
 * <p>Written by the loop; read by the kernel within {@code io_submit(2)}.
 */
final class IocbTable implements AutoCloseable {

    static final int PREAD = 0;
    static final int PWRITE = 1;
    static final int FSYNC = 2;
    static final int FDSYNC = 3;
    static final int POLL = 5;
    static final int PREADV = 7;
    static final int PWRITEV = 8;

    private static final int IOCB_BYTES = 64;
    private static final int DATA = 0;
    private static final int RW_FLAGS = 12;
    private static final int OPCODE = 16;
    private static final int FILDES = 20;
    private static final int REQPRIO = 18;
    private static final int BUF = 24;
    private static final int NBYTES = 32;
    private static final int OFFSET = 40;
    private static final int FLAGS = 56;
    private static final int RESFD = 60;
    private static final int FLAG_RESFD = 1;
    private static final int FLAG_IOPRIO = 2;

    private final NativeMemory memory;
    private final ByteBuffer iocbs;
    private final int pointersAt;
    private final short[] priorities;

    IocbTable(int slots) {
        pointersAt = slots * IOCB_BYTES;
        priorities = new short[slots];
        memory = new NativeMemory(pointersAt + (long) slots * Long.BYTES, IOCB_BYTES);
        iocbs = memory.buffer();
        for (int slot = 0; slot < slots; slot++) {
            iocbs.putLong(pointersAt + slot * Long.BYTES, iocbAddress(slot));
        }
    }

    /** Says once, when the slot is made, which eventfd its completions signal. */
    void bind(int slot, int eventFd) {
        int at = slot * IOCB_BYTES;
        iocbs.putInt(at + FLAGS, FLAG_RESFD);
        iocbs.putInt(at + RESFD, eventFd);
    }

    /** Says which priority the slot's operations have from now on, as {@code ioprio_set(2)} has it; 0 for none. */
    void priority(int slot, int ioPriority) {
        if (priorities[slot] != ioPriority) {
            priorities[slot] = (short) ioPriority;
            int at = slot * IOCB_BYTES;
            iocbs.putShort(at + REQPRIO, (short) ioPriority);
            iocbs.putInt(at + FLAGS, ioPriority == 0 ? FLAG_RESFD : FLAG_RESFD | FLAG_IOPRIO);
        }
    }

    /**
     * Lays out an operation.
     *
     * @param data  comes back in the completion
     * @param count bytes, or segments where {@code opcode} is vectored
     */
    void prepare(int slot, long data, int opcode, int fd, long address, long count, long offsetBytes, int rwFlags) {
        int at = slot * IOCB_BYTES;
        iocbs.putLong(at + DATA, data);
        iocbs.putInt(at + RW_FLAGS, rwFlags);
        iocbs.putShort(at + OPCODE, (short) opcode);
        iocbs.putInt(at + FILDES, fd);
        iocbs.putLong(at + BUF, address);
        iocbs.putLong(at + NBYTES, count);
        iocbs.putLong(at + OFFSET, offsetBytes);
    }

    long iocbAddress(int slot) {
        return memory.address() + (long) slot * IOCB_BYTES;
    }

    /** The address of a pointer to the slot's iocb: what {@code io_submit(2)} of this one takes. */
    long pointerAddress(int slot) {
        return memory.address() + pointersAt + (long) slot * Long.BYTES;
    }

    @Override
    public void close() {
        memory.close();
    }
}
