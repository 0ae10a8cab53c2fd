package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioRoute;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attempts that take long because they wait, or because somebody else has the CPU. */
@Timeout(30)
class PreemptionTest {

    private static final int PAGE = 4096;

    /** Attempts take 3 ms each. The kernel's count goes on with them where they wait. */
    private static final class Slow extends ScriptedSyscalls {
        final AtomicInteger asked = new AtomicInteger();
        private final boolean waits;
        private long switches;

        Slow(boolean waits) {
            this.waits = waits;
        }

        @Override
        public long pread(int fd, long address, long length, long offset, int flags) {
            if (EpollAioContext.isLoopThread()) {
                long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(3);
                while (System.nanoTime() - until < 0) {
                    Thread.onSpinWait();
                }
                switches += waits ? 1 : 0;
            }
            return super.pread(fd, address, length, offset, flags);
        }

        @Override
        public long voluntarySwitches() {
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

    @Test
    void shouldMoveToHelpersWhenAttemptsWait() {
        Slow slow = new Slow(true);
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
        Slow slow = new Slow(false);
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
            public long voluntarySwitches() {
                asked.incrementAndGet();
                return super.voluntarySwitches();
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

    /** The kernel's own count. */
    @Test
    void shouldTellWaitingFromRunningWhenNative() {
        Syscalls syscalls = Syscalls.NATIVE;
        long before = syscalls.voluntarySwitches();
        assertThat(before).isNotNegative();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        assertThat(syscalls.voluntarySwitches()).isGreaterThan(before);
    }
}
