package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.cause;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioBatch;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Batches: each operation its own result, the batch one; one bad operation spoils nothing but itself. */
@Timeout(60)
class BatchIT {

    private static final long SEED = 66;
    private static final int BLOCK = 4096;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static ByteBuf pattern(long offset, int length) {
        return aio.context().alignedAllocator().directBuffer(length).writeBytes(Patterns.bytes(SEED, offset, length));
    }

    private static ByteBuf block() {
        return aio.context().alignedAllocator().directBuffer(BLOCK, BLOCK);
    }

    /** Every kind of operation in one batch, with its result in its place. */
    @OnEachFileSystem
    void shouldGiveEachItsResultWhenSubmitted(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        AioFile source = aio.open(Patterns.file(Path.of(file.path()).resolveSibling("source"), SEED, 10_000));
        ByteBuf dst = aio.buffers().directBuffer(5000, 5000);
        ByteBuf[] dsts = {aio.buffers().heapBuffer(1000, 1000), aio.buffers().directBuffer(9000, 9000)};
        ByteBuf[] srcs = {pattern(4096, 1000), pattern(5096, 3096)};
        AioBatch batch = aio.context()
                .batch()
                .write(file, pattern(0, 4096), 0)
                .write(file, srcs, 4096)
                .read(source, dst, 100)
                .read(source, dsts, 9000 - 1000)
                .fdatasync(file)
                .fsync(file);
        assertThat(batch.size()).isEqualTo(6);
        List<AioFuture<?>> futures = batch.futures();
        assertThat(futures).hasSize(6);
        assertThatThrownBy(() -> futures.remove(0)).isInstanceOf(UnsupportedOperationException.class);
        assertThat(futures).noneMatch(AioFuture::isDone);
        CompletableFuture<Boolean> allDone = new CompletableFuture<>();
        AioFuture<Void> all = batch.submit();
        all.addListener(future -> allDone.complete(futures.stream().allMatch(AioFuture::isDone)));
        get(all);
        assertThat(allDone.get()).isTrue();
        assertThat(futures.stream().map(AioFuture::getNow).toList())
                .isEqualTo(Arrays.asList(4096, 4096L, 5000, 2000L, null, null));
        Patterns.check(dst, SEED, 100, 5000);
        Patterns.check(dsts[0], SEED, 8000, 1000);
        Patterns.check(dsts[1], SEED, 9000, 1000);
        byte[] written = Files.readAllBytes(Path.of(file.path()));
        assertThat(written).hasSize(8192);
        Patterns.check(written, SEED, 0);
        assertThat(srcs[0].refCnt() + srcs[1].refCnt()).isZero();
        for (ByteBuf buffer : new ByteBuf[] {dst, dsts[0], dsts[1]}) {
            assertThat(buffer.refCnt()).isOne();
            buffer.release();
        }
    }

    /** Appends of a batch land in its order. */
    @OnEachFileSystem
    void shouldAppendInOrderWhenBatched(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, WRITE);
        AioBatch batch = aio.context().batch();
        int offset = 0;
        for (int i = 1; i <= 50; i++) {
            batch.append(file, pattern(offset, i * 10));
            offset += i * 10;
        }
        get(batch.fdatasync(file).submit());
        byte[] content = Files.readAllBytes(Path.of(file.path()));
        assertThat(content).hasSize(offset);
        Patterns.check(content, SEED, 0);
    }

    /** A sync in a batch covers the batch's writes before it, on buffered and on direct files. */
    @OnEachFileSystem
    void shouldCoverWritesWhenSyncIsInBatch(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        for (int round = 0; round < 10; round++) {
            AioBatch batch = aio.context().batch();
            for (int i = 0; i < 20; i++) {
                batch.write(file, pattern(i * 50_000L, 50_000), i * 50_000L);
            }
            batch.fdatasync(file);
            List<AioFuture<?>> futures = batch.futures();
            CompletableFuture<Long> doneThen = new CompletableFuture<>();
            futures.get(20)
                    .addListener(future -> doneThen.complete(futures.subList(0, 20).stream()
                            .filter(AioFuture::isSuccess)
                            .count()));
            get(batch.submit());
            assertThat(doneThen.get()).isEqualTo(20);
        }
    }

    /**
     * A bad operation in mid-batch fails exactly one (traps 12 and 13: io_submit takes fewer than asked and says why
     * only when the bad one comes first). Bad ones: a file not opened for it, at each place of the batch.
     */
    @OnEachFileSystem
    void shouldFailExactlyOneWhenOneIsBad(TestFileSystem fileSystem) throws Exception {
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, 16 * BLOCK);
        AioFile good = DirectIT.open(aio, fileSystem, path, READ);
        AioFile writeOnly = DirectIT.open(aio, fileSystem, path, WRITE);
        for (int bad = 0; bad < 8; bad++) {
            AioBatch batch = aio.context().batch();
            List<ByteBuf> dsts = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                ByteBuf dst = block();
                dsts.add(dst);
                batch.read(i == bad ? writeOnly : good, dst, (long) i * BLOCK);
            }
            AioFuture<Void> all = batch.submit();
            assertThat(failure(all).errnoName()).isEqualTo("EBADF");
            for (int i = 0; i < 8; i++) {
                AioFuture<?> future = settled(batch.futures().get(i));
                if (i == bad) {
                    AioException failure = failure(future);
                    assertThat(failure.errnoName()).isEqualTo("EBADF");
                    assertThat(failure.operation()).isEqualTo("read");
                    assertThat(failure.path()).isEqualTo(path.toString());
                } else {
                    assertThat(future.getNow())
                            .as("operation %d, bad is %d", i, bad)
                            .isEqualTo(BLOCK);
                    Patterns.check(dsts.get(i), SEED, (long) i * BLOCK, BLOCK);
                }
                assertThat(dsts.get(i).refCnt()).isOne();
                dsts.get(i).release();
            }
        }
    }

    /** The batch fails with the first failure in order of addition; the others are suppressed in it. */
    @Test
    void shouldFailWithFirstFailureWhenSeveralAreBad() throws Exception {
        Path path = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, BLOCK);
        AioFile good = aio.open(path, READ);
        AioFile writeOnly = aio.open(path, WRITE);
        ByteBuf[] dsts = {block(), block(), block()};
        AioBatch batch = aio.context()
                .batch()
                .read(good, dsts[0], 0)
                .read(writeOnly, dsts[1], 0)
                .read(good, dsts[2], -1)
                .write(good, pattern(0, 10), 0);
        Throwable cause = cause(batch.submit());
        assertThat(cause).isSameAs(batch.futures().get(1).cause());
        assertThat(cause.getSuppressed())
                .containsExactly(
                        batch.futures().get(2).cause(), batch.futures().get(3).cause());
        assertThat(batch.futures().get(0).getNow()).isEqualTo(BLOCK);
        for (ByteBuf dst : dsts) {
            assertThat(dst.refCnt()).isOne();
            dst.release();
        }
    }

    /** An empty batch succeeds. */
    @Test
    void shouldSucceedWhenEmpty() throws Exception {
        AioBatch batch = aio.context().batch();
        assertThat(batch.size()).isZero();
        get(batch.submit());
    }

    /** A batch is submitted or discarded once. */
    @Test
    void shouldThrowWhenSubmittedTwice() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("file"), CREATE, WRITE);
        AioBatch batch = aio.context().batch().write(file, pattern(0, 10), 0);
        get(batch.submit());
        assertThatThrownBy(batch::submit).isInstanceOf(IllegalStateException.class);
        AioBatch discarded = aio.context().batch();
        discarded.discard();
        assertThatThrownBy(discarded::submit).isInstanceOf(IllegalStateException.class);
        assertThat(get(file.size())).isEqualTo(10);
    }

    /** A batch that is given up releases what it took over, cancels its futures and changes nothing. */
    @Test
    void shouldReleaseSourcesWhenDiscarded() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("file"), CREATE, READ, WRITE);
        ByteBuf[] sources = {pattern(0, 10), pattern(0, 10), pattern(0, 10), pattern(0, 10)};
        ByteBuf dst = block();
        AioBatch batch = aio.context()
                .batch()
                .write(file, sources[0], 0)
                .write(file, new ByteBuf[] {sources[1], sources[2]}, 0)
                .append(file, sources[3])
                .read(file, dst, 0)
                .fsync(file);
        batch.discard();
        for (AioFuture<?> future : batch.futures()) {
            assertThat(settled(future).isCancelled()).isTrue();
        }
        for (ByteBuf src : sources) {
            AioTestLoops.awaitReferences(src, 0);
        }
        assertThat(dst.refCnt()).isOne();
        dst.release();
        assertThat(get(file.size())).isZero();
    }

    /** Cancelling the batch cancels each operation that is not done; all buffers come back. */
    @Test
    void shouldCancelEachWhenBatchIsCancelled() throws Exception {
        AioFile file = aio.open(TestFileSystem.EXT4.newDirectory().resolve("file"), CREATE, READ, WRITE);
        List<ByteBuf> sources = new ArrayList<>();
        AioBatch batch = aio.context().batch();
        AioFuture<Void> all;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            for (int i = 0; i < 50; i++) {
                ByteBuf src = pattern(0, 1000);
                sources.add(src);
                batch.write(file, src, i * 1000L);
            }
            all = batch.submit();
            assertThat(aio.isResponsive(0)).isTrue();
            assertThat(all.cancel(true)).isTrue();
            for (AioFuture<?> future : batch.futures()) {
                assertThat(settled(future).isCancelled()).isTrue();
            }
            frozen.thaw();
        }
        assertThat(all.isCancelled()).isTrue();
        for (ByteBuf src : sources) {
            AioTestLoops.awaitReferences(src, 0);
        }
    }

    /** A file of another context is refused, and loses nothing. */
    @Test
    void shouldRefuseWhenFileIsOfAnotherContext() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("file"), CREATE, READ, WRITE);
        AioFile view = aio.on(file, 1);
        ByteBuf dst = block();
        AioBatch batch = aio.context().batch();
        assertThatThrownBy(() -> get(batch.read(view, dst, 0).submit()))
                .satisfiesAnyOf(
                        thrown -> assertThat(thrown).isInstanceOf(IllegalArgumentException.class),
                        thrown -> assertThat(thrown).hasCauseInstanceOf(IllegalArgumentException.class));
        assertThat(dst.refCnt()).isOne();
        dst.release();
    }

    /** A batch longer than one io_submit takes goes on in the next tick (trap 40), and loses nothing. */
    @OnEachFileSystem
    void shouldCompleteAllWhenLongerThanOneSubmit(TestFileSystem fileSystem) throws Exception {
        aio.context(0, aio.config().submitBatch(16).build());
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, 256 * BLOCK);
        AioFile file = DirectIT.open(aio, fileSystem, path, READ);
        long submitsBefore = aio.context().stats().submitCalls();
        AioBatch batch = aio.context().batch();
        List<ByteBuf> dsts = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            ByteBuf dst = block();
            dsts.add(dst);
            batch.read(file, dst, i % 256 * (long) BLOCK);
        }
        get(batch.submit());
        long kernel = 0;
        for (int i = 0; i < 1000; i++) {
            assertThat(batch.futures().get(i).getNow()).isEqualTo(BLOCK);
            Patterns.check(dsts.get(i), SEED, i % 256 * (long) BLOCK, BLOCK);
            dsts.get(i).release();
            kernel += batch.futures().get(i).route() == AioRoute.KERNEL ? 1 : 0;
        }
        assertThat(aio.context().stats().submitCalls() - submitsBefore)
                .as("calls of io_submit for %d operations", kernel)
                .isGreaterThanOrEqualTo((kernel + 15) / 16);
    }

    /** Batches from threads that are not the loop's, many at once. */
    @Test
    void shouldCompleteWhenSubmittedByManyThreads() throws Exception {
        Path path = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, 64 * BLOCK);
        AioFile file = aio.open(path, READ);
        List<Thread> threads = new ArrayList<>();
        List<CompletableFuture<Integer>> results = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            CompletableFuture<Integer> result = new CompletableFuture<>();
            results.add(result);
            Thread thread = new Thread(() -> {
                int read = 0;
                try {
                    for (int round = 0; round < 50; round++) {
                        AioBatch batch = aio.context().batch();
                        ByteBuf[] dsts = new ByteBuf[8];
                        for (int i = 0; i < 8; i++) {
                            dsts[i] = block();
                            batch.read(file, dsts[i], (long) i * BLOCK);
                        }
                        get(batch.submit());
                        for (int i = 0; i < 8; i++) {
                            Patterns.check(dsts[i], SEED, (long) i * BLOCK, BLOCK);
                            dsts[i].release();
                            read++;
                        }
                    }
                    result.complete(read);
                } catch (Exception | AssertionError e) {
                    result.completeExceptionally(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (CompletableFuture<Integer> result : results) {
            assertThat(result.get()).isEqualTo(400);
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
