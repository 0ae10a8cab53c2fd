package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioPollEvents;
import io.nettyaio.AioRoute;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Polls in the kernel: what is taken back, and when a slot is free again. */
@Timeout(60)
class PollTest {

    private static final int ECANCELED = 125;

    private final FakeKernel kernel = new FakeKernel();

    private static AioPipePair pipe(Engine engine) {
        return Await.value(engine.context.pipe());
    }

    private static void close(AioPipePair pipe) {
        Await.value(pipe.readEnd().close());
        Await.value(pipe.writeEnd().close());
    }

    /** Traps 20 and 21: cancelled by the address that was submitted; the slot is in use until the event that still comes. */
    @Test
    void shouldKeepSlotUntilItsEventWhenCancelled() {
        try (Engine engine = new Engine(kernel, AioConfig.builder().queueDepth(2))) {
            AioPipePair pipe = pipe(engine);
            AioFuture<Integer> poll = pipe.readEnd().poll(AioPollEvents.IN);
            FakeKernel.Iocb iocb = kernel.awaitInFlight(1).get(0);
            assertThat(iocb.opcode).isEqualTo(IocbTable.POLL);
            assertThat(iocb.address).as("events").isEqualTo(AioPollEvents.IN);
            assertThat(iocb.count).isZero();
            assertThat(poll.cancel(false)).isTrue();
            Await.until("io_cancel", () -> kernel.cancelled().contains(iocb));
            engine.turns(3);
            assertThat(poll.isCancelled()).isTrue();
            assertThat(engine.context.stats().kernelInFlight()).isOne();
            assertThat(engine.context.stats().pending()).isOne();
            kernel.complete(iocb, 0);
            Await.until("the slot is free", () -> engine.context.stats().pending() == 0);
            assertThat(engine.context.stats().freeSlots())
                    .isEqualTo(engine.context.stats().slots());
            close(pipe);
        }
    }

    /** What has not been submitted by then never is. */
    @Test
    void shouldNeverBeSubmittedWhenCancelledBefore() {
        try (Engine engine = new Engine(kernel)) {
            AioPipePair pipe = pipe(engine);
            engine.onLoop(() -> {
                AioFuture<Integer> poll = pipe.readEnd().poll(AioPollEvents.IN);
                poll.cancel(false);
            });
            Await.until("it has ended", () -> engine.context.stats().pending() == 0);
            engine.turns(2);
            assertThat(kernel.taken()).isEmpty();
            close(pipe);
        }
    }

    /** A cancel that comes too late: the kernel's result is the one that counts for the slot, the future's is its own. */
    @Test
    void shouldSettleOnceWhenEventAndCancelCross() {
        try (Engine engine = new Engine(kernel)) {
            AioPipePair pipe = pipe(engine);
            AioFuture<Integer> poll = pipe.readEnd().poll(AioPollEvents.IN);
            FakeKernel.Iocb iocb = kernel.awaitInFlight(1).get(0);
            kernel.complete(iocb, AioPollEvents.IN);
            assertThat(Await.value(poll)).isEqualTo(AioPollEvents.IN);
            assertThat(poll.cancel(false)).isFalse();
            close(pipe);
        }
    }

    @Test
    void shouldTakePollsBackWhenPipeCloses() {
        try (Engine engine = new Engine(kernel)) {
            AioPipePair pipe = pipe(engine);
            AioFuture<Integer> poll = pipe.readEnd().poll(AioPollEvents.IN);
            AioFuture<Integer> other = pipe.writeEnd().poll(AioPollEvents.ERR);
            kernel.awaitInFlight(2);
            Await.value(pipe.readEnd().close());
            assertThat(kernel.cancelled()).hasSize(1);
            kernel.complete(kernel.cancelled().get(0), 0);
            assertThat(((AioException) Await.failure(poll)).errno()).isEqualTo(ECANCELED);
            assertThat(other.isDone()).isFalse();
            kernel.complete(kernel.awaitInFlight(1).get(0), AioPollEvents.ERR | 0x40);
            assertThat(Await.value(other)).as("only what was asked for").isEqualTo(AioPollEvents.ERR);
            Await.value(pipe.writeEnd().close());
        }
    }

    /** Trap 33, and sandboxes without IOCB_CMD_POLL: epoll does it. */
    @Test
    void shouldGoByEpollWhenKernelRefuses() {
        FakeKernel refusing = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return -Errno.EINVAL;
            }
        };
        try (Engine engine = new Engine(refusing)) {
            AioPipePair pipe = pipe(engine);
            AioFuture<Integer> poll = pipe.writeEnd().poll(AioPollEvents.OUT);
            assertThat(Await.value(poll)).isEqualTo(AioPollEvents.OUT);
            assertThat(poll.route()).isEqualTo(AioRoute.READINESS);
            close(pipe);
        }
    }

    /** Trap 34. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "5.15.0-91-generic, false",
        "4.19.0, false",
        "5.16.0, true",
        "5.16-rc6, true",
        "6.1.0-17-amd64, true",
        "10.0, true",
        "unheard of, false",
        "'', false"
    })
    void shouldTrustKernelPollWhenItIsSound(String release, boolean sound) {
        assertThat(Polls.isSound(release)).isEqualTo(sound);
    }
}
