package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code io_submit(2)} may answer to a batch, and what becomes of its operations. */
@Timeout(30)
class SubmitTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 64;

    private final TestFile file = TestFile.ofSize(PAGES * PAGE);

    @AfterEach
    void deleteFile() {
        file.close();
    }

    /** Takes at most so many of a batch, as the kernel may. */
    static class Scripted extends FakeKernel {
        volatile int most = Integer.MAX_VALUE;

        @Override
        public int ioSubmit(long context, int count, long iocbs) {
            return super.ioSubmit(context, Math.min(count, most), iocbs);
        }
    }

    private final List<ByteBuf> buffers = new ArrayList<>();

    /** Reads of one page each, started in one tick. */
    private List<AioFuture<Integer>> reads(Engine engine, EpollAioFile from, int count) {
        List<AioFuture<Integer>> reads = new ArrayList<>();
        Holdup holdup = engine.holdLoop();
        for (int i = 0; i < count; i++) {
            ByteBuf into = TestFile.buffer(PAGE);
            buffers.add(into);
            reads.add(from.read(into, (long) i * PAGE));
        }
        holdup.letGo();
        return reads;
    }

    private void assertRead(List<AioFuture<Integer>> reads) {
        for (int i = 0; i < reads.size(); i++) {
            assertThat(Await.value(reads.get(i))).isEqualTo(PAGE);
            assertPage(i);
        }
        releaseAll();
    }

    private void assertPage(int i) {
        assertThat(TestFile.bytes(buffers.get(i))).isEqualTo(TestFile.expected((long) i * PAGE, PAGE));
    }

    private void releaseAll() {
        for (ByteBuf buffer : buffers) {
            assertThat(buffer.refCnt()).isEqualTo(1);
            buffer.release();
        }
        buffers.clear();
    }

    @Test
    void shouldMakeOneCallWhenOperationsStartInOneTick() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            kernel.batches.clear();
            assertRead(reads(engine, from, 20));
            assertThat(kernel.batches).containsExactly(20);
        }
    }

    @Test
    void shouldBoundEachCallWhenMoreStartInOneTick() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel, AioConfig.builder().submitBatch(8))) {
            EpollAioFile from = engine.openDirect(file.path());
            kernel.batches.clear();
            assertRead(reads(engine, from, 30));
            assertThat(kernel.batches).allMatch(count -> count <= 8);
        }
    }

    @Test
    void shouldLookAfterSocketsWhenMoreIsStartedThanOneBatch() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel, AioConfig.builder().submitBatch(4))) {
            EpollAioFile from = engine.openDirect(file.path());
            kernel.batches.clear();
            Holdup holdup = engine.holdLoop();
            List<AioFuture<Integer>> reads = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                ByteBuf into = TestFile.buffer(PAGE);
                buffers.add(into);
                reads.add(from.read(into, (long) i * PAGE));
            }
            AtomicInteger batchesBefore = new AtomicInteger();
            engine.loop.execute(() ->
                    engine.loop.execute(() -> engine.loop.execute(() -> batchesBefore.set(kernel.batches.size()))));
            holdup.letGo();
            assertRead(reads);
            assertThat(batchesBefore.get())
                    .as("of ten, when a task of the next iterations ran")
                    .isLessThan(10);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 19})
    void shouldSubmitTheRestWhenTheKernelTakesFewer(int most) {
        Scripted kernel = new Scripted();
        kernel.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            kernel.most = most;
            assertRead(reads(engine, from, 20));
            assertThat(kernel.taken()).hasSizeGreaterThanOrEqualTo(20);
        }
    }

    /** Trap 13: the errno of a bad one shows only when it comes first. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 9, 19})
    void shouldFailExactlyOneWhenOneOfABatchIsBad(int bad) {
        FakeKernel kernel = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return iocb.offset == (long) bad * PAGE && iocb.count == PAGE ? -Errno.EBADF : 0;
            }
        };
        kernel.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            List<AioFuture<Integer>> reads = reads(engine, from, 20);
            for (int i = 0; i < reads.size(); i++) {
                if (i == bad) {
                    AioException failure = (AioException) Await.failure(reads.get(i));
                    assertThat(failure.errno()).isEqualTo(Errno.EBADF);
                    assertThat(failure).hasMessageContaining("EBADF").hasMessageContaining("read");
                } else {
                    assertThat(Await.value(reads.get(i))).isEqualTo(PAGE);
                    assertPage(i);
                }
            }
            releaseAll();
        }
    }

    @Test
    void shouldFailAllWhenAllAreBad() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return -Errno.EBADF;
            }
        };
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            for (AioFuture<Integer> read : reads(engine, from, 5)) {
                assertThat(((AioException) Await.failure(read)).errno()).isEqualTo(Errno.EBADF);
            }
            releaseAll();
        }
    }

    /** EAGAIN of the call itself: the context has no room; nothing fails, and nothing overtakes. */
    @Test
    void shouldTryAgainWhenTheKernelLacksResources() {
        AtomicInteger refusals = new AtomicInteger(7);
        FakeKernel kernel = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return iocb.count == PAGE && refusals.getAndDecrement() > 0 ? -Errno.EAGAIN : 0;
            }
        };
        kernel.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            assertRead(reads(engine, from, 10));
            assertThat(kernel.taken()).extracting(iocb -> iocb.offset).isSorted();
        }
    }

    @Test
    void shouldTryAgainAfterACompletionWhenTheKernelTakesOneAtATime() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return inFlight().size() >= 2 ? -Errno.EAGAIN : 0;
            }
        };
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            List<AioFuture<Integer>> reads = reads(engine, from, 6);
            for (int i = 0; i < 6; i++) {
                kernel.complete(kernel.awaitOffset((long) i * PAGE));
                assertThat(Await.value(reads.get(i))).isEqualTo(PAGE);
            }
            assertRead(reads);
        }
    }

    @Test
    void shouldRepeatTheCallWhenASignalInterruptsIt() {
        AtomicInteger interrupts = new AtomicInteger(3);
        FakeKernel kernel = new FakeKernel() {
            @Override
            public int ioSubmit(long context, int count, long iocbs) {
                return interrupts.getAndDecrement() > 0 ? -Errno.EINTR : super.ioSubmit(context, count, iocbs);
            }
        };
        kernel.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            assertRead(reads(engine, from, 3));
            assertThat(interrupts.get()).isNegative();
        }
    }

    /** Trap 5: it may have completed before the call returns. */
    @Test
    void shouldCompleteOnceWhenTheOperationCompletesInsideTheCall() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel, AioConfig.builder().queueDepth(4))) {
            EpollAioFile from = engine.openDirect(file.path());
            for (int round = 0; round < 20; round++) {
                assertRead(reads(engine, from, 16));
            }
        }
    }

    @Test
    void shouldFailWhatWaitsWhenTheContextClosesMeanwhile() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return -Errno.EAGAIN;
            }
        };
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            List<AioFuture<Integer>> reads = reads(engine, from, 5);
            engine.turns(3);
            var closed = engine.context.close();
            for (AioFuture<Integer> read : reads) {
                assertThat(((AioException) Await.failure(read)).kind()).isEqualTo(AioException.Kind.CLOSED);
            }
            Await.value(closed);
            releaseAll();
        }
    }
}
