package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.cause;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Positional and vectored reads of buffered files: contents, lengths, indexes, references, ends of files. */
@Timeout(60)
class ReadIT {

    private static final long SEED = 11;
    private static final int SIZE = 300_001;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static AioFile file(TestFileSystem fileSystem) throws Exception {
        return aio.open(Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, SIZE), READ);
    }

    /** A buffer that is allocated for the caller holds what the file does; the caller releases it. */
    @OnEachFileSystem
    void shouldAllocateBufferWhenAskedForLength(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        for (int[] range : new int[][] {{0, 1}, {0, SIZE}, {4095, 2}, {4096, 4096}, {77_777, 100_000}}) {
            ByteBuf read = get(file.read(range[0], range[1]));
            Patterns.check(read, SEED, range[0], range[1]);
            assertThat(read.refCnt()).isOne();
            read.release();
        }
    }

    /** A read is short only at the end of the file, empty past it: no error, and no spinning (trap 26: 0 ends it). */
    @OnEachFileSystem
    void shouldBeShortOnlyWhenAtEndOfFile(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf tail = get(file.read(SIZE - 10, 4096));
        Patterns.check(tail, SEED, SIZE - 10, 10);
        tail.release();
        for (long offset : new long[] {SIZE, SIZE + 1L, 1L << 40}) {
            ByteBuf none = get(file.read(offset, 4096));
            assertThat(none.readableBytes()).isZero();
            none.release();
            ByteBuf dst = aio.buffers().directBuffer(100, 100);
            assertThat(get(file.read(dst, offset))).isZero();
            assertThat(dst.writerIndex()).isZero();
            assertThat(dst.refCnt()).isOne();
            dst.release();
        }
        ByteBuf dst = aio.buffers().directBuffer(100, 100);
        assertThat(get(file.read(dst, SIZE - 40))).isEqualTo(40);
        Patterns.check(dst, SEED, SIZE - 40, 40);
        dst.release();
    }

    /** An empty file: nothing to read at all. */
    @OnEachFileSystem
    void shouldReadNothingWhenFileIsEmpty(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(Patterns.file(fileSystem.newDirectory().resolve("empty"), 1, 0));
        ByteBuf read = get(file.read(0, 100));
        assertThat(read.readableBytes()).isZero();
        read.release();
        assertThat(get(file.size())).isZero();
    }

    /** The destination's writable bytes are filled behind what it holds; nothing around them changes. */
    @OnEachFileSystem
    void shouldFillWritableBytesWhenDestinationHoldsSomething(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf root = aio.buffers().directBuffer(1000, 1000);
        for (int i = 0; i < 1000; i++) {
            root.setByte(i, 0x5A);
        }
        ByteBuf dst = root.slice(100, 800).setIndex(3, 300);
        assertThat(get(file.read(dst, 5000))).isEqualTo(500);
        assertThat(dst.readerIndex()).isEqualTo(3);
        assertThat(dst.writerIndex()).isEqualTo(800);
        Patterns.check(dst.slice(300, 500), SEED, 5000, 500);
        for (int i = 0; i < 1000; i++) {
            if (i < 400 || i >= 900) {
                assertThat(root.getByte(i)).as("byte %d, outside", i).isEqualTo((byte) 0x5A);
            }
        }
        assertThat(root.refCnt()).isOne();
        root.release();
    }

    /** Any kind of buffer does: heap, composite of both kinds, slices of either. */
    @OnEachFileSystem
    void shouldFillAnyKindOfBufferWhenReading(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        List<ByteBuf> destinations = new ArrayList<>();
        destinations.add(aio.buffers().heapBuffer(5000, 5000));
        destinations.add(aio.buffers().directBuffer(5000, 5000));
        destinations.add(Unpooled.wrappedBuffer(new byte[5000]).clear());
        destinations.add(composite(5000));
        for (ByteBuf dst : destinations) {
            assertThat(get(file.read(dst, 123))).as("%s", dst).isEqualTo(5000);
            Patterns.check(dst, SEED, 123, 5000);
            assertThat(dst.refCnt()).as("references of %s", dst).isOne();
            dst.release();
        }
        ByteBuf heap = aio.buffers().heapBuffer(5000, 5000);
        ByteBuf slice = heap.slice(1000, 3000).clear();
        assertThat(get(file.read(slice, 123))).isEqualTo(3000);
        Patterns.check(slice, SEED, 123, 3000);
        heap.release();
    }

    private static ByteBuf composite(int length) {
        CompositeByteBuf composite = aio.buffers().compositeBuffer();
        int left = length;
        for (int i = 0; left > 0; i++) {
            int part = Math.min(left, 7 + i * 501);
            ByteBuf component = i % 2 == 0
                    ? aio.buffers().directBuffer(part, part)
                    : aio.buffers().heapBuffer(part, part);
            composite.addComponent(true, component.writerIndex(part));
            left -= part;
        }
        return composite.clear();
    }

    /** The allocated buffer's length is what was asked: it does not grow, and a read of length 0 reads nothing. */
    @OnEachFileSystem
    void shouldReadNothingWhenNothingIsAsked(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf none = get(file.read(10, 0));
        assertThat(none.readableBytes()).isZero();
        none.release();
        ByteBuf full = aio.buffers().directBuffer(16, 16).writeZero(16);
        assertThat(get(file.read(full, 0))).isZero();
        full.release();
        assertThat(get(file.read(new ByteBuf[0], 0))).isZero();
    }

    /** One transfer fills several buffers in turn; what comes after the end of the file stays empty. */
    @OnEachFileSystem
    void shouldFillEachBufferWhenVectored(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf[] dsts = {
            aio.buffers().directBuffer(100, 100),
            aio.buffers().heapBuffer(4096, 4096),
            aio.buffers().directBuffer(0, 0),
            composite(3000),
            aio.buffers().directBuffer(200, 200).writeZero(50)
        };
        assertThat(get(file.read(dsts, 999))).isEqualTo(100 + 4096 + 3000 + 150);
        Patterns.check(dsts[0], SEED, 999, 100);
        Patterns.check(dsts[1], SEED, 1099, 4096);
        Patterns.check(dsts[3], SEED, 5195, 3000);
        Patterns.check(dsts[4].slice(50, 150), SEED, 8195, 150);
        for (ByteBuf dst : dsts) {
            assertThat(dst.refCnt()).isOne();
            dst.clear();
        }
        assertThat(get(file.read(dsts, SIZE - 1100))).isEqualTo(1100);
        assertThat(dsts[0].readableBytes()).isEqualTo(100);
        assertThat(dsts[1].readableBytes()).isEqualTo(1000);
        assertThat(dsts[3].readableBytes()).isZero();
        assertThat(dsts[4].readableBytes()).isZero();
        for (ByteBuf dst : dsts) {
            dst.release();
        }
    }

    /** More buffers than one system call takes (IOV_MAX is 1024) are still one transfer. */
    @OnEachFileSystem
    void shouldFillAllBuffersWhenMoreThanOneCallTakes(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf[] dsts = new ByteBuf[3000];
        for (int i = 0; i < dsts.length; i++) {
            dsts[i] = aio.buffers().directBuffer(7, 7);
        }
        assertThat(get(file.read(dsts, 17))).isEqualTo(21_000);
        for (int i = 0; i < dsts.length; i++) {
            Patterns.check(dsts[i], SEED, 17 + i * 7L, 7);
            dsts[i].release();
        }
    }

    /** Nothing limits a file to 4 GiB; holes read as zeros. */
    @OnEachFileSystem
    void shouldReadPastFourGibibytesWhenSparse(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(fileSystem.newDirectory().resolve("sparse"), CREATE, READ, WRITE);
        long far = (5L << 30) + 4095;
        assertThat(get(file.write(aio.buffers().directBuffer().writeBytes(Patterns.bytes(SEED, far, 10_000)), far)))
                .isEqualTo(10_000);
        assertThat(get(file.size())).isEqualTo(far + 10_000);
        ByteBuf read = get(file.read(far, 20_000));
        Patterns.check(read, SEED, far, 10_000);
        read.release();
        ByteBuf hole = get(file.read((4L << 30) - 5000, 10_000));
        assertThat(hole.readableBytes()).isEqualTo(10_000);
        assertThat(hole.forEachByte(value -> value == 0))
                .as("first that is not 0")
                .isEqualTo(-1);
        hole.release();
    }

    /** What cannot be a range fails with EINVAL, in the future and not by a throw, and no buffer is lost. */
    @OnEachFileSystem
    void shouldFailWithEinvalWhenOffsetIsNegative(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf dst = aio.buffers().directBuffer(100, 100);
        List<AioFuture<?>> futures =
                List.of(file.read(dst, -1), file.read(-1, 100), file.read(new ByteBuf[] {dst}, Long.MIN_VALUE));
        for (AioFuture<?> future : futures) {
            AioException failure = failure(future);
            assertThat(failure.errnoName()).isEqualTo("EINVAL");
            assertThat(failure.kind()).isEqualTo(AioException.Kind.ARGUMENT);
            assertThat(failure.operation()).isEqualTo("read");
            assertThat(failure.path()).isEqualTo(file.path());
        }
        assertThat(cause(file.read(0, -1))).as("negative length").isNotNull();
        assertThat(dst.refCnt()).isOne();
        assertThat(dst.writerIndex()).isZero();
        dst.release();
    }

    /** At the very end of what an offset can say there is nothing to read, or an error; either way it settles. */
    @OnEachFileSystem
    void shouldSettleWhenOffsetIsAtItsLimit(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf dst = aio.buffers().directBuffer(100, 100);
        AioFuture<Integer> read = AioTestLoops.settled(file.read(dst, Long.MAX_VALUE - 10));
        if (read.isSuccess()) {
            assertThat(read.getNow()).isZero();
        } else {
            assertThat(failure(read).errnoName()).isIn("EINVAL", "EOVERFLOW", "EFBIG");
        }
        assertThat(dst.writerIndex()).isZero();
        dst.release();
    }

    /** A buffer that was released already fails the future; nothing is read, nothing pends. */
    @OnEachFileSystem
    void shouldFailWhenDestinationIsReleased(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf dst = aio.buffers().directBuffer(100, 100);
        ByteBuf live = aio.buffers().directBuffer(100, 100);
        dst.release();
        assertThat(cause(file.read(dst, 0))).isNotNull();
        assertThat(cause(file.read(new ByteBuf[] {live, dst}, 0))).isNotNull();
        assertThat(live.refCnt()).isOne();
        assertThat(live.writerIndex()).isZero();
        live.release();
        CompletableFuture<Throwable> called = new CompletableFuture<>();
        file.read(dst, 0, "attachment", (result, cause, attachment) -> called.complete(cause));
        assertThat(called.get()).isNotNull();
    }

    /** A destination that cannot be written fails the future, not the caller. */
    @OnEachFileSystem
    void shouldFailWhenDestinationIsReadOnly(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf root = aio.buffers().directBuffer(100, 100).setByte(0, 0x5A);
        assertThat(AioTestLoops.settled(file.read(root.asReadOnly(), 0)).getNow())
                .as("bytes read")
                .isIn(null, 0);
        assertThat(root.getByte(0)).isEqualTo((byte) 0x5A);
        assertThat(root.refCnt()).isOne();
        root.release();
    }

    /** The callback form: result, no cause, the attachment; once, on the loop, references as before. */
    @OnEachFileSystem
    void shouldCallBackOnLoopWhenReading(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf dst = aio.buffers().directBuffer(1000, 1000);
        CompletableFuture<List<Object>> called = new CompletableFuture<>();
        file.read(
                dst,
                50,
                dst,
                (result, cause, attachment) -> called.complete(List.of(
                        result, String.valueOf(cause), attachment, aio.loop(0).inEventLoop(), dst.refCnt())));
        assertThat(called.get()).isEqualTo(List.of(1000L, "null", dst, true, 1));
        Patterns.check(dst, SEED, 50, 1000);
        dst.release();
    }

    /** A directory is no file to read. */
    @OnEachFileSystem
    void shouldFailWithEisdirWhenDirectoryIsRead(TestFileSystem fileSystem) throws Exception {
        Path path = fileSystem.newDirectory();
        AioFile directory = aio.open(path, READ);
        AioException failure = failure(directory.read(0, 100));
        assertThat(failure.errnoName()).isEqualTo("EISDIR");
        assertThat(failure.operation()).isEqualTo("read");
        assertThat(failure.path()).isEqualTo(path.toString());
    }

    /** Many reads at once of one file, over all of it, cold. */
    @Test
    void shouldReadEverythingWhenManyAreInFlight() throws Exception {
        Path path = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, 4_000_000);
        Patterns.dropFromCache(path);
        AioFile file = aio.open(path, READ);
        List<AioFuture<ByteBuf>> reads = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            reads.add(file.read(i * 4000L, 4000));
        }
        for (int i = 0; i < 1000; i++) {
            ByteBuf read = get(reads.get(i));
            Patterns.check(read, SEED, i * 4000L, 4000);
            read.release();
        }
    }
}
