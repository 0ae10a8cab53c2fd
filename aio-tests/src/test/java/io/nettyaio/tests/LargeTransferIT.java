package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioFile;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Transfers longer than one system call moves: 0x7ffff000 bytes (trap 27). One buffer of 64 MiB, many times over, makes
 * more than 2 GiB of them.
 */
@Timeout(120)
class LargeTransferIT {

    private static final long SEED = 33;
    private static final int PART_BYTES = 64 << 20;
    private static final int PARTS = 33;
    private static final long TOTAL_BYTES = (long) PARTS * PART_BYTES;
    private static final long ONE_CALL_BYTES = 0x7ffff000L;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static ByteBuf part() {
        ByteBuf part = aio.buffers().directBuffer(PART_BYTES, PART_BYTES);
        byte[] chunk = Patterns.bytes(SEED, 0, 1 << 20);
        for (int i = 0; i < PART_BYTES >> 20; i++) {
            part.writeBytes(chunk).setInt(i << 20, i);
        }
        return part;
    }

    private static byte[] expected(long offset, int length) {
        byte[] expected = new byte[length];
        for (int i = 0; i < length; i++) {
            long at = offset + i;
            int inChunk = (int) (at & 0xFFFFF);
            int chunk = (int) (at % PART_BYTES >>> 20);
            expected[i] = inChunk < 4 ? (byte) (chunk >>> (24 - 8 * inChunk)) : Patterns.at(SEED, inChunk);
        }
        return expected;
    }

    /** A vectored write and a vectored read past 2 GiB each are one transfer that loses no byte where calls meet. */
    @Test
    void shouldMoveMoreThanTwoGibibytesWhenVectored() throws Exception {
        Path memory = Path.of("/dev/shm");
        Need.that(
                memory.toFile().getUsableSpace() > 2 * TOTAL_BYTES && freeMemoryBytes() > 2 * TOTAL_BYTES,
                "needs 5 GiB of memory to spare");
        Path path = TestFileSystem.TMPFS.newDirectory().resolve("large");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        ByteBuf part = part();
        ByteBuf[] srcs = new ByteBuf[PARTS];
        Arrays.setAll(srcs, i -> part.retainedDuplicate());

        assertThat(get(file.write(srcs, 0))).isEqualTo(TOTAL_BYTES);

        assertThat(part.refCnt()).isOne();
        assertThat(get(file.size())).isEqualTo(TOTAL_BYTES);
        for (long offset : new long[] {0, PART_BYTES - 100, ONE_CALL_BYTES - 5000, TOTAL_BYTES - 10_000}) {
            assertThat(Patterns.read(path, offset, 10_000)).as("at %d", offset).isEqualTo(expected(offset, 10_000));
        }
        for (int chunk = 0; chunk < TOTAL_BYTES >> 20; chunk += 7) {
            assertThat(Patterns.read(path, (long) chunk << 20, 16)).isEqualTo(expected((long) chunk << 20, 16));
        }

        ByteBuf edge = aio.buffers().directBuffer(1 << 20, 1 << 20);
        ByteBuf[] dsts = new ByteBuf[PARTS + 1];
        Arrays.setAll(dsts, i -> part.duplicate().clear());
        dsts[PARTS] = edge;
        assertThat(get(file.read(dsts, 100))).isEqualTo(TOTAL_BYTES - 100);
        assertThat(edge.readableBytes()).isZero();
        assertThat(dsts[PARTS - 1].readableBytes()).isEqualTo(PART_BYTES - 100);
        byte[] last = new byte[10_000];
        dsts[PARTS - 1].getBytes(PART_BYTES - 100 - last.length, last);
        assertThat(last).isEqualTo(expected(TOTAL_BYTES - last.length, last.length));
        // The parts share their memory: what lies past the last one's end is of the part before.
        byte[] before = new byte[100];
        part.getBytes(PART_BYTES - 100, before);
        assertThat(before).isEqualTo(expected(0, 100));
        edge.release();
        part.release();
    }

    /** The same by the memory devices, which also say how much arrives in one call. */
    @Test
    void shouldMoveMoreThanTwoGibibytesWhenMemoryDevice() throws Exception {
        AioFile zero = aio.open(Path.of("/dev/zero"), READ);
        AioFile none = aio.open(Path.of("/dev/null"), WRITE);
        ByteBuf part = part();
        ByteBuf[] srcs = new ByteBuf[PARTS];
        Arrays.setAll(srcs, i -> part.retainedDuplicate());
        assertThat(get(none.write(srcs, 0))).isEqualTo(TOTAL_BYTES);
        ByteBuf[] dsts = new ByteBuf[PARTS];
        Arrays.setAll(dsts, i -> part.duplicate().clear());
        assertThat(get(zero.read(dsts, 0))).isEqualTo(TOTAL_BYTES);
        assertThat(part.forEachByte(value -> value == 0))
                .as("first that is not 0")
                .isEqualTo(-1);
        part.release();
    }

    /** A hole past 2 GiB, read in one transfer. */
    @Test
    void shouldReadMoreThanTwoGibibytesWhenSparse() throws Exception {
        AioFile file = aio.open(TestFileSystem.TMPFS.newDirectory().resolve("sparse"), CREATE, READ, WRITE);
        get(file.truncate(TOTAL_BYTES));
        get(file.write(aio.buffers().directBuffer().writeBytes(Patterns.bytes(SEED, 0, 100)), TOTAL_BYTES - 100));
        ByteBuf part = part();
        ByteBuf[] dsts = new ByteBuf[PARTS];
        Arrays.setAll(dsts, i -> part.duplicate().clear());
        assertThat(get(file.read(dsts, 0))).isEqualTo(TOTAL_BYTES);
        Patterns.check(part.slice(PART_BYTES - 100, 100), SEED, 0, 100);
        assertThat(part.forEachByte(0, PART_BYTES - 100, value -> value == 0))
                .as("first that is not 0")
                .isEqualTo(-1);
        part.release();
    }

    private static long freeMemoryBytes() throws Exception {
        return 1024 * Long.parseLong(Shell.run("sh", "-c", "awk '/^MemAvailable:/ {print $2}' /proc/meminfo"));
    }
}
