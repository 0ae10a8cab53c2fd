package io.nettyaio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.util.concurrent.BlockingOperationException;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting for several: which are given when, and that nothing stays behind. */
@Timeout(30)
@SuppressWarnings("FutureReturnValueIgnored") // any() gives a future in a future
class AioWaitTest {

    private static final Duration SOON = Duration.ofMillis(20);

    private final EventExecutor loopA = new DefaultEventExecutor();
    private final EventExecutor loopB = new DefaultEventExecutor();
    private final DefaultAioFuture<String> a = new DefaultAioFuture<>(loopA);
    private final DefaultAioFuture<String> b = new DefaultAioFuture<>(loopB);
    private final DefaultAioFuture<String> c = new DefaultAioFuture<>(loopA);
    private final AioWait waits = AioWait.on(loopB);

    @AfterEach
    void shutDown() {
        for (EventExecutor loop : List.of(loopA, loopB)) {
            Future<?> unused = loop.shutdownGracefully(0, 5, TimeUnit.SECONDS);
            assertThat(loop.terminationFuture().awaitUninterruptibly(10, TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    private static <V> V get(Future<V> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    private static void quiesce(EventExecutor... loops) throws Exception {
        for (EventExecutor loop : loops) {
            get(loop.submit(() -> {}));
        }
    }

    /** How many listen to a future: Netty keeps them in one field or in another. */
    private static int listeners(Future<?> future) throws ReflectiveOperationException {
        int count = 0;
        for (String name : List.of("listener", "listeners")) {
            Field field = io.netty.util.concurrent.DefaultPromise.class.getDeclaredField(name);
            field.setAccessible(true);
            Object value = field.get(future);
            if (value != null && name.equals("listener")) {
                count++;
            } else if (value != null) {
                Field size = value.getClass().getDeclaredField("size");
                size.setAccessible(true);
                count += (int) size.get(value);
            }
        }
        return count;
    }

    @Test
    void shouldGiveTheFirstDoneWhenAny() throws Exception {
        AioFuture<DefaultAioFuture<String>> any = waits.any(a, b, c);
        assertThat(any.isDone()).isFalse();

        b.setSuccess("b");

        assertThat(get(any)).isSameAs(b);
    }

    @Test
    void shouldCountAFailureAsDoneWhenAny() throws Exception {
        AioFuture<DefaultAioFuture<String>> any = waits.any(a, b);

        a.setFailure(new IOException("the disk's"));

        assertThat(get(any)).isSameAs(a);
        assertThat(get(any).cause()).hasMessage("the disk's");
    }

    @Test
    void shouldCountACancelledOneAsDoneWhenAny() throws Exception {
        AioFuture<DefaultAioFuture<String>> any = waits.any(a, b);

        assertThat(b.cancel(false)).isTrue();

        assertThat(get(any)).isSameAs(b);
    }

    @Test
    void shouldCompleteOnTheGivenLoopWhenMembersAreOfOthers() throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        AioFuture<List<DefaultAioFuture<String>>> all = AioWait.on(loopB).all(a, c);
        AioFuture<?> unused = all.addListener(done -> thread.complete(Thread.currentThread()));

        a.setSuccess("a");
        c.setSuccess("c");
        get(all);

        assertThat(loopB.inEventLoop(thread.get(10, TimeUnit.SECONDS))).isTrue();
    }

    @Test
    void shouldGiveAllThatAreDoneInOrderWhenSome() throws Exception {
        AioFuture<List<DefaultAioFuture<String>>> some = waits.some(2, a, b, c);

        c.setSuccess("c");
        quiesce(loopA, loopB);
        assertThat(some.isDone()).isFalse();
        a.setSuccess("a");

        assertThat(get(some)).containsExactly(a, c);
    }

    /** Trap 37: B gets done while A is waited for; the next wait gives it. */
    @Test
    void shouldNotLoseOneWhenAnotherWasWaitedFor() throws Exception {
        a.setSuccess("a");
        b.setSuccess("b");

        assertThat(get(waits.some(1, a, b, c))).containsExactly(a, b);
        assertThat(AioWait.suspend(null, c, b, a)).containsExactly(b, a);
        assertThat(AioWait.suspend(Duration.ZERO, b)).containsExactly(b);
    }

    @Test
    void shouldSucceedWhenAllAreDoneHowever() throws Exception {
        AioFuture<List<DefaultAioFuture<String>>> all = waits.all(a, b);

        a.setFailure(new IOException("no"));
        assertThat(b.cancel(false)).isTrue();

        assertThat(get(all)).containsExactly(a, b);
    }

    @Test
    void shouldFailWithTheFirstOfTheArgumentsWhenAllSuccessfulIsAskedFor() {
        IOException causeA = new IOException("a");
        IOException causeC = new IOException("c");
        AioFuture<Void> all = waits.allSuccessful(List.of(a, b, c));

        c.setFailure(causeC);
        a.setFailure(causeA);
        assertThat(all.isDone()).as("b may still use a buffer").isFalse();
        b.setSuccess("b");

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> get(all))
                .withCause(causeA);
        assertThat(causeA.getSuppressed()).containsExactly(causeC);
    }

    @Test
    void shouldSucceedWhenAllSuccessful() throws Exception {
        AioFuture<Void> all = waits.allSuccessful(List.of(a, b));
        a.setSuccess("a");
        b.setSuccess("b");

        assertThat(get(all)).isNull();
        assertThat(all.isSuccess()).isTrue();
    }

    @Test
    void shouldBeDoneAtOnceWhenAllOfNone() {
        assertThat(waits.all(List.of()).getNow()).isEmpty();
        assertThat(waits.allSuccessful(List.of()).isSuccess()).isTrue();
    }

    @Test
    void shouldRefuseWhenItCouldNeverBeDone() {
        for (int count : new int[] {0, -1, 3}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> waits.some(count, a, b))
                    .withMessageContaining("count=" + count + " of 2");
            assertThatIllegalArgumentException().isThrownBy(() -> AioWait.suspend(null, count, List.of(a, b)));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> waits.any(List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> AioWait.suspend(SOON, List.of()));
    }

    @Test
    void shouldCountOnceWhenGivenTwice() throws Exception {
        assertThatIllegalArgumentException().isThrownBy(() -> waits.some(2, a, a));
        AioFuture<List<DefaultAioFuture<String>>> both = waits.some(2, a, a, b, b);

        a.setSuccess("a");
        quiesce(loopA);
        assertThat(both.isDone()).isFalse();
        b.setSuccess("b");

        assertThat(get(both)).containsExactly(a, b);
    }

    @Test
    void shouldLeaveMembersAloneWhenCancelled() throws Exception {
        AioFuture<DefaultAioFuture<String>> any = waits.any(a, b);

        assertThat(any.cancel(true)).isTrue();
        quiesce(loopB);

        assertThat(a.isDone()).isFalse();
        assertThat(b.isDone()).isFalse();
        assertThat(listeners(a)).isZero();
        assertThat(listeners(b)).isZero();
    }

    @Test
    void shouldFailAndLeaveMembersAloneWhenItsDeadlinePasses() throws Exception {
        AioFuture<DefaultAioFuture<String>> any = waits.any(a, b).deadline(SOON);

        assertThat(any.await(10, TimeUnit.SECONDS)).isTrue();

        AioException failure = (AioException) any.cause();
        assertThat(failure.kind()).isEqualTo(AioException.Kind.TIMED_OUT);
        assertThat(failure.errnoName()).isEqualTo("ETIMEDOUT");
        assertThat(failure).hasMessageContaining("deadline of 0.02s");
        quiesce(loopB);
        assertThat(listeners(a)).isZero();
        assertThat(a.isDone()).isFalse();
    }

    @Test
    void shouldWaitForWaitsWhenNested() throws Exception {
        AioFuture<?> both = waits.all(a, b);
        AioFuture<?> either = waits.any(List.of(both, c));

        a.setSuccess("a");
        b.setSuccess("b");

        assertThat(get(either)).isSameAs(both);
    }

    /** A future that lives long is not to remember all who have waited for it. */
    @Test
    void shouldLeaveNoListenerWhenWaitedForAHundredThousandTimes() throws Exception {
        for (int i = 0; i < 100_000; i++) {
            DefaultAioFuture<String> quick = new DefaultAioFuture<>(loopB);
            AioFuture<DefaultAioFuture<String>> any = i % 2 == 0 ? waits.any(a, quick) : waits.any(quick, a);
            quick.setSuccess("quick");
            if (i % 1000 == 0) {
                get(any);
                quiesce(loopB);
                assertThat(listeners(a)).as("after %d", i).isLessThanOrEqualTo(1);
            }
        }
        quiesce(loopA, loopB);
        assertThat(listeners(a)).isZero();
        assertThat(AioWait.suspend(Duration.ofNanos(1), a)).isEmpty();
        assertThat(listeners(a)).isZero();
    }

    @Test
    void shouldLeaveNoListenerWhenMembersAreDoneAsTheWaitBegins() throws Exception {
        for (int i = 0; i < 5_000; i++) {
            DefaultAioFuture<String> quick = new DefaultAioFuture<>(loopB);
            loopB.execute(() -> quick.setSuccess("quick"));
            assertThat(get(waits.any(quick, a))).isSameAs(quick);
        }
        quiesce(loopB);
        assertThat(listeners(a)).isZero();
    }

    // ---- suspend -------------------------------------------------------------------------------------------------

    @Test
    void shouldReturnThoseDoneWhenSuspended() throws Exception {
        loopA.schedule(() -> a.setSuccess("a"), 10, TimeUnit.MILLISECONDS);

        assertThat(AioWait.suspend(Duration.ofSeconds(10), a, b)).containsExactly(a);
    }

    @Test
    void shouldReturnFewerWhenTheTimeHasPassed() throws Exception {
        a.setSuccess("a");

        assertThat(AioWait.suspend(SOON, 2, List.of(a, b, c))).containsExactly(a);
        assertThat(AioWait.suspend(SOON, b, c)).isEmpty();
        assertThat(AioWait.suspend(Duration.ofSeconds(-1), b, c)).isEmpty();
        assertThat(listeners(b)).isZero();
    }

    @Test
    void shouldThrowAndLoseNothingWhenInterrupted() throws Exception {
        AtomicReference<Object> outcome = new AtomicReference<>();
        Thread waiter = new Thread(() -> {
            try {
                outcome.set(AioWait.suspend(null, a, b));
            } catch (InterruptedException interrupted) {
                outcome.set(interrupted);
            }
        });
        waiter.start();
        while (listeners(b) == 0) {
            Thread.onSpinWait();
        }

        waiter.interrupt();
        waiter.join(10_000);

        assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
        assertThat(listeners(a)).isZero();
        assertThat(listeners(b)).isZero();
        a.setSuccess("a");
        assertThat(AioWait.suspend(null, a, b)).containsExactly(a);
    }

    @Test
    void shouldThrowWhenItWouldBlockALoop() throws Exception {
        a.setSuccess("a");
        Future<List<Object>> onLoop = loopB.submit(() -> {
            LoopThreads.mark();
            List<Object> seen = new ArrayList<>();
            seen.add(AioWait.suspend(null, a, b)); // nothing to wait for
            seen.add(AioWait.suspend(Duration.ZERO, b));
            for (Duration timeout : new Duration[] {null, SOON}) {
                try {
                    seen.add(AioWait.suspend(timeout, b));
                } catch (BlockingOperationException refused) {
                    seen.add("refused");
                }
            }
            return seen;
        });

        assertThat(get(onLoop)).containsExactly(List.of(a), List.of(), "refused", "refused");
        assertThat(listeners(b)).isZero();
    }

    /** Many threads wait for overlapping sets while members get done: each is given in time, none twice, none lost. */
    @Test
    void shouldGiveEachOnceWhenThreadsWaitInTurns() throws Exception {
        List<DefaultAioFuture<Integer>> left = Collections.synchronizedList(new ArrayList<>());
        List<DefaultAioFuture<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            DefaultAioFuture<Integer> future =
                    new DefaultAioFuture<>(i % 2 == 0 ? loopA : GlobalEventExecutor.INSTANCE);
            futures.add(future);
            left.add(future);
        }
        loopA.execute(() -> {
            for (int i = 0; i < 2_000; i += 2) {
                futures.get(i).setSuccess(i);
            }
        });
        loopB.execute(() -> {
            for (int i = 1; i < 2_000; i += 2) {
                assertThat(
                                i % 3 == 0
                                        ? futures.get(i).cancel(false)
                                        : futures.get(i).trySuccess(i))
                        .isTrue();
            }
        });
        int seen = 0;
        while (!left.isEmpty()) {
            List<DefaultAioFuture<Integer>> done =
                    AioWait.suspend(Duration.ofSeconds(10), Math.min(7, left.size()), left);
            assertThat(done).isNotEmpty().allMatch(Future::isDone);
            seen += done.size();
            left.removeAll(done);
        }
        assertThat(seen).isEqualTo(2_000);
        assertThat(futures.get(3).cause()).isInstanceOf(CancellationException.class);
    }
}
