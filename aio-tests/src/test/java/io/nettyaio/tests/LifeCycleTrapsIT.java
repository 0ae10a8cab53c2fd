package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settle;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.epoll.EpollAio;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The traps of the end of a context, of child processes and of the host's limit on AIO. */
@Timeout(120)
class LifeCycleTrapsIT {

    private static final long SEED = 202;
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 1024;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    /** A mixture in flight: direct reads, buffered reads and writes, syncs, opens. */
    private static final class Work {

        final List<AioFuture<?>> futures = new ArrayList<>();
        final List<ByteBuf> sources = new ArrayList<>();
        final List<ByteBuf> destinations = new ArrayList<>();

        void start(AioFile direct, AioFile buffered, int count) {
            AioContext context = direct.context();
            for (int i = 0; i < count; i++) {
                ByteBuf dst = context.alignedAllocator().directBuffer(BLOCK, BLOCK);
                destinations.add(dst);
                futures.add(direct.read(dst, (long) (i * 37 % BLOCKS) * BLOCK));
                if (i % 4 == 0) {
                    ByteBuf src = aio.buffers().directBuffer(1000).writeZero(1000);
                    sources.add(src);
                    futures.add(buffered.write(src, i * 1000L));
                }
                if (i % 16 == 0) {
                    futures.add(buffered.fdatasync());
                    futures.add(buffered.read(0, 1000));
                    futures.add(context.open(Path.of(buffered.path())));
                }
            }
        }

        /** Everything has settled: done, or refused or cut off with an AioException; no buffer is kept. */
        int checkSettled() throws Exception {
            int done = 0;
            for (AioFuture<?> future : futures) {
                settle(future);
                if (future.isSuccess()) {
                    done++;
                    if (future.getNow() instanceof ByteBuf buffer) {
                        buffer.release();
                    }
                } else {
                    AioException failure = failure(future);
                    assertThat(failure.kind()).as("%s", failure).isEqualTo(AioException.Kind.CLOSED);
                }
            }
            for (ByteBuf src : sources) {
                AioTestLoops.awaitReferences(src, 0);
            }
            for (ByteBuf dst : destinations) {
                AioTestLoops.awaitReferences(dst, 1);
                dst.release();
            }
            return done;
        }
    }

    private static Path directFile(TestFileSystem fileSystem) throws Exception {
        Path path = Patterns.file(fileSystem.newDirectory().resolve("direct"), SEED, (long) BLOCKS * BLOCK);
        Patterns.dropFromCache(path);
        return path;
    }

    /**
     * Traps 16 to 18: io_destroy waits for what is in flight, takes the ring away and drops the results. So a context
     * that is closed at work drains first: what had reached the kernel completes, everything settles, the loop lives.
     */
    @Test
    void shouldSettleEverythingWhenContextIsClosedAtWork() throws Exception {
        for (TestFileSystem fileSystem : List.of(TestFileSystem.DISK, TestFileSystem.EXT4)) {
            Path path = directFile(fileSystem);
            for (int round = 0; round < 20; round++) {
                var group = aio.watch(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()));
                EventLoop loop = group.next();
                AioContext context =
                        aio.watch(EpollAio.context(loop, aio.config().build()));
                AioFile direct = get(context.open(path, READ, DIRECT));
                AioFile buffered = get(context.open(path.resolveSibling("buffered"), CREATE, READ, WRITE));
                Work work = new Work();
                work.start(direct, buffered, 200);
                for (int spin = round * 1000; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                AioFuture<Void> close = context.close();
                get(close);
                assertThat(context.state()).isEqualTo(AioContext.State.CLOSED);
                assertThat(loop.submit(() -> {}).await(5, TimeUnit.SECONDS))
                        .as("the loop lives")
                        .isTrue();
                work.checkSettled();
                assertThat(Descriptors.ofFile(path)).as("open descriptors").isZero();
                AioTestLoops.shutDown(group);
            }
        }
    }

    /** The same where it is the loop that shuts down. */
    @Test
    void shouldSettleEverythingWhenLoopShutsDownAtWork() throws Exception {
        checkShutdownAtWork(AioTestLoops::shutDown);
    }

    /**
     * The same where it shuts itself down. With a quiet period of 0 it then ends in that very iteration, and tells none
     * of the handles registered with it.
     */
    @Test
    void shouldSettleEverythingWhenLoopEndsWithoutTellingItsHandles() throws Exception {
        checkShutdownAtWork(loop -> loop.execute(() -> AioTestLoops.shutDown(loop)));
    }

    private static void checkShutdownAtWork(Consumer<EventLoop> shutdown) throws Exception {
        for (TestFileSystem fileSystem : List.of(TestFileSystem.DISK, TestFileSystem.EXT4)) {
            Path path = directFile(fileSystem);
            for (int round = 0; round < 20; round++) {
                var group = aio.watch(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()));
                AioContext context =
                        aio.watch(EpollAio.context(group.next(), aio.config().build()));
                AioFile direct = get(context.open(path, READ, DIRECT));
                AioFile buffered = get(context.open(path.resolveSibling("buffered"), CREATE, READ, WRITE));
                Work work = new Work();
                work.start(direct, buffered, 200);
                for (int spin = round * 1000; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                shutdown.accept(context.eventLoop());
                work.checkSettled();
                assertThat(group.terminationFuture().await(20, TimeUnit.SECONDS))
                        .as("terminated")
                        .isTrue();
                AioTestLoops.eventually("context is closed", () -> context.state() == AioContext.State.CLOSED);
                assertThat(Descriptors.ofFile(path)).as("open descriptors").isZero();
            }
        }
    }

    /** Trap 16: while something is held up for long, closing the context does not hold up the loop. */
    @Test
    void shouldKeepLoopResponsiveWhenContextIsClosedAndOperationIsHeldUp() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        ByteBuf src = aio.buffers().directBuffer().writeZero(1000);
        AioFuture<Integer> write;
        AioFuture<Void> close;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            write = file.write(src, 0);
            AioTestLoops.eventually(
                    "a helper has it", () -> aio.context().stats().helperInFlight() == 1);
            Thread.sleep(50);
            close = aio.context().close();
            for (int i = 0; i < 10; i++) {
                assertThat(aio.isResponsive(0)).as("the loop answers").isTrue();
                Thread.sleep(20);
            }
            assertThat(close.isDone()).as("closed before the write is done").isFalse();
            assertThat(aio.context().state()).isEqualTo(AioContext.State.CLOSING);
            assertThat(src.refCnt()).isOne();
            assertThat(failure(file.size()).kind()).isEqualTo(AioException.Kind.CLOSED);
            frozen.thaw();
        }
        get(close);
        assertThat(write.getNow()).isEqualTo(1000);
        assertThat(src.refCnt()).isZero();
        assertThat(Files.size(path)).isEqualTo(1000);
    }

    /** A loop that shuts down waits for what the kernel has, buffers retained; then it ends. */
    @Test
    void shouldKeepBuffersWhenLoopShutsDownAndOperationIsHeldUp() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        AioContext other = aio.context(1);
        ByteBuf src = aio.buffers().directBuffer().writeBytes(Patterns.bytes(SEED, 0, 1000));
        AioFuture<Integer> write;
        Future<?> terminated;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            write = file.write(src, 0);
            AioTestLoops.eventually(
                    "a helper has it", () -> aio.context().stats().helperInFlight() == 1);
            Thread.sleep(50);
            terminated = aio.loop(0).shutdownGracefully(0, 0, TimeUnit.SECONDS);
            Thread.sleep(200);
            assertThat(src.refCnt()).as("references while in flight").isOne();
            assertThat(aio.isResponsive(1)).as("the other loop answers").isTrue();
            assertThat(other.state()).isEqualTo(AioContext.State.OPEN);
            frozen.thaw();
        }
        settle(write);
        AioTestLoops.awaitReferences(src, 0);
        assertThat(terminated.await(20, TimeUnit.SECONDS)).isTrue();
        Patterns.check(Files.readAllBytes(path), SEED, 0);
    }

    /**
     * Trap 19: child processes, started all the while: they disturb nothing, see none of the library's descriptors,
     * and none is even inheritable.
     */
    @Test
    void shouldNotBeDisturbedWhenChildrenAreStarted() throws Exception {
        // The JDK's selectors, of HTTP clients that other tests have left, do not set O_CLOEXEC on their eventfds.
        var inheritable = Descriptors.inheritable();
        Path path = directFile(TestFileSystem.DISK);
        AioFile direct = aio.open(path, READ, DIRECT);
        AioFile buffered = aio.open(path.resolveSibling("buffered"), CREATE, READ, WRITE);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger rounds = new AtomicInteger();
        Thread worker = new Thread(() -> {
            while (!stop.get()) {
                Work work = new Work();
                work.start(direct, buffered, 32);
                try {
                    for (AioFuture<?> future : work.futures) {
                        if (get(future) instanceof AioFile opened) {
                            get(opened.close());
                        }
                    }
                    if (work.checkSettled() == work.futures.size()) {
                        rounds.incrementAndGet();
                    } else {
                        rounds.set(Integer.MIN_VALUE / 2);
                    }
                } catch (Exception | AssertionError e) {
                    rounds.set(Integer.MIN_VALUE / 2);
                    throw new IllegalStateException(e);
                }
            }
        });
        worker.start();
        try {
            for (int i = 0; i < 30; i++) {
                Process child = new ProcessBuilder("ls", "-l", "/proc/self/fd").start();
                String listing = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(child.waitFor()).isZero();
                assertThat(listing).doesNotContain("eventfd", "eventpoll", path.toString(), buffered.path());
            }
            assertThat(Descriptors.inheritable()).isSubsetOf(inheritable);
            int before = rounds.get();
            AioTestLoops.eventually("work goes on", () -> rounds.get() > before + 2 || rounds.get() < 0);
        } finally {
            stop.set(true);
            worker.join(20_000);
        }
        assertThat(rounds.get()).as("rounds without a failure").isPositive();
    }

    /**
     * Trap 24: fs.aio-max-nr is the whole host's. When it is used up, a context says so, naming it, and works all the
     * same.
     */
    @Test
    void shouldWorkWithHelpersWhenAioMaxNrIsUsedUp() throws Exception {
        // Not readString: that reads byte by byte where the size is 0, and a sysctl gives one byte only then.
        long limit = Long.parseLong(
                Files.readAllLines(Path.of("/proc/sys/fs/aio-max-nr")).get(0));
        int depth = 65_536;
        int loops = 18;
        Need.that(limit <= (loops - 2L) * depth, "fs.aio-max-nr is too high to use it up: " + limit);
        var group = aio.watch(new MultiThreadIoEventLoopGroup(loops, EpollIoHandler.newFactory()));
        AioConfig config = aio.config().queueDepth(depth).build();
        AioContext refused = null;
        for (int i = 0; i < loops && refused == null; i++) {
            AioContext context = aio.watch(EpollAio.context(group.next(), config));
            if (context.kernelAioUnavailabilityCause() != null) {
                refused = context;
            }
        }
        assertThat(refused).as("a context that gets no kernel AIO any more").isNotNull();
        assertThat(refused.kernelAioUnavailabilityCause()).hasMessageContaining("fs.aio-max-nr=" + limit);
        AioFile file = get(refused.open(directFile(TestFileSystem.DISK), READ, WRITE, DIRECT));
        List<AioFuture<ByteBuf>> reads = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            reads.add(file.read((long) i * BLOCK, BLOCK));
        }
        for (int i = 0; i < 200; i++) {
            ByteBuf read = get(reads.get(i));
            Patterns.check(read, SEED, (long) i * BLOCK, BLOCK);
            read.release();
        }
        ByteBuf src = refused.alignedAllocator().directBuffer(BLOCK).writeZero(BLOCK);
        assertThat(get(file.write(src, 0))).isEqualTo(BLOCK);
        get(file.fdatasync());
        get(file.close());
    }

    /** What the host counts comes back when contexts end. */
    @Test
    void shouldGiveBackAioContextWhenClosed() throws Exception {
        assertThat(Descriptors.aioContexts()).isZero();
        aio.open(directFile(TestFileSystem.DISK), READ, DIRECT);
        assertThat(Descriptors.aioContexts()).isEqualTo(1);
        get(aio.context().close());
        assertThat(Descriptors.aioContexts()).isZero();
    }
}
