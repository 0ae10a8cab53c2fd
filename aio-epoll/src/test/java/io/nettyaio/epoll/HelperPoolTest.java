package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class HelperPoolTest {

    private static final long LONG_IDLE = TimeUnit.SECONDS.toNanos(60);

    private static void awaitNoThreads(HelperPool pool) {
        Await.until(() -> pool.threads() + " threads left", () -> pool.threads() == 0);
    }

    @Test
    void shouldRunAsManyAtOnceAsThereAreThreadsWhenMoreIsQueued() {
        HelperPool pool = new HelperPool("most", 3, 64, TimeUnit.MILLISECONDS.toNanos(1));
        Holdup holdup = new Holdup();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            assertThat(pool.offer(() -> {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        holdup.pass();
                        running.decrementAndGet();
                        done.incrementAndGet();
                    }))
                    .isTrue();
        }
        holdup.awaitArrived(3);
        assertThat(pool.threads()).isEqualTo(3);

        holdup.letGo();

        Await.until("all jobs are done", () -> done.get() == 20);
        assertThat(most).hasValue(3);
        awaitNoThreads(pool);
    }

    @Test
    void shouldSayNoAndNotRunTheJobWhenTheQueueIsFull() {
        HelperPool pool = new HelperPool("full", 1, 4, TimeUnit.MILLISECONDS.toNanos(1));
        Holdup holdup = new Holdup();
        AtomicInteger ran = new AtomicInteger();
        assertThat(pool.offer(holdup::pass)).isTrue();
        holdup.awaitArrived(1);
        int taken = 0;
        while (pool.offer(ran::incrementAndGet)) {
            taken++;
        }
        assertThat(taken).isEqualTo(4);

        holdup.letGo();
        awaitNoThreads(pool);

        assertThat(ran).hasValue(4);
        assertThat(pool.offer(ran::incrementAndGet)).isTrue();
        Await.until("there is room again", () -> ran.get() == 5);
        awaitNoThreads(pool);
    }

    @Test
    void shouldKeepTheOrderWhenThereIsOneThread() {
        HelperPool pool = new HelperPool("order", 1, 1024, TimeUnit.MILLISECONDS.toNanos(1));
        Queue<Integer> order = new ConcurrentLinkedQueue<>();
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            int number = i;
            expected.add(i);
            assertThat(pool.offer(() -> order.add(number))).isTrue();
        }

        awaitNoThreads(pool);

        assertThat(order).containsExactlyElementsOf(expected);
    }

    @Test
    void shouldUseTheIdleThreadWhenOneJobComesAfterAnother() {
        HelperPool pool = new HelperPool("reuse", 8, 64, TimeUnit.MILLISECONDS.toNanos(500));
        AtomicReference<Thread> worker = new AtomicReference<>();
        for (int i = 0; i < 50; i++) {
            worker.set(null);
            assertThat(pool.offer(() -> worker.set(Thread.currentThread()))).isTrue();
            Await.until("the job runs", () -> worker.get() != null);
            Await.until("its thread waits for more", () -> worker.get().getState() == Thread.State.TIMED_WAITING);
            assertThat(worker.get().getName()).isEqualTo("reuse-1");
            assertThat(worker.get().isDaemon()).isTrue();
        }
        assertThat(pool.threads()).isEqualTo(1);
        awaitNoThreads(pool);
    }

    @Test
    void shouldGoOnWhenAJobThrows() {
        EngineLog.begin();
        HelperPool pool = new HelperPool("throws", 1, 64, TimeUnit.MILLISECONDS.toNanos(1));
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            pool.offer(() -> {
                throw new IllegalStateException("the job's own");
            });
            pool.offer(ran::incrementAndGet);
        }

        awaitNoThreads(pool);

        assertThat(ran).hasValue(3);
        assertThat(EngineLog.errors()).hasSize(3).allMatch(error -> error.contains("the job's own"));
    }

    @Test
    void shouldLoseNoJobWhenAThreadIsInterrupted() {
        HelperPool pool = new HelperPool("interrupt", 2, 1024, TimeUnit.MILLISECONDS.toNanos(1));
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 500; i++) {
            pool.offer(() -> {
                ran.incrementAndGet();
                Thread.currentThread().interrupt();
            });
        }

        Await.until(() -> ran + " jobs ran", () -> ran.get() == 500);
        awaitNoThreads(pool);
    }

    @Test
    void shouldLoseNoJobWhenManyProducersMeetThreadsThatEnd() throws Exception {
        int producers = 6;
        int each = 15_000;
        // Threads that end after hardly any time, so that offers keep meeting one that is about to.
        HelperPool pool = new HelperPool("many", 3, 256, 20_000);
        AtomicInteger ran = new AtomicInteger();
        AtomicInteger mostThreads = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int p = 0; p < producers; p++) {
            Random random = new Random(p);
            threads.add(new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    while (!pool.offer(ran::incrementAndGet)) {
                        Thread.onSpinWait();
                    }
                    mostThreads.accumulateAndGet(pool.threads(), Math::max);
                    if (random.nextInt(200) == 0) {
                        LockSupport.parkNanos(30_000);
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        Await.until(() -> ran + " jobs ran", () -> ran.get() == producers * each);
        assertThat(mostThreads.get()).isBetween(1, 3);
        awaitNoThreads(pool);
    }

    @Test
    void shouldRunAShortJobWhenALongOneHoldsAThreadAndOthersAreToSpare() {
        Random random = new Random(3);
        HelperPool pool = new HelperPool("spare", 2, 64, 50_000);
        for (int round = 0; round < 2_000; round++) {
            CountDownLatch release = new CountDownLatch(1);
            CountDownLatch shortRan = new CountDownLatch(1);
            CountDownLatch longRan = new CountDownLatch(1);
            assertThat(pool.offer(() -> {
                        Await.latch(release, "the long job is let go");
                        longRan.countDown();
                    }))
                    .isTrue();
            // The offers meet threads in each of their states.
            LockSupport.parkNanos(random.nextInt(60_000));
            assertThat(pool.offer(shortRan::countDown)).isTrue();
            Await.latch(shortRan, "the short job of round " + round);
            release.countDown();
            Await.latch(longRan, "the long job of round " + round);
        }
        awaitNoThreads(pool);
    }

    @Test
    void shouldStartAThreadForEachJobWhenAllComeAtOnceAndNoneIsIdle() {
        HelperPool pool = new HelperPool("burst", 8, 64, LONG_IDLE);
        for (int round = 0; round < 50; round++) {
            Holdup all = new Holdup();
            for (int i = 0; i < 8; i++) {
                assertThat(pool.offer(all::pass)).isTrue();
            }
            all.awaitArrived(8);
            all.letGo();
        }
        assertThat(pool.threads()).isEqualTo(8);
    }
}
