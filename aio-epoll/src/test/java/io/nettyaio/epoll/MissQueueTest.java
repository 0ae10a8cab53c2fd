package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads that the page cache does not hold, from the attempt that starts the read-in to the one that finds it. */
@Timeout(30)
class MissQueueTest {

    private static final int PAGE = 4096;
    private static final int READS = 8;

    private final TestFile file = TestFile.ofSize(64 * PAGE);

    @AfterEach
    void deleteFile() {
        file.close();
    }

    /** A page cache into which the test reads page by page. */
    private static class Cache extends ScriptedSyscalls {
        /** Pages that are in; changed as a whole, so that the loop sees all that a test brings in, or nothing. */
        private volatile Set<Long> in = Set.of();
        /** Offsets in pages, in order: attempts on the loop, and blocking calls. */
        final Queue<Long> attempts = new ConcurrentLinkedQueue<>();

        final Queue<Long> blocking = new ConcurrentLinkedQueue<>();
        final Set<Long> broken = ConcurrentHashMap.newKeySet();
        private volatile boolean all;

        void bringIn(long... pages) {
            Set<Long> more = new HashSet<>(in);
            for (long page : pages) {
                more.add(page);
            }
            in = more;
        }

        @Override
        void letGo() {
            all = true;
        }

        final boolean isIn(long page) {
            return all || in.contains(page);
        }

        @Override
        public long pread(int fd, long address, long length, long offset, int flags) {
            long page = offset / PAGE;
            if (EpollAioContext.isLoopThread()) {
                if (!isNowait(flags)) {
                    problem("a blocking read on the loop");
                }
                // First, so that what a test brings in after it has seen the attempt comes too late for it.
                boolean misses = page < 64 && !isIn(page);
                attempts.add(page);
                attempted(page);
                if (misses) {
                    return -Errno.EAGAIN;
                }
                // What lies behind this page may not be in.
                return super.pread(fd, address, Math.min(length, PAGE - offset % PAGE), offset, flags);
            }
            if (!isNowait(flags)) {
                blocking.add(page);
                while (!isIn(page)) {
                    if (broken.contains(page)) {
                        return -Errno.EIO;
                    }
                    LockSupport.parkNanos(100_000);
                }
            }
            return super.pread(fd, address, length, offset, flags);
        }

        /** Sees each attempt, before it is answered. */
        void attempted(long page) {
            assertThat(page).isNotNegative();
        }
    }

    private static final class Reads {
        final List<ByteBuf> buffers = new ArrayList<>();
        final List<AioFuture<Integer>> futures = new ArrayList<>();
        final Queue<Integer> order = new ConcurrentLinkedQueue<>();

        /** One page each, from the first on, all asked for in one tick. */
        Reads(Engine engine, EpollAioFile from, int count) {
            Holdup holdup = engine.holdLoop();
            for (int i = 0; i < count; i++) {
                ByteBuf buffer = TestFile.buffer(PAGE);
                int number = i;
                AioFuture<Integer> read = from.read(buffer, (long) i * PAGE);
                read.addListener(done -> order.add(number));
                buffers.add(buffer);
                futures.add(read);
            }
            holdup.letGo();
        }

        void awaitDone() {
            for (int i = 0; i < futures.size(); i++) {
                awaitDone(i);
            }
        }

        void awaitDone(int i) {
            assertThat(Await.value(futures.get(i))).isEqualTo(PAGE);
            assertThat(futures.get(i).route()).isEqualTo(AioRoute.COLLECT);
            assertThat(TestFile.bytes(buffers.get(i))).isEqualTo(TestFile.expected((long) i * PAGE, PAGE));
        }

        void release() {
            for (ByteBuf buffer : buffers) {
                assertThat(buffer.refCnt()).isEqualTo(1);
                buffer.release();
            }
        }
    }

    /** A machine that is busy with other things must not look like a device that holds up the loop. */
    private static AioConfig.Builder patient() {
        return AioConfig.builder().loopBudget(10, TimeUnit.SECONDS);
    }

    private static int misses(Engine engine, EpollAioFile of) {
        return engine.onLoop(() -> engine.context
                .deviceLane(of.handle().device(), of.ioClass())
                .misses()
                .size());
    }

    private static int busy(EpollAioFile of) {
        return of.handle().device().gate().inFlight();
    }

    /** Waits until collectors have the first and the last, and the loop sleeps. */
    private static void awaitSigns(Cache cache, long... pages) {
        Await.until(() -> "blocking reads of " + cache.blocking, () -> cache.blocking.size() == pages.length);
        for (long page : pages) {
            assertThat(cache.blocking).contains(page);
        }
    }

    // ---- the usual way -------------------------------------------------------------------------------------------

    @Test
    void shouldTakeOnTheLoopWhatHasComeInWhenTheFirstComesBack() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            assertThat(reads.order).isEmpty();
            assertThat(busy(from)).isEqualTo(READS);
            assertThat(engine.context.stats().helperInFlight()).isEqualTo(2);

            cache.bringIn(1, 2, 3, 4, 5, 6);
            engine.turns(3);
            assertThat(reads.order).as("nobody has told the loop").isEmpty();
            cache.bringIn(0);
            for (int i = 0; i < READS - 1; i++) {
                reads.awaitDone(i);
            }
            Await.until("listeners are told", () -> reads.order.size() == READS - 1);
            assertThat(reads.order).containsExactly(0, 1, 2, 3, 4, 5, 6);
            assertThat(cache.blocking).as("by collectors").hasSize(2);
            cache.bringIn(READS - 1);
            reads.awaitDone();
            assertThat(engine.context.stats().completedHelper()).isEqualTo(READS + 1);
            reads.release();
        }
    }

    @Test
    void shouldTakeTheOthersWhenTheLastComesBackAndTheFirstIsLate() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            cache.bringIn(1, 2, 3, 4, 5, 6, 7);
            for (int i = 1; i < READS; i++) {
                reads.awaitDone(i);
            }
            assertThat(reads.futures.get(0).isDone()).isFalse();
            cache.bringIn(0);
            reads.awaitDone();
            reads.release();
        }
    }

    @Test
    void shouldHaveOneSignWhenThereIsOneCollector() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient().collectorThreads(1))) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0);
            engine.turns(3);
            assertThat(engine.context.stats().helperInFlight()).isEqualTo(1);
            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7);
            reads.awaitDone();
            assertThat(cache.blocking).hasSize(1);
            reads.release();
        }
    }

    @Test
    void shouldGoToCollectorsAtOnceWhenThereAreFew() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, 2);
            awaitSigns(cache, 0, 1);
            assertThat(cache.attempts).containsExactly(0L, 1L);
            cache.bringIn(0, 1);
            reads.awaitDone();
            assertThat(cache.attempts).as("no retry").hasSize(2);
            reads.release();
        }
    }

    // ---- late ones -----------------------------------------------------------------------------------------------

    @Test
    void shouldPassOverALateOneAndLeaveItToACollectorAfterAFewRetries() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            long attempts = cache.attempts.size();
            cache.bringIn(0, 3, 4, 5, 6, 7);
            for (int i : new int[] {0, 3, 4, 5, 6, 7}) {
                reads.awaitDone(i);
            }
            awaitSigns(cache, 0, READS - 1, 1, 2);
            assertThat(reads.futures.get(1).isDone()).isFalse();
            assertThat(cache.attempts.size() - attempts)
                    .as("four hits, and retries of two late ones")
                    .isLessThanOrEqualTo(4 + 2L * MissQueue.RETRIES_MOST);
            cache.bringIn(2);
            reads.awaitDone(2);
            cache.bringIn(1);
            reads.awaitDone();
            reads.release();
        }
    }

    @Test
    void shouldRetryNoMoreThanAFewTimesWhenTheLoopIsBusyAndTheDeviceSlow() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            // Ticks for other reasons: reads that find their page.
            cache.bringIn(63);
            ByteBuf other = TestFile.buffer(PAGE);
            for (int i = 0; i < 10 * READS * MissQueue.RETRIES_MOST; i++) {
                AioFuture<Integer> read = from.read(other.clear(), 63L * PAGE);
                assertThat(Await.value(read)).isEqualTo(PAGE);
                assertThat(read.route()).isEqualTo(AioRoute.INLINE);
            }
            Map<Long, Long> perPage =
                    cache.attempts.stream().collect(Collectors.groupingBy(page -> page, Collectors.counting()));
            for (long page = 0; page < READS; page++) {
                assertThat(perPage.get(page)).as("page %d", page).isLessThanOrEqualTo(1L + MissQueue.RETRIES_MOST);
            }
            assertThat(misses(engine, from)).as("collectors have all").isZero();
            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7);
            reads.awaitDone();
            reads.release();
            other.release();
        }
    }

    // ---- results -------------------------------------------------------------------------------------------------

    @Test
    void shouldEndAtTheEndOfTheFileWhenARetryFindsIt() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            ByteBuf buffer = TestFile.buffer(PAGE);
            AioFuture<Integer> tail = from.read(buffer, 63L * PAGE + 100);
            engine.turns(2);
            cache.bringIn(63, 0, 1, 2, 3, 4, 5, 6, 7);
            assertThat(Await.value(tail)).isEqualTo(PAGE - 100);
            assertThat(tail.route()).isEqualTo(AioRoute.COLLECT);
            assertThat(cache.blocking).doesNotContain(63L);
            assertThat(TestFile.bytes(buffer)).isEqualTo(TestFile.expected(63L * PAGE + 100, PAGE - 100));
            reads.awaitDone();
            reads.release();
            buffer.release();
        }
    }

    @Test
    void shouldLeaveTheRestToACollectorWhenARetryFindsAPart() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            ByteBuf buffer = TestFile.buffer(3 * PAGE);
            AioFuture<Integer> wide = from.read(buffer, 20L * PAGE);
            engine.turns(2);
            cache.bringIn(20, 0, 1, 2, 3, 4, 5, 6, 7);
            reads.awaitDone();
            awaitSigns(cache, 0, READS - 1, 21);
            cache.bringIn(21, 22);
            assertThat(Await.value(wide)).isEqualTo(3 * PAGE);
            assertThat(TestFile.bytes(buffer)).isEqualTo(TestFile.expected(20L * PAGE, 3 * PAGE));
            reads.release();
            buffer.release();
        }
    }

    @Test
    void shouldGiveTheErrorOfTheBlockingCallWhenAReadInFails() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            cache.broken.add(4L);
            cache.bringIn(0, 1, 2, 3, 5, 6, 7);
            AioException failure = (AioException) Await.failure(reads.futures.get(4));
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
            for (int i : new int[] {0, 1, 2, 3, 5, 6, 7}) {
                reads.awaitDone(i);
            }
            reads.release();
        }
    }

    @Test
    void shouldFailOnlyTheOneWhenARetryThrows() {
        Cache cache = new Cache() {
            @Override
            void attempted(long page) {
                if (page == 4 && isIn(page)) {
                    throw new IllegalStateException("the test's");
                }
            }
        };
        try (Engine engine = new Engine(cache, patient())) {
            engine.expectErrors();
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7);
            assertThat(Await.failure(reads.futures.get(4))).hasMessage("the test's");
            for (int i : new int[] {0, 1, 2, 3, 5, 6, 7}) {
                reads.awaitDone(i);
            }
            reads.release();
        }
    }

    // ---- limits --------------------------------------------------------------------------------------------------

    @Test
    void shouldRetryNoMoreInATickThanATickMayHold() {
        AtomicInteger betweenTicks = new AtomicInteger();
        Map<Integer, AtomicInteger> perTick = new ConcurrentHashMap<>();
        Cache cache = new Cache() {
            @Override
            void attempted(long page) {
                perTick.computeIfAbsent(betweenTicks.get(), tick -> new AtomicInteger())
                        .incrementAndGet();
            }
        };
        int batch = 3;
        try (Engine engine = new Engine(cache, patient().submitBatch(batch))) {
            EpollAioFile from = engine.open(file.path());
            // Between two ticks at least once, within one never.
            ReadySocket socket = new ReadySocket(engine, betweenTicks::incrementAndGet);
            Reads reads = new Reads(engine, from, READS);
            Await.until("all are asked for", () -> cache.attempts.containsAll(List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L)));
            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7);
            reads.awaitDone();
            socket.close();
            assertThat(perTick.values()).allMatch(attempts -> attempts.get() <= batch);
            assertThat(cache.attempts).as("with retries").hasSizeGreaterThan(READS);
            reads.release();
        }
    }

    @Test
    void shouldLeaveAllToCollectorsWhenAttemptsHoldUpTheLoop() {
        Cache cache = new Cache() {
            @Override
            void attempted(long page) {
                if (attempts.size() == READS - 1 || attempts.size() == READS) {
                    long until = System.nanoTime() + 24_000_000;
                    while (System.nanoTime() < until) {
                        Thread.onSpinWait();
                    }
                    switches++;
                }
            }

            private long switches;

            /** As if it had waited. */
            @Override
            public long contextSwitches() {
                return switches << Integer.SIZE;
            }
        };
        AioConfig.Builder config = AioConfig.builder().loopBudget(20, TimeUnit.MILLISECONDS);
        try (Engine engine = new Engine(cache, config)) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            Await.until(
                    () -> "collectors have all but " + misses(engine, from) + " after attempts on " + cache.attempts,
                    () -> engine.context.stats().demotions() > 0 && misses(engine, from) == 0);
            // The first that took long ended its tick. The second was the retry with which the next one began, and the
            // read
            // that was still to be sent off was not tried any more.
            assertThat(cache.attempts).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 0L);
            assertThat(engine.context.stats().helperInFlight()).isEqualTo(READS);
            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7);
            for (int i = 0; i < READS - 1; i++) {
                reads.awaitDone(i);
            }
            assertThat(Await.value(reads.futures.get(READS - 1))).isEqualTo(PAGE);
            assertThat(reads.futures.get(READS - 1).route()).isEqualTo(AioRoute.HELPER);
            reads.release();
        }
    }

    /** What completions run takes its time: the loop looks after its sockets in between. */
    @Test
    void shouldLeaveCompletionsToNextTickWhenTimeIsUp() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, AioConfig.builder().loopBudget(2, TimeUnit.MILLISECONDS))) {
            EpollAioFile from = engine.open(file.path());
            ReadySocket socket = new ReadySocket(engine);
            Queue<Integer> turnOfEach = new ConcurrentLinkedQueue<>();
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, 7);
            for (AioFuture<Integer> each : reads.futures) {
                each.addListener(done -> {
                    turnOfEach.add(socket.looks());
                    long until = System.nanoTime() + 5_000_000;
                    while (System.nanoTime() < until) {
                        Thread.onSpinWait();
                    }
                });
            }
            Holdup holdup = engine.holdLoop();
            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7);
            holdup.letGo();
            reads.awaitDone();
            reads.release();
            socket.close();
            // Those but the two that the collectors have.
            assertThat(new HashSet<>(turnOfEach)).hasSizeGreaterThanOrEqualTo(READS - 2);
        }
    }

    @Test
    void shouldGoOnWhenThereIsNoSlotForACollectorsRead() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient().queueDepth(1))) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0);
            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7);
            reads.awaitDone();
            reads.release();
        }
    }

    // ---- cancelled, closed ---------------------------------------------------------------------------------------

    @Test
    void shouldGiveBackTheBufferAtOnceAndThePermitsOnceItIsReadInWhenCancelled() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            AioFuture<ByteBuf> allocating = from.read(30L * PAGE, PAGE);
            engine.turns(2);
            assertThat(busy(from)).isEqualTo(READS + 1);

            ByteBuf cancelled = reads.buffers.get(3);
            assertThat(reads.futures.get(3).cancel(false)).isTrue();
            assertThat(allocating.cancel(false)).isTrue();
            Await.until("the buffer is given back", () -> cancelled.refCnt() == 1);
            assertThat(busy(from)).as("the device still reads in").isEqualTo(READS + 1);
            byte[] untouched = {1, 2, 3, 4};
            cancelled.setBytes(0, untouched);

            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7, 30);
            for (int i : new int[] {0, 1, 2, 4, 5, 6, 7}) {
                reads.awaitDone(i);
            }
            Await.until("all permits are back", () -> busy(from) == 0);
            Await.until("nothing is pending", () -> engine.context.stats().pending() == 0);
            byte[] found = new byte[untouched.length];
            cancelled.getBytes(0, found);
            assertThat(found).isEqualTo(untouched);
            assertThat(cancelled.writerIndex()).isZero();
            reads.release();
        }
    }

    @Test
    void shouldWaitForTheReadInWhenACancelledOneIsWithACollector() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient().collectorThreads(1))) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, 1);
            awaitSigns(cache, 0);
            assertThat(reads.futures.get(0).cancel(false)).isTrue();
            engine.turns(3);
            assertThat(busy(from)).isEqualTo(1);
            assertThat(reads.buffers.get(0).refCnt())
                    .as("a thread writes into it")
                    .isEqualTo(2);
            cache.bringIn(0);
            Await.until("the permit is back", () -> busy(from) == 0);
            Await.until("and the buffer", () -> reads.buffers.get(0).refCnt() == 1);
            reads.release();
        }
    }

    @Test
    void shouldCarryOutWhatWaitsWhenTheContextCloses() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            Future<Void> closed = engine.context.close();
            engine.turns(3);
            assertThat(closed.isDone()).isFalse();
            assertThat(reads.order).isEmpty();
            cache.bringIn(0, 1, 2, 3, 4, 5, 6, 7);
            reads.awaitDone();
            assertThat(Await.outcome(closed)).isNull();
            reads.release();
        }
    }

    @Test
    void shouldCarryOutWhatWaitsWhenTheLoopShutsDown() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            Future<?> down = engine.shutdownLoop();
            cache.bringIn(0, 2, 3, 5, 6, 7);
            for (int i : new int[] {0, 2, 3, 5, 6, 7}) {
                reads.awaitDone(i);
            }
            assertThat(down.isDone()).isFalse();
            cache.bringIn(1, 4);
            reads.awaitDone();
            assertThat(Await.outcome(down)).isNull();
            reads.release();
        }
    }

    @Test
    void shouldKeepTheFileOpenWhenItIsClosedWhileReadsWait() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            Reads reads = new Reads(engine, from, READS);
            awaitSigns(cache, 0, READS - 1);
            int fd = from.handle().fd();
            reads.futures.get(5).cancel(false);
            AioFuture<Void> closed = from.close();
            engine.turns(3);
            assertThat(cache.isOpen(fd)).isTrue();
            cache.bringIn(0, 1, 2, 3, 4, 6, 7);
            for (int i : new int[] {0, 1, 2, 3, 4, 6, 7}) {
                reads.awaitDone(i);
            }
            engine.turns(3);
            assertThat(cache.isOpen(fd))
                    .as("the cancelled one's read-in goes on")
                    .isTrue();
            cache.bringIn(5);
            assertThat(Await.outcome(closed)).isNull();
            assertThat(cache.isOpen(fd)).isFalse();
            reads.release();
        }
    }
}
