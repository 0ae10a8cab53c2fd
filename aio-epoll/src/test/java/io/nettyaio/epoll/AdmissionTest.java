package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioOverloadPolicy;
import io.nettyaio.AioSubmittableListener;
import io.nettyaio.AioWaterMark;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a context takes on, turns away, lets wait, and when it says that it has enough. */
@Timeout(30)
class AdmissionTest {

    private final ScriptedSyscalls syscalls = new ScriptedSyscalls();

    /** Stays pending until it is ended. */
    private static final class Sized extends TestOperation {
        private final long bytes;
        volatile @Nullable Throwable cause;

        Sized(Engine engine, long bytes) {
            super(engine.context);
            this.bytes = bytes;
        }

        @Override
        long pendingBytes() {
            return bytes;
        }

        @Override
        void settle(@Nullable Throwable why) {
            cause = why;
            super.settle(why);
        }

        boolean isStarted() {
            return submits.get() > 0;
        }
    }

    private Engine engine(AioOverloadPolicy policy, int operations, long bytes) {
        return new Engine(
                syscalls,
                AioConfig.builder()
                        .pendingOperations(operations)
                        .pendingBytes(bytes)
                        .overloadPolicy(policy)
                        .waterMark(new AioWaterMark(1, 3, 100, 300)));
    }

    private static Sized start(Engine engine, long bytes) {
        Sized operation = new Sized(engine, bytes);
        engine.onLoop(() -> engine.context.start(operation));
        engine.turns(2);
        return operation;
    }

    private static void end(Engine engine, Sized... operations) {
        for (Sized operation : operations) {
            engine.onLoop(operation::endNow);
        }
        engine.turns(2);
    }

    @Test
    void shouldRefuseByNameWhenTheBytesAreUsedUp() {
        try (Engine engine = engine(AioOverloadPolicy.FAIL, 10, 1000)) {
            Sized first = start(engine, 600);
            Sized second = start(engine, 401);
            assertThat(second.settled).hasValue(1);
            assertThat(second.cause)
                    .isInstanceOfSatisfying(
                            AioException.class, full -> assertThat(full.kind()).isEqualTo(AioException.Kind.QUEUE_FULL))
                    .hasMessageContaining("600 of pendingBytes=1000");
            Sized third = start(engine, 400);
            assertThat(third.isStarted()).isTrue();
            assertThat(engine.context.stats().pendingBytes()).isEqualTo(1000);
            end(engine, first, third);
            assertThat(engine.context.stats().pendingBytes()).isZero();
        }
    }

    @Test
    void shouldTakeOneThatIsLongerThanTheBoundWhenNothingElseIsPending() {
        try (Engine engine = engine(AioOverloadPolicy.FAIL, 10, 1000)) {
            Sized longOne = start(engine, 5000);
            assertThat(longOne.isStarted()).isTrue();
            assertThat(start(engine, 1).cause).isInstanceOf(AioException.class);
            end(engine, longOne);
        }
    }

    @Test
    void shouldStartInOrderWhenThoseThatWaitGetRoom() {
        try (Engine engine = engine(AioOverloadPolicy.WAIT, 2, 1000)) {
            Sized first = start(engine, 10);
            Sized second = start(engine, 10);
            Sized third = start(engine, 990);
            Sized fourth = start(engine, 1);
            assertThat(engine.context.stats().waitingForRoom()).isEqualTo(2);
            assertThat(third.isStarted() || fourth.isStarted()).isFalse();

            end(engine, first);
            assertThat(third.isStarted()).isTrue();
            assertThat(fourth.isStarted()).as("there is no room for a third").isFalse();
            end(engine, second);
            assertThat(fourth.isStarted()).isTrue();
            assertThat(engine.context.stats().waitingForRoom()).isZero();
            end(engine, third, fourth);
        }
    }

    @Test
    void shouldNotOvertakeWhenALongOneWaitsFirst() {
        try (Engine engine = engine(AioOverloadPolicy.WAIT, 10, 1000)) {
            Sized first = start(engine, 500);
            Sized longOne = start(engine, 900);
            Sized small = start(engine, 1);
            assertThat(small.isStarted()).isFalse();
            end(engine, first);
            assertThat(longOne.isStarted()).isTrue();
            assertThat(small.isStarted()).isTrue();
            end(engine, longOne, small);
        }
    }

    @Test
    void shouldRefuseWhenAsManyWaitAsMay() {
        try (Engine engine = engine(AioOverloadPolicy.WAIT, 2, 1000)) {
            List<Sized> taken = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                taken.add(start(engine, 1));
            }
            assertThat(start(engine, 1).cause).hasMessageContaining("pendingOperations=2");
            end(engine, taken.get(0), taken.get(1));
            end(engine, taken.get(2), taken.get(3));
            assertThat(taken).allMatch(Sized::isStarted);
        }
    }

    @Test
    void shouldPassOverOneThatWasCancelledWhileItWaited() {
        try (Engine engine = engine(AioOverloadPolicy.WAIT, 5, 10)) {
            Sized first = start(engine, 10);
            Sized second = start(engine, 10);
            Sized third = start(engine, 10);
            engine.onLoop(second::cancelled);
            assertThat(second.settled).hasValue(1);
            assertThat(engine.context.stats().waitingForRoom()).isOne();
            end(engine, first);
            assertThat(second.isStarted()).isFalse();
            assertThat(third.isStarted()).isTrue();
            end(engine, third);
        }
    }

    @Test
    void shouldKeepNothingOfThoseThatWereCancelledWhenTheFirstWaitsLong() {
        try (Engine engine = engine(AioOverloadPolicy.WAIT, 5, 10)) {
            Sized first = start(engine, 10);
            Sized second = start(engine, 10);
            for (int i = 0; i < 1000; i++) {
                end(engine, first);
                first = second;
                Sized cancelled = start(engine, 10);
                engine.onLoop(cancelled::cancelled);
                second = start(engine, 10);
            }
            assertThat(engine.context.stats().waitingForRoom()).isOne();
            end(engine, first, second);
        }
    }

    @Test
    void shouldFailThoseThatWaitWhenTheContextCloses() {
        Engine engine = engine(AioOverloadPolicy.WAIT, 1, 1000);
        Sized first = start(engine, 1);
        Sized second = start(engine, 1);
        var closed = engine.context.close();
        engine.turns(3);
        assertThat(second.cause)
                .isInstanceOfSatisfying(
                        AioException.class, it -> assertThat(it.kind()).isEqualTo(AioException.Kind.CLOSED));
        assertThat(engine.context.stats().waitingForRoom()).isZero();
        assertThat(closed.isDone()).as("while one is in flight").isFalse();
        end(engine, first);
        engine.close();
    }

    @Test
    void shouldTellTheListenersWhenTheMarksArePassed() {
        try (Engine engine = engine(AioOverloadPolicy.FAIL, 100, 10_000)) {
            List<Boolean> told = new CopyOnWriteArrayList<>();
            engine.context.addSubmittableListener(context -> {
                throw new IllegalStateException("of the listener's own making");
            });
            engine.context.addSubmittableListener(context -> {
                assertThat(engine.loop.inEventLoop()).isTrue();
                told.add(context.isSubmittable());
            });
            List<Sized> taken = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                taken.add(start(engine, 1));
            }
            assertThat(engine.context.isSubmittable()).as("at the high mark").isTrue();
            taken.add(start(engine, 1));
            assertThat(engine.context.isSubmittable()).isFalse();
            assertThat(told).containsExactly(false);
            end(engine, taken.get(0), taken.get(1));
            assertThat(engine.context.isSubmittable()).as("between the marks").isFalse();
            end(engine, taken.get(2));
            assertThat(told).containsExactly(false, true);

            Sized bytes = start(engine, 300);
            assertThat(engine.context.isSubmittable()).isFalse();
            end(engine, bytes, taken.get(3));
            assertThat(told).containsExactly(false, true, false, true);
        }
    }

    @Test
    void shouldTellLaterWhenTheMarkIsPassedInsideTheCallThatStarts() {
        try (Engine engine = engine(AioOverloadPolicy.FAIL, 100, 10_000)) {
            List<Boolean> told = new CopyOnWriteArrayList<>();
            AioSubmittableListener listener = context -> told.add(context.isSubmittable());
            engine.context.addSubmittableListener(listener);
            Sized operation = new Sized(engine, 301);
            engine.onLoop(() -> {
                engine.context.start(operation);
                assertThat(told).isEmpty();
            });
            engine.turns(2);
            assertThat(told).containsExactly(false);
            engine.context.removeSubmittableListener(listener);
            end(engine, operation);
            assertThat(told).as("removed").containsExactly(false);
        }
    }

    /** Who has seen that it is not submittable waits to be told that it is again, however short it was. */
    @Test
    void shouldTellWhenItIsOverBeforeAnybodyWasTold() {
        try (Engine engine = engine(AioOverloadPolicy.FAIL, 100, 10_000)) {
            List<Boolean> told = new CopyOnWriteArrayList<>();
            Sized operation = new Sized(engine, 301);
            engine.onLoop(() -> {
                engine.context.start(operation);
                assertThat(engine.context.isSubmittable()).isFalse();
                engine.context.addSubmittableListener(context -> told.add(context.isSubmittable()));
                operation.endNow();
                assertThat(engine.context.isSubmittable()).isTrue();
            });
            engine.turns(2);
            assertThat(told).containsExactly(true);
        }
    }

    @Test
    void shouldRefuseMarksThatContradict() {
        assertThatIllegalArgumentException().isThrownBy(() -> new AioWaterMark(2, 1, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new AioWaterMark(0, 1, 2, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new AioWaterMark(-1, 1, 0, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AioConfig.builder().pendingBytes(0))
                .withMessageContaining("pendingBytes=0");
    }
}
