package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attempts that take long because they wait, or because somebody else has the CPU. */
@Timeout(30)
class PreemptionTest {

    private static final int PAGE = 4096;

    private static final long GAVE_UP = 1L << Integer.SIZE;
    private static final long PUT_ASIDE = 1;

    /** Attempts take 3 ms each, and the kernel counts something with each. */
    private static final class Slow extends ScriptedSyscalls {
        final AtomicInteger asked = new AtomicInteger();
        private final long counts;
        private long switches;

        Slow(long counts) {
            this.counts = counts;
        }

        @Override
        public long pread(int fd, long address, long length, long offset, int flags) {
            if (EpollAioContext.isLoopThread()) {
                long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(3);
                while (System.nanoTime() - until < 0) {
                    Thread.onSpinWait();
                }
                switches += counts;
            }
            return super.pread(fd, address, length, offset, flags);
        }

        @Override
        public long contextSwitches() {
            asked.incrementAndGet();
            return switches;
        }
    }

    private static AioRoute read(EpollAioFile file) {
        ByteBuf buffer = TestFile.buffer(PAGE);
        var read = file.read(buffer, 0);
        assertThat(Await.value(read)).isEqualTo(PAGE);
        buffer.release();
        return read.route();
    }

    /** Waiting, waiting and then being put aside, and being at work all the time, as in a search for free memory. */
    @ParameterizedTest
    @ValueSource(longs = {GAVE_UP, GAVE_UP + PUT_ASIDE, 0})
    void shouldMoveToHelpersWhenAttemptsHoldUpTheLoop(long counts) {
        Slow slow = new Slow(counts);
        try (TestFile file = TestFile.ofSize(PAGE);
                Engine engine = new Engine(slow)) {
            EpollAioFile opened = engine.open(file.path());
            assertThat(read(opened)).isEqualTo(AioRoute.INLINE);
            // Of the first nobody knows, and it counts.
            for (int i = 0; i < 20 && engine.context.stats().demotions() == 0; i++) {
                read(opened);
            }
            assertThat(engine.context.stats().demotions()).isEqualTo(1);
            assertThat(read(opened)).isEqualTo(AioRoute.HELPER);
        }
    }

    @Test
    void shouldStayOnLoopWhenItIsTheSchedulersDoing() {
        Slow slow = new Slow(PUT_ASIDE);
        try (TestFile file = TestFile.ofSize(PAGE);
                Engine engine = new Engine(slow)) {
            EpollAioFile opened = engine.open(file.path());
            for (int i = 0; i < 30; i++) {
                assertThat(read(opened)).isEqualTo(AioRoute.INLINE);
            }
            assertThat(engine.context.stats().demotions()).isZero();
            assertThat(slow.asked).hasPositiveValue();
        }
    }

    /** It costs as much as an attempt. */
    @Test
    void shouldNotAskKernelWhenNothingTakesLong() {
        AtomicInteger asked = new AtomicInteger();
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public long contextSwitches() {
                asked.incrementAndGet();
                return super.contextSwitches();
            }
        };
        try (TestFile file = TestFile.ofSize(PAGE);
                Engine engine = new Engine(syscalls, AioConfig.builder().loopBudget(10, TimeUnit.SECONDS))) {
            EpollAioFile opened = engine.open(file.path());
            for (int i = 0; i < 100; i++) {
                assertThat(read(opened)).isEqualTo(AioRoute.INLINE);
            }
            assertThat(asked).hasValue(0);
        }
    }

    /** The kernel's own counts. */
    @Test
    void shouldTellWaitingWhenNative() {
        Syscalls syscalls = Syscalls.NATIVE;
        long before = syscalls.contextSwitches() >>> Integer.SIZE;
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        assertThat(syscalls.contextSwitches() >>> Integer.SIZE).isGreaterThan(before);
    }

    @Test
    void shouldTellBeingPutAsideWhenNative() throws Exception {
        Syscalls syscalls = Syscalls.NATIVE;
        AtomicBoolean stop = new AtomicBoolean();
        // More threads than CPUs, all at work.
        List<Thread> others = new ArrayList<>();
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
            Thread other = new Thread(() -> {
                while (!stop.get()) {
                    Thread.onSpinWait();
                }
            });
            other.start();
            others.add(other);
        }
        try {
            int before = (int) syscalls.contextSwitches();
            // At work as well, which Await is not.
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(Await.SECONDS);
            while ((int) syscalls.contextSwitches() == before) {
                assertThat(System.nanoTime())
                        .as("this thread has been put aside")
                        .isLessThan(until);
            }
        } finally {
            stop.set(true);
            for (Thread other : others) {
                other.join();
            }
        }
    }
}
