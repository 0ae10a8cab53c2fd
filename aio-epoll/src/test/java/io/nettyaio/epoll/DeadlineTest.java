package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioBatch;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Deadlines: the future ends in time, a queued operation is not submitted, what the kernel holds stays held. */
@Timeout(40)
@SuppressWarnings("FutureReturnValueIgnored") // of chained calls, that give the future itself
class DeadlineTest {

    private static final int BLOCK = ScriptedSyscalls.ALIGNMENT;
    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofHours(1);

    private static AioException timedOut(AioFuture<?> future) {
        Throwable cause = Await.failure(future);
        assertThat(cause).isInstanceOf(AioException.class);
        AioException failure = (AioException) cause;
        assertThat(failure.kind()).isEqualTo(AioException.Kind.TIMED_OUT);
        assertThat(failure.errnoName()).isEqualTo("ETIMEDOUT");
        return failure;
    }

    private static int deadlines(Engine engine) {
        return engine.onLoop(() -> engine.context.deadlines().size());
    }

    @Test
    void shouldKeepTheBufferWhenTheKernelHasIt() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(BLOCK);
                Engine engine = new Engine(kernel, AioConfig.builder().queueDepth(1))) {
            EpollAioFile opened = engine.openDirect(file.path());
            ByteBuf dst = TestFile.buffer(BLOCK);
            AioFuture<Integer> read = opened.read(dst, 0).deadline(SOON);

            AioException failure = timedOut(read);
            assertThat(failure)
                    .hasMessageContaining("read " + file.path())
                    .hasMessageContaining("deadline of 0.02s")
                    .hasMessageContaining("stays retained until that ends");
            dst.release();
            engine.turns(3);
            assertThat(dst.refCnt()).as("the kernel's").isOne();

            // Its slot is the only one: another has to wait for the kernel's own event.
            ByteBuf other = TestFile.buffer(BLOCK);
            AioFuture<Integer> next = opened.read(other, 0);
            engine.turns(3);
            assertThat(kernel.inFlight()).hasSize(1);
            kernel.complete(kernel.awaitInFlight(1).get(0));
            Await.until("the buffer is given back", () -> dst.refCnt() == 0);
            kernel.complete(kernel.awaitInFlight(1).get(0));
            assertThat(Await.value(next)).isEqualTo(BLOCK);
            other.release();
            assertThat(deadlines(engine)).isZero();
        }
    }

    @Test
    void shouldNotBeSubmittedWhenItIsStillQueued() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(8 * BLOCK);
                Engine engine = new Engine(kernel, AioConfig.builder().queueDepth(1))) {
            EpollAioFile opened = engine.openDirect(file.path());
            ByteBuf first = TestFile.filled(BLOCK, 1);
            AioFuture<Integer> inFlight = opened.write(first, 0);
            FakeKernel.Iocb iocb = kernel.awaitInFlight(1).get(0);
            List<ByteBuf> sources = new ArrayList<>();
            List<AioFuture<Integer>> writes = new ArrayList<>();
            for (int i = 1; i < 8; i++) {
                sources.add(TestFile.filled(BLOCK, 1));
                writes.add(opened.write(sources.get(i - 1), (long) i * BLOCK).deadline(SOON));
            }

            writes.forEach(write -> assertThat(timedOut(write)).hasMessageContaining("it was still queued"));
            sources.forEach(source -> Await.until("given back", () -> source.refCnt() == 0));
            kernel.complete(iocb);

            assertThat(Await.value(inFlight)).isEqualTo(BLOCK);
            engine.turns(3);
            assertThat(kernel.taken()).hasSize(1);
        }
    }

    /** The loop was busy as the deadline passed: what it finds staged is not sent off first. */
    @Test
    void shouldNotBeSubmittedWhenTheLoopIsLate() throws Exception {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (TestFile file = TestFile.ofSize(BLOCK);
                Engine engine = new Engine(kernel)) {
            EpollAioFile opened = engine.openDirect(file.path());
            ByteBuf dst = TestFile.buffer(BLOCK);
            AioFuture<Integer> read = engine.onLoop(() -> {
                AioFuture<Integer> started = opened.read(dst, 0).deadline(Duration.ofMillis(2));
                Thread.sleep(10);
                return started;
            });

            timedOut(read);
            engine.turns(2);
            assertThat(kernel.taken()).isEmpty();
            dst.release();
            Await.until("given back", () -> dst.refCnt() == 0);
        }
    }

    @Test
    void shouldHavePassedAlreadyWhenItIsNotPositive() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (TestFile file = TestFile.ofSize(BLOCK);
                Engine engine = new Engine(kernel)) {
            EpollAioFile opened = engine.openDirect(file.path());
            for (Duration timeout :
                    List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
                ByteBuf dst = TestFile.buffer(BLOCK);
                AtomicInteger inside = new AtomicInteger();
                AioFuture<Integer> read = engine.onLoop(() -> {
                    AioFuture<Integer> started = opened.withDeadline(timeout).read(dst, 0);
                    started.addListener(done -> inside.incrementAndGet());
                    assertThat(inside).as("listeners told inside the call").hasValue(0);
                    return started;
                });
                timedOut(read);
                dst.release();
            }
            assertThat(kernel.taken()).isEmpty();
        }
    }

    @Test
    void shouldBeForgottenWhenTheOperationIsDoneInTime() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (TestFile file = TestFile.ofSize(BLOCK);
                Engine engine = new Engine(kernel)) {
            AioFile limited = engine.openDirect(file.path()).withDeadline(LONG);
            ByteBuf dst = TestFile.buffer(BLOCK);
            for (int i = 0; i < 100; i++) {
                assertThat(Await.value(limited.read(dst.clear(), 0))).isEqualTo(BLOCK);
                Await.value(limited.size());
            }
            // Off the loop the deadline is set by a task, which may come after the operation.
            engine.turn();
            assertThat(deadlines(engine)).isZero();
            AioFuture<Long> tooLong =
                    limited.withDeadline(Duration.ofSeconds(Long.MAX_VALUE)).size();
            assertThat(Await.value(tooLong)).isEqualTo(BLOCK);
            dst.release();
        }
    }

    @Test
    void shouldCountTheShortestWhenThereAreSeveral() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(BLOCK);
                Engine engine = new Engine(kernel)) {
            ByteBuf dst = TestFile.buffer(BLOCK);
            AioFuture<Integer> read = engine.openDirect(file.path())
                    .read(dst, 0)
                    .deadline(LONG)
                    .deadline(SOON)
                    .deadline(LONG);

            assertThat(timedOut(read)).hasMessageContaining("0.02s");
            engine.turn();
            assertThat(deadlines(engine)).isZero();
            kernel.complete(kernel.awaitInFlight(1).get(0));
            dst.release();
        }
    }

    @Test
    void shouldLimitEachOperationWhenTheBatchHasOne() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(4 * BLOCK);
                Engine engine = new Engine(kernel)) {
            EpollAioFile opened = engine.openDirect(file.path());
            List<ByteBuf> dsts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                dsts.add(TestFile.buffer(BLOCK));
            }
            AioBatch batch = engine.context
                    .batch()
                    .read(opened, dsts.get(0), 0)
                    .read(opened.withDeadline(LONG), dsts.get(1), BLOCK)
                    .deadline(Duration.ofMillis(200))
                    .read(opened.withDeadline(SOON), dsts.get(2), 2L * BLOCK)
                    .read(opened, dsts.get(3), 3L * BLOCK);
            AioFuture<Void> all = batch.submit();
            kernel.awaitInFlight(4);
            kernel.complete(kernel.awaitOffset(3L * BLOCK));

            assertThat(timedOut(batch.futures().get(2))).hasMessageContaining("0.02s");
            assertThat(timedOut(batch.futures().get(0))).hasMessageContaining("0.2s");
            assertThat(timedOut(batch.futures().get(1))).hasMessageContaining("0.2s");
            assertThat(batch.futures().get(3).isSuccess()).isTrue();
            assertThat(timedOut(all).getSuppressed()).hasSize(2);
            kernel.inFlight().forEach(kernel::complete);
            dsts.forEach(ByteBuf::release);
            dsts.forEach(dst -> Await.until("given back", () -> dst.refCnt() == 0));
        }
    }

    @Test
    void shouldCallBackOnceWhenTheCallbackFormIsLimited() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(BLOCK);
                Engine engine = new Engine(kernel)) {
            AioFile limited = engine.openDirect(file.path()).withDeadline(SOON);
            ByteBuf dst = TestFile.buffer(BLOCK);
            List<String> told = new ArrayList<>();
            limited.read(
                    dst,
                    0,
                    "late",
                    (result, cause, attachment) ->
                            told.add(attachment + ' ' + result + ' ' + ((AioException) cause).kind()));
            FakeKernel.Iocb iocb = kernel.awaitInFlight(1).get(0);
            Await.until("told", () -> engine.onLoop(told::size) == 1);
            kernel.complete(iocb);
            engine.turns(3);
            limited.withDeadline(LONG)
                    .read(
                            dst,
                            0,
                            "in time",
                            (result, cause, attachment) -> told.add(attachment + ' ' + result + ' ' + cause));
            kernel.complete(kernel.awaitInFlight(1).get(0));
            Await.until("told", () -> engine.onLoop(told::size) == 2);

            assertThat(told).containsExactly("late 0 TIMED_OUT", "in time " + BLOCK + " null");
            dst.release();
        }
    }

    /** A sync that leads, whose call has begun for others too: it alone is late. */
    @Test
    void shouldLeaveTheOthersAloneWhenASyncTimesOut() {
        Holdup holdup = new Holdup();
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public int fsync(int fd, boolean dataOnly) {
                holdup.pass();
                return super.fsync(fd, dataOnly);
            }

            @Override
            void letGo() {
                holdup.letGo();
            }
        };
        try (TestFile file = TestFile.ofSize(10);
                Engine engine = new Engine(syscalls)) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.WRITE);
            AioFuture<Void> leader = opened.fsync().deadline(SOON);
            AioFuture<Void> follower = opened.fsync();

            timedOut(leader);
            assertThat(follower.isDone()).isFalse();
            holdup.letGo();

            assertThat(Await.outcome(follower)).isNull();
        }
    }

    @Test
    void shouldDropAnOpenWhenItIsLate() {
        Holdup holdup = new Holdup();
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public int openAt(int directory, long path, int options, int mode) {
                holdup.pass();
                return super.openAt(directory, path, options, mode);
            }

            @Override
            void letGo() {
                holdup.letGo();
            }
        };
        try (TestFile file = TestFile.ofSize(10);
                Engine engine = new Engine(syscalls)) {
            AioFuture<AioFile> open =
                    engine.context.open(file.path(), AioOpenOption.READ).deadline(SOON);
            timedOut(open);
            holdup.letGo();
            Await.until(
                    "closed again",
                    () -> engine.context.stats().openFiles() == 0
                            && engine.context.stats().pending() == 0);
            // That the descriptor is closed is asserted when the engine closes.
        }
    }

    /** The loop shuts down and runs no timers any more: deadlines are kept all the same, by the drain. */
    @Test
    void shouldStillEndWhenTheLoopDrains() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(BLOCK);
                Engine engine = new Engine(kernel)) {
            EpollAioFile opened = engine.openDirect(file.path());
            ByteBuf dst = TestFile.buffer(BLOCK);
            AioFuture<Integer> read = opened.read(dst, 0).deadline(Duration.ofMillis(300));
            ByteBuf other = TestFile.buffer(BLOCK);
            AioFuture<Integer> unlimited = opened.read(other, 0);
            kernel.awaitInFlight(2);
            engine.shutdownLoop();

            timedOut(read);
            assertThat(dst.refCnt()).as("its own and the kernel's").isEqualTo(2);
            assertThat(unlimited.isDone()).isFalse();
            kernel.letGo();
            assertThat(Await.value(unlimited)).isEqualTo(BLOCK);
            Await.until("given back", () -> dst.refCnt() == 1);
            dst.release();
            other.release();
        }
    }

    /** Very many that pass at once: the loop looks after others in between, and none is forgotten. */
    @Test
    void shouldLetTheLoopBreatheWhenVeryManyPassAtOnce() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(BLOCK);
                Engine engine = new Engine(kernel, AioConfig.builder().queueDepth(2))) {
            AioFile limited = engine.openDirect(file.path()).withDeadline(Duration.ofMillis(300));
            int count = 20_000;
            AtomicInteger ended = new AtomicInteger();
            AtomicInteger endedBefore = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            AtomicLong lastNanos = new AtomicLong();
            AtomicLong longestNanos = new AtomicLong();
            ByteBuf dst = TestFile.buffer(BLOCK);
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            ReadySocket socket = new ReadySocket(engine, () -> {
                // What the loop itself has taken, however many threads want its CPU.
                long now = threads.getCurrentThreadCpuTime();
                int endedNow = ended.get();
                most.accumulateAndGet(endedNow - endedBefore.getAndSet(endedNow), Math::max);
                if (ended.get() > 0) {
                    longestNanos.accumulateAndGet(now - lastNanos.get(), Math::max);
                }
                lastNanos.set(now);
            });
            engine.onLoop(() -> {
                for (int i = 0; i < count; i++) {
                    limited.read(dst, 0).addListener(done -> ended.incrementAndGet());
                }
            });
            Await.until(() -> ended + " ended", () -> ended.get() == count);
            socket.close();
            // On a slow machine all were late before the first was sent off.
            kernel.inFlight().forEach(kernel::complete);
            assertThat(deadlines(engine)).isZero();
            dst.release();
            Await.until("given back", () -> dst.refCnt() == 0);
            assertThat(longestNanos.get()).as("longest iteration").isLessThan(250_000_000);
            // The timer's turn, and the tick's.
            assertThat(most.get()).as("ended between two looks").isBetween(1, 2 * Deadlines.EXPIRED_AT_ONCE);
        }
    }

    /** The heap, against a model: any order of deadlines, any order of completions; those that are due pass in order. */
    @Test
    void shouldPassInOrderWhenTheyAreSetAndTakenOutAtRandom() {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        ScriptedSyscalls syscalls = new ScriptedSyscalls();
        try (Engine engine = new Engine(syscalls)) {
            engine.onLoop(() -> {
                Deadlines all = engine.context.deadlines();
                for (int round = 0; round < 200; round++) {
                    int count = 1 + random.nextInt(100);
                    List<AioPromise<Integer>> promises = new ArrayList<>();
                    List<Integer> passed = new ArrayList<>();
                    List<Integer> due = new ArrayList<>();
                    long now = System.nanoTime();
                    List<Integer> order = new ArrayList<>();
                    for (int i = 0; i < count; i++) {
                        order.add(i);
                    }
                    Collections.shuffle(order, random);
                    for (int i = 0; i < count; i++) {
                        promises.add(engine.context.newPromise());
                    }
                    for (int i : order) {
                        boolean past = i < count / 2;
                        long at = past ? now - 1_000_000_000L + i : now + 3_600_000_000_000L + i;
                        all.set(promises.get(i), SOON, at);
                        promises.get(i).addListener(done -> {
                            if (done.cause() instanceof AioException) {
                                passed.add(i);
                            }
                        });
                    }
                    Collections.shuffle(order, random);
                    for (int i : order) {
                        boolean done = random.nextInt(3) == 0;
                        if (done) {
                            promises.get(i).setSuccess(i);
                        } else if (i < count / 2) {
                            due.add(i);
                        }
                    }
                    due.sort(null);
                    // As many at once as a turn has time for.
                    for (int turns = 0; !all.expireDue(); turns++) {
                        assertThat(turns).isLessThan(count);
                    }
                    assertThat(passed).as("seed %d", seed).isEqualTo(due);
                    promises.forEach(promise -> promise.trySuccess(0));
                    assertThat(all.size()).as("seed %d", seed).isZero();
                }
            });
        }
    }
}
