package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioOperation;
import io.nettyaio.AioRoute;
import io.nettyaio.AioStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operations of the user's own: which of their methods are called, how often, where, and with what. */
@Timeout(30)
class UserOperationTest {

    private final ScriptedSyscalls syscalls = new ScriptedSyscalls();
    private final Engine engine = new Engine(
            syscalls, AioConfig.builder().helperThreads(1).helperQueue(4).queueDepth(4));

    @AfterEach
    void close() {
        engine.close();
    }

    /** Notes what is called. Each step of the script is one attempt. */
    private class Scripted implements AioOperation<String> {
        final List<AioStep> script;
        final List<Long> attempts = Collections.synchronizedList(new ArrayList<>());
        final AtomicInteger completes = new AtomicInteger();
        final AtomicInteger releases = new AtomicInteger();
        final List<String> discarded = Collections.synchronizedList(new ArrayList<>());
        volatile boolean onLoop;
        volatile boolean releasedOnLoop;

        Scripted(AioStep... script) {
            this.script = List.of(script);
        }

        @Override
        public String name() {
            return "scripted";
        }

        @Override
        public AioStep submit(long bytesDone) throws Exception {
            onLoop = engine.loop.inEventLoop();
            attempts.add(bytesDone);
            return script.get(attempts.size() - 1);
        }

        @Override
        public String complete(long bytesDone) throws Exception {
            assertThat(engine.loop.inEventLoop()).isTrue();
            completes.incrementAndGet();
            return "bytes=" + bytesDone;
        }

        @Override
        public void release() {
            releasedOnLoop = engine.loop.inEventLoop();
            releases.incrementAndGet();
        }

        @Override
        public void discard(String value) {
            discarded.add(value);
        }
    }

    private final class Inline extends Scripted {
        Inline(AioStep... script) {
            super(script);
        }

        @Override
        public AioRoute route() {
            return AioRoute.INLINE;
        }
    }

    private static <V> Promise<V> promise() {
        return new DefaultPromise<>(GlobalEventExecutor.INSTANCE);
    }

    /** Occupies the only helper. */
    private Holdup occupyHelper(List<Future<?>> futures) {
        Holdup holdup = new Holdup();
        futures.add(engine.context.submit(new Scripted(AioStep.done(0)) {
            @Override
            public AioStep submit(long bytesDone) throws Exception {
                holdup.pass();
                return super.submit(bytesDone);
            }
        }));
        holdup.awaitArrived(1);
        return holdup;
    }

    private void awaitQuiet() {
        Await.until("nothing pending", () -> engine.context.stats().pending() == 0);
    }

    @Test
    void shouldAttemptOnAHelperAndCompleteOnTheLoopWhenDone() {
        Scripted operation = new Scripted(AioStep.done(7));

        AioFuture<String> future = engine.context.submit(operation);

        assertThat(Await.value(future)).isEqualTo("bytes=7");
        assertThat(operation.onLoop).isFalse();
        assertThat(operation.releases).as("released before it completes").hasValue(1);
        assertThat(operation.releasedOnLoop).isFalse();
        assertThat(future.route()).isEqualTo(AioRoute.HELPER);
        assertThat(engine.context.stats().completedHelper()).isOne();
    }

    @Test
    void shouldAttemptOnTheLoopWhenInline() {
        Inline operation = new Inline(AioStep.retry(1), AioStep.done(2));

        AioFuture<String> future = engine.context.submit(operation);

        assertThat(Await.value(future)).isEqualTo("bytes=3");
        assertThat(operation.onLoop).isTrue();
        assertThat(operation.releasedOnLoop).isTrue();
        assertThat(operation.releases).hasValue(1);
        assertThat(future.route()).isEqualTo(AioRoute.INLINE);
    }

    @Test
    void shouldCarryBytesDoneWhenRetried() {
        Scripted operation = new Scripted(AioStep.retry(10), AioStep.retry(20), AioStep.done(3));

        assertThat(Await.value(engine.context.submit(operation))).isEqualTo("bytes=33");
        assertThat(operation.attempts).containsExactly(0L, 10L, 30L);
        assertThat(operation.releases).hasValue(1);
    }

    @Test
    void shouldHoldNothingWhenItWaitsForAnother() {
        List<Promise<Object>> ready = new ArrayList<>();
        List<Scripted> operations = new ArrayList<>();
        List<AioFuture<String>> futures = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Promise<Object> when = promise();
            ready.add(when);
            Scripted operation = new Scripted(AioStep.retry(1, when), AioStep.done(1));
            operations.add(operation);
            futures.add(engine.context.submit(operation));
        }
        Await.until("all have tried", () -> operations.stream().allMatch(o -> o.attempts.size() == 1));
        Await.until(
                "no slot is taken",
                () -> engine.context.stats().freeSlots()
                        == engine.context.stats().slots());
        assertThat(engine.context.stats().pending()).isEqualTo(20);

        ready.forEach(when -> when.setSuccess("ready"));

        futures.forEach(future -> assertThat(Await.value(future)).isEqualTo("bytes=2"));
    }

    @Test
    void shouldFailWithItWhenWhatItWaitsForFails() {
        IOException cause = new IOException("not ready");
        Promise<Object> when = promise();
        Scripted operation = new Scripted(AioStep.retry(1, when));
        AioFuture<String> future = engine.context.submit(operation);

        when.setFailure(cause);

        assertThat(Await.failure(future)).isSameAs(cause);
        assertThat(operation.completes).hasValue(0);
        Await.until("released", () -> operation.releases.get() == 1);
    }

    @Test
    void shouldAddTheResultWhenPending() {
        Promise<Integer> result = promise();
        Scripted operation = new Scripted(AioStep.retry(1), AioStep.pending(2, result));
        AioFuture<String> future = engine.context.submit(operation);
        Await.until("second attempt", () -> operation.attempts.size() == 2);
        assertThat(future.isDone()).isFalse();

        result.setSuccess(40);

        assertThat(Await.value(future)).isEqualTo("bytes=43");
        Await.until("released", () -> operation.releases.get() == 1);
    }

    @Test
    void shouldFailWhenAnAttemptThrows() {
        IOException cause = new IOException("no");
        Scripted operation = new Scripted() {
            @Override
            public AioStep submit(long bytesDone) throws Exception {
                throw cause;
            }
        };

        assertThat(Await.failure(engine.context.submit(operation))).isSameAs(cause);
        assertThat(operation.releases).hasValue(1);
    }

    @Test
    void shouldFailWhenCompleteThrows() {
        Scripted operation = new Scripted(AioStep.done(1)) {
            @Override
            public String complete(long bytesDone) throws Exception {
                throw new IOException("unfit");
            }
        };

        assertThat(Await.failure(engine.context.submit(operation))).hasMessage("unfit");
    }

    @Test
    void shouldNeverBeAttemptedWhenCancelledInTheQueue() {
        List<Future<?>> others = new ArrayList<>();
        Holdup holdup = occupyHelper(others);
        List<Scripted> operations = new ArrayList<>();
        List<AioFuture<String>> futures = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            operations.add(new Scripted(AioStep.done(i)));
            futures.add(engine.context.submit(operations.get(i)));
        }
        engine.turn();

        futures.forEach(future -> assertThat(future.cancel(false)).isTrue());
        holdup.letGo();
        awaitQuiet();

        others.forEach(Await::value);
        assertThat(operations).allSatisfy(operation -> {
            assertThat(operation.attempts).isEmpty();
            assertThat(operation.releases).hasValue(0);
        });
    }

    @Test
    void shouldGetNoFurtherAttemptWhenCancelledInOne() {
        Holdup holdup = new Holdup();
        Scripted operation = new Scripted(AioStep.retry(1), AioStep.done(1)) {
            @Override
            public AioStep submit(long bytesDone) throws Exception {
                holdup.pass();
                return super.submit(bytesDone);
            }
        };
        AioFuture<String> future = engine.context.submit(operation);
        holdup.awaitArrived(1);

        assertThat(future.cancel(true)).isTrue();
        assertThat(future.isCancelled()).isTrue();
        assertThat(operation.releases).as("while the attempt runs").hasValue(0);
        holdup.letGo();
        awaitQuiet();

        Await.until("released", () -> operation.releases.get() == 1);
        assertThat(operation.attempts).hasSize(1);
        assertThat(operation.completes).hasValue(0);
    }

    @Test
    void shouldCancelWhatItWaitsForWhenCancelled() {
        Promise<Integer> result = promise();
        Scripted operation = new Scripted(AioStep.pending(0, result));
        AioFuture<String> future = engine.context.submit(operation);
        Await.until("attempted", () -> operation.attempts.size() == 1);
        Await.until("waits", () -> engine.context.stats().helperInFlight() == 0);

        assertThat(future.cancel(false)).isTrue();

        assertThat(Await.failure(result)).isInstanceOf(CancellationException.class);
        Await.until("released", () -> operation.releases.get() == 1);
        awaitQuiet();
    }

    @Test
    void shouldDiscardTheValueWhenCancelledAsItIsMade() {
        List<AioFuture<String>> self = Collections.synchronizedList(new ArrayList<>());
        Scripted operation = new Scripted(AioStep.done(1)) {
            @Override
            public String complete(long bytesDone) throws Exception {
                self.get(0).cancel(false);
                return super.complete(bytesDone);
            }
        };

        engine.onLoop(() -> self.add(engine.context.submit(operation)));

        awaitQuiet();
        assertThat(self.get(0).isCancelled()).isTrue();
        Await.until("discarded", () -> !operation.discarded.isEmpty());
        assertThat(operation.discarded).containsExactly("bytes=1");
    }

    @Test
    void shouldFailAndCancelWhatItWaitsForWhenTheContextCloses() {
        Promise<Object> when = promise();
        Scripted operation = new Scripted(AioStep.retry(5, when), AioStep.done(1));
        AioFuture<String> future = engine.context.submit(operation);
        Await.until("attempted", () -> operation.attempts.size() == 1);

        assertThat(Await.outcome(engine.context.close())).isNull();

        AioException failure = (AioException) Await.failure(future);
        assertThat(failure.kind()).isEqualTo(AioException.Kind.CLOSED);
        assertThat(failure.operation()).isEqualTo("scripted");
        Await.until("what it waited for is cancelled", when::isCancelled);
        Await.until("released", () -> operation.releases.get() == 1);
        assertThat(operation.attempts).hasSize(1);
    }

    @Test
    void shouldFailWhenTheContextClosesDuringAnAttemptThatIsNotTheLast() {
        Holdup holdup = new Holdup();
        Promise<Object> when = promise();
        Scripted operation = new Scripted(AioStep.retry(5, when), AioStep.done(1)) {
            @Override
            public AioStep submit(long bytesDone) throws Exception {
                holdup.pass();
                return super.submit(bytesDone);
            }
        };
        AioFuture<String> future = engine.context.submit(operation);
        holdup.awaitArrived(1);
        AioFuture<Void> closed = engine.context.close();
        engine.turn();
        assertThat(closed.isDone()).isFalse();

        holdup.letGo();

        assertThat(((AioException) Await.failure(future)).bytesTransferred()).isEqualTo(5);
        Await.until("what it would have waited for is cancelled", when::isCancelled);
        assertThat(Await.outcome(closed)).isNull();
        Await.until("released", () -> operation.releases.get() == 1);
    }

    @Test
    void shouldBeCoveredByALaterSyncWhenItChangesAFile() {
        try (TestFile file = TestFile.ofSize(16)) {
            AioFile opened = engine.open(file.path(), AioOpenOption.WRITE);
            Promise<Object> when = promise();
            Scripted operation = new Scripted(AioStep.retry(1, when), AioStep.done(1)) {
                @Override
                public List<AioFile> changes() {
                    return List.of(opened);
                }
            };
            AioFuture<String> change = engine.context.submit(operation);
            AioFuture<Void> sync = opened.fdatasync();
            Await.until("attempted", () -> operation.attempts.size() == 1);
            engine.turns(3);
            assertThat(sync.isDone()).as("waits for the change").isFalse();

            AioFuture<Void> closed = opened.close();
            engine.turns(3);
            assertThat(closed.isDone()).as("the file stays open for it").isFalse();
            when.setSuccess("go");

            assertThat(Await.value(change)).isEqualTo("bytes=2");
            assertThat(Await.outcome(sync)).isNull();
            assertThat(Await.outcome(closed)).isNull();
        }
    }

    @Test
    void shouldBeRefusedWhenItsFileIsOfAnotherLoop() {
        try (TestFile file = TestFile.ofSize(16);
                Engine other = new Engine(syscalls)) {
            AioFile opened = other.open(file.path(), AioOpenOption.READ);
            Scripted operation = new Scripted(AioStep.done(1)) {
                @Override
                public List<AioFile> uses() {
                    return List.of(opened);
                }
            };

            AioException failure = (AioException) Await.failure(engine.context.submit(operation));

            assertThat(failure).hasMessageContaining("file.on(eventLoop)");
            assertThat(operation.attempts).isEmpty();
        }
    }

    @Test
    void shouldThrowWhenItsRouteIsTheEnginesOwn() {
        Scripted operation = new Scripted() {
            @Override
            public AioRoute route() {
                return AioRoute.KERNEL;
            }
        };

        assertThatIllegalArgumentException()
                .isThrownBy(() -> engine.context.submit(operation))
                .withMessageContaining("HELPER, or INLINE");
    }
}
