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
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Positional and vectored writes of buffered files, and what changes a file's shape. */
@Timeout(60)
class WriteIT {

    private static final long SEED = 22;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static AioFile file(TestFileSystem fileSystem) throws Exception {
        return aio.open(fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
    }

    private static ByteBuf direct(byte[] content) {
        return aio.buffers().directBuffer(content.length).writeBytes(content);
    }

    private static byte[] content(AioFile file) throws Exception {
        return Files.readAllBytes(Path.of(file.path()));
    }

    /** A write moves all of its source and releases it once. */
    @OnEachFileSystem
    void shouldWriteAllAndReleaseWhenWriting(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        for (int length : new int[] {1, 4095, 4096, 70_000, 3_000_000}) {
            ByteBuf src = direct(Patterns.bytes(SEED, 0, length));
            assertThat(get(file.write(src, 0))).isEqualTo(length);
            assertThat(src.refCnt()).isZero();
            Patterns.check(content(file), SEED, 0);
            assertThat(get(file.size())).isEqualTo(length);
        }
    }

    /** Every kind of source: only its readable bytes go, and only the reference that was handed over. */
    @OnEachFileSystem
    void shouldTakeOverOneReferenceWhenSourceIsOfAnyKind(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        byte[] bytes = Patterns.bytes(SEED, 0, 9000);
        ByteBuf root = direct(bytes);
        ByteBuf heapRoot = aio.buffers().heapBuffer(9000).writeBytes(bytes);
        List<ByteBuf> sources = List.of(
                root.retainedSlice(1000, 5000),
                heapRoot.retainedSlice(1000, 5000),
                root.retainedDuplicate().setIndex(1000, 6000),
                root.retainedSlice(1000, 5000).asReadOnly(),
                heapRoot.retainedSlice(1000, 5000).asReadOnly(),
                composite(Arrays.copyOfRange(bytes, 1000, 6000)),
                composite(Arrays.copyOfRange(bytes, 500, 7000)).setIndex(500, 5500));
        for (ByteBuf src : sources) {
            get(file.truncate(0));
            int readerIndex = src.readerIndex();
            assertThat(get(file.write(src, 1000))).as("%s", src).isEqualTo(5000);
            assertThat(readerIndex).isGreaterThanOrEqualTo(0);
            byte[] written = content(file);
            assertThat(written).hasSize(6000);
            assertThat(Arrays.copyOf(written, 1000)).containsOnly(0);
            Patterns.check(Arrays.copyOfRange(written, 1000, 6000), SEED, 1000);
        }
        assertThat(sources.get(5).refCnt()).isZero();
        assertThat(sources.get(6).refCnt()).isZero();
        assertThat(root.refCnt()).isOne();
        assertThat(heapRoot.refCnt()).isOne();
        root.release();
        heapRoot.release();
    }

    private static ByteBuf composite(byte[] bytes) {
        CompositeByteBuf composite = aio.buffers().compositeBuffer();
        for (int at = 0, i = 0; at < bytes.length; i++) {
            int part = Math.min(bytes.length - at, 11 + i * 700);
            ByteBuf component = i % 2 == 0
                    ? aio.buffers().directBuffer(part)
                    : aio.buffers().heapBuffer(part);
            composite.addComponent(true, component.writeBytes(bytes, at, part));
            at += part;
        }
        return composite;
    }

    /** Past the end of the file a write leaves a hole of zeros; in the middle it leaves the rest as it is. */
    @OnEachFileSystem
    void shouldTouchItsRangeOnlyWhenWriting(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        get(file.write(direct(Patterns.bytes(SEED, 0, 10_000)), 0));
        get(file.write(direct(new byte[100]), 5000));
        get(file.write(direct(Patterns.bytes(SEED, 20_000, 10)), 20_000));
        byte[] expected = Arrays.copyOf(Patterns.bytes(SEED, 0, 10_000), 20_010);
        Arrays.fill(expected, 5000, 5100, (byte) 0);
        System.arraycopy(Patterns.bytes(SEED, 20_000, 10), 0, expected, 20_000, 10);
        assertThat(content(file)).isEqualTo(expected);
    }

    /** Several buffers, one transfer; each is released. */
    @OnEachFileSystem
    void shouldWriteEachBufferWhenVectored(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf[] srcs = {
            direct(Patterns.bytes(SEED, 0, 100)),
            aio.buffers().heapBuffer(),
            aio.buffers().heapBuffer().writeBytes(Patterns.bytes(SEED, 100, 5000)),
            composite(Patterns.bytes(SEED, 5100, 4900))
        };
        assertThat(get(file.write(srcs, 0))).isEqualTo(10_000);
        for (ByteBuf src : srcs) {
            assertThat(src.refCnt()).isZero();
        }
        byte[] written = content(file);
        assertThat(written).hasSize(10_000);
        Patterns.check(written, SEED, 0);
    }

    /** More buffers than one system call takes (IOV_MAX is 1024), as an array and as one composite. */
    @OnEachFileSystem
    void shouldWriteAllBuffersWhenMoreThanOneCallTakes(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf[] srcs = new ByteBuf[2500];
        CompositeByteBuf composite = aio.buffers().compositeBuffer(2500);
        for (int i = 0; i < srcs.length; i++) {
            srcs[i] = direct(Patterns.bytes(SEED, i * 9L, 9));
            composite.addComponent(true, direct(Patterns.bytes(SEED, 22_500 + i * 9L, 9)));
        }
        AioFuture<Long> array = file.write(srcs, 0);
        AioFuture<Integer> one = file.write(composite, 22_500);
        assertThat(get(array)).isEqualTo(22_500);
        assertThat(get(one)).isEqualTo(22_500);
        byte[] written = content(file);
        assertThat(written).hasSize(45_000);
        Patterns.check(written, SEED, 0);
        assertThat(Arrays.stream(srcs).mapToInt(ByteBuf::refCnt)).containsOnly(0);
        assertThat(composite.refCnt()).isZero();
    }

    /** Nothing to write is a success of 0 bytes that changes nothing and releases all the same. */
    @OnEachFileSystem
    void shouldReleaseWhenSourceIsEmpty(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf src = aio.buffers().directBuffer(10);
        assertThat(get(file.write(src, 100))).isZero();
        assertThat(src.refCnt()).isZero();
        ByteBuf vectored = aio.buffers().directBuffer(10);
        assertThat(get(file.write(new ByteBuf[] {vectored}, 100))).isZero();
        assertThat(vectored.refCnt()).isZero();
        assertThat(get(file.write(new ByteBuf[0], 0))).isZero();
        ByteBuf appended = aio.buffers().directBuffer(10);
        assertThat(get(file.append(appended))).isZero();
        assertThat(appended.refCnt()).isZero();
        assertThat(get(file.size())).isZero();
    }

    /** A negative offset fails with EINVAL, in the future; the sources are released. */
    @OnEachFileSystem
    void shouldFailWithEinvalWhenOffsetIsNegative(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf[] sources = {direct(new byte[10]), direct(new byte[10]), direct(new byte[10])};
        CompletableFuture<Throwable> called = new CompletableFuture<>();
        List<AioFuture<?>> futures =
                List.of(file.write(sources[0], -1), file.write(new ByteBuf[] {sources[1]}, Long.MIN_VALUE));
        file.write(sources[2], -4096, "", (result, cause, attachment) -> called.complete(cause));
        for (AioFuture<?> future : futures) {
            assertThat(failure(future).errnoName()).isEqualTo("EINVAL");
            assertThat(failure(future).kind()).isEqualTo(AioException.Kind.ARGUMENT);
        }
        assertThat(called.get()).isInstanceOf(AioException.class);
        for (ByteBuf src : sources) {
            AioTestLoops.awaitReferences(src, 0);
        }
        assertThat(failure(file.truncate(-1)).errnoName()).isEqualTo("EINVAL");
        assertThat(failure(file.allocate(-1, 10)).errnoName()).isEqualTo("EINVAL");
        assertThat(failure(file.allocate(0, 0)).errnoName()).isEqualTo("EINVAL");
        assertThat(failure(file.syncRange(-1, 10)).errnoName()).isEqualTo("EINVAL");
        assertThat(get(file.size())).isZero();
    }

    /** A source that was released already fails the future; the others of the vector are released. */
    @OnEachFileSystem
    void shouldFailWhenSourceIsReleased(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf src = direct(new byte[10]);
        src.release();
        assertThat(cause(file.write(src, 0))).isNotNull();
        assertThat(cause(file.append(src))).isNotNull();
        ByteBuf live = direct(new byte[10]);
        assertThat(cause(file.write(new ByteBuf[] {live, src}, 0))).isNotNull();
        AioTestLoops.awaitReferences(live, 0);
        assertThat(get(file.size())).isZero();
    }

    /** The callback form: result, no cause, the attachment; once, on the loop, the source released. */
    @OnEachFileSystem
    void shouldCallBackOnLoopWhenWriting(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        ByteBuf src = direct(Patterns.bytes(SEED, 0, 1000));
        CompletableFuture<List<Object>> called = new CompletableFuture<>();
        file.write(
                src,
                0,
                7,
                (result, cause, attachment) -> called.complete(List.of(
                        result, String.valueOf(cause), attachment, aio.loop(0).inEventLoop(), src.refCnt())));
        assertThat(called.get()).isEqualTo(List.of(1000L, "null", 7, true, 0));
        Patterns.check(content(file), SEED, 0);
    }

    /** A full disk fails the write with ENOSPC and says how much went; that much is in the file. */
    @Test
    void shouldTellHowMuchWentWhenDiskIsFull() throws Exception {
        Path disk = TestFileSystem.tmpfs(1 << 20);
        AioFile file = aio.open(disk.resolve("file"), CREATE, READ, WRITE);
        ByteBuf src = direct(Patterns.bytes(SEED, 0, 2 << 20));
        AioException failure = failure(file.write(src, 0));
        assertThat(failure.errnoName()).isEqualTo("ENOSPC");
        assertThat(failure.kind()).isEqualTo(AioException.Kind.SYSTEM);
        assertThat(failure.operation()).isEqualTo("write");
        assertThat(src.refCnt()).isZero();
        assertThat(failure.bytesTransferred()).isBetween(1L, 1L << 20);
        byte[] written = content(file);
        assertThat((long) written.length).isEqualTo(failure.bytesTransferred());
        Patterns.check(written, SEED, 0);

        ByteBuf further = direct(new byte[4096]);
        CompletableFuture<Long> called = new CompletableFuture<>();
        file.write(further, 1 << 20, "", (result, cause, attachment) -> called.complete(cause == null ? -1 : result));
        assertThat(called.get()).as("bytes before the failure").isZero();
        assertThat(failure(file.allocate(0, 4 << 20)).errnoName()).isEqualTo("ENOSPC");
    }

    /** Cutting and growing; what is cut off is gone, what is grown is zeros. */
    @OnEachFileSystem
    void shouldCutAndGrowWhenTruncated(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        get(file.write(direct(Patterns.bytes(SEED, 0, 10_000)), 0));
        get(file.truncate(5000));
        assertThat(get(file.size())).isEqualTo(5000);
        get(file.truncate(7000));
        byte[] content = content(file);
        assertThat(content).hasSize(7000);
        Patterns.check(Arrays.copyOf(content, 5000), SEED, 0);
        assertThat(Arrays.copyOfRange(content, 5000, 7000)).containsOnly(0);
        get(file.truncate(6L << 30));
        assertThat(get(file.size())).isEqualTo(6L << 30);
        get(file.truncate(0));
        assertThat(content(file)).isEmpty();
    }

    /** Allocating takes disk space and grows the file, and changes no contents. */
    @OnEachFileSystem
    void shouldTakeSpaceWhenAllocated(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        get(file.write(direct(Patterns.bytes(SEED, 0, 1000)), 0));
        get(file.allocate(0, 1 << 20));
        assertThat(get(file.size())).isEqualTo(1 << 20);
        assertThat(get(file.stat()).blocks() * 512).isGreaterThanOrEqualTo(1 << 20);
        byte[] content = content(file);
        Patterns.check(Arrays.copyOf(content, 1000), SEED, 0);
        assertThat(Arrays.copyOfRange(content, 1000, 1 << 20)).containsOnly(0);
        get(file.allocate(4096, 8192));
        assertThat(get(file.size())).isEqualTo(1 << 20);
    }

    /** Many writes at once, to disjoint ranges and in no order. */
    @OnEachFileSystem
    void shouldWriteEverythingWhenManyAreInFlight(TestFileSystem fileSystem) throws Exception {
        AioFile file = file(fileSystem);
        List<AioFuture<Integer>> writes = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            long offset = (i * 263 % 500) * 1999L;
            writes.add(file.write(direct(Patterns.bytes(SEED, offset, 1999)), offset));
        }
        for (AioFuture<Integer> write : writes) {
            assertThat(get(write)).isEqualTo(1999);
        }
        byte[] content = content(file);
        assertThat(content).hasSize(500 * 1999);
        Patterns.check(content, SEED, 0);
    }
}
