package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WriteBarrierTest {

    private final Engine engine = new Engine(new ScriptedSyscalls());
    private final WriteBarrier barrier = new WriteBarrier();

    @AfterEach
    void close() {
        engine.close();
    }

    /** A sync: it is submitted when the barrier resumes it. */
    private TestOperation sync() {
        return new TestOperation(engine.context);
    }

    private void assertResumed(TestOperation sync) {
        Await.until("the sync is resumed", () -> sync.submits.get() > 0);
        engine.turns(2);
        assertThat(sync.submits).hasValue(1);
    }

    private void assertWaiting(TestOperation sync) {
        engine.turns(3);
        assertThat(sync.submits).hasValue(0);
    }

    @Test
    void shouldLetASyncThroughWhenNothingIsOutstanding() {
        assertThat(barrier.seal()).isNull();

        barrier.exit(barrier.enter());
        assertThat(barrier.seal()).isNull();

        WriteBarrier.Epoch write = barrier.enter();
        assertThat(barrier.seal()).isNotNull();
        barrier.exit(write);
        assertThat(barrier.seal()).isNull();
    }

    @Test
    void shouldResumeASyncWhenTheLastWriteBeforeItEnds() {
        WriteBarrier.Epoch first = barrier.enter();
        WriteBarrier.Epoch second = barrier.enter();
        TestOperation sync = sync();
        WriteBarrier.Epoch awaited = barrier.seal();
        assertThat(barrier.await(awaited, sync)).isTrue();

        barrier.exit(second);
        assertWaiting(sync);

        barrier.exit(first);
        assertResumed(sync);
        assertThat(barrier.await(awaited, sync)).isFalse();
    }

    @Test
    void shouldNotWaitWhenAWriteStartsAfterTheSync() {
        WriteBarrier.Epoch before = barrier.enter();
        TestOperation sync = sync();
        WriteBarrier.Epoch awaited = barrier.seal();
        WriteBarrier.Epoch after = barrier.enter();
        assertThat(after).isNotSameAs(before);
        assertThat(barrier.await(awaited, sync)).isTrue();

        barrier.exit(before);

        assertResumed(sync);
        barrier.exit(after);
    }

    @Test
    void shouldWaitForEarlierEpochsWhenItsOwnIsDone() {
        WriteBarrier.Epoch oldest = barrier.enter();
        TestOperation firstSync = sync();
        WriteBarrier.Epoch firstAwaited = barrier.seal();
        WriteBarrier.Epoch middle = barrier.enter();
        TestOperation secondSync = sync();
        WriteBarrier.Epoch secondAwaited = barrier.seal();
        assertThat(barrier.await(firstAwaited, firstSync)).isTrue();
        assertThat(barrier.await(secondAwaited, secondSync)).isTrue();

        barrier.exit(middle);
        assertWaiting(firstSync);
        assertWaiting(secondSync);

        barrier.exit(oldest);
        assertResumed(firstSync);
        assertResumed(secondSync);
    }

    @Test
    void shouldWaitForTheSameEpochWhenNoWriteLiesBetweenTwoSyncs() {
        WriteBarrier.Epoch write = barrier.enter();
        WriteBarrier.Epoch first = barrier.seal();
        WriteBarrier.Epoch second = barrier.seal();

        assertThat(second).isSameAs(first);
        TestOperation one = sync();
        TestOperation other = sync();
        assertThat(barrier.await(first, one)).isTrue();
        assertThat(barrier.await(second, other)).isTrue();
        barrier.exit(write);
        assertResumed(one);
        assertResumed(other);
    }

    @Test
    void shouldNotWaitWhenTheEpochEndsBetweenSealAndAwait() {
        WriteBarrier.Epoch write = barrier.enter();
        WriteBarrier.Epoch awaited = barrier.seal();
        barrier.exit(write);

        assertThat(barrier.await(awaited, sync())).isFalse();
    }

    @Test
    void shouldWaitForAnOlderEpochWhenWritesBetweenHaveEndedBeforeTheSync() {
        WriteBarrier.Epoch oldest = barrier.enter();
        barrier.seal();
        barrier.exit(barrier.enter());
        TestOperation sync = sync();

        // Nothing is outstanding in the open epoch, but the sealed one is not done.
        WriteBarrier.Epoch awaited = barrier.seal();
        assertThat(awaited).isNotNull();
        assertThat(barrier.await(awaited, sync)).isTrue();
        barrier.exit(oldest);

        assertResumed(sync);
    }

    /** A sync that checks, when it is resumed, that each write known to be before it has ended. */
    private final class CheckedSync extends TestOperation {
        private final List<Write> before;
        private final Queue<String> violations;

        CheckedSync(List<Write> before, Queue<String> violations) {
            super(engine.context);
            this.before = before;
            this.violations = violations;
        }

        void check() {
            for (Write write : before) {
                if (!write.ending) {
                    violations.add("released before write " + write.number);
                }
            }
        }

        @Override
        void submit() {
            check();
            super.submit();
        }
    }

    private static final class Write {
        private final int number;
        private volatile boolean ending;

        Write(int number) {
            this.number = number;
        }
    }

    @Test
    void shouldNeitherReleaseEarlyNorForgetWhenWritesAndSyncsRaceAtRandom() throws Exception {
        int writers = 4;
        int writesEach = 15_000;
        Set<Write> entered = ConcurrentHashMap.newKeySet();
        Queue<String> violations = new ConcurrentLinkedQueue<>();
        AtomicBoolean writing = new AtomicBoolean(true);
        AtomicInteger waited = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int w = 0; w < writers; w++) {
            int writer = w;
            threads.add(new Thread(() -> writeAtRandom(new Random(writer), writer * writesEach, writesEach, entered)));
        }
        List<CheckedSync> syncs = new ArrayList<>();
        Thread syncer = new Thread(() -> {
            while (writing.get()) {
                List<Write> before = new ArrayList<>(entered);
                CheckedSync sync = new CheckedSync(before, violations);
                WriteBarrier.Epoch awaited = barrier.seal();
                if (awaited != null && barrier.await(awaited, sync)) {
                    waited.incrementAndGet();
                    syncs.add(sync);
                } else {
                    sync.check();
                }
            }
        });
        threads.forEach(Thread::start);
        syncer.start();
        for (Thread thread : threads) {
            thread.join();
        }
        writing.set(false);
        syncer.join();

        for (CheckedSync sync : syncs) {
            Await.until("every sync is resumed", () -> sync.submits.get() == 1);
        }
        assertThat(violations).isEmpty();
        assertThat(waited.get()).as("syncs that had to wait").isGreaterThan(100);
        assertThat(barrier.seal()).isNull();
    }

    private void writeAtRandom(Random random, int from, int count, Set<Write> entered) {
        record Open(Write write, WriteBarrier.Epoch epoch) {}
        ArrayDeque<Open> open = new ArrayDeque<>();
        for (int i = 0; i < count || !open.isEmpty(); i++) {
            if (i < count && open.size() < 8 && random.nextInt(5) > 1) {
                Write write = new Write(from + i);
                WriteBarrier.Epoch epoch = barrier.enter();
                // Only now is it certain to be before a sync that sees it.
                entered.add(write);
                open.add(new Open(write, epoch));
            } else if (!open.isEmpty()) {
                Open ended = random.nextBoolean() ? open.removeFirst() : open.removeLast();
                entered.remove(ended.write());
                ended.write().ending = true;
                barrier.exit(ended.epoch());
            }
        }
    }
}
