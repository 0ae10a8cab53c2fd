package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.BlockingOperationException;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioRoute;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AioPromiseTest {

    private final ScriptedSyscalls syscalls = new ScriptedSyscalls();
    private final Engine engine = new Engine(syscalls);
    private final AioPromise<String> promise = new AioPromise<>(engine.loop);

    @AfterEach
    void close() {
        engine.close();
    }

    /** Every way to wait. */
    private interface Waiting {
        void waitFor(AioPromise<String> promise) throws Exception;
    }

    private static final Waiting[] WAYS = {
        AioPromise::sync,
        AioPromise::syncUninterruptibly,
        AioPromise::await,
        AioPromise::awaitUninterruptibly,
        AioPromise::get,
        promise -> promise.get(1, TimeUnit.MILLISECONDS),
        promise -> promise.await(1, TimeUnit.MILLISECONDS),
        promise -> promise.await(1),
        promise -> promise.awaitUninterruptibly(1, TimeUnit.MILLISECONDS),
        promise -> promise.awaitUninterruptibly(1)
    };

    private void assertWaitingRefused() {
        for (int way = 0; way < WAYS.length; way++) {
            Waiting waiting = WAYS[way];
            assertThatExceptionOfType(BlockingOperationException.class)
                    .as("way %d", way)
                    .isThrownBy(() -> waiting.waitFor(promise));
        }
    }

    @Test
    void shouldRefuseToWaitWhenOnItsOwnLoop() {
        engine.onLoop(this::assertWaitingRefused);
    }

    @Test
    void shouldRefuseToWaitWhenOnAnotherLoopThatHasAContext() {
        try (Engine other = new Engine(syscalls)) {
            other.onLoop(this::assertWaitingRefused);
        }
    }

    @Test
    void shouldWaitWhenOnAPlainThread() throws Exception {
        Future<?> unused = engine.loop.schedule(() -> promise.trySuccess("done"), 20, TimeUnit.MILLISECONDS);

        assertThat(promise.get()).isEqualTo("done");
        assertThat(promise.sync()).isSameAs(promise);
        assertThat(promise.await()).isSameAs(promise);
    }

    @Test
    void shouldNotWaitWhenItIsSettledEvenOnALoop() {
        promise.setSuccess("done");

        assertThat(engine.<String>onLoop(() -> promise.sync().getNow())).isEqualTo("done");
    }

    @Test
    void shouldSettleTheStageOnTheLoopWhenItSucceeds() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        CompletableFuture<String> stage = promise.toCompletionStage()
                .thenApply(value -> {
                    thread.set(Thread.currentThread());
                    return value + "!";
                })
                .toCompletableFuture();

        promise.setSuccess("done");

        assertThat(stage.get(10, TimeUnit.SECONDS)).isEqualTo("done!");
        assertThat(engine.loop.inEventLoop(thread.get())).isTrue();
    }

    @Test
    void shouldSettleTheStageWithTheCauseWhenItFails() {
        IOException cause = new IOException("the disk's");
        CompletableFuture<String> stage = promise.toCompletionStage().toCompletableFuture();

        promise.setFailure(cause);

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> stage.get(10, TimeUnit.SECONDS))
                .withCause(cause);
    }

    @Test
    void shouldSettleTheStageWithACancellationWhenItIsCancelled() {
        CompletableFuture<String> stage = promise.toCompletionStage().toCompletableFuture();

        assertThat(promise.cancel(false)).isTrue();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> stage.get(10, TimeUnit.SECONDS))
                .withCauseInstanceOf(CancellationException.class);
    }

    @Test
    void shouldStayOpenWhenTheStagesFutureIsCancelledOrCompleted() {
        assertThat(promise.toCompletionStage().toCompletableFuture().cancel(true))
                .isTrue();
        assertThat(promise.toCompletionStage().toCompletableFuture().complete("forged"))
                .isTrue();

        assertThat(promise.isDone()).isFalse();
        promise.setSuccess("done");
        assertThat(promise.getNow()).isEqualTo("done");
    }

    @Test
    void shouldRefuseAResultWhenCancelled() {
        assertThat(promise.cancel(true)).isTrue();

        assertThat(promise.isCancelled()).isTrue();
        assertThat(promise.trySuccess("late")).isFalse();
        assertThat(promise.tryFailure(new IOException())).isFalse();
        assertThat(promise.cancel(false)).isFalse();
        assertThat(promise.cause()).isInstanceOf(CancellationException.class);
    }

    @Test
    void shouldRefuseToBeCancelledWhenItHasAResult() {
        promise.setSuccess("done");

        assertThat(promise.cancel(true)).isFalse();
        assertThat(promise.isCancelled()).isFalse();
        assertThat(promise.getNow()).isEqualTo("done");
    }

    @Test
    void shouldRunListenersOnTheLoopWhenSettledElsewhere() {
        AtomicReference<Thread> thread = new AtomicReference<>();
        promise.addListener(done -> thread.set(Thread.currentThread()));

        promise.setSuccess("done");

        Await.until("the listener runs", () -> thread.get() != null);
        assertThat(engine.loop.inEventLoop(thread.get())).isTrue();
    }

    @Test
    void shouldStillRunListenersWhenTheLoopHasEnded() {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        IoEventLoop ended = group.next();
        AioPromise<String> late = new AioPromise<>(ended);
        assertThat(group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS))
                .isTrue();
        AtomicReference<String> seen = new AtomicReference<>();

        late.addListener(done -> seen.set((String) done.getNow()));
        late.setSuccess("done");

        Await.until("the listener runs", () -> "done".equals(seen.get()));
    }

    @Test
    void shouldTellTheRouteWhenItHasOne() {
        assertThat(promise.route()).isNull();
        promise.routed(AioRoute.KERNEL);
        assertThat(promise.route()).isEqualTo(AioRoute.KERNEL);
    }
}
