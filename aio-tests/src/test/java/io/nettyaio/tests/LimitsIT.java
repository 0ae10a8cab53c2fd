package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioContextStats;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.epoll.EpollAio;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Limits: what is beyond them waits or is refused, nothing is lost, and no loop is held up. */
@Timeout(120)
class LimitsIT {

    private static final long SEED = 404;
    private static final int BLOCK = 4096;

    /** Generous, for noisy machines; the mistake it catches takes hundreds of milliseconds. */
    private static final long LONGEST_CALL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    /** Trap 36: one helper and room for two in its queue; the rest waits in the context, and all of it is done. */
    @Test
    void shouldLoseNothingWhenHelpersAreFew() throws Exception {
        aio.context(0, aio.config().helperThreads(1).helperQueue(2).build());
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        List<AioFuture<?>> futures = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            futures.add(
                    file.write(aio.buffers().directBuffer().writeBytes(Patterns.bytes(SEED, i * 100L, 100)), i * 100L));
            if (i % 50 == 0) {
                futures.add(file.size());
                futures.add(file.fdatasync());
            }
        }
        for (AioFuture<?> future : futures) {
            get(future);
        }
        byte[] content = Files.readAllBytes(path);
        assertThat(content).hasSize(200_000);
        Patterns.check(content, SEED, 0);
    }

    /** Trap 36: while the only helper is held up and its queue full, the loop does none of its work itself. */
    @Test
    void shouldKeepLoopResponsiveWhenHelpersAreHeldUp() throws Exception {
        aio.context(0, aio.config().helperThreads(1).helperQueue(2).build());
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        List<AioFuture<Integer>> writes = new ArrayList<>();
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            for (int i = 0; i < 200; i++) {
                writes.add(file.write(aio.buffers().directBuffer().writeZero(10), i * 10L));
            }
            for (int i = 0; i < 10; i++) {
                assertThat(aio.isResponsive(0)).isTrue();
                Thread.sleep(10);
            }
            assertThat(aio.context().stats().pending()).isEqualTo(200);
            assertThat(writes).noneMatch(AioFuture::isDone);
            frozen.thaw();
        }
        for (AioFuture<Integer> write : writes) {
            assertThat(get(write)).isEqualTo(10);
        }
        assertThat(Files.size(path)).isEqualTo(2000);
    }

    /** Beyond the bound of pending operations the next is refused at once, by name of the bound; then it goes on. */
    @Test
    void shouldRefuseByNameWhenTooManyArePending() throws Exception {
        aio.context(0, aio.config().pendingOperations(100).build());
        AioFile file = aio.open(TestFileSystem.EXT4.newDirectory().resolve("file"), CREATE, READ, WRITE);
        List<AioFuture<Integer>> writes = new ArrayList<>();
        List<ByteBuf> sources = new ArrayList<>();
        int refused = 0;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            for (int i = 0; i < 300; i++) {
                ByteBuf src = aio.buffers().directBuffer().writeZero(10);
                sources.add(src);
                writes.add(file.write(src, i * 10L));
            }
            for (int i = 100; i < 300; i++) {
                AioException failure = failure(writes.get(i));
                assertThat(failure.kind()).isEqualTo(AioException.Kind.QUEUE_FULL);
                assertThat(failure).hasMessageContaining("pendingOperations");
                AioTestLoops.awaitReferences(sources.get(i), 0);
                refused++;
            }
            assertThat(writes.subList(0, 100)).noneMatch(AioFuture::isDone);
            assertThat(aio.context().stats().pending()).isEqualTo(100);
            frozen.thaw();
        }
        assertThat(refused).isEqualTo(200);
        for (AioFuture<Integer> write : writes.subList(0, 100)) {
            assertThat(get(write)).isEqualTo(10);
        }
        assertThat(get(file.size())).isEqualTo(1000);
    }

    /** Tiny limits of every kind at once: slow, and complete. */
    @Test
    void shouldCompleteAllWhenEveryLimitIsTiny() throws Exception {
        aio.context(
                0,
                aio.config()
                        .queueDepth(1)
                        .submitBatch(1)
                        .completionsPerWakeup(1)
                        .inlineReadBytes(100)
                        .inlineBytesPerTick(100)
                        .kernelTransferBytes(BLOCK)
                        .deviceShare(0.01)
                        .unknownDeviceDepth(1)
                        .helperThreads(1)
                        .collectorThreads(1)
                        .helperQueue(2)
                        .build());
        for (TestFileSystem fileSystem : TestFileSystem.values()) {
            Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, 200_000);
            Patterns.dropFromCache(path);
            AioFile buffered = aio.open(path, READ);
            AioFile direct = DirectIT.open(aio, fileSystem, path, READ);
            AioFile written = aio.open(path.resolveSibling("written"), CREATE, WRITE);
            List<AioFuture<ByteBuf>> reads = new ArrayList<>();
            List<AioFuture<?>> others = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                reads.add((i % 2 == 0 ? buffered : direct).read(i * 500L, i % 3 == 0 ? 50 : 9000));
                others.add(written.write(aio.buffers().directBuffer().writeZero(50), i * 50L));
                if (i % 30 == 0) {
                    others.add(written.fdatasync());
                }
            }
            for (int i = 0; i < 300; i++) {
                ByteBuf read = get(reads.get(i));
                Patterns.check(read, SEED, i * 500L, i % 3 == 0 ? 50 : 9000);
                read.release();
            }
            for (AioFuture<?> other : others) {
                get(other);
            }
        }
    }

    /**
     * Trap 38: more direct reads in flight than the device's queue holds make io_submit wait for hundreds of
     * milliseconds. Of 512 asked for at once on each of two loops, no io_submit takes long, since the gate is common:
     * of all that is in flight, the device's queue holds more.
     */
    @ParameterizedTest(name = "{0}")
    @EnumSource(
            value = TestFileSystem.class,
            names = {"DISK", "EXT4", "XFS"})
    void shouldNotBlockInSubmitWhenDeviceIsFlooded(TestFileSystem fileSystem) throws Exception {
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, 32 << 20);
        Patterns.dropFromCache(path);
        int wall = queueOf(path);
        AtomicInteger most = new AtomicInteger();
        long longest = bestOfThree(AioContextStats::longestSubmitNanos, 2, contexts -> {
            List<AioFile> files = new ArrayList<>();
            for (AioContext context : contexts) {
                files.add(get(context.open(path, READ, DIRECT)));
            }
            List<AioFuture<Integer>> reads = new ArrayList<>();
            List<ByteBuf> dsts = new ArrayList<>();
            for (int i = 0; i < 1024; i++) {
                AioFile file = files.get(i % files.size());
                ByteBuf dst = file.context().alignedAllocator().directBuffer(BLOCK, BLOCK);
                dsts.add(dst);
                AioFuture<Integer> read = file.read(dst, i * 7919L % 8192 * BLOCK);
                read.addListener(done -> most.accumulateAndGet(inFlight(contexts), Math::max));
                reads.add(read);
            }
            for (int i = 0; i < 1024; i++) {
                assertThat(get(reads.get(i))).isEqualTo(BLOCK);
                Patterns.check(dsts.get(i), SEED, i * 7919L % 8192 * BLOCK, BLOCK);
                dsts.get(i).release();
            }
            for (AioFile file : files) {
                get(file.close());
            }
        });
        assertThat(longest).as("longest io_submit, ns").isLessThan(LONGEST_CALL_NANOS);
        assertThat(most.get()).as("in flight at once, at most").isBetween(1, wall);
    }

    /**
     * Trap 39: a NOWAIT miss occupies the device like any read. Of 10,000 cold ones asked for at once, no attempt on
     * the loop takes long, and each read is right.
     */
    @ParameterizedTest(name = "{0}")
    @EnumSource(
            value = TestFileSystem.class,
            names = {"DISK", "EXT4"})
    void shouldNotBlockInAttemptWhenEverythingIsCold(TestFileSystem fileSystem) throws Exception {
        int blocks = 10_000;
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), SEED, (long) blocks * BLOCK);
        int wall = queueOf(path);
        AtomicInteger most = new AtomicInteger();
        long longest = bestOfThree(AioContextStats::longestNowaitNanos, 1, contexts -> {
            Patterns.dropFromCache(path);
            AioFile file = get(contexts.get(0).open(path, READ));
            ByteBuf all = aio.buffers().directBuffer(blocks * BLOCK, blocks * BLOCK);
            List<AioFuture<Integer>> reads = new ArrayList<>();
            for (int i = 0; i < blocks; i++) {
                int block = (int) (i * 7919L % blocks);
                AioFuture<Integer> read =
                        file.read(all.slice(block * BLOCK, BLOCK).clear(), (long) block * BLOCK);
                read.addListener(done -> most.accumulateAndGet(inFlight(contexts), Math::max));
                reads.add(read);
            }
            for (AioFuture<Integer> read : reads) {
                assertThat(get(read)).isEqualTo(BLOCK);
            }
            Patterns.check(all.writerIndex(all.capacity()), SEED, 0, blocks * BLOCK);
            assertThat(all.refCnt()).isOne();
            all.release();
            get(file.close());
        });
        assertThat(longest).as("longest attempt, ns").isLessThan(LONGEST_CALL_NANOS);
        assertThat(most.get()).as("in flight at once, at most").isBetween(1, wall);
    }

    private static int inFlight(List<AioContext> contexts) {
        int sum = 0;
        for (AioContext context : contexts) {
            AioContextStats stats = context.stats();
            sum += stats.kernelInFlight() + stats.helperInFlight();
        }
        return sum;
    }

    /** How many requests the block device under a file takes before it makes io_submit wait. */
    private static int queueOf(Path file) throws Exception {
        Path device = Path.of("/sys/dev/block", Shell.run("stat", "-c", "%Hd:%Ld", file.toString()));
        for (String queue : new String[] {"queue/nr_requests", "../queue/nr_requests"}) {
            if (Files.exists(device.resolve(queue))) {
                return Integer.parseInt(
                        Files.readAllLines(device.resolve(queue)).get(0));
            }
        }
        Need.that(false, "no block device is known of " + file);
        return 0;
    }

    private interface Load {
        void run(List<AioContext> contexts) throws Exception;
    }

    /** A figure's worst over so many fresh loops, at best: a machine that is busy otherwise spoils one run, not three. */
    private static long bestOfThree(ToLongFunction<AioContextStats> figure, int loops, Load load) throws Exception {
        long best = Long.MAX_VALUE;
        for (int run = 0; run < 3; run++) {
            var group = aio.watch(new MultiThreadIoEventLoopGroup(loops, EpollIoHandler.newFactory()));
            List<AioContext> contexts = new ArrayList<>();
            AioConfig config = aio.config().build();
            for (int i = 0; i < loops; i++) {
                contexts.add(aio.watch(EpollAio.context(group.next(), config)));
            }
            load.run(contexts);
            best = Math.min(
                    best,
                    contexts.stream()
                            .map(AioContext::stats)
                            .mapToLong(figure)
                            .max()
                            .orElseThrow());
            AioTestLoops.shutDown(group);
        }
        return best;
    }

    /** Trap 40: a thousand operations at once do not keep the loop from its other work until the last is done. */
    @Test
    void shouldLetOtherWorkRunWhenManyAreStartedAtOnce() throws Exception {
        aio.context(0, aio.config().submitBatch(8).completionsPerWakeup(8).build());
        Path path = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), SEED, 4 << 20);
        AioFile direct = aio.open(path, READ, DIRECT);
        AioFile buffered = aio.open(path, READ);
        get(buffered.read(0, 4 << 20)).release();
        for (AioFile file : List.of(direct, buffered)) {
            List<AioFuture<ByteBuf>> reads = new ArrayList<>();
            CompletableFuture<Long> pendingThen = new CompletableFuture<>();
            aio.onLoop(0, () -> {
                for (int i = 0; i < 1000; i++) {
                    reads.add(file.read(i * 4000L, 4000));
                }
                aio.loop(0)
                        .execute(() -> aio.loop(0)
                                .execute(() -> aio.loop(0)
                                        .execute(() -> pendingThen.complete(reads.stream()
                                                .filter(read -> !read.isDone())
                                                .count()))));
                return null;
            });
            assertThat(pendingThen.get())
                    .as("reads not done when three other tasks had run")
                    .isBetween(500L, 1000L);
            for (int i = 0; i < 1000; i++) {
                ByteBuf read = get(reads.get(i));
                Patterns.check(read, SEED, i * 4000L, 4000);
                read.release();
            }
        }
    }
}
