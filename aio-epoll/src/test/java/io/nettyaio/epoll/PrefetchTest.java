package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioConfig;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranges that are made resident. */
@Timeout(30)
class PrefetchTest {

    private static final int PAGE = 4096;

    private final TestFile file = TestFile.ofSize(64 * PAGE);

    @AfterEach
    void deleteFile() {
        file.close();
    }

    /** A machine that is busy with other things must not look like a device that holds up the loop. */
    private static AioConfig.Builder patient() {
        return AioConfig.builder().loopBudget(10, TimeUnit.SECONDS);
    }

    /** A page cache into which the test brings pages. */
    private static class Cache extends ScriptedSyscalls {
        final Set<Long> in = ConcurrentHashMap.newKeySet();
        /** What was done, in order: {@code touch PAGE} or {@code touch PAGE+NEXT}, {@code readahead FIRST+COUNT}. */
        final Queue<String> onLoop = new ConcurrentLinkedQueue<>();

        final Queue<Long> blocking = new ConcurrentLinkedQueue<>();
        private volatile boolean all;

        void bringIn(int first, int count) {
            for (long page = first; page < first + count; page++) {
                in.add(page);
            }
        }

        @Override
        void letGo() {
            all = true;
        }

        final boolean isIn(long page) {
            return all || in.contains(page);
        }

        @Override
        public int readAhead(int fd, long offset, long length) {
            if (EpollAioContext.isLoopThread()) {
                onLoop.add("readahead " + offset / PAGE + "+" + length / PAGE);
            }
            return 0;
        }

        @Override
        public long pread(int fd, long address, long length, long offset, int flags) {
            long page = offset / PAGE;
            long last = (offset + length - 1) / PAGE;
            if (EpollAioContext.isLoopThread()) {
                // First, so that what a test brings in after it has seen the touch comes too late for it.
                boolean missesFirst = !isIn(page);
                boolean missesLast = !isIn(last);
                onLoop.add("touch " + page + (last > page ? "+" + last : ""));
                if (missesFirst) {
                    return -Errno.EAGAIN;
                }
                if (missesLast) {
                    return super.pread(fd, address, last * PAGE - offset, offset, flags);
                }
            } else if (!isNowait(flags)) {
                blocking.add(page);
                blocking.add(last);
                while (!isIn(page) || !isIn(last)) {
                    LockSupport.parkNanos(100_000);
                }
            }
            return super.pread(fd, address, length, offset, flags);
        }
    }

    @Test
    void shouldReadInAllAtOnceBeforeFirstTouchWhenNothingIsKnown() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            AioFuture<Long> prefetch = from.prefetch(0, 4 * PAGE);
            engine.turns(2);
            // Touched first, it would be read in by two requests.
            assertThat(cache.onLoop).startsWith("readahead 0+4", "touch 0+1");
            assertThat(prefetch.isDone()).isFalse();
            cache.bringIn(0, 4);
            assertThat(Await.value(prefetch)).isEqualTo(4 * PAGE);
            assertThat(prefetch.route()).isEqualTo(AioRoute.COLLECT);
        }
    }

    @Test
    void shouldNotAskForReadInAgainWhenTheLastWasThere() {
        Cache cache = new Cache();
        cache.bringIn(0, 8);
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            AioFuture<Long> first = from.prefetch(0, 4 * PAGE);
            assertThat(Await.value(first)).isEqualTo(4 * PAGE);
            assertThat(first.route()).isEqualTo(AioRoute.INLINE);
            cache.onLoop.clear();
            assertThat(Await.value(from.prefetch(4 * PAGE, 4 * PAGE))).isEqualTo(4 * PAGE);
            assertThat(cache.onLoop).containsExactly("touch 4+5", "touch 6", "touch 7");

            // And then one is not: from there on.
            cache.onLoop.clear();
            cache.bringIn(8, 1);
            AioFuture<Long> missed = from.prefetch(8 * PAGE, 3 * PAGE);
            engine.turns(1);
            assertThat(cache.onLoop).startsWith("touch 8+9", "touch 9", "readahead 9+2");
            cache.bringIn(9, 2);
            assertThat(Await.value(missed)).isEqualTo(3 * PAGE);
        }
    }

    /** Most of what is served is opened anew: its device knows what to expect. */
    @Test
    void shouldNotAskForReadInWhenTheLastFileWasThere() {
        Cache cache = new Cache();
        cache.bringIn(0, 8);
        try (Engine engine = new Engine(cache, patient())) {
            assertThat(Await.value(engine.open(file.path()).prefetch(0, 3 * PAGE)))
                    .isEqualTo(3 * PAGE);
            EpollAioFile next = engine.open(file.path());
            cache.onLoop.clear();
            assertThat(Await.value(next.prefetch(0, 3 * PAGE))).isEqualTo(3 * PAGE);
            assertThat(cache.onLoop).containsExactly("touch 0+1", "touch 2");
            // And then one is not, and nobody knows of the next.
            AioFuture<Long> missed = engine.open(file.path()).prefetch(8 * PAGE, 2 * PAGE);
            engine.turns(1);
            cache.onLoop.clear();
            EpollAioFile another = engine.open(file.path());
            assertThat(Await.value(another.prefetch(0, 2 * PAGE))).isEqualTo(2 * PAGE);
            assertThat(cache.onLoop).contains("readahead 0+2");
            cache.bringIn(8, 2);
            assertThat(Await.value(missed)).isEqualTo(2 * PAGE);
        }
    }

    /** Against a model: what there is, to the start of a page where the file ends before. */
    @Test
    void shouldTellHowMuchThereIsWhenTheFileEndsBefore() {
        try (Engine engine = new Engine(new ScriptedSyscalls())) {
            for (int size :
                    new int[] {0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE - 1, 3 * PAGE, 4 * PAGE + 7}) {
                try (TestFile sized = TestFile.ofSize(size)) {
                    EpollAioFile from = engine.open(sized.path());
                    for (int offset : new int[] {0, 1, PAGE - 1, PAGE, PAGE + 5, 3 * PAGE}) {
                        for (int length = 0; length < 6 * PAGE; length += length % 1000 == 0 ? 1 : 999) {
                            assertThat(Await.value(from.prefetch(offset, length)))
                                    .as("size=%d offset=%d length=%d", size, offset, length)
                                    .isEqualTo(there(size, offset, length));
                        }
                    }
                    Await.value(from.close());
                }
            }
        }
    }

    private static long there(int size, int offset, int length) {
        int end = offset + length;
        int there = offset;
        while (there < end) {
            int next = Math.min(there - there % PAGE + PAGE, end);
            if (next > size) {
                break;
            }
            there = next;
        }
        return (long) there - offset;
    }

    /** Many at once cost a thread for the first and the last of them. */
    @Test
    void shouldCompleteOnLoopWhenManyComeIn() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            List<AioFuture<Long>> prefetches = new ArrayList<>();
            Holdup holdup = engine.holdLoop();
            for (int i = 0; i < 8; i++) {
                prefetches.add(from.prefetch((long) i * 4 * PAGE, 4 * PAGE));
            }
            holdup.letGo();
            engine.turns(3);
            cache.bringIn(0, 32);
            for (AioFuture<Long> each : prefetches) {
                assertThat(Await.value(each)).isEqualTo(4 * PAGE);
            }
            assertThat(cache.blocking).allMatch(page -> page < 4 || page >= 28);
        }
    }

    /** With a collector the first and the last, the one between them with nobody: the device is busy with all three. */
    @Test
    void shouldStayPendingWhenCancelledWhileItIsReadIn() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, patient())) {
            EpollAioFile from = engine.open(file.path());
            List<AioFuture<Long>> prefetches = new ArrayList<>();
            Holdup holdup = engine.holdLoop();
            for (int i = 0; i < 3; i++) {
                prefetches.add(from.prefetch((long) i * 4 * PAGE, 4 * PAGE));
            }
            holdup.letGo();
            Await.until("the collectors have begun", () -> cache.blocking.containsAll(List.of(0L, 8L)));
            for (AioFuture<Long> each : prefetches) {
                assertThat(each.cancel(false)).isTrue();
            }
            engine.turns(2);
            assertThat(engine.context.stats().pending()).isEqualTo(3);
            cache.bringIn(0, 12);
            Await.until("the read-in has ended", () -> engine.context.stats().pending() == 0);
        }
    }

    @Test
    void shouldFailOnlyTheOneWhenARetryThrows() {
        Cache cache = new Cache() {
            @Override
            public long pread(int fd, long address, long length, long offset, int flags) {
                if (isNowait(flags) && offset / PAGE == 4 && isIn(4)) {
                    throw new IllegalStateException("the test's");
                }
                return super.pread(fd, address, length, offset, flags);
            }
        };
        try (Engine engine = new Engine(cache, patient())) {
            engine.expectErrors();
            EpollAioFile from = engine.open(file.path());
            List<AioFuture<Long>> prefetches = new ArrayList<>();
            Holdup holdup = engine.holdLoop();
            for (int i = 0; i < 3; i++) {
                prefetches.add(from.prefetch((long) i * 4 * PAGE, 4 * PAGE));
            }
            holdup.letGo();
            Await.until("the collectors have begun", () -> cache.blocking.containsAll(List.of(0L, 8L)));
            cache.bringIn(0, 12);
            assertThat(Await.failure(prefetches.get(1))).hasMessage("the test's");
            assertThat(Await.value(prefetches.get(0))).isEqualTo(4 * PAGE);
            assertThat(Await.value(prefetches.get(2))).isEqualTo(4 * PAGE);
            Await.until("nothing is pending", () -> engine.context.stats().pending() == 0);
        }
    }
}
