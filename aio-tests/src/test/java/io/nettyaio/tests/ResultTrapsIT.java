package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The traps of results: short reads that are no end, ends that are no error, errors from two places. */
@Timeout(60)
class ResultTrapsIT {

    private static final long SEED = 303;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    /**
     * Trap 25: a NOWAIT read stops where the page cache does, far from the end of the file. With every other part in
     * the cache, reads across the gaps are whole.
     */
    @OnEachFileSystem
    void shouldReadAllWhenPageCacheHoldsParts(TestFileSystem fileSystem) throws Exception {
        int size = 4 << 20;
        aio.context(
                0,
                aio.config().inlineReadBytes(size).inlineBytesPerTick(size * 4).build());
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, size);
        AioFile file = aio.open(path, READ);
        for (int round = 0; round < 5; round++) {
            Patterns.dropFromCache(path);
            for (int offset = 0; offset < size; offset += 1 << 20) {
                Patterns.read(path, offset, 16_384);
            }
            ByteBuf whole = get(file.read(0, size + 100));
            Patterns.check(whole, SEED, 0, size);
            whole.release();
            Patterns.dropFromCache(path);
            Patterns.read(path, 4096, 100);
            ByteBuf[] dsts = new ByteBuf[16];
            for (int i = 0; i < dsts.length; i++) {
                dsts[i] = aio.buffers().directBuffer(65_536, 65_536);
            }
            assertThat(get(file.read(dsts, 100))).isEqualTo(1 << 20);
            for (int i = 0; i < dsts.length; i++) {
                Patterns.check(dsts[i], SEED, 100 + i * 65_536L, 65_536);
                dsts[i].release();
            }
        }
    }

    /** Trap 26: 0 ends a read, at the end of a file that shrinks meanwhile too: short, never stuck, never an error. */
    @OnEachFileSystem
    void shouldEndWhenFileShrinksMeanwhile(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        int size = 2_000_000;
        for (int round = 0; round < 10; round++) {
            get(file.write(aio.buffers().directBuffer().writeBytes(Patterns.bytes(SEED, 0, size)), 0));
            List<AioFuture<ByteBuf>> reads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                reads.add(file.read(i * 100_000L, size));
            }
            AioFuture<Void> cut = file.truncate(5000);
            for (AioFuture<ByteBuf> future : reads) {
                ByteBuf read = get(future);
                assertThat(read.readableBytes()).isLessThan(size + 1);
                read.release();
            }
            get(cut);
            ByteBuf rest = get(file.read(0, size));
            Patterns.check(rest, SEED, 0, 5000);
            rest.release();
        }
    }

    /**
     * Trap 28: errors come from io_submit and from the event, and from helpers. The same mistake gives the same
     * exception whichever way the operation takes.
     */
    @Test
    void shouldFailAlikeWhenErrorsComeFromDifferentPlaces() throws Exception {
        Path path = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), SEED, 65_536);
        List<AioFile> writeOnly = List.of(aio.open(path, WRITE), aio.open(path, WRITE, DIRECT));
        List<AioFile> readOnly = List.of(aio.open(path, READ), aio.open(path, READ, DIRECT));
        for (AioFile file : writeOnly) {
            ByteBuf dst = aio.context().alignedAllocator().directBuffer(4096, 4096);
            check(file.read(dst, 0), "EBADF", 9, "read", path);
            assertThat(dst.refCnt()).isOne();
            dst.release();
            check(file.read(100, 100), "EBADF", 9, "read", path);
        }
        for (AioFile file : readOnly) {
            ByteBuf src = aio.context().alignedAllocator().directBuffer(4096).writeZero(4096);
            check(file.write(src, 0), "EBADF", 9, "write", path);
            assertThat(src.refCnt()).isZero();
            ByteBuf appended =
                    aio.context().alignedAllocator().directBuffer(4096).writeZero(4096);
            assertThat(failure(file.append(appended)).errno()).isEqualTo(9);
            assertThat(failure(file.truncate(0)).errnoName()).isIn("EINVAL", "EBADF");
            assertThat(failure(file.allocate(0, 10)).errnoName()).isEqualTo("EBADF");
        }
        Path directory = path.getParent();
        AioFile opened = aio.open(directory, READ);
        check(opened.read(0, 4096), "EISDIR", 21, "read", directory);
    }

    private static void check(AioFuture<?> future, String name, int errno, String operation, Path path)
            throws Exception {
        AioException failure = failure(future);
        assertThat(failure.errnoName()).isEqualTo(name);
        assertThat(failure.errno()).isEqualTo(errno);
        assertThat(failure.operation()).isEqualTo(operation);
        assertThat(failure.path()).isEqualTo(path.toString());
        assertThat(failure.bytesTransferred()).isZero();
        assertThat(failure)
                .hasMessageContaining(name)
                .hasMessageContaining(operation)
                .hasMessageContaining(path.toString());
    }

    /** Trap 28 on a full disk: a direct write's ENOSPC, and a buffered one's, say the same. */
    @Test
    void shouldFailWithEnospcWhenDiskIsFull() throws Exception {
        Path disk = TestFileSystem.tmpfs(1 << 20);
        AioFile filler = aio.open(disk.resolve("filler"), CREATE, WRITE);
        assertThat(failure(filler.write(aio.buffers().directBuffer().writeZero(2 << 20), 0))
                        .errnoName())
                .isEqualTo("ENOSPC");
        for (boolean direct : new boolean[] {false, true}) {
            Path path = disk.resolve("direct-" + direct);
            AioFile file = direct
                    ? DirectIT.open(aio, TestFileSystem.TMPFS, path, CREATE, WRITE)
                    : aio.open(path, CREATE, WRITE);
            ByteBuf src = aio.context().alignedAllocator().directBuffer(65_536).writeZero(65_536);
            AioException failure = failure(file.write(src, 0));
            assertThat(failure.errnoName()).isEqualTo("ENOSPC");
            assertThat(failure.errno()).isEqualTo(28);
            assertThat(failure.kind()).isEqualTo(AioException.Kind.SYSTEM);
            assertThat(src.refCnt()).isZero();
        }
    }
}
