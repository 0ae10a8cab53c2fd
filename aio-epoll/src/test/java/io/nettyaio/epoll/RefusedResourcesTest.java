package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioRoute;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel says no to io_setup or eventfd. */
@Timeout(30)
class RefusedResourcesTest {

    private static final int PAGE = 4096;

    private final TestFile file = TestFile.ofSize(16 * PAGE);

    @AfterEach
    void deleteFile() {
        file.close();
    }

    private static void assertEverythingWorks(Engine engine, TestFile file) {
        EpollAioFile direct = engine.openDirect(file.path());
        EpollAioFile buffered = engine.open(file.path(), AioOpenOption.READ, AioOpenOption.WRITE);
        ByteBuf buffer = TestFile.buffer(2 * PAGE);
        AioFuture<Integer> read = direct.read(buffer, PAGE);
        assertThat(Await.value(read)).isEqualTo(2 * PAGE);
        assertThat(read.route()).isEqualTo(AioRoute.HELPER);
        assertThat(TestFile.bytes(buffer)).isEqualTo(TestFile.expected(PAGE, 2 * PAGE));
        AioFuture<Integer> write = direct.write(TestFile.filled(PAGE, 9), 8L * PAGE);
        assertThat(Await.value(write)).isEqualTo(PAGE);
        assertThat(write.route()).isEqualTo(AioRoute.HELPER);
        AioFuture<Integer> cached = buffered.read(buffer.clear(), 0);
        assertThat(Await.value(cached)).isEqualTo(2 * PAGE);
        assertThat(cached.route()).isEqualTo(AioRoute.INLINE);
        AioFuture<Void> sync = buffered.fdatasync();
        Await.value(sync);
        assertThat(sync.route()).isEqualTo(AioRoute.HELPER);
        assertThat(file.contents()[8 * PAGE]).isEqualTo((byte) 9);
        buffer.release();
    }

    /** An io_setup that fails; none of the other calls of kernel AIO may be made then. */
    private static final class NoKernelAio extends ScriptedSyscalls {
        private final int errno;

        NoKernelAio(int errno) {
            this.errno = errno;
        }

        @Override
        long newContext(int events) {
            return -errno;
        }

        @Override
        public int ioSubmit(long context, int count, long iocbs) {
            problem("io_submit");
            return -Errno.EINVAL;
        }

        @Override
        public int ioGetEvents(long context, int count, long events) {
            problem("io_getevents");
            return -Errno.EINVAL;
        }
    }

    @ParameterizedTest
    @CsvSource({"11, fs.aio-max-nr", "38, CONFIG_AIO", "1, seccomp", "12, out of memory"})
    void shouldWorkWithHelpersAndNameTheRemedyWhenIoSetupIsRefused(int errno, String remedy) {
        NoKernelAio syscalls = new NoKernelAio(errno);
        try (Engine engine = new Engine(syscalls)) {
            assertThat(engine.context.kernelAioUnavailabilityCause())
                    .hasMessageContaining("io_setup")
                    .hasMessageContaining(Errno.name(errno))
                    .hasMessageContaining(remedy);

            assertEverythingWorks(engine, file);

            assertThat(engine.context.stats().completedKernel()).isZero();
            assertThat(engine.context.stats().kernelInFlight()).isZero();
        }
        assertThat(syscalls.destroyers).isEmpty();
    }

    @Test
    void shouldShowTheMachinesFiguresWhenItsShareOfKernelAioIsUsedUp() {
        try (Engine engine =
                new Engine(new NoKernelAio(Errno.EAGAIN), AioConfig.builder().queueDepth(77))) {
            assertThat(engine.context.kernelAioUnavailabilityCause().getMessage())
                    .matches(".*fs\\.aio-nr=\\d+ of fs\\.aio-max-nr=\\d+, queueDepth=77.*")
                    .contains("sysctl -w fs.aio-max-nr=")
                    .contains("AioConfig.queueDepth");
        }
    }

    @Test
    void shouldNotAskForKernelAioWhenTheConfigurationSaysNo() {
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            long newContext(int events) {
                problem("io_setup");
                return super.newContext(events);
            }
        };
        try (Engine engine = new Engine(syscalls, AioConfig.builder().kernelAio(false))) {
            assertThat(engine.context.kernelAioUnavailabilityCause()).hasMessageContaining("kernelAio");
            assertEverythingWorks(engine, file);
        }
    }

    @Test
    void shouldHaveNoCauseWhenKernelAioIsThere() {
        AtomicInteger asked = new AtomicInteger();
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            long newContext(int events) {
                asked.set(events);
                return super.newContext(events);
            }
        };
        try (Engine engine = new Engine(syscalls, AioConfig.builder().queueDepth(33))) {
            assertThat(engine.context.kernelAioUnavailabilityCause()).isNull();
            assertThat(asked).hasValue(33);
        }
    }

    // ---- eventfds ------------------------------------------------------------------------------------------------

    /** Makes so many eventfds and then answers EMFILE, until it is told to go on. */
    private static class FewEventFds extends FakeKernel {
        private final AtomicInteger left;
        final AtomicBoolean enough = new AtomicBoolean();
        final AtomicInteger refused = new AtomicInteger();

        FewEventFds(int count) {
            left = new AtomicInteger(count);
        }

        @Override
        public int eventFd() {
            if (!enough.get() && left.getAndDecrement() <= 0) {
                refused.incrementAndGet();
                return -Errno.EMFILE;
            }
            return super.eventFd();
        }
    }

    @Test
    void shouldFailAndNameTheLimitWhenThereIsNoSlotAndNoneCanBeMade() {
        FewEventFds syscalls = new FewEventFds(0);
        try (Engine engine = new Engine(syscalls)) {
            AioFuture<?> open = engine.context.open(file.path());

            assertThat(Await.failure(open)).isInstanceOfSatisfying(AioException.class, failure -> {
                assertThat(failure.errno()).isEqualTo(Errno.EMFILE);
                assertThat(failure).hasMessageContaining("ulimit -n");
            });
            assertThat(engine.context.stats().pending()).isZero();

            // Somebody has closed some files.
            syscalls.enough.set(true);
            syscalls.automatic(true);
            EpollAioFile direct = engine.openDirect(file.path());
            ByteBuf buffer = TestFile.buffer(PAGE);
            assertThat(Await.value(direct.read(buffer, 0))).isEqualTo(PAGE);
            buffer.release();
        }
    }

    @Test
    void shouldFailTheTransferAndGiveBackItsBufferWhenThereIsNoSlotForIt() {
        FewEventFds syscalls = new FewEventFds(1);
        try (Engine engine = new Engine(syscalls)) {
            EpollAioFile direct = engine.openDirect(file.path());
            List<ByteBuf> buffers = new ArrayList<>();
            // One slot is there, and it is used; with none free and none to be made, they wait for it.
            List<AioFuture<Integer>> reads = engine.onLoop(() -> {
                List<AioFuture<Integer>> started = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    buffers.add(TestFile.buffer(PAGE));
                    started.add(direct.read(buffers.get(i), (long) i * PAGE));
                }
                return started;
            });
            for (int i = 0; i < 5; i++) {
                FakeKernel.Iocb only = syscalls.awaitOffset((long) i * PAGE);
                assertThat(syscalls.inFlight()).hasSize(1);
                syscalls.complete(only);
            }

            for (int i = 0; i < 5; i++) {
                assertThat(Await.value(reads.get(i))).isEqualTo(PAGE);
                assertThat(TestFile.bytes(buffers.get(i))).isEqualTo(TestFile.expected((long) i * PAGE, PAGE));
                buffers.get(i).release();
            }
            assertThat(syscalls.refused.get()).as("tried to make more").isPositive();
            assertThat(engine.context.stats().slots()).isEqualTo(1);
        }
    }

    @Test
    void shouldFailAndLeaveTheLoopUnharmedWhenTheDescriptorCannotBeWatched() {
        AtomicBoolean watchable = new AtomicBoolean(true);
        FakeKernel syscalls = new FakeKernel() {
            @Override
            public int eventFd() {
                // epoll_ctl(2) answers EPERM to a regular file.
                return watchable.get() ? super.eventFd() : openRegular();
            }

            private int openRegular() {
                byte[] name = file.path().toString().getBytes(StandardCharsets.UTF_8);
                ByteBuffer terminated =
                        ByteBuffer.allocateDirect(name.length + 1).put(name);
                return openAt(-1, Native.addressOf(terminated), 1, 0);
            }
        };
        try (Engine engine = new Engine(syscalls, AioConfig.builder().queueDepth(4))) {
            EpollAioFile direct = engine.openDirect(file.path());
            int open = syscalls.openDescriptors().size();
            watchable.set(false);
            ByteBuf first = TestFile.buffer(PAGE);
            ByteBuf second = TestFile.buffer(PAGE);
            List<AioFuture<Integer>> reads =
                    engine.onLoop(() -> List.of(direct.read(first, 0), direct.read(second, PAGE)));
            // The second waits for the slot of the first.
            syscalls.complete(syscalls.awaitOffset(0));
            assertThat(syscalls.openDescriptors()).hasSize(open);
            syscalls.complete(syscalls.awaitOffset(PAGE));
            reads.forEach(Await::value);

            watchable.set(true);
            AioFuture<Integer> third = direct.read(first.clear(), 0);
            syscalls.complete(syscalls.awaitOffset(0));
            assertThat(Await.value(third)).isEqualTo(PAGE);
            first.release();
            second.release();
        }
    }
}
