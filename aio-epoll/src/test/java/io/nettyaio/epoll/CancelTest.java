package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioSyncPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What waits in a queue, whichever, and is cancelled: it never reaches the kernel, and gives back at once what it holds. */
@Timeout(30)
class CancelTest {

    private static final int BLOCK = ScriptedSyscalls.ALIGNMENT;

    private static void awaitReleased(ByteBuf buffer) {
        Await.until("the buffer is given back", () -> buffer.refCnt() == 0);
    }

    private static void assertAllSlotsFree(Engine engine) {
        Await.until(
                "every slot is free",
                () -> engine.onLoop(() -> engine.context.slots().freeCount()
                        == engine.context.slots().made()));
    }

    /** The batch to come: where the kernel lacks resources, that may be long. */
    @Test
    void shouldNotReachTheKernelWhenCancelledInTheBatchToCome() {
        AtomicInteger asked = new AtomicInteger();
        FakeKernel kernel = new FakeKernel() {
            private volatile boolean full = true;

            @Override
            int accept(Iocb iocb) {
                asked.incrementAndGet();
                return full ? -Errno.EAGAIN : 0;
            }

            @Override
            void letGo() {
                full = false;
                super.letGo();
            }
        };
        try (TestFile file = TestFile.ofSize(8 * BLOCK);
                Engine engine = new Engine(kernel)) {
            EpollAioFile opened = engine.openDirect(file.path());
            List<ByteBuf> buffers = new ArrayList<>();
            List<AioFuture<Integer>> writes = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                buffers.add(TestFile.filled(BLOCK, 1));
                writes.add(opened.write(buffers.get(i), (long) i * BLOCK));
            }
            Await.until("the kernel says no", () -> asked.get() > 0);

            writes.forEach(write -> assertThat(write.cancel(false)).isTrue());

            buffers.forEach(CancelTest::awaitReleased);
            assertAllSlotsFree(engine);
            kernel.letGo();
            engine.turns(3);
            assertThat(kernel.taken()).isEmpty();
            assertThat(file.contents()).isEqualTo(TestFile.expected(0, 8 * BLOCK));
        }
    }

    /** One helper, which is held up in the first truncate; counts those that are made. */
    private static final class HeldTruncates extends ScriptedSyscalls {
        final Holdup holdup = new Holdup();
        final AtomicInteger writes = new AtomicInteger();
        final AtomicInteger truncates = new AtomicInteger();

        @Override
        public int ftruncate(int fd, long length) {
            truncates.incrementAndGet();
            holdup.pass();
            return super.ftruncate(fd, length);
        }

        @Override
        public long pwritev(int fd, long iovecs, int count, long offset, int flags) {
            writes.incrementAndGet();
            return super.pwritev(fd, iovecs, count, offset, flags);
        }

        @Override
        void letGo() {
            holdup.letGo();
        }
    }

    /** A helper's queue: it is the helper that is busy, not the operation that waits for it. */
    @Test
    void shouldGiveBackAtOnceWhenCancelledInTheHelpersQueue() {
        HeldTruncates syscalls = new HeldTruncates();
        try (TestFile file = TestFile.ofSize(100);
                Engine engine = new Engine(
                        syscalls, AioConfig.builder().helperThreads(1).helperQueue(4))) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.READ, AioOpenOption.WRITE);
            AioFuture<Void> first = opened.truncate(100);
            syscalls.holdup.awaitArrived(1);
            List<ByteBuf> buffers = new ArrayList<>();
            List<AioFuture<Integer>> writes = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                buffers.add(TestFile.filled(10, 1));
                writes.add(opened.write(buffers.get(i), i));
            }
            AioFuture<Void> second = opened.truncate(0);
            engine.turn();
            // Three are in the queue, behind the one that is held up; the others wait for a place.
            assertThat(engine.context.stats().helperInFlight()).isEqualTo(4);

            writes.forEach(write -> assertThat(write.cancel(false)).isTrue());
            assertThat(second.cancel(false)).isTrue();

            buffers.forEach(CancelTest::awaitReleased);
            engine.turn();
            assertThat(engine.context.stats().helperInFlight()).isOne();
            assertThat(engine.context.stats().pending()).isOne();
            assertThat(engine.context.stats().slots() - engine.context.stats().freeSlots())
                    .isOne();

            // Their places in the queue are not free before a helper has come upon them: these wait.
            AioFuture<Integer> later = opened.write(TestFile.filled(10, 2), 0);
            AioFuture<Integer> latest = opened.write(TestFile.filled(10, 3), 10);
            engine.turn();
            assertThat(engine.context.stats().helperInFlight()).isOne();
            syscalls.holdup.letGo();

            assertThat(Await.outcome(first)).isNull();
            assertThat(Await.value(later)).isEqualTo(10);
            assertThat(Await.value(latest)).isEqualTo(10);
            assertThat(syscalls.truncates).hasValue(1);
            assertThat(syscalls.writes).hasValue(2);
            assertThat(file.contents()).hasSize(100).startsWith(2, 2).endsWith(TestFile.expected(20, 80));
        }
    }

    /** A sync that leads, and is cancelled before its call has begun: another leads. */
    @Test
    void shouldPassOnTheLeadWhenTheLeaderIsCancelledInTheHelpersQueue() {
        HeldTruncates syscalls = new HeldTruncates();
        try (TestFile file = TestFile.ofSize(100);
                Engine engine = new Engine(syscalls, AioConfig.builder().helperThreads(1))) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.WRITE);
            EpollAioFile other = engine.open(file.path(), AioOpenOption.WRITE);
            AioFuture<Void> first = other.truncate(100);
            syscalls.holdup.awaitArrived(1);
            AioFuture<Void> leader = opened.fsync();
            AioFuture<Void> follower = opened.fsync();
            engine.turn();

            assertThat(leader.cancel(false)).isTrue();
            engine.turn();
            syscalls.letGo();

            assertThat(Await.outcome(first)).isNull();
            assertThat(Await.outcome(follower)).isNull();
            assertThat(follower.route()).isNotNull();
        }
    }

    /** A sync that has taken along others, and is cancelled before the kernel takes it: the others are not synced by that. */
    @Test
    void shouldSyncForTheOthersWhenTheirLeaderIsCancelledInTheBatchToCome() {
        AtomicInteger syncs = new AtomicInteger();
        AtomicInteger asked = new AtomicInteger();
        FakeKernel kernel = new FakeKernel() {
            private volatile boolean full = true;

            @Override
            int accept(Iocb iocb) {
                asked.incrementAndGet();
                return full ? -Errno.EAGAIN : 0;
            }

            @Override
            long answer(Iocb iocb) {
                syncs.incrementAndGet();
                return super.answer(iocb);
            }

            @Override
            void letGo() {
                full = false;
                super.letGo();
            }
        };
        try (TestFile file = TestFile.ofSize(100);
                Engine engine = new Engine(kernel, AioConfig.builder().syncPolicy(AioSyncPolicy.KERNEL))) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.WRITE);
            Holdup holdup = engine.holdLoop();
            AioFuture<Void> leader = opened.fsync();
            AioFuture<Void> follower = opened.fsync();
            holdup.letGo();
            Await.until("the kernel says no", () -> asked.get() > 0);

            assertThat(leader.cancel(false)).isTrue();
            engine.turns(5);
            assertThat(follower.isDone()).as("before any sync").isFalse();
            kernel.letGo();

            assertThat(Await.outcome(follower)).isNull();
            assertThat(syncs.get()).isPositive();
            assertThat(Await.failure(leader)).isInstanceOf(CancellationException.class);
        }
    }

    /** The reads that a device's collectors have not come to. */
    @Test
    void shouldGiveBackAtOnceWhenCancelledInACollectorsQueue() {
        Holdup holdup = new Holdup();
        AtomicInteger collected = new AtomicInteger();
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public long pread(int fd, long address, long length, long offset, int flags) {
                if (length < 64) {
                    return super.pread(fd, address, length, offset, flags);
                }
                if (isNowait(flags)) {
                    return -Errno.EAGAIN;
                }
                collected.incrementAndGet();
                holdup.pass();
                return super.pread(fd, address, length, offset, flags);
            }

            @Override
            void letGo() {
                holdup.letGo();
            }
        };
        try (TestFile file = TestFile.ofSize(1000);
                Engine engine = new Engine(syscalls, AioConfig.builder().collectorThreads(1))) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.READ);
            List<ByteBuf> buffers = new ArrayList<>();
            List<AioFuture<Integer>> reads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                buffers.add(TestFile.buffer(100));
                reads.add(opened.read(buffers.get(i), i * 100L));
            }
            holdup.awaitArrived(1);
            engine.turn();

            reads.forEach(read -> assertThat(read.cancel(false)).isTrue());
            buffers.forEach(ByteBuf::release);

            for (int i = 1; i < 8; i++) {
                awaitReleased(buffers.get(i));
            }
            assertThat(buffers.get(0).refCnt()).as("a collector reads into it").isOne();
            holdup.letGo();
            awaitReleased(buffers.get(0));
            assertThat(collected).hasValue(1);
        }
    }
}
