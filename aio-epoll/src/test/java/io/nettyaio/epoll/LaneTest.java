package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several loops that want more of one device than it may be given. */
@Timeout(30)
class LaneTest {

    private static final int DEPTH = 8;
    private static final AtomicInteger MINOR = new AtomicInteger(1_000);

    private final ScriptedSyscalls syscalls = new ScriptedSyscalls();
    private final Device device = Device.of(4043, MINOR.incrementAndGet(), 0, AioConfig.defaults());

    private Engine engine() {
        return new Engine(syscalls, AioConfig.builder().unknownDeviceDepth(DEPTH));
    }

    private TestOperation operation(Engine engine, int weight) {
        return new TestOperation(
                engine.context, engine.onLoop(() -> engine.context.deviceLane(device, AioClass.DEFAULT)), weight);
    }

    private TestOperation started(Engine engine, int weight) {
        TestOperation operation = operation(engine, weight);
        engine.onLoop(() -> engine.context.start(operation));
        engine.turns(2);
        return operation;
    }

    private static void awaitPassed(TestOperation operation) {
        Await.until("an operation passes the gate", () -> operation.passed);
    }

    /** Keeps a loop's share of the device in use: whatever ends is followed by another. */
    private final class Greedy {
        private final Engine engine;
        private final DeviceLane lane;
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicInteger passed = new AtomicInteger();

        Greedy(Engine engine, int operations) {
            this.engine = engine;
            lane = engine.onLoop(() -> engine.context.deviceLane(device, AioClass.DEFAULT));
            for (int i = 0; i < operations; i++) {
                engine.onLoop(this::next);
            }
        }

        private void next() {
            running.incrementAndGet();
            engine.context.start(new TestOperation(engine.context, lane, 1) {
                @Override
                void passed() {
                    Greedy.this.passed.incrementAndGet();
                    // At other times than its neighbours, so that there is always somebody in flight.
                    long micros = ThreadLocalRandom.current().nextLong(500, 5_000);
                    var unused = engine.loop.schedule(this::over, micros, TimeUnit.MICROSECONDS);
                }

                private void over() {
                    endNow();
                    if (!stopped.get()) {
                        next();
                    }
                    running.decrementAndGet();
                }
            });
        }

        void stop() {
            stopped.set(true);
            Await.until("the greedy loop has stopped", () -> running.get() == 0);
        }
    }

    @Test
    void shouldPassInOrderWhenTheDeviceIsFull() {
        try (Engine engine = engine()) {
            TestOperation first = started(engine, 2);
            TestOperation second = started(engine, DEPTH - 1);
            TestOperation third = started(engine, 1);
            assertThat(first.passed).isTrue();
            assertThat(second.passed).isFalse();
            assertThat(third.passed).as("overtakes").isFalse();

            first.end();
            awaitPassed(second);
            awaitPassed(third);
            assertThat(device.gate().inFlight()).isEqualTo(DEPTH);
            second.end();
            third.end();
        }
        assertThat(device.gate().inFlight()).isZero();
    }

    @Test
    void shouldGoAloneWhenTheWeightIsMoreThanTheDeviceTakes() {
        try (Engine engine = engine()) {
            TestOperation small = started(engine, 1);
            TestOperation large = operation(engine, 3 * DEPTH);
            engine.onLoop(() -> engine.context.start(large));
            engine.turns(2);
            assertThat(large.passed).isFalse();
            small.end();
            awaitPassed(large);
            large.end();
        }
    }

    @Test
    void shouldWakeAnotherLoopWhenPermitsComeBack() {
        try (Engine one = engine();
                Engine other = engine()) {
            TestOperation holder = started(one, DEPTH);
            TestOperation waiter = started(other, 1);
            assertThat(waiter.passed).isFalse();
            holder.end();
            awaitPassed(waiter);
            waiter.end();
        }
    }

    @Test
    void shouldNotStarveALongTransferWhenOtherLoopsKeepTheDeviceBusy() {
        try (Engine one = engine();
                Engine two = engine();
                Engine three = engine()) {
            // Within their shares, so that they never wait in the queue themselves.
            Greedy busy = new Greedy(one, 2);
            Greedy busyToo = new Greedy(two, 2);
            for (int i = 0; i < 5; i++) {
                int before = busy.passed.get() + busyToo.passed.get();
                TestOperation large = operation(three, DEPTH);
                three.onLoop(() -> three.context.start(large));
                awaitPassed(large);
                assertThat(busy.passed.get() + busyToo.passed.get() - before)
                        .as("small ones that went before")
                        .isLessThan(20 * DEPTH);
                large.end();
            }
            int before = busy.passed.get();
            Await.until("the others go on", () -> busy.passed.get() > before + 10 * DEPTH);
            busy.stop();
            busyToo.stop();
        }
        assertThat(device.gate().inFlight()).isZero();
        assertThat(device.gate().isContended()).isFalse();
    }

    @Test
    void shouldGoOnWhenTheContextThatAllRoomIsKeptForCloses() {
        try (Engine one = engine();
                Engine two = engine()) {
            Greedy busy = new Greedy(one, 2);
            Engine three = engine();
            TestOperation held = started(two, 1);
            awaitPassed(held);
            TestOperation large = operation(three, DEPTH);
            three.onLoop(() -> three.context.start(large));
            // It cannot pass while one is held; the others stand still once it has lost patience.
            Await.until("all room is kept", () -> {
                int before = busy.passed.get();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(30));
                return busy.passed.get() == before;
            });
            three.close();
            int before = busy.passed.get();
            Await.until("the others go on", () -> busy.passed.get() > before + 10 * DEPTH);
            held.end();
            busy.stop();
        }
    }

    @Test
    void shouldLeaveTheRoomToOtherLoopsWhenTheyWaitAndTheOwnShareIsUsed() {
        try (Engine one = engine();
                Engine two = engine();
                Engine three = engine()) {
            List<TestOperation> holders = new ArrayList<>();
            for (int i = 0; i < DEPTH; i++) {
                holders.add(started(one, 1));
            }
            TestOperation waiter = started(two, 1);
            TestOperation waiterToo = started(three, 1);
            Holdup holdup = two.holdLoop();
            Holdup holdupToo = three.holdLoop();
            TestOperation next = operation(one, 1);
            one.onLoop(() -> {
                holders.get(0).endNow();
                one.context.start(next);
            });
            one.turns(5);
            boolean overtook = next.passed;
            holdup.letGo();
            holdupToo.letGo();
            // Either may be the first: both have been woken by then.
            Await.until("one of them passes", () -> waiter.passed || waiterToo.passed);
            holders.subList(1, DEPTH).forEach(TestOperation::end);
            awaitPassed(waiter);
            awaitPassed(waiterToo);
            waiter.end();
            waiterToo.end();
            awaitPassed(next);
            next.end();
            assertThat(overtook).as("takes what others have waited for").isFalse();
        }
    }

    @Test
    void shouldShareTheDeviceWhenBothLoopsWantAllOfIt() {
        try (Engine one = engine();
                Engine two = engine()) {
            Greedy busy = new Greedy(one, 4 * DEPTH);
            Greedy busyToo = new Greedy(two, DEPTH);
            Await.until("both go on", () -> Math.min(busy.passed.get(), busyToo.passed.get()) > 200);
            busy.stop();
            busyToo.stop();
            List<Integer> passed = new ArrayList<>(List.of(busy.passed.get(), busyToo.passed.get()));
            assertThat(passed).allMatch(count -> count * 5 > passed.get(0) + passed.get(1));
        }
    }

    @Test
    void shouldServeTheOthersWhenALoopEndsWhileItWaits() {
        try (Engine one = engine();
                Engine two = engine()) {
            TestOperation holder = started(one, DEPTH);
            Engine three = engine();
            TestOperation waiter = operation(three, 1);
            three.onLoop(() -> three.context.start(waiter));
            TestOperation next = started(two, 1);
            Await.value(three.shutdownLoop());
            // As EpollAio does when a loop has terminated, which may not have told its handles.
            three.context.closer().loopTerminated();
            Await.until("what waited has settled", () -> waiter.settled.get() == 1);
            three.close();
            holder.end();
            awaitPassed(next);
            next.end();
        }
        assertThat(device.gate().isContended()).isFalse();
    }
}
