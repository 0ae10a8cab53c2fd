package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Classes that share a device. */
@Timeout(30)
class ClassesTest {

    private static final int DEPTH = 20;
    private static final AtomicInteger MINOR = new AtomicInteger(5_000);

    private final ScriptedSyscalls syscalls = new ScriptedSyscalls();
    private final Device device = Device.of(4043, MINOR.incrementAndGet(), 0, AioConfig.defaults());
    private final AioClass front = AioClass.builder("front").shares(90).build();
    private final AioClass back = AioClass.builder("back").shares(10).build();

    /** Takes one permit and so many units, and holds them. */
    private static final class Held extends TestOperation {
        private final int units;

        Held(EpollAioContext context, DeviceLane lane, int units) {
            super(context, lane, 1);
            this.units = units;
        }

        @Override
        int units() {
            return units;
        }
    }

    private Engine engine() {
        return new Engine(syscalls, AioConfig.builder().unknownDeviceDepth(DEPTH));
    }

    private Held start(Engine engine, AioClass ioClass, int units) {
        DeviceLane lane = engine.onLoop(() -> engine.context.deviceLane(device, ioClass));
        Held operation = new Held(engine.context, lane, units);
        engine.onLoop(() -> engine.context.start(operation));
        engine.turns(2);
        return operation;
    }

    private List<Held> start(Engine engine, AioClass ioClass, int units, int count) {
        List<Held> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(start(engine, ioClass, units));
        }
        return all;
    }

    private static long passed(List<Held> operations) {
        return operations.stream().filter(operation -> operation.passed).count();
    }

    /** Ends them all, those too that pass only then. */
    private static void end(Engine engine, List<Held> operations) {
        for (Held operation : operations) {
            Await.until("it passes", () -> operation.passed);
            engine.onLoop(operation::endNow);
        }
        engine.turns(2);
    }

    @Test
    void shouldHaveItAllWhenAlone() {
        try (Engine engine = engine()) {
            List<Held> all = start(engine, back, 1, DEPTH + 5);
            assertThat(passed(all)).isEqualTo(DEPTH);
            end(engine, all);
        }
        assertThat(device.gate().inFlight()).isZero();
    }

    @Test
    void shouldHaveItsShareWhenAnotherIsActive() {
        try (Engine engine = engine();
                Engine other = engine()) {
            List<Held> fronts = start(engine, front, 1, 1);
            List<Held> backs = start(other, back, 1, 10);
            assertThat(passed(backs)).as("a tenth of " + DEPTH).isEqualTo(2);
            List<Held> more = start(engine, front, 1, DEPTH);
            assertThat(passed(more)).as("nine tenths, and one there already").isEqualTo(17);
            end(other, backs);
            end(engine, fronts);
            end(engine, more);
        }
        assertThat(device.gate().inFlight()).isZero();
        assertThat(device.gate().isContended()).isFalse();
    }

    @Test
    void shouldLendWhatIsNotUsedAndTakeItBackAsItEnds() {
        try (Engine engine = engine();
                Engine other = engine()) {
            List<Held> backs = start(other, back, 1, DEPTH);
            assertThat(passed(backs)).isEqualTo(DEPTH);
            List<Held> fronts = start(engine, front, 1, 3);
            assertThat(passed(fronts)).as("all of it is lent").isZero();
            List<Held> later = start(other, back, 1, 3);
            for (int i = 0; i < 3; i++) {
                Held one = backs.get(i);
                other.onLoop(one::endNow);
            }
            Await.until("those that are owed are served first", () -> passed(fronts) == 3);
            assertThat(passed(later)).isZero();
            end(other, backs.subList(3, DEPTH));
            end(engine, fronts);
            end(other, later);
        }
    }

    /** Nine to one, and a front that is always there: the back has a tenth of the device's time. */
    @Test
    void shouldRestForItsSharesWhenAClassWithMoreIsThere() {
        try (Engine engine = engine();
                Engine other = engine()) {
            List<Held> fronts = start(engine, front, 1, 1);
            Held first = start(other, back, 1);
            Await.until("it passes", () -> first.passed);
            long began = System.nanoTime();
            while (System.nanoTime() - began < 3_000_000) {
                Thread.onSpinWait();
            }
            other.onLoop(first::endNow);
            long ended = System.nanoTime();
            Held second = start(other, back, 1);
            Await.until("it has rested", () -> second.passed);
            assertThat(System.nanoTime() - ended)
                    .as("half of the 3 ms that it was there are a tenth of them and of the rest; by a timer alone")
                    .isGreaterThan(11_000_000);
            end(other, List.of(second));

            // It rests now, which is over at once when nobody has more shares any more.
            Held third = start(other, back, 1);
            end(engine, fronts);
            Await.until("it passes", () -> third.passed);
            end(other, List.of(third));
        }
        assertThat(device.gate().inFlight()).isZero();
        assertThat(device.gate().isContended()).isFalse();
    }

    @Test
    void shouldNotRestWhenItIsNotTheOneWithFewerShares() {
        Presence presence = new Presence(0);
        presence.begins(0);
        presence.ended(1_000_000, 1, 1);
        assertThat(presence.restNanos(1_000_000)).isNotPositive();
        presence.ended(2_000_000, 1, 0.1);
        assertThat(presence.restNanos(2_000_000)).as("a tenth of the time").isEqualTo(9_000_000);
        presence.ended(3_000_000, 0.5, 0.1);
        assertThat(presence.restNanos(3_000_000))
                .as("half of it was others', and what was left")
                .isEqualTo(8_000_000 + 4_000_000);
        presence.ended(3_000_000, 0.5, 0.1);
        assertThat(presence.restNanos(3_000_000)).as("the least").isEqualTo(12_000_000 + 10 * Presence.LEAST_NANOS);
        presence.ended(1_000_000_000, 1, 0.1);
        assertThat(presence.restNanos(1_000_000_000)).isEqualTo(Presence.MOST_REST_NANOS);
    }

    @Test
    void shouldPassAloneWhenOneIsLongerThanTheShare() {
        try (Engine engine = engine()) {
            List<Held> fronts = start(engine, front, 1, 1);
            List<Held> backs = start(engine, back, 500, 2);
            assertThat(passed(backs)).isOne();
            engine.onLoop(backs.get(0)::endNow);
            Await.until("the next passes", () -> backs.get(1).passed);
            engine.onLoop(backs.get(1)::endNow);
            end(engine, fronts);
        }
    }

    @Test
    void shouldServeOneClassWhenTheOtherWaitsForItself() {
        try (Engine engine = engine();
                Engine other = engine()) {
            List<Held> fronts = start(engine, front, 1, 18);
            List<Held> backs = start(other, back, 1, 4);
            List<Held> more = start(engine, front, 1, 4);
            assertThat(passed(backs)).isEqualTo(2);
            assertThat(passed(more)).isZero();
            for (int i = 0; i < 4; i++) {
                int next = i;
                engine.onLoop(fronts.get(i)::endNow);
                Await.until("the next of its class", () -> passed(more) == next + 1);
            }
            assertThat(passed(backs)).as("not more than its share meanwhile").isEqualTo(2);
            end(engine, fronts.subList(4, 18));
            end(engine, more);
            end(other, backs);
        }
    }

    // ---- limits --------------------------------------------------------------------------------------------------

    private static final long NEVER = 1;

    private static EpollAioFile limited(Engine engine, TestFile file, long bytesPerSecond) {
        AioClass slow = AioClass.builder("slow").bytesPerSecond(bytesPerSecond).build();
        return (EpollAioFile) engine.openDirect(file.path()).in(slow);
    }

    @Test
    void shouldWaitForItsTimeAndFailWhenTheContextCloses() {
        try (TestFile data = TestFile.ofSize(8192)) {
            Engine engine = engine();
            EpollAioFile file = limited(engine, data, NEVER);
            // It goes at once, and has to be paid for before the next one does.
            Await.value(file.write(TestFile.filled(4096, 1), 0));
            AioFuture<Integer> second = file.write(TestFile.filled(4096, 2), 4096);
            engine.turns(3);
            assertThat(second.isDone()).isFalse();
            engine.close();
            assertThat(second.cause())
                    .isInstanceOfSatisfying(
                            AioException.class, it -> assertThat(it.kind()).isEqualTo(AioException.Kind.CLOSED));
        }
    }

    @Test
    void shouldGoOnInOrderWhenItsTimeHasCome() {
        try (TestFile data = TestFile.ofSize(1 << 20);
                Engine engine = engine()) {
            EpollAioFile file = limited(engine, data, 8 << 20);
            List<Integer> order = new CopyOnWriteArrayList<>();
            long began = System.nanoTime();
            List<AioFuture<ByteBuf>> reads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int number = i;
                AioFuture<ByteBuf> read = file.read(i * 262_144L, 262_144);
                read.addListener(done -> order.add(number));
                reads.add(read);
            }
            for (int i = 0; i < 4; i++) {
                ByteBuf read = Await.value(reads.get(i));
                byte[] got = new byte[262_144];
                read.readBytes(got).release();
                assertThat(got).isEqualTo(TestFile.expected(i * 262_144L, 262_144));
            }
            // A burst's worth less.
            assertThat(System.nanoTime() - began).isGreaterThan(100_000_000L);
            // Whoever waits for the last one may be faster than its listener.
            Await.until("all are heard of", () -> order.size() == 4);
            // Piece by piece, so all of them are done together at the end, the first one first.
            assertThat(order).startsWith(0);
        }
    }

    @Test
    void shouldEndAtOnceWhenItIsCancelledWhileItWaitsForItsTime() {
        try (TestFile data = TestFile.ofSize(8192);
                Engine engine = engine()) {
            EpollAioFile file = limited(engine, data, NEVER);
            Await.value(file.write(TestFile.filled(4096, 1), 0));
            ByteBuf buffer = TestFile.filled(4096, 2);
            AioFuture<Integer> second = file.write(buffer, 4096);
            engine.turns(3);
            second.cancel(false);
            Await.until("its buffer is given back", () -> buffer.refCnt() == 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"90, 32", "10, 8", "1, 8"})
    void shouldGoPieceByPieceWhenAnotherClassIsActive(int otherShares, int pieces) {
        AioClass other = AioClass.builder("other").shares(otherShares).build();
        try (TestFile data = TestFile.ofSize(2 << 20);
                Engine engine = engine()) {
            EpollAioFile file = engine.openDirect(data.path());
            EpollAioFile bulk = (EpollAioFile) file.in(back);
            Await.value(bulk.read(0, 1 << 20)).release();
            int alone = syscalls.batches.size();
            Held active = hold(
                    engine,
                    engine.onLoop(() -> engine.context.deviceLane(file.handle().device(), other)));
            ByteBuf read = Await.value(bulk.read(4096, 1 << 20));
            byte[] got = new byte[1 << 20];
            read.readBytes(got).release();
            assertThat(got).isEqualTo(TestFile.expected(4096, 1 << 20));
            assertThat(syscalls.batches.size() - alone)
                    .as("pieces of 128 KiB, or 32 where the other has more shares")
                    .isEqualTo(pieces);
            engine.onLoop(active::endNow);
        }
    }

    private static Held hold(Engine engine, DeviceLane lane) {
        Held operation = new Held(engine.context, lane, 1);
        engine.onLoop(() -> engine.context.start(operation));
        Await.until("it passes", () -> operation.passed);
        return operation;
    }

    @Test
    void shouldTellTheKernelThePriorityAndNoMoreWhenTheSlotIsUsedAnew() {
        try (TestFile data = TestFile.ofSize(8192);
                Engine engine = engine()) {
            EpollAioFile file = engine.openDirect(data.path());
            AioClass idle = AioClass.builder("idle").idle().build();
            Await.value(file.in(idle).read(0, 4096)).release();
            Await.value(file.read(0, 4096)).release();
            assertThat(syscalls.priorities).containsExactly(3 << 13, 0);
        }
    }
}
