package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.epoll.FakeKernel.Iocb;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Completions, wakeups, and the ring that is to be believed only as far as it makes sense. */
@Timeout(30)
class ReapTest {

    private static final int PAGE = 4096;

    private final TestFile file = TestFile.ofSize(64 * PAGE);
    private final FakeKernel kernel = new FakeKernel();
    private final List<ByteBuf> buffers = new ArrayList<>();

    @AfterEach
    void deleteFile() {
        buffers.forEach(ByteBuf::release);
        file.close();
    }

    private AioFuture<Integer> read(EpollAioFile from, int page) {
        ByteBuf into = TestFile.buffer(PAGE);
        buffers.add(into);
        return from.read(into, (long) page * PAGE);
    }

    private List<AioFuture<Integer>> reads(EpollAioFile from, int count) {
        List<AioFuture<Integer>> reads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            reads.add(read(from, i));
        }
        return reads;
    }

    private static void assertAll(List<AioFuture<Integer>> reads) {
        for (AioFuture<Integer> read : reads) {
            assertThat(Await.value(read)).isEqualTo(PAGE);
        }
    }

    /** Trap 3: one wakeup is not one completion. */
    @Test
    void shouldCompleteAllWhenOneEventFdSpeaksForThem() {
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            List<AioFuture<Integer>> reads = reads(from, 16);
            kernel.completeTogether(kernel.awaitInFlight(16));
            assertAll(reads);
        }
    }

    /** Trap 2: the eventfd is a hint, the ring is the truth. */
    @Test
    void shouldCompleteNothingWhenAnEventFdSpeaksOfNoEvent() {
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            AioFuture<Integer> read = read(from, 0);
            Iocb iocb = kernel.awaitInFlight(1).get(0);
            for (int i = 0; i < 10; i++) {
                kernel.eventFdSignal(iocb.eventFd);
                engine.turns(3);
            }
            assertThat(read.isDone()).isFalse();
            kernel.complete(iocb);
            assertThat(Await.value(read)).isEqualTo(PAGE);
        }
    }

    @Test
    void shouldCompleteEachByItsDataWhenTheyComeInAnotherOrder() {
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile from = engine.openDirect(file.path());
            List<AioFuture<Integer>> reads = reads(from, 24);
            List<Iocb> iocbs = kernel.awaitInFlight(24);
            Collections.shuffle(iocbs, new Random(7));
            for (Iocb iocb : iocbs) {
                kernel.complete(iocb);
                int page = (int) (iocb.offset / PAGE);
                assertThat(Await.value(reads.get(page))).isEqualTo(PAGE);
                assertThat(TestFile.bytes(buffers.get(page))).isEqualTo(TestFile.expected(iocb.offset, PAGE));
            }
        }
    }

    /** Trap 4: a slot is used anew at once; an event of its former life must not complete the new one. */
    @Test
    void shouldIgnoreAnEventWhenItsSlotHasBeenUsedAnew() {
        try (Engine engine = new Engine(kernel, AioConfig.builder().queueDepth(2))) {
            engine.expectErrors();
            EpollAioFile from = engine.openDirect(file.path());
            AioFuture<Integer> first = read(from, 0);
            Iocb old = kernel.awaitInFlight(1).get(0);
            kernel.complete(old);
            Await.value(first);

            List<AioFuture<Integer>> next = List.of(read(from, 1), read(from, 2));
            kernel.awaitInFlight(2);
            kernel.deliver(old, 1);
            engine.turns(5);
            assertThat(next).noneMatch(AioFuture::isDone);
            for (Iocb iocb : kernel.inFlight()) {
                kernel.complete(iocb);
            }
            assertAll(next);
        }
    }

    @Test
    void shouldReapTheRestLaterWhenMoreCompletesThanOneWakeupMay() {
        try (Engine engine = new Engine(kernel, AioConfig.builder().completionsPerWakeup(4))) {
            EpollAioFile from = engine.openDirect(file.path());
            List<AioFuture<Integer>> reads = reads(from, 40);
            kernel.completeTogether(kernel.awaitInFlight(40));
            assertAll(reads);
        }
    }

    @Test
    void shouldTakeBackTheRestLaterWhenMoreReturnsFromHelpersThanOneWakeupMay() {
        Holdup helpers = new Holdup();
        AtomicInteger done = new AtomicInteger();
        ScriptedSyscalls slow = new ScriptedSyscalls() {
            @Override
            public int ftruncate(int fd, long length) {
                helpers.pass();
                int result = super.ftruncate(fd, length);
                done.incrementAndGet();
                return result;
            }
        };
        try (Engine engine = new Engine(slow, AioConfig.builder().completionsPerWakeup(2))) {
            EpollAioFile from = engine.open(file.path(), AioOpenOption.WRITE);
            List<AioFuture<Void>> truncations = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                truncations.add(from.truncate(64L * PAGE));
            }
            helpers.awaitArrived(12);
            Holdup loop = engine.holdLoop();
            helpers.letGo();
            // Their way back ends with a signal, or with none where one is under way.
            Await.until("all have been carried out", () -> done.get() == 12);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            loop.letGo();
            truncations.forEach(Await::value);
        }
    }

    /** Trap 10. */
    @ParameterizedTest
    @CsvSource({"16, 0", "24, 1", "28, 64", "4, 0"})
    void shouldAskTheKernelWhenTheRingHasAnotherForm(int at, int value) {
        FakeKernel other = new FakeKernel() {
            @Override
            void shape(ByteBuffer header) {
                header.putInt(at, value);
            }
        };
        other.automatic(true);
        try (Engine engine = new Engine(other)) {
            EpollAioFile from = engine.openDirect(file.path());
            assertAll(reads(from, 20));
            assertThat(other.getEventsCalls()).isPositive();
        }
    }

    /** Trap 9: the ring lies in memory that the process can write. */
    @ParameterizedTest
    @CsvSource({"8, -1", "8, 1000000", "12, -7", "12, 1000000"})
    void shouldAskTheKernelFromThenOnWhenTheRingCannotBeBelieved(int at, int value) {
        try (Engine engine = new Engine(kernel)) {
            engine.expectErrors();
            EpollAioFile from = engine.openDirect(file.path());
            List<AioFuture<Integer>> reads = reads(from, 3);
            List<Iocb> iocbs = kernel.awaitInFlight(3);
            engine.onLoop(() -> {
                // While the loop stands still: an event comes, then something writes where it should not.
                kernel.complete(iocbs.get(0));
                kernel.ringMemory().putInt(at, value);
            });
            Await.until(
                    "the loop has seen it",
                    () -> EngineLog.errors().stream().anyMatch(line -> line.contains("does not make sense")));
            kernel.complete(iocbs.get(1));
            kernel.complete(iocbs.get(2));
            assertAll(reads);
            assertThat(kernel.getEventsCalls()).isPositive();
            kernel.automatic(true);
            assertAll(reads(from, 10));
        }
    }

    /** Trap 15: with the ring full of finished events, the system call is what makes room. */
    @Test
    void shouldUseTheSystemCallWhenTheRingHasNoRoom() {
        AtomicInteger refusals = new AtomicInteger();
        FakeKernel full = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return refusals.getAndDecrement() > 0 ? -Errno.EAGAIN : 0;
            }
        };
        try (Engine engine = new Engine(full)) {
            EpollAioFile from = engine.openDirect(file.path());
            AioFuture<Integer> before = read(from, 0);
            Iocb first = full.awaitInFlight(1).get(0);
            int calls = full.getEventsCalls();
            refusals.set(1);
            AioFuture<Integer> after = read(from, 1);
            Await.until("one is refused", () -> refusals.get() <= 0);
            engine.turns(2);
            full.complete(first);
            assertThat(Await.value(before)).isEqualTo(PAGE);
            full.complete(full.awaitOffset(PAGE));
            assertThat(Await.value(after)).isEqualTo(PAGE);
            assertThat(full.getEventsCalls()).isGreaterThan(calls);
        }
    }

    /** What completes while its loop completes others is not left behind. */
    @Test
    void shouldCompleteAllWhenTheyCompleteWhileOthersAreReaped() throws InterruptedException {
        int rounds = 2_000;
        try (Engine engine = new Engine(kernel, AioConfig.builder().queueDepth(8))) {
            EpollAioFile from = engine.openDirect(file.path());
            Thread device = new Thread(() -> {
                int done = 0;
                while (done < rounds) {
                    for (Iocb iocb : kernel.inFlight()) {
                        kernel.complete(iocb, PAGE);
                        done++;
                    }
                }
            });
            device.start();
            ByteBuf into = TestFile.buffer(PAGE);
            buffers.add(into);
            for (int i = 0; i < rounds; i += 8) {
                List<AioFuture<Integer>> some = new ArrayList<>();
                for (int j = 0; j < 8; j++) {
                    into.retain();
                    some.add(from.read(into.slice(0, PAGE).clear(), 0));
                }
                for (AioFuture<Integer> one : some) {
                    assertThat(Await.value(one)).isEqualTo(PAGE);
                    into.release();
                }
            }
            device.join(10_000);
            assertThat(device.isAlive()).isFalse();
        }
    }
}
