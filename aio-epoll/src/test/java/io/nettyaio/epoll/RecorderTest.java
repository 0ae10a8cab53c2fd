package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioRoute;
import io.nettyaio.metrics.AioMeasurements;
import io.nettyaio.metrics.AioOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is counted and timed, for each way an operation can end. */
@Timeout(30)
class RecorderTest {

    private static final int PAGE = ScriptedSyscalls.ALIGNMENT;
    private static final long HELD_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

    private static AioConfig.Builder on() {
        return AioConfig.builder().metrics(true).loopBudget(1, TimeUnit.MINUTES);
    }

    private static AioMeasurements.Kind kind(Engine engine, String ioClass, String name) {
        return engine.context.measurements().kinds().stream()
                .filter(kind -> kind.ioClass().equals(ioClass) && kind.kind().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("not counted: " + name + " of " + ioClass));
    }

    private static void assertCounted(
            Engine engine, String name, @Nullable AioRoute route, AioOutcome outcome, long operations, long bytes) {
        // The future is done a moment before, or after, since it is the loop that counts.
        engine.turns(2);
        AioMeasurements.Kind kind = kind(engine, "default", name);
        assertThat(kind.operations(route, outcome))
                .as("%s %s %s", name, route, outcome)
                .isEqualTo(operations);
        assertThat(kind.bytes(route, outcome)).as("bytes").isEqualTo(bytes);
    }

    private static long onAnyRoute(AioMeasurements.Kind kind, AioOutcome outcome) {
        long sum = kind.operations(null, outcome);
        for (AioRoute route : AioRoute.values()) {
            sum += kind.operations(route, outcome);
        }
        return sum;
    }

    private static void read(EpollAioFile file, int bytes, long offset) {
        ByteBuf buffer = TestFile.buffer(bytes);
        assertThat(Await.value(file.read(buffer, offset))).isEqualTo(bytes);
        buffer.release();
    }

    @Test
    void shouldCountBytesByRouteWhenReadsAreDone() {
        try (TestFile file = TestFile.ofSize(4 * PAGE);
                Engine engine = new Engine(new FakeKernel().automatic(true), on())) {
            EpollAioFile buffered = engine.open(file.path(), AioOpenOption.READ);
            EpollAioFile direct = engine.openDirect(file.path());
            read(buffered, 100, 0);
            read(buffered, 50, 7);
            read(direct, PAGE, 0);

            assertCounted(engine, "read", AioRoute.INLINE, AioOutcome.OK, 2, 150);
            assertCounted(engine, "read", AioRoute.KERNEL, AioOutcome.OK, 1, PAGE);
            assertCounted(engine, "open", AioRoute.HELPER, AioOutcome.OK, 2, 0);
            assertThat(kind(engine, "default", "read").totalNanos().count()).isEqualTo(3);
            assertThat(engine.context.measurements().submitBatch().sum()).isEqualTo(1);
            assertThat(engine.context.measurements().submitNanos().count()).isEqualTo(1);
        }
    }

    @Test
    void shouldTellOutcomesApartWhenOperationsEndDifferently() {
        HeldTruncates syscalls = new HeldTruncates();
        try (TestFile file = TestFile.ofSize(100);
                Engine engine = new Engine(syscalls, on().helperThreads(1))) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.READ, AioOpenOption.WRITE);
            assertThat(Await.failure(engine.context.open(Path.of("/no/such/file"), AioOpenOption.READ)))
                    .isNotNull();
            ByteBuf buffer = TestFile.buffer(8);
            assertThat(Await.failure(opened.read(buffer, -1))).isNotNull();
            buffer.release();
            AioFuture<Void> first = opened.truncate(100);
            syscalls.holdup.awaitArrived(1);
            AioFuture<Void> cancelled = opened.truncate(50);
            AioFuture<Void> late = opened.truncate(50).deadline(Duration.ofMillis(1));
            assertThat(cancelled.cancel(false)).isTrue();
            assertThat(Await.failure(late)).isNotNull();
            syscalls.holdup.letGo();
            Await.value(first);

            assertCounted(engine, "open", AioRoute.HELPER, AioOutcome.FAILED, 1, 0);
            assertCounted(engine, "read", null, AioOutcome.REFUSED, 1, 0);
            assertCounted(engine, "truncate", AioRoute.HELPER, AioOutcome.OK, 1, 0);
            // Whether they had got to the helper's queue by then is the loop's pace.
            assertThat(onAnyRoute(kind(engine, "default", "truncate"), AioOutcome.CANCELLED))
                    .isEqualTo(1);
            assertThat(onAnyRoute(kind(engine, "default", "truncate"), AioOutcome.DEADLINE))
                    .isEqualTo(1);
            // What was turned away, or taken back, says nothing of how long operations take.
            assertThat(kind(engine, "default", "truncate").totalNanos().count()).isEqualTo(1);
        }
    }

    @Test
    void shouldTellWaitingFromWorkingWhenTheOnlyHelperIsBusy() {
        HeldTruncates syscalls = new HeldTruncates();
        try (TestFile file = TestFile.ofSize(100);
                Engine engine = new Engine(syscalls, on().helperThreads(1))) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.READ, AioOpenOption.WRITE);
            AioFuture<Void> first = opened.truncate(100);
            syscalls.holdup.awaitArrived(1);
            AioFuture<Long> behind = opened.size();
            engine.turn();
            sleep(HELD_NANOS);
            syscalls.holdup.letGo();
            Await.value(first);
            Await.value(behind);
            engine.turns(2);

            AioMeasurements.Kind truncate = kind(engine, "default", "truncate");
            AioMeasurements.Kind size = kind(engine, "default", "size");
            assertThat(truncate.deviceNanos().sum()).isGreaterThanOrEqualTo(HELD_NANOS);
            assertThat(truncate.waitNanos().sum())
                    .isLessThan(truncate.deviceNanos().sum());
            assertThat(size.waitNanos().sum()).isGreaterThanOrEqualTo(HELD_NANOS);
            assertThat(size.deviceNanos().sum()).isLessThan(size.waitNanos().sum());
            for (AioMeasurements.Kind kind : List.of(truncate, size)) {
                assertThat(kind.totalNanos().sum())
                        .isEqualTo(kind.waitNanos().sum() + kind.deviceNanos().sum());
            }
        }
    }

    @Test
    void shouldTimeTheDeviceWhenTheKernelTakesItsTime() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(4 * PAGE);
                Engine engine = new Engine(kernel, on())) {
            ByteBuf buffer = TestFile.buffer(PAGE);
            AioFuture<Integer> read = engine.openDirect(file.path()).read(buffer, 0);
            FakeKernel.Iocb iocb = kernel.awaitInFlight(1).get(0);
            sleep(HELD_NANOS);
            kernel.complete(iocb);
            Await.value(read);
            engine.turns(2);

            AioMeasurements.Kind kind = kind(engine, "default", "read");
            assertThat(kind.deviceNanos().sum()).isGreaterThanOrEqualTo(HELD_NANOS);
            buffer.release();
        }
    }

    /** Cancelled, and the kernel still writes into it: those bytes are nobody's to use. */
    @Test
    void shouldShowTheBytesAsHeldWhenCancelledInTheKernel() {
        FakeKernel kernel = new FakeKernel();
        try (TestFile file = TestFile.ofSize(4 * PAGE);
                Engine engine = new Engine(kernel, on())) {
            ByteBuf buffer = TestFile.buffer(2 * PAGE);
            AioFuture<Integer> read = engine.openDirect(file.path()).read(buffer, 0);
            FakeKernel.Iocb iocb = kernel.awaitInFlight(1).get(0);
            assertThat(engine.context.measurements().heldBytes()).isZero();

            assertThat(read.cancel(false)).isTrue();
            engine.turns(2);
            assertThat(engine.context.measurements().heldBytes()).isEqualTo(2 * PAGE);

            kernel.complete(iocb);
            Await.until("it is over", () -> engine.context.measurements().heldBytes() == 0);
            assertCounted(engine, "read", AioRoute.KERNEL, AioOutcome.CANCELLED, 1, 2 * PAGE);
            buffer.release();
        }
    }

    @Test
    void shouldKeepItsBoundWhenThereIsAClassForEachOperation() {
        try (TestFile file = TestFile.ofSize(PAGE);
                Engine engine = new Engine(new ScriptedSyscalls(), on())) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.READ);
            int classes = 2 * Recorder.KINDS_MOST;
            for (int i = 0; i < classes; i++) {
                AioClass ioClass = AioClass.builder("class " + i).build();
                EpollAioFile view = (EpollAioFile) opened.in(ioClass);
                read(view, 10, 0);
                Await.value(view.close());
            }
            engine.turns(2);
            List<? extends AioMeasurements.Kind> kinds =
                    engine.context.measurements().kinds();
            assertThat(kinds).hasSizeLessThan(Recorder.KINDS_MOST + 10);
            long reads = kinds.stream()
                    .filter(kind -> kind.kind().equals("read"))
                    .mapToLong(kind -> kind.operations(AioRoute.INLINE, AioOutcome.OK))
                    .sum();
            assertThat(reads).isEqualTo(classes);
            assertThat(kind(engine, Recorder.OTHER_CLASSES, "read").operations(AioRoute.INLINE, AioOutcome.OK))
                    .isPositive();
        }
    }

    @Test
    void shouldCountTogetherWhenTwoClassesBearTheSameName() {
        try (TestFile file = TestFile.ofSize(PAGE);
                Engine engine = new Engine(new ScriptedSyscalls(), on())) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.READ);
            for (int i = 0; i < 2; i++) {
                EpollAioFile view =
                        (EpollAioFile) opened.in(AioClass.builder("twin").build());
                read(view, 10, 0);
                Await.value(view.close());
            }
            engine.turns(2);
            assertThat(kind(engine, "twin", "read").operations(AioRoute.INLINE, AioOutcome.OK))
                    .isEqualTo(2);
        }
    }

    @Test
    void shouldCountDemotionsByReasonWhenRoutesAreRefused() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            long answer(Iocb iocb) {
                boolean write = iocb.opcode == IocbTable.PWRITE;
                return iocb.isNowait() ? (write ? -Errno.EOPNOTSUPP : -Errno.EAGAIN) : super.answer(iocb);
            }
        }.automatic(true);
        try (TestFile file = TestFile.ofSize(4 * PAGE);
                Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            for (int i = 0; i < Refusals.IN_A_ROW; i++) {
                read(direct, PAGE, 0);
            }
            for (int i = 0; i < 3; i++) {
                Await.value(direct.write(TestFile.filled(PAGE, 1), 0));
            }
            engine.turns(2);
            List<String> counts = new ArrayList<>();
            engine.context
                    .measurements()
                    .demotions()
                    .forEach(one -> counts.add(one.device() + " " + one.reason() + " " + one.count()));
            String device = direct.handle().device().number();
            assertThat(counts).containsExactly(device + " would_block 1", device + " unsupported 1");
        }
    }

    @Test
    void shouldKeepNoRecordWhenNobodyWantsIt() {
        try (TestFile file = TestFile.ofSize(PAGE);
                Engine engine =
                        new Engine(new ScriptedSyscalls(), AioConfig.builder().metrics(false))) {
            read(engine.open(file.path(), AioOpenOption.READ), 10, 0);
            engine.turns(2);
            assertThat(engine.context.recorder()).isNull();
            assertThat(engine.context.measurements().kinds()).isEmpty();
            assertThat(engine.context.measurements().submitNanos().count()).isZero();
        }
    }

    private static void sleep(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }
}
