package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which way an operation takes, and how it goes on where the first way does not lead to the end. */
@Timeout(30)
class RouteTest {

    private static final int PAGE = 4096;
    private static final int KIB = 1024;

    private final TestFile file = TestFile.ofSize(64 * PAGE);

    @AfterEach
    void deleteFile() {
        file.close();
    }

    /** One attempt on the page cache or read by a helper. */
    private record Attempt(boolean nowait, long offset, long length, boolean onLoop) {}

    /** Scripts preads, of which it remembers each. */
    static class Cache extends ScriptedSyscalls {
        final Queue<Attempt> attempts = new ConcurrentLinkedQueue<>();

        /** What RWF_NOWAIT answers: an error, or how many bytes at most. */
        long cached(int attempt, long offset, long length) {
            return length;
        }

        @Override
        public long pread(int fd, long address, long length, long offset, int flags) {
            if (!EpollAioContext.isLoopThread() && isNowait(flags)) {
                // The probe when the file is opened.
                return super.pread(fd, address, length, offset, flags);
            }
            attempts.add(new Attempt(isNowait(flags), offset, length, EpollAioContext.isLoopThread()));
            if (!isNowait(flags)) {
                return super.pread(fd, address, length, offset, flags);
            }
            long cached = cached(attempts.size(), offset, length);
            return cached < 0 ? cached : super.pread(fd, address, Math.min(cached, length), offset, flags);
        }
    }

    private static AioFuture<Integer> read(EpollAioFile from, ByteBuf into, long offset) {
        AioFuture<Integer> read = from.read(into, offset);
        Await.value(read);
        return read;
    }

    private void assertReads(EpollAioFile from, long offset, int bytes, AioRoute route) {
        ByteBuf buffer = TestFile.buffer(bytes);
        AioFuture<Integer> read = read(from, buffer, offset);
        assertThat(TestFile.bytes(buffer)).isEqualTo(TestFile.expected(offset, bytes));
        assertThat(read.route()).isEqualTo(route);
        assertThat(read.getNow()).isEqualTo(bytes);
        buffer.release();
    }

    private static AioException failureOf(AioFuture<?> future) {
        return (AioException) Await.failure(future);
    }

    // ---- the page cache ------------------------------------------------------------------------------------------

    @Test
    void shouldGoOnWhenAnAttemptIsShort() {
        Cache cache = new Cache() {
            @Override
            long cached(int attempt, long offset, long length) {
                return 16 * KIB;
            }
        };
        try (Engine engine = new Engine(cache)) {
            assertReads(engine.open(file.path()), 0, 50 * KIB, AioRoute.INLINE);

            assertThat(cache.attempts).extracting(Attempt::offset).containsExactly(0L, 16L * KIB, 32L * KIB, 48L * KIB);
            assertThat(cache.attempts).allMatch(Attempt::nowait).allMatch(Attempt::onLoop);
        }
    }

    @Test
    void shouldCollectTheRestWhenAnAttemptIsShortAndTheNextMisses() {
        Cache cache = new Cache() {
            @Override
            long cached(int attempt, long offset, long length) {
                return attempt == 1 ? 16 * KIB : -Errno.EAGAIN;
            }
        };
        try (Engine engine = new Engine(cache)) {
            assertReads(engine.open(file.path()), PAGE, 60 * KIB, AioRoute.COLLECT);

            assertThat(cache.attempts)
                    .containsExactly(
                            new Attempt(true, PAGE, 60 * KIB, true),
                            new Attempt(true, PAGE + 16 * KIB, 44 * KIB, true),
                            new Attempt(false, PAGE + 16 * KIB, 44 * KIB, false));
            assertThat(engine.context.stats().completedHelper()).isPositive();
        }
    }

    @Test
    void shouldEndWhenTheFileEnds() {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache)) {
            EpollAioFile from = engine.open(file.path());
            ByteBuf buffer = TestFile.buffer(4 * PAGE);
            long offset = 63L * PAGE + 100;
            AioFuture<Integer> read = read(from, buffer, offset);

            assertThat(read.getNow()).isEqualTo(PAGE - 100);
            assertThat(TestFile.bytes(buffer)).isEqualTo(TestFile.expected(offset, PAGE - 100));
            assertThat(cache.attempts).hasSize(2);

            AioFuture<Integer> past = read(from, buffer.clear(), 1 << 30);
            assertThat(past.getNow()).isZero();
            assertThat(buffer.writerIndex()).isZero();
            buffer.release();
        }
    }

    @Test
    void shouldTryAgainWhenAnAttemptIsInterrupted() {
        Cache cache = new Cache() {
            @Override
            long cached(int attempt, long offset, long length) {
                return attempt < 3 ? -Errno.EINTR : length;
            }
        };
        try (Engine engine = new Engine(cache)) {
            assertReads(engine.open(file.path()), 0, PAGE, AioRoute.INLINE);
            assertThat(cache.attempts).hasSize(3);
        }
    }

    @Test
    void shouldFailWithWhatWasMovedWhenAnAttemptFailsAfterAPart() {
        Cache cache = new Cache() {
            @Override
            long cached(int attempt, long offset, long length) {
                return attempt == 1 ? PAGE : -Errno.EIO;
            }
        };
        try (Engine engine = new Engine(cache)) {
            ByteBuf buffer = TestFile.buffer(4 * PAGE);
            AioException failure = failureOf(engine.open(file.path()).read(buffer, 0));

            assertThat(failure.errno()).isEqualTo(Errno.EIO);
            assertThat(failure.bytesTransferred()).isEqualTo(PAGE);
            assertThat(failure.operation()).isEqualTo("read");
            assertThat(failure.path()).isEqualTo(file.path().toString());
            assertThat(buffer.refCnt()).isEqualTo(1);
            buffer.release();
        }
    }

    @Test
    void shouldLeaveTheMountToHelpersWhenItDoesNotKnowNowait() {
        Cache cache = new Cache() {
            @Override
            long cached(int attempt, long offset, long length) {
                return -Errno.EOPNOTSUPP;
            }
        };
        try (Engine engine = new Engine(cache)) {
            EpollAioFile first = engine.open(file.path());
            EpollAioFile second = engine.open(file.path());
            assertReads(first, 0, PAGE, AioRoute.HELPER);
            assertThat(cache.attempts).extracting(Attempt::nowait).containsExactly(true, false);

            // Learnt for the mount, not for the file.
            cache.attempts.clear();
            assertReads(first, 0, PAGE, AioRoute.HELPER);
            assertReads(second, 0, PAGE, AioRoute.HELPER);
            assertThat(cache.attempts).noneMatch(Attempt::nowait).noneMatch(Attempt::onLoop);
            assertThat(engine.context.stats().nowaitAttempts()).isEqualTo(1);
        }
    }

    @Test
    void shouldNotTryOnTheLoopWhenTheProbeOfTheOpenSaysNo() {
        Cache cache = new Cache() {
            @Override
            public long pread(int fd, long address, long length, long offset, int flags) {
                return isNowait(flags) ? -Errno.EOPNOTSUPP : super.pread(fd, address, length, offset, flags);
            }
        };
        try (Engine engine = new Engine(cache)) {
            assertReads(engine.open(file.path()), 0, PAGE, AioRoute.HELPER);
            assertThat(engine.context.stats().nowaitAttempts()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, PAGE, 3 * PAGE})
    void shouldGoToAHelperWhenAReadIsLongerThanInlineReadsMayBe(int limit) {
        Cache cache = new Cache();
        try (Engine engine = new Engine(cache, AioConfig.builder().inlineReadBytes(limit))) {
            EpollAioFile from = engine.open(file.path());
            assertReads(from, 0, limit, AioRoute.INLINE);
            assertReads(from, 0, limit + 1, AioRoute.HELPER);
            assertThat(cache.attempts).extracting(Attempt::onLoop).containsExactly(true, false);
        }
    }

    @Test
    void shouldGoToAHelperWhenItIsABufferedWriteOrAnAppend() {
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public long pwritev(int fd, long iovecs, int count, long offset, int flags) {
                if (EpollAioContext.isLoopThread()) {
                    problem("pwritev on the loop");
                }
                return super.pwritev(fd, iovecs, count, offset, flags);
            }
        };
        try (Engine engine = new Engine(syscalls)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            AioFuture<Integer> write = to.write(TestFile.filled(100, 5), 10);
            AioFuture<Integer> append = to.append(TestFile.filled(7, 9));

            assertThat(Await.value(write)).isEqualTo(100);
            assertThat(Await.value(append)).isEqualTo(7);
            assertThat(write.route()).isEqualTo(AioRoute.HELPER);
            assertThat(append.route()).isEqualTo(AioRoute.HELPER);
        }
        byte[] contents = file.contents();
        assertThat(contents).hasSize(64 * PAGE + 7);
        assertThat(contents[9]).isEqualTo(TestFile.at(9));
        assertThat(contents[10]).isEqualTo((byte) 5);
        assertThat(contents[109]).isEqualTo((byte) 5);
        assertThat(contents[110]).isEqualTo(TestFile.at(110));
        assertThat(contents[64 * PAGE]).isEqualTo((byte) 9);
    }

    @Test
    void shouldGoOnWhenAHelpersWriteIsShort() {
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public long pwritev(int fd, long iovecs, int count, long offset, int flags) {
                // Only the first half of the first segment, at least a byte.
                var iovec = memory(iovecs, 16);
                try (NativeMemory half = new NativeMemory(16, 16)) {
                    half.buffer().putLong(0, iovec.getLong(0));
                    half.buffer().putLong(8, (iovec.getLong(8) + 1) / 2);
                    return super.pwritev(fd, half.address(), 1, offset, flags);
                }
            }
        };
        try (Engine engine = new Engine(syscalls)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            ByteBuf[] sources = {TestFile.filled(1000, 1), TestFile.filled(1, 2), TestFile.filled(500, 3)};
            assertThat(Await.value(to.write(sources, PAGE))).isEqualTo(1501);
        }
        byte[] contents = file.contents();
        for (int i = 0; i < 1501; i++) {
            assertThat(contents[PAGE + i]).isEqualTo((byte) (i < 1000 ? 1 : i < 1001 ? 2 : 3));
        }
        assertThat(contents[PAGE + 1501]).isEqualTo(TestFile.at(PAGE + 1501));
    }

    @Test
    void shouldFailWithWhatWasWrittenWhenTheDiskIsFullHalfway() {
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public long pwritev(int fd, long iovecs, int count, long offset, int flags) {
                return offset == 0 ? 777 : -28;
            }
        };
        try (Engine engine = new Engine(syscalls)) {
            ByteBuf source = TestFile.filled(PAGE, 1);
            AioException failure =
                    failureOf(engine.open(file.path(), AioOpenOption.WRITE).write(source, 0));

            assertThat(failure.errnoName()).isEqualTo("ENOSPC");
            assertThat(failure.bytesTransferred()).isEqualTo(777);
            assertThat(failure).hasMessageContaining("no space left");
            Await.until("the source is released", () -> source.refCnt() == 0);
        }
    }

    @Test
    void shouldFailWhenAWriteMovesNothing() {
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public long pwritev(int fd, long iovecs, int count, long offset, int flags) {
                return 0;
            }
        };
        try (Engine engine = new Engine(syscalls)) {
            AioException failure =
                    failureOf(engine.open(file.path(), AioOpenOption.WRITE).write(TestFile.filled(PAGE, 1), 0));
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
        }
    }

    // ---- direct files --------------------------------------------------------------------------------------------

    @Test
    void shouldGoOnFromWhereItStoppedWhenADirectReadIsShort() {
        FakeKernel kernel = new FakeKernel();
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            ByteBuf buffer = TestFile.buffer(8 * PAGE);
            AioFuture<Integer> read = direct.read(buffer, 2L * PAGE);

            FakeKernel.Iocb first = kernel.awaitInFlight(1).get(0);
            assertThat(first.count).isEqualTo(8 * PAGE);
            kernel.complete(first, kernel.performShort(first, 3 * PAGE));
            FakeKernel.Iocb second = kernel.awaitOffset(5L * PAGE);
            assertThat(second.count).isEqualTo(5 * PAGE);
            assertThat(second.address).isEqualTo(first.address + 3 * PAGE);
            assertThat(second.data).as("another generation").isNotEqualTo(first.data);
            assertThat(read.isDone()).isFalse();
            kernel.complete(second);

            assertThat(Await.value(read)).isEqualTo(8 * PAGE);
            assertThat(TestFile.bytes(buffer)).isEqualTo(TestFile.expected(2L * PAGE, 8 * PAGE));
            buffer.release();
        }
    }

    @Test
    void shouldEndWithoutAnotherCallWhenADirectReadEndsUnaligned() {
        FakeKernel kernel = new FakeKernel();
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            ByteBuf buffer = TestFile.buffer(4 * PAGE);
            AioFuture<Integer> read = direct.read(buffer, 0);
            FakeKernel.Iocb iocb = kernel.awaitInFlight(1).get(0);
            kernel.complete(iocb, kernel.performShort(iocb, PAGE + 100));

            assertThat(Await.value(read)).isEqualTo(PAGE + 100);
            assertThat(buffer.writerIndex()).isEqualTo(PAGE + 100);
            assertThat(kernel.taken()).hasSize(1);
            buffer.release();
        }
    }

    @Test
    void shouldAskOnceMoreAndEndWhenADirectReadEndsAlignedAtTheEndOfTheFile() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            ByteBuf buffer = TestFile.buffer(4 * PAGE);
            AioFuture<Integer> read = read(direct, buffer, 62L * PAGE);

            assertThat(read.getNow()).isEqualTo(2 * PAGE);
            assertThat(kernel.taken()).extracting(iocb -> iocb.offset).containsExactly(62L * PAGE, 64L * PAGE);
            buffer.release();
        }
    }

    @Test
    void shouldGoOnWhereItStoppedWhenAVectoredDirectReadIsShort() {
        FakeKernel kernel = new FakeKernel();
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            ByteBuf[] buffers = {TestFile.buffer(PAGE), TestFile.buffer(2 * PAGE), TestFile.buffer(PAGE)};
            AioFuture<Long> read = direct.read(buffers, PAGE);

            FakeKernel.Iocb first = kernel.awaitInFlight(1).get(0);
            assertThat(first.opcode).isEqualTo(IocbTable.PREADV);
            assertThat(first.count).isEqualTo(3);
            // As if the kernel had stopped in the middle of the second buffer.
            kernel.perform(first);
            kernel.complete(first, 2 * PAGE);
            FakeKernel.Iocb second = kernel.awaitOffset(3L * PAGE);
            assertThat(second.count).isEqualTo(2);
            kernel.complete(second);

            assertThat(Await.value(read)).isEqualTo(4L * PAGE);
            for (int i = 0, at = PAGE; i < 3; at += buffers[i].readableBytes(), i++) {
                assertThat(TestFile.bytes(buffers[i])).isEqualTo(TestFile.expected(at, buffers[i].capacity()));
            }
            for (ByteBuf buffer : buffers) {
                buffer.release();
            }
        }
    }

    @Test
    void shouldHaveAHelperSubmitItWithoutNowaitWhenADirectWriteWouldWait() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            long answer(Iocb iocb) {
                return iocb.isNowait() ? -Errno.EAGAIN : super.answer(iocb);
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            for (int i = 0; i < Refusals.IN_A_ROW + 3; i++) {
                AioFuture<Integer> write = direct.write(TestFile.filled(PAGE, i + 1), (long) i * PAGE);
                assertThat(Await.value(write)).isEqualTo(PAGE);
                assertThat(write.route()).isEqualTo(AioRoute.HELPER_SUBMIT);
            }

            for (int i = 0; i < Refusals.IN_A_ROW + 3; i++) {
                long offset = (long) i * PAGE;
                List<FakeKernel.Iocb> calls = kernel.taken().stream()
                        .filter(iocb -> iocb.offset == offset)
                        .toList();
                if (i < Refusals.IN_A_ROW) {
                    // Tried on the loop first.
                    assertThat(calls).as("write %d", i).hasSize(2);
                    assertThat(calls.get(0).isNowait()).isTrue();
                    assertThat(calls.get(0).isOnLoop()).isTrue();
                } else {
                    // Refused often enough to know.
                    assertThat(calls).as("write %d", i).hasSize(1);
                }
                FakeKernel.Iocb last = calls.get(calls.size() - 1);
                assertThat(last.isNowait()).isFalse();
                assertThat(last.isOnLoop()).isFalse();
                assertThat(file.contents()[(int) offset]).isEqualTo((byte) (i + 1));
            }
            // Of writes only.
            assertThat(kernel.taken().size()).isEqualTo(2 * Refusals.IN_A_ROW + 3);
            assertReads(direct, 60L * PAGE, PAGE, AioRoute.HELPER_SUBMIT);
            assertThat(kernel.taken().get(2 * Refusals.IN_A_ROW + 3).isOnLoop()).isTrue();
        }
    }

    @Test
    void shouldTryTheLoopAgainWhenManyHaveGoneToHelpers() {
        AtomicInteger refusals = new AtomicInteger(Refusals.IN_A_ROW);
        FakeKernel kernel = new FakeKernel() {
            @Override
            long answer(Iocb iocb) {
                return iocb.isNowait() && refusals.getAndDecrement() > 0 ? -Errno.EAGAIN : super.answer(iocb);
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            List<AioRoute> routes = new ArrayList<>();
            for (int i = 0; i < Refusals.IN_A_ROW + Refusals.TRY_AGAIN_AFTER + 2; i++) {
                AioFuture<Integer> write = direct.write(TestFile.filled(PAGE, 1), 0);
                Await.value(write);
                routes.add(write.route());
            }

            int away = Refusals.IN_A_ROW + Refusals.TRY_AGAIN_AFTER;
            assertThat(routes.subList(0, away)).containsOnly(AioRoute.HELPER_SUBMIT);
            assertThat(routes.subList(away, away + 2)).containsOnly(AioRoute.KERNEL);
        }
    }

    @Test
    void shouldLearnForTheMountWhenItsDirectWritesDoNotKnowNowait() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            long answer(Iocb iocb) {
                boolean write = iocb.opcode == IocbTable.PWRITE;
                return iocb.isNowait() && write ? -Errno.EOPNOTSUPP : super.answer(iocb);
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile first = engine.openDirect(file.path());
            EpollAioFile second = engine.openDirect(file.path());
            for (EpollAioFile direct : List.of(first, second)) {
                AioFuture<Integer> write = direct.write(TestFile.filled(PAGE, 3), 0);
                assertThat(Await.value(write)).isEqualTo(PAGE);
                assertThat(write.route()).isEqualTo(AioRoute.HELPER_SUBMIT);
            }
            assertThat(kernel.taken()).extracting(FakeKernel.Iocb::isNowait).containsExactly(true, false, false);

            // Reads do know it.
            assertReads(first, PAGE, PAGE, AioRoute.KERNEL);
        }
    }

    @Test
    void shouldLearnForTheMountWhenNowaitIsRefusedAtSubmit() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return iocb.isNowait() ? -Errno.EOPNOTSUPP : 0;
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            assertReads(direct, 0, PAGE, AioRoute.HELPER_SUBMIT);
            assertReads(direct, 0, PAGE, AioRoute.HELPER_SUBMIT);
            assertThat(kernel.batches).as("one refused, two by helpers").hasSize(3);
        }
    }

    @Test
    void shouldSubmitReadsPlainlyFromTheLoopWhenItIsAnOverlay() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            long fileSystem() {
                return Mount.OVERLAYFS;
            }

            @Override
            int accept(Iocb iocb) {
                return iocb.isNowait() ? -Errno.EOPNOTSUPP : 0;
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            assertReads(direct, 0, PAGE, AioRoute.KERNEL);
            assertReads(direct, 0, PAGE, AioRoute.KERNEL);
            AioFuture<Integer> write = direct.write(TestFile.filled(PAGE, 1), 0);
            assertThat(Await.value(write)).isEqualTo(PAGE);
            assertThat(write.route()).isEqualTo(AioRoute.HELPER_SUBMIT);
        }
    }

    @Test
    void shouldGoToAHelperWhenADirectFileLiesInMemory() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            long fileSystem() {
                return Mount.TMPFS;
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            assertReads(engine.openDirect(file.path()), 0, PAGE, AioRoute.HELPER);
            assertThat(kernel.taken()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EAGAIN, Errno.EOPNOTSUPP, Errno.EINVAL, Errno.ENOSYS, Errno.EPERM})
    void shouldMakeThePlainCallWhenKernelAioDoesNotDoIt(int errno) {
        FakeKernel kernel = new FakeKernel() {
            @Override
            long answer(Iocb iocb) {
                return -errno;
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel, AioConfig.builder().kernelTransferBytes(0))) {
            assertReads(engine.openDirect(file.path()), 0, 2 * PAGE, AioRoute.HELPER);
            assertThat(kernel.taken()).hasSize(1);
        }
    }

    @Test
    void shouldGiveTheTrueErrorWhenThePlainCallFailsAsWell() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            long answer(Iocb iocb) {
                return -Errno.EINVAL;
            }

            @Override
            public long pread(int fd, long address, long length, long offset, int flags) {
                return EpollAioContext.isLoopThread() || isNowait(flags)
                        ? super.pread(fd, address, length, offset, flags)
                        : -Errno.EIO;
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            ByteBuf buffer = TestFile.buffer(PAGE);
            AioException failure = failureOf(engine.openDirect(file.path()).read(buffer, 0));
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
            buffer.release();
        }
    }

    @Test
    void shouldFailWithWhatWasMovedWhenTheEventCarriesAnError() {
        FakeKernel kernel = new FakeKernel();
        try (Engine engine = new Engine(kernel)) {
            ByteBuf buffer = TestFile.buffer(4 * PAGE);
            AioFuture<Integer> read = engine.openDirect(file.path()).read(buffer, 0);
            FakeKernel.Iocb first = kernel.awaitInFlight(1).get(0);
            kernel.complete(first, kernel.performShort(first, PAGE));
            kernel.complete(kernel.awaitOffset(PAGE), -Errno.EIO);

            AioException failure = failureOf(read);
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
            assertThat(failure.bytesTransferred()).isEqualTo(PAGE);
            buffer.release();
        }
    }

    @Test
    void shouldFailWhenADirectWriteMovesNothing() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            long answer(Iocb iocb) {
                return 0;
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            AioException failure = failureOf(engine.openDirect(file.path()).write(TestFile.filled(PAGE, 1), 0));
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
        }
    }

    @Test
    void shouldHaveAHelperSubmitItWhenADirectTransferIsLong() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel, AioConfig.builder().kernelTransferBytes(4 * PAGE))) {
            EpollAioFile direct = engine.openDirect(file.path());
            assertReads(direct, 0, 4 * PAGE, AioRoute.KERNEL);
            assertReads(direct, 0, 5 * PAGE, AioRoute.HELPER_SUBMIT);
            assertThat(kernel.taken()).extracting(FakeKernel.Iocb::isOnLoop).containsExactly(true, false);
        }
    }

    @Test
    void shouldAskForNoMoreThanEightMebibytesAtOnceWhenADirectTransferIsHuge() {
        int mib = 1 << 20;
        FakeKernel kernel = new FakeKernel() {
            @Override
            long answer(Iocb iocb) {
                return iocb.count;
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            ByteBuf buffer = TestFile.buffer(20 * mib);
            assertThat(read(direct, buffer, 0).getNow()).isEqualTo(20 * mib);

            assertThat(kernel.taken())
                    .extracting(iocb -> iocb.offset, iocb -> iocb.count)
                    .containsExactly(tuple(0L, 8L * mib), tuple(8L * mib, 8L * mib), tuple(16L * mib, 4L * mib));
            buffer.release();
        }
    }

    // ---- a helper's io_submit ------------------------------------------------------------------------------------

    @Test
    void shouldMakeThePlainCallWhenAHelpersSubmitLacksResources() {
        for (int refusal : new int[] {-Errno.EAGAIN, 0}) {
            FakeKernel kernel = new FakeKernel() {
                @Override
                public int ioSubmit(long context, int count, long iocbs) {
                    return EpollAioContext.isLoopThread() ? super.ioSubmit(context, count, iocbs) : refusal;
                }
            }.automatic(true);
            try (Engine engine = new Engine(kernel, AioConfig.builder().kernelTransferBytes(0))) {
                assertReads(engine.openDirect(file.path()), 0, PAGE, AioRoute.HELPER);
                assertThat(engine.context.stats().kernelInFlight()).isZero();
            }
        }
    }

    @Test
    void shouldFailWhenAHelpersSubmitFails() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            int accept(Iocb iocb) {
                return -Errno.EBADF;
            }
        };
        try (Engine engine = new Engine(kernel, AioConfig.builder().kernelTransferBytes(0))) {
            ByteBuf buffer = TestFile.buffer(PAGE);
            AioFuture<Integer> read = engine.openDirect(file.path()).read(buffer, 0);
            assertThat(failureOf(read).errno()).isEqualTo(Errno.EBADF);
            assertThat(read.route()).isEqualTo(AioRoute.HELPER_SUBMIT);
            buffer.release();
        }
    }

    @Test
    void shouldCallAgainWhenAHelpersSubmitIsInterrupted() {
        AtomicInteger interruptions = new AtomicInteger(3);
        FakeKernel kernel = new FakeKernel() {
            @Override
            public int ioSubmit(long context, int count, long iocbs) {
                return interruptions.getAndDecrement() > 0 ? -Errno.EINTR : super.ioSubmit(context, count, iocbs);
            }
        }.automatic(true);
        try (Engine engine = new Engine(kernel, AioConfig.builder().kernelTransferBytes(0))) {
            assertReads(engine.openDirect(file.path()), 0, PAGE, AioRoute.HELPER_SUBMIT);
            assertThat(kernel.batches).containsExactly(1);
        }
    }

    @Test
    void shouldFailOnlyTheOneWhenAHelpersCallThrows() {
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public long pwritev(int fd, long iovecs, int count, long offset, int flags) {
                if (offset == PAGE) {
                    throw new IllegalStateException("the test's");
                }
                return super.pwritev(fd, iovecs, count, offset, flags);
            }
        };
        try (Engine engine = new Engine(syscalls)) {
            EpollAioFile to = engine.open(file.path(), AioOpenOption.WRITE);
            AioFuture<Integer> before = to.write(TestFile.filled(10, 1), 0);
            AioFuture<Integer> thrown = to.write(TestFile.filled(10, 1), PAGE);
            AioFuture<Integer> after = to.write(TestFile.filled(10, 1), 2 * PAGE);

            assertThat(Await.failure(thrown)).hasMessage("the test's");
            assertThat(Await.value(before)).isEqualTo(10);
            assertThat(Await.value(after)).isEqualTo(10);
        }
    }

    // ---- heap buffers and reads that allocate --------------------------------------------------------------------

    @Test
    void shouldGiveThePartThatWasAskedForWhenADirectReadIsNotAligned() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            for (int[] part : new int[][] {{0, 10}, {5, 10}, {4090, 20}, {4096, 4096}, {100, 9000}, {8191, 1}}) {
                ByteBuf got = Await.value(direct.read((long) part[0], part[1]));
                assertThat(TestFile.bytes(got))
                        .as("%d bytes at %d", part[1], part[0])
                        .isEqualTo(TestFile.expected(part[0], part[1]));
                assertThat(got.refCnt()).isEqualTo(1);
                got.release();
            }
            assertThat(kernel.taken()).allMatch(iocb -> iocb.offset % PAGE == 0 && iocb.count % PAGE == 0);
            ByteBuf atTheEnd = Await.value(direct.read(64L * PAGE - 10, 100));
            assertThat(atTheEnd.readableBytes()).isEqualTo(10);
            atTheEnd.release();
            ByteBuf past = Await.value(direct.read(65L * PAGE + 10, 100));
            assertThat(past.isReadable()).isFalse();
            past.release();
        }
    }

    @Test
    void shouldRefuseWithTheAlignmentWhenADirectTransferIsMisaligned() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel)) {
            EpollAioFile direct = engine.openDirect(file.path());
            ByteBuf shifted = TestFile.buffer(2 * PAGE).setIndex(0, 100);
            ByteBuf odd = TestFile.buffer(100);
            ByteBuf fine = TestFile.buffer(PAGE);
            ByteBuf source = TestFile.filled(100, 1);

            assertThat(Await.failure(direct.read(shifted, 0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("address=")
                    .hasMessageContaining("alignment=4096");
            assertThat(Await.failure(direct.read(odd, 0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("length=100");
            assertThat(Await.failure(direct.read(fine, 100)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("offset=100");
            assertThat(Await.failure(direct.write(source, 0))).isInstanceOf(IllegalArgumentException.class);
            assertThat(source.refCnt()).isZero();
            assertThat(kernel.taken()).isEmpty();
            for (ByteBuf buffer : List.of(shifted, odd, fine)) {
                assertThat(buffer.refCnt()).isEqualTo(1);
                buffer.release();
            }
        }
    }
}
