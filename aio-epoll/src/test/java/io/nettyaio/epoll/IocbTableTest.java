package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Offsets here are those of {@code struct iocb} in {@code <linux/aio_abi.h>}, written down once more. */
@Timeout(10)
class IocbTableTest {

    private static final int SLOTS = 5;

    private final IocbTable table = new IocbTable(SLOTS);

    @AfterEach
    void free() {
        table.close();
    }

    private ByteBuffer iocb(int slot) {
        return ScriptedSyscalls.memory(table.iocbAddress(slot), 64);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(0, bytes);
        return bytes;
    }

    /** The 64 bytes the kernel wants to see. */
    private static byte[] expected(
            long data,
            int rwFlags,
            int opcode,
            int fd,
            long address,
            long count,
            long offset,
            int flags,
            int resultFd) {
        ByteBuffer iocb = ByteBuffer.allocate(64).order(java.nio.ByteOrder.nativeOrder());
        iocb.putLong(data); // aio_data, 0
        iocb.putInt(0); // aio_key, 8
        iocb.putInt(rwFlags); // aio_rw_flags, 12
        iocb.putShort((short) opcode); // aio_lio_opcode, 16
        iocb.putShort((short) 0); // aio_reqprio, 18
        iocb.putInt(fd); // aio_fildes, 20
        iocb.putLong(address); // aio_buf, 24
        iocb.putLong(count); // aio_nbytes, 32
        iocb.putLong(offset); // aio_offset, 40
        iocb.putLong(0); // aio_reserved2, 48
        iocb.putInt(flags); // aio_flags, 56
        iocb.putInt(resultFd); // aio_resfd, 60
        return iocb.array();
    }

    @Test
    void shouldLayOutEachFieldWhereTheKernelReadsItWhenPrepared() {
        table.bind(2, 77);
        table.prepare(2, 0x0102030405060708L, IocbTable.PWRITEV, 55, 0x1112131415161718L, 1024, 0x2122232425262728L, 8);

        assertThat(bytes(iocb(2)))
                .isEqualTo(expected(
                        0x0102030405060708L,
                        8,
                        IocbTable.PWRITEV,
                        55,
                        0x1112131415161718L,
                        1024,
                        0x2122232425262728L,
                        1,
                        77));
    }

    @Test
    void shouldLeaveNothingOfTheLastOperationWhenASlotIsUsedAnew() {
        table.bind(1, 9);
        table.prepare(1, -1, IocbTable.PWRITE, -1, -1, -1, -1, -1);

        // A sync with anything in buf, nbytes, offset or rw_flags is EINVAL.
        table.prepare(1, 3, IocbTable.FDSYNC, 4, 0, 0, 0, 0);

        assertThat(bytes(iocb(1))).isEqualTo(expected(3, 0, IocbTable.FDSYNC, 4, 0, 0, 0, 1, 9));
    }

    @Test
    void shouldTouchNoOtherSlotWhenOneIsPrepared() {
        for (int slot = 0; slot < SLOTS; slot++) {
            table.bind(slot, 100 + slot);
            table.prepare(slot, slot, IocbTable.PREAD, slot, slot, slot, slot, 0);
        }

        table.prepare(2, -1, -1, -1, -1, -1, -1, -1);

        for (int slot : new int[] {0, 1, 3, 4}) {
            assertThat(bytes(iocb(slot)))
                    .as("slot %d", slot)
                    .isEqualTo(expected(slot, 0, IocbTable.PREAD, slot, slot, slot, slot, 1, 100 + slot));
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            assertPointer(slot);
        }
    }

    @Test
    void shouldPointToEachIocbWhenMade() {
        for (int slot = 0; slot < SLOTS; slot++) {
            assertPointer(slot);
            assertThat(table.iocbAddress(slot) % 64).isZero();
            assertThat(bytes(iocb(slot))).containsOnly(0);
        }
    }

    private void assertPointer(int slot) {
        assertThat(ScriptedSyscalls.memory(table.pointerAddress(slot), 8).getLong(0))
                .as("pointer to slot %d", slot)
                .isEqualTo(table.iocbAddress(slot));
    }

    @Test
    void shouldUseTheKernelsOpcodesWhenNamed() {
        assertThat(new int[] {
                    IocbTable.PREAD,
                    IocbTable.PWRITE,
                    IocbTable.FSYNC,
                    IocbTable.FDSYNC,
                    IocbTable.PREADV,
                    IocbTable.PWRITEV
                })
                .containsExactly(0, 1, 2, 3, 7, 8);
    }

    @Test
    void shouldRefuseToGiveAnAddressWhenFreed() {
        IocbTable freed = new IocbTable(1);
        freed.close();
        freed.close();

        assertThatIllegalStateException().isThrownBy(() -> freed.iocbAddress(0));
        assertThatIllegalStateException().isThrownBy(() -> freed.pointerAddress(0));
    }
}
