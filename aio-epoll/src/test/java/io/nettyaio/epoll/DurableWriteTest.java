package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioRoute;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A write that is on the disk when it completes asks for that on every way it may take. */
@Timeout(30)
class DurableWriteTest {

    private static final int PAGE = 4096;
    /** {@code RWF_DSYNC} and {@code RWF_NOWAIT} of {@code linux/fs.h}. */
    private static final int DSYNC = 2;

    private static final int NOWAIT = 8;

    private final TestFile file = TestFile.ofSize(16 * PAGE);

    @AfterEach
    void deleteFile() {
        file.close();
    }

    /** Remembers the flags of each plain write, and refuses it where a test says so. */
    static class Disk extends FakeKernel {
        final Queue<Integer> flags = new ConcurrentLinkedQueue<>();
        final Queue<Boolean> syncs = new ConcurrentLinkedQueue<>();

        long refusal(int rwFlags) {
            return 0;
        }

        @Override
        public long pwritev(int fd, long iovecs, int count, long offset, int rwFlags) {
            if (EpollAioContext.isLoopThread()) {
                problem("pwritev on the loop");
            }
            flags.add(rwFlags);
            long refused = refusal(rwFlags);
            return refused < 0 ? refused : super.pwritev(fd, iovecs, count, offset, rwFlags);
        }

        @Override
        public int fsync(int fd, boolean dataOnly) {
            syncs.add(dataOnly);
            return super.fsync(fd, dataOnly);
        }
    }

    private void assertPage(int page, int value) {
        byte[] expected = new byte[PAGE];
        Arrays.fill(expected, (byte) value);
        assertThat(Arrays.copyOfRange(file.contents(), page * PAGE, (page + 1) * PAGE))
                .isEqualTo(expected);
    }

    // ---- buffered files ------------------------------------------------------------------------------------------

    @Test
    void shouldMakeOneDurableCallOnAHelperWhenTheFileIsBuffered() {
        Disk disk = new Disk();
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            ByteBuf source = TestFile.filled(PAGE, 5);
            AioFuture<Integer> write = to.writeDurably(source, PAGE);

            assertThat(Await.value(write)).isEqualTo(PAGE);
            assertThat(write.route()).isEqualTo(AioRoute.HELPER);
            assertThat(disk.flags).containsExactly(DSYNC);
            assertThat(disk.taken()).isEmpty();
            assertThat(source.refCnt()).isZero();
        }
        assertPage(1, 5);
    }

    @Test
    void shouldTellTheCallbackWhenItIsDurable() {
        Disk disk = new Disk();
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            CompletableFuture<Long> told = new CompletableFuture<>();
            to.writeDurably(TestFile.filled(PAGE, 6), 0, "attachment", (moved, cause, with) -> {
                if (cause == null && with.equals("attachment") && EpollAioContext.isLoopThread()) {
                    told.complete(moved);
                } else {
                    told.completeExceptionally(new AssertionError(with + " on " + Thread.currentThread(), cause));
                }
            });

            assertThat(told.orTimeout(Await.SECONDS, TimeUnit.SECONDS).join()).isEqualTo(PAGE);
            assertThat(disk.flags).containsExactly(DSYNC);
        }
        assertPage(0, 6);
    }

    /** Operations are used again, by what is started on the loop. */
    @Test
    void shouldNotMakeTheNextWriteDurableToo() {
        Disk disk = new Disk();
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            Await.value(engine.onLoop(() -> to.writeDurably(TestFile.filled(PAGE, 1), 0)));
            Await.value(engine.onLoop(() -> to.write(TestFile.filled(PAGE, 2), PAGE)));
            Await.value(engine.onLoop(() -> to.writeDurably(TestFile.filled(PAGE, 3), 2 * PAGE)));
            assertThat(disk.flags).containsExactly(DSYNC, 0, DSYNC);
        }
    }

    @Test
    void shouldAskForTheRestToBeDurableWhenAHelpersWriteIsShort() {
        Disk disk = new Disk() {
            @Override
            public long pwritev(int fd, long iovecs, int count, long offset, int rwFlags) {
                var iovec = memory(iovecs, 16);
                iovec.putLong(8, Math.min(iovec.getLong(8), 3000));
                return super.pwritev(fd, iovecs, count, offset, rwFlags);
            }
        };
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            assertThat(Await.value(to.writeDurably(TestFile.filled(2 * PAGE, 7), 0)))
                    .isEqualTo(2 * PAGE);
            assertThat(disk.flags).containsExactly(DSYNC, DSYNC, DSYNC);
        }
        assertPage(0, 7);
        assertPage(1, 7);
    }

    /** The kernel reports it once: it must reach the caller. */
    @Test
    void shouldFailWhenTheDiskDoes() {
        Disk disk = new Disk() {
            @Override
            long refusal(int rwFlags) {
                return -Errno.EIO;
            }
        };
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            AioException failure = (AioException) Await.failure(to.writeDurably(TestFile.filled(PAGE, 1), 0));
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
        }
    }

    @Test
    void shouldSyncAfterTheWriteWhenTheCallDoesNotKnowTheFlag() {
        Disk disk = new Disk() {
            @Override
            long refusal(int rwFlags) {
                return (rwFlags & DSYNC) != 0 ? -Errno.EOPNOTSUPP : 0;
            }
        };
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            assertThat(Await.value(to.writeDurably(TestFile.filled(PAGE, 8), 0)))
                    .isEqualTo(PAGE);
            assertThat(disk.flags).containsExactly(DSYNC, 0);
            assertThat(disk.syncs).containsExactly(true);
        }
        assertPage(0, 8);
    }

    @Test
    void shouldFailWhenTheSyncAfterTheWriteDoes() {
        Disk disk = new Disk() {
            @Override
            long refusal(int rwFlags) {
                return (rwFlags & DSYNC) != 0 ? -Errno.EOPNOTSUPP : 0;
            }

            @Override
            public int fsync(int fd, boolean dataOnly) {
                return -Errno.EIO;
            }
        };
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            AioException failure = (AioException) Await.failure(to.writeDurably(TestFile.filled(PAGE, 1), 0));
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
        }
    }

    /** What the flag is not to blame for is no reason to go on without it. */
    @Test
    void shouldKeepTheFlagWhenTheCallIsInterrupted() {
        AtomicInteger interruptions = new AtomicInteger(2);
        Disk disk = new Disk() {
            @Override
            long refusal(int rwFlags) {
                return interruptions.getAndDecrement() > 0 ? -Errno.EINTR : 0;
            }
        };
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            Await.value(to.writeDurably(TestFile.filled(PAGE, 1), 0));
            assertThat(disk.flags).containsExactly(DSYNC, DSYNC, DSYNC);
            assertThat(disk.syncs).isEmpty();
        }
    }

    // ---- direct files --------------------------------------------------------------------------------------------

    @Test
    void shouldPutTheFlagIntoTheIocbWhenTheFileIsDirect() {
        Disk disk = new Disk();
        disk.automatic(true);
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.openDirect(file.path());
            AioFuture<Integer> durable = to.writeDurably(TestFile.filled(PAGE, 9), 2 * PAGE);
            assertThat(Await.value(durable)).isEqualTo(PAGE);
            assertThat(durable.route()).isEqualTo(AioRoute.KERNEL);
            AioFuture<Integer> plain = to.write(TestFile.filled(PAGE, 10), 3 * PAGE);
            assertThat(Await.value(plain)).isEqualTo(PAGE);

            assertThat(disk.taken()).extracting(iocb -> iocb.rwFlags).containsExactly(DSYNC | NOWAIT, NOWAIT);
            assertThat(disk.flags).isEmpty();
        }
        assertPage(2, 9);
        assertPage(3, 10);
    }

    @Test
    void shouldKeepTheFlagWhenAHelperSubmitsIt() {
        Disk disk = new Disk();
        disk.automatic(true);
        try (Engine engine = new Engine(disk, AioConfig.builder().kernelTransferBytes(PAGE))) {
            EpollAioFile to = engine.openDirect(file.path());
            AioFuture<Integer> write = to.writeDurably(TestFile.filled(2 * PAGE, 11), 0);
            assertThat(Await.value(write)).isEqualTo(2 * PAGE);
            assertThat(write.route()).isEqualTo(AioRoute.HELPER_SUBMIT);
            assertThat(disk.taken()).extracting(iocb -> iocb.rwFlags).containsExactly(DSYNC);
        }
        assertPage(1, 11);
    }

    @Test
    void shouldKeepTheFlagWhenADirectWriteWouldWait() {
        Disk disk = new Disk() {
            @Override
            long answer(Iocb iocb) {
                return iocb.isNowait() ? -Errno.EAGAIN : super.answer(iocb);
            }
        };
        disk.automatic(true);
        try (Engine engine = new Engine(disk)) {
            AioFuture<Integer> write = engine.openDirect(file.path()).writeDurably(TestFile.filled(PAGE, 12), 0);
            assertThat(Await.value(write)).isEqualTo(PAGE);
            assertThat(write.route()).isEqualTo(AioRoute.HELPER_SUBMIT);
            assertThat(disk.taken()).extracting(iocb -> iocb.rwFlags).containsExactly(DSYNC | NOWAIT, DSYNC);
        }
        assertPage(0, 12);
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EOPNOTSUPP, Errno.EINVAL})
    void shouldGoToAHelperWhenKernelAioDoesNotKnowTheFlag(int errno) {
        Disk disk = new Disk() {
            @Override
            long answer(Iocb iocb) {
                return (iocb.rwFlags & DSYNC) != 0 ? -errno : super.answer(iocb);
            }
        };
        disk.automatic(true);
        try (Engine engine = new Engine(disk)) {
            EpollAioFile to = engine.openDirect(file.path());
            AioFuture<Integer> durable = to.writeDurably(TestFile.filled(PAGE, 13), 0);
            assertThat(Await.value(durable)).isEqualTo(PAGE);
            assertThat(durable.route()).isEqualTo(AioRoute.HELPER);
            assertThat(disk.flags).containsExactly(DSYNC);

            // It was not NOWAIT's fault: other writes of the mount go on as before.
            for (int page : List.of(1, 2)) {
                AioFuture<Integer> plain = to.write(TestFile.filled(PAGE, 14), (long) page * PAGE);
                assertThat(Await.value(plain)).isEqualTo(PAGE);
                assertThat(plain.route()).isEqualTo(AioRoute.KERNEL);
            }
        }
        assertPage(0, 13);
    }
}
