package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.cause;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settled;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Files opened past the page cache: alignment asked for and told, any range readable, unaligned tails. */
@Timeout(60)
class DirectIT {

    private static final long SEED = 44;
    private static final int SIZE = 1_000_003;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    /** Opens it direct. A tmpfs before Linux 6.6 has no O_DIRECT, and says so: EINVAL. */
    static AioFile open(AioTestLoops aio, TestFileSystem fileSystem, Path path, AioOpenOption... options)
            throws Exception {
        AioOpenOption[] direct = Arrays.copyOf(options, options.length + 1);
        direct[options.length] = DIRECT;
        AioFuture<AioFile> opened = settled(aio.context().open(path, direct));
        if (fileSystem == TestFileSystem.TMPFS && !opened.isSuccess()) {
            assertThat(AioTestLoops.failure(opened).errnoName()).isEqualTo("EINVAL");
            Need.that(false, "this kernel's tmpfs has no O_DIRECT");
        }
        return aio.closeLater(get(opened));
    }

    private static AioFile filled(TestFileSystem fileSystem) throws Exception {
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, SIZE);
        Patterns.dropFromCache(path);
        return open(aio, fileSystem, path, READ, WRITE);
    }

    private static ByteBuf aligned(int length) {
        return aio.context().alignedAllocator().directBuffer(length, length);
    }

    /** The alignment is a power of two that a device could have; the allocator's buffers have it. */
    @OnEachFileSystem
    void shouldTellAlignmentWhenDirect(TestFileSystem fileSystem) throws Exception {
        AioFile file = filled(fileSystem);
        assertThat(file.isDirect()).isTrue();
        assertThat(file.alignment()).isBetween(512, 65_536);
        assertThat(Integer.bitCount(file.alignment())).isOne();
        for (int i = 1; i < 40; i++) {
            ByteBuf buffer = aio.context().alignedAllocator().directBuffer(i * 500);
            assertThat(buffer.memoryAddress() % 4096).isZero();
            assertThat(buffer.capacity()).isGreaterThanOrEqualTo(i * 500);
            buffer.release();
        }
    }

    /** read(offset, length) takes any range: aligned or not, small or large, over the end or past it. */
    @OnEachFileSystem
    void shouldReadAnyRangeWhenBufferIsAllocated(TestFileSystem fileSystem) throws Exception {
        AioFile file = filled(fileSystem);
        Random random = new Random(6);
        List<long[]> ranges = new ArrayList<>(List.of(
                new long[] {0, 1},
                new long[] {0, 4096},
                new long[] {511, 2},
                new long[] {4095, 4098},
                new long[] {1, SIZE},
                new long[] {SIZE - 1, 1},
                new long[] {SIZE - 1, 10_000},
                new long[] {SIZE, 1},
                new long[] {SIZE + 5000, 100},
                new long[] {77, 0}));
        for (int i = 0; i < 200; i++) {
            ranges.add(new long[] {random.nextInt(SIZE), random.nextInt(i % 10 == 0 ? 300_000 : 9000)});
        }
        for (long[] range : ranges) {
            ByteBuf read = get(file.read(range[0], (int) range[1]));
            int expected = (int) Math.max(0, Math.min(range[1], SIZE - range[0]));
            Patterns.check(read, SEED, range[0], expected);
            read.release();
        }
    }

    /** The tail of a file whose length is not aligned is short, then nothing (trap 26). */
    @OnEachFileSystem
    void shouldEndWhenTailIsNotAligned(TestFileSystem fileSystem) throws Exception {
        AioFile file = filled(fileSystem);
        int tail = SIZE / 4096 * 4096;
        ByteBuf dst = aligned(16_384);
        assertThat(get(file.read(dst, tail))).isEqualTo(SIZE - tail);
        Patterns.check(dst, SEED, tail, SIZE - tail);
        assertThat(get(file.read(dst.clear(), tail + 4096L))).isZero();
        assertThat(get(file.read(dst.clear(), tail - 8192L))).isEqualTo(SIZE - tail + 8192);
        Patterns.check(dst, SEED, tail - 8192L, SIZE - tail + 8192);
        dst.release();
    }

    /** Aligned transfers move what a buffered reader sees. */
    @OnEachFileSystem
    void shouldMoveBytesWhenAligned(TestFileSystem fileSystem) throws Exception {
        AioFile file = open(aio, fileSystem, fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        ByteBuf src = aligned(65_536).writeBytes(Patterns.bytes(SEED, 0, 65_536));
        assertThat(get(file.write(src, 0))).isEqualTo(65_536);
        assertThat(src.refCnt()).isZero();
        ByteBuf over = aligned(8192).writeBytes(Patterns.bytes(SEED, 100_000, 8192));
        assertThat(get(file.write(over, 16_384))).isEqualTo(8192);
        byte[] expected = Patterns.bytes(SEED, 0, 65_536);
        System.arraycopy(Patterns.bytes(SEED, 100_000, 8192), 0, expected, 16_384, 8192);
        assertThat(Files.readAllBytes(Path.of(file.path()))).isEqualTo(expected);
        ByteBuf dst = aligned(65_536);
        assertThat(get(file.read(dst, 0))).isEqualTo(65_536);
        byte[] read = new byte[65_536];
        dst.readBytes(read);
        assertThat(read).isEqualTo(expected);
        assertThat(dst.refCnt()).isOne();
        dst.release();
    }

    /** Holes, blocks that are allocated and not yet written, extending writes: each its own way in the kernel. */
    @OnEachFileSystem
    void shouldMoveBytesWhenBlocksAreHolesOrUnwritten(TestFileSystem fileSystem) throws Exception {
        AioFile file = open(aio, fileSystem, fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        get(file.allocate(0, 1 << 20));
        get(file.truncate(2 << 20));
        List<AioFuture<Integer>> writes = new ArrayList<>();
        byte[] expected = new byte[(2 << 20) + 65_536];
        for (int offset = 0; offset < expected.length; offset += 131_072) {
            byte[] bytes = Patterns.bytes(SEED, offset, 65_536);
            System.arraycopy(bytes, 0, expected, offset, bytes.length);
            writes.add(file.write(aligned(65_536).writeBytes(bytes), offset));
        }
        for (AioFuture<Integer> write : writes) {
            assertThat(get(write)).isEqualTo(65_536);
        }
        get(file.fdatasync());
        ByteBuf read = get(file.read(0, expected.length + 4096));
        byte[] content = new byte[read.readableBytes()];
        read.readBytes(content).release();
        assertThat(content).isEqualTo(expected);
    }

    /**
     * A memory address, offset or length that is not aligned fails with what the alignment is, before the kernel
     * could take it nevertheless (trap 29: it is often looser than it says).
     */
    @OnEachFileSystem
    void shouldNameAlignmentWhenTransferIsMisaligned(TestFileSystem fileSystem) throws Exception {
        AioFile file = filled(fileSystem);
        int alignment = file.alignment();
        ByteBuf whole = aligned(4 * alignment);
        for (int off : new int[] {1, 8, alignment / 2, alignment - 1}) {
            ByteBuf address = whole.slice(off, alignment).clear();
            ByteBuf length = whole.slice(0, alignment + off).clear();
            ByteBuf good = whole.slice(0, alignment).clear();
            List<AioFuture<?>> reads = List.of(
                    file.read(address, 0),
                    file.read(length, 0),
                    file.read(good, off),
                    file.read(new ByteBuf[] {good, address}, 0),
                    file.read(new ByteBuf[] {length, good}, 0),
                    file.write(whole.retainedSlice(off, alignment), 0),
                    file.write(whole.retainedSlice(0, alignment - off), 0),
                    file.write(whole.retainedSlice(0, alignment), off),
                    file.write(new ByteBuf[] {whole.retainedSlice(0, alignment), whole.retainedSlice(0, off)}, 0),
                    file.append(whole.retainedSlice(0, off)));
            for (int i = 0; i < reads.size(); i++) {
                assertThat(cause(reads.get(i)))
                        .as("operation %d, off by %d", i, off)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(Integer.toString(alignment));
            }
            CompletableFuture<Throwable> called = new CompletableFuture<>();
            file.read(address, 0, "", (result, cause, attachment) -> called.complete(cause));
            assertThat(called.get()).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(whole.refCnt()).isOne();
        whole.release();
        Patterns.check(Patterns.read(Path.of(file.path()), 0, SIZE), SEED, 0);
    }

    /** Appending needs aligned length and file size; then it works, and in order. Else it is done whole or not at all. */
    @OnEachFileSystem
    void shouldAppendWhenSizeIsAligned(TestFileSystem fileSystem) throws Exception {
        AioFile file = open(aio, fileSystem, fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        int block = Math.max(4096, file.alignment());
        List<AioFuture<Integer>> appends = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            appends.add(file.append(aligned(block).writeBytes(Patterns.bytes(SEED, (long) i * block, block))));
        }
        for (AioFuture<Integer> append : appends) {
            assertThat(get(append)).isEqualTo(block);
        }
        byte[] content = Files.readAllBytes(Path.of(file.path()));
        assertThat(content).hasSize(40 * block);
        Patterns.check(content, SEED, 0);
        get(file.truncate(100));
        ByteBuf src = aligned(block).writeBytes(Patterns.bytes(SEED, 100, block));
        AioFuture<Integer> unaligned = settled(file.append(src));
        AioTestLoops.awaitReferences(src, 0);
        // Some file systems go through the page cache for it.
        assertThat(get(file.size())).isEqualTo(unaligned.isSuccess() ? 100 + block : 100);
        Patterns.check(Files.readAllBytes(Path.of(file.path())), SEED, 0);
    }

    /** Several aligned buffers are one transfer, as an array and as a composite. */
    @OnEachFileSystem
    void shouldMoveEachBufferWhenVectored(TestFileSystem fileSystem) throws Exception {
        AioFile file = open(aio, fileSystem, fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        int block = Math.max(4096, file.alignment());
        ByteBuf[] srcs = new ByteBuf[5];
        CompositeByteBuf composite = aio.buffers().compositeBuffer();
        for (int i = 0; i < 5; i++) {
            srcs[i] = aligned(block * (i + 1)).writeBytes(Patterns.bytes(SEED, start(i) * block, block * (i + 1)));
            composite.addComponent(true, aligned(block).writeBytes(Patterns.bytes(SEED, (15L + i) * block, block)));
        }
        assertThat(get(file.write(srcs, 0))).isEqualTo(15L * block);
        assertThat(get(file.write(composite, 15L * block))).isEqualTo(5 * block);
        ByteBuf[] dsts = {aligned(block), aligned(4 * block), aligned(20 * block)};
        assertThat(get(file.read(dsts, 0))).isEqualTo(20L * block);
        Patterns.check(dsts[0], SEED, 0, block);
        Patterns.check(dsts[1], SEED, block, 4 * block);
        Patterns.check(dsts[2], SEED, 5L * block, 15 * block);
        CompositeByteBuf into = aio.buffers().compositeBuffer();
        into.addComponent(true, aligned(block).writerIndex(block));
        into.addComponent(true, aligned(block).writerIndex(block));
        assertThat(get(file.read(into.clear(), 3L * block))).isEqualTo(2 * block);
        Patterns.check(into, SEED, 3L * block, 2 * block);
        into.release();
        for (ByteBuf dst : dsts) {
            dst.release();
        }
    }

    /** More buffers than one system call takes (IOV_MAX is 1024): what kernel AIO has moved then is not the end. */
    @OnEachFileSystem
    void shouldMoveAllBuffersWhenMoreThanOneCallTakes(TestFileSystem fileSystem) throws Exception {
        aio.context(0, aio.config().kernelTransferBytes(64 << 20).build());
        AioFile file = open(aio, fileSystem, fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        int block = file.alignment();
        int blocks = 2500;
        get(file.write(aligned(block * blocks).writeZero(block * blocks), 0)); // so that the next is an overwrite
        ByteBuf[] srcs = new ByteBuf[blocks];
        Arrays.setAll(srcs, i -> aligned(block).writeBytes(Patterns.bytes(SEED, (long) i * block, block)));
        assertThat(get(file.write(srcs, 0))).isEqualTo((long) blocks * block);
        Patterns.check(Files.readAllBytes(Path.of(file.path())), SEED, 0);
        ByteBuf[] dsts = new ByteBuf[blocks];
        Arrays.setAll(dsts, i -> aligned(block));
        assertThat(get(file.read(dsts, 0))).isEqualTo((long) blocks * block);
        for (int i = 0; i < blocks; i++) {
            Patterns.check(dsts[i], SEED, (long) i * block, block);
            dsts[i].release();
        }
    }

    private static long start(int i) {
        return i * (i + 1L) / 2;
    }

    /** Heap memory has no address to be aligned: it is copied, and only offset and length matter. */
    @OnEachFileSystem
    void shouldCopyWhenBufferIsOnHeap(TestFileSystem fileSystem) throws Exception {
        AioFile file = filled(fileSystem);
        int block = Math.max(4096, file.alignment());
        ByteBuf dst = aio.buffers().heapBuffer(2 * block, 2 * block);
        assertThat(get(file.read(dst, block))).isEqualTo(2 * block);
        Patterns.check(dst, SEED, block, 2 * block);
        assertThat(dst.refCnt()).isOne();
        dst.release();
        ByteBuf src = aio.buffers().heapBuffer(block).writeBytes(Patterns.bytes(SEED + 1, 0, block));
        assertThat(get(file.write(src, block))).isEqualTo(block);
        assertThat(src.refCnt()).isZero();
        Patterns.check(Patterns.read(Path.of(file.path()), block, block), SEED + 1, 0);
    }

    /** While the page cache holds the range, and while others dirty it, direct reads see what was written. */
    @OnEachFileSystem
    void shouldSeeWhatWasWrittenWhenPageCacheHoldsRange(TestFileSystem fileSystem) throws Exception {
        AioFile direct = filled(fileSystem);
        AioFile buffered = aio.open(Path.of(direct.path()), READ, WRITE);
        for (int i = 0; i < 30; i++) {
            byte[] bytes = Patterns.bytes(i, 0, 20_000);
            get(buffered.write(aio.buffers().directBuffer().writeBytes(bytes), 4096));
            ByteBuf read = get(direct.read(4096, 20_000));
            Patterns.check(read, i, 0, 20_000);
            read.release();
            ByteBuf src = aligned(65_536).writeBytes(Patterns.bytes(i + 1000, 0, 65_536));
            get(direct.write(src, 0));
            ByteBuf seen = get(buffered.read(0, 65_536));
            Patterns.check(seen, i + 1000, 0, 65_536);
            seen.release();
        }
    }

    /** Past 4 GiB, direct. */
    @OnEachFileSystem
    void shouldMoveBytesWhenPastFourGibibytes(TestFileSystem fileSystem) throws Exception {
        AioFile file = open(aio, fileSystem, fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        long far = (5L << 30) + 65_536;
        get(file.write(aligned(65_536).writeBytes(Patterns.bytes(SEED, far, 65_536)), far));
        ByteBuf read = get(file.read(far + 17, 60_000));
        Patterns.check(read, SEED, far + 17, 60_000);
        read.release();
        assertThat(get(file.size())).isEqualTo(far + 65_536);
    }
}
