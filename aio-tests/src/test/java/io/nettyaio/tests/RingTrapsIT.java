package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioBatch;
import io.nettyaio.AioCallback;
import io.nettyaio.AioContextStats;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The traps of the completion ring and of the eventfds, by the real kernel. */
@Timeout(120)
class RingTrapsIT {

    private static final long SEED = 101;
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 1024;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static AioFile open(String what) throws Exception {
        if (what.equals("ZERO")) {
            return aio.open(Path.of("/dev/zero"), READ);
        }
        Path path =
                Patterns.file(TestFileSystem.valueOf(what).newDirectory().resolve("file"), SEED, (long) BLOCKS * BLOCK);
        Patterns.dropFromCache(path);
        return aio.open(path, READ, DIRECT);
    }

    /** Keeps so many reads going, each started by the completion of the one before in its place. */
    private static final class Pump implements AioCallback<Integer> {

        private final AioFile file;
        private final ByteBuf[] buffers;
        private final int total;
        private final CompletableFuture<Integer> done = new CompletableFuture<>();
        private final boolean zeros;
        private final long[] expectedOffset;
        private int started;
        private int completed;
        private int mostInFlight;

        Pump(AioFile file, int depth, int total) {
            this.file = file;
            this.total = total;
            zeros = !file.isDirect();
            buffers = new ByteBuf[depth];
            expectedOffset = new long[depth];
            for (int i = 0; i < depth; i++) {
                buffers[i] = aio.context().alignedAllocator().directBuffer(BLOCK, BLOCK);
            }
        }

        int run() throws Exception {
            aio.onLoop(0, () -> {
                for (int place = 0; place < buffers.length; place++) {
                    start(place);
                }
                return null;
            });
            try {
                return done.get(60, TimeUnit.SECONDS);
            } finally {
                AioTestLoops.eventually(
                        "nothing is pending", () -> aio.context().stats().pending() == 0);
                for (ByteBuf buffer : buffers) {
                    assertThat(buffer.refCnt()).isOne();
                    buffer.release();
                }
            }
        }

        private void start(int place) {
            if (started == total) {
                return;
            }
            expectedOffset[place] = started * 7919L % BLOCKS * BLOCK;
            started++;
            buffers[place].clear().setByte(0, 0x5A).setByte(BLOCK - 1, 0x5A);
            file.read(buffers[place], expectedOffset[place], place, this);
        }

        @Override
        public void completed(long result, @Nullable Throwable cause, Integer place) {
            ByteBuf buffer = buffers[place];
            byte first = zeros ? 0 : Patterns.at(SEED, expectedOffset[place]);
            byte last = zeros ? 0 : Patterns.at(SEED, expectedOffset[place] + BLOCK - 1);
            if (result != BLOCK
                    || buffer.writerIndex() != BLOCK
                    || buffer.getByte(0) != first
                    || buffer.getByte(BLOCK - 1) != last) {
                done.completeExceptionally(new AssertionError(
                        "result " + result + ", offset " + expectedOffset[place] + ", " + buffer, cause));
            }
            mostInFlight = Math.max(mostInFlight, aio.context().stats().kernelInFlight());
            if (++completed == total) {
                done.complete(completed);
            } else {
                start(place);
            }
        }
    }

    /**
     * Trap 1: the event is written before the eventfd is signalled, so whoever reaps first and then waits strands
     * completions. A hundred thousand operations, completed one after the other: none is stranded, none comes twice.
     * /dev/zero completes inside io_submit (trap 5), the disks later.
     */
    @ParameterizedTest(name = "{0}, {1} in flight")
    @CsvSource({"ZERO, 1", "ZERO, 64", "EXT4, 1", "EXT4, 64", "XFS, 64", "BTRFS, 64", "OVERLAY, 64", "TMPFS, 64"})
    void shouldStrandNothingWhenManyOperationsComplete(String what, int depth) throws Exception {
        int total = depth == 1 ? 20_000 : what.equals("ZERO") || what.equals("EXT4") ? 100_000 : 20_000;
        AioFile file = open(what);
        assertThat(new Pump(file, depth, total).run()).isEqualTo(total);
        AioContextStats stats = aio.context().stats();
        assertThat(stats.completedInline() + stats.completedKernel() + stats.completedHelper())
                .as("completions counted: %s", stats)
                .isGreaterThanOrEqualTo(total);
    }

    /** On the disk itself, where completions come from interrupts. */
    @Test
    void shouldStrandNothingWhenDiskIsReal() throws Exception {
        assertThat(new Pump(open("DISK"), 32, 10_000).run()).isEqualTo(10_000);
    }

    /** Trap 3: completions come in batches. One for each turn is still all of them, wakeup or not. */
    @ParameterizedTest(name = "{0} completions for each wakeup")
    @CsvSource({"1", "3", "256"})
    void shouldCompleteAllWhenTheyComeTogether(int completionsPerWakeup) throws Exception {
        aio.context(0, aio.config().completionsPerWakeup(completionsPerWakeup).build());
        for (String what : new String[] {"ZERO", "EXT4"}) {
            AioFile file = open(what);
            for (int round = 0; round < 20; round++) {
                AioBatch batch = aio.context().batch();
                ByteBuf[] dsts = new ByteBuf[64];
                for (int i = 0; i < dsts.length; i++) {
                    dsts[i] = aio.context().alignedAllocator().directBuffer(BLOCK, BLOCK);
                    batch.read(file, dsts[i], (long) i * BLOCK);
                }
                get(batch.submit());
                for (ByteBuf dst : dsts) {
                    assertThat(dst.readableBytes()).isEqualTo(BLOCK);
                    assertThat(dst.refCnt()).isOne();
                    dst.release();
                }
            }
        }
    }

    /**
     * Trap 4: a slot that is reused in the tick of its completion may still have an old wakeup coming. With two slots
     * for everything, each reused at once, each operation still completes exactly once, with its own contents.
     */
    @ParameterizedTest(name = "{0}, {1} slots")
    @CsvSource({"EXT4, 1", "EXT4, 2", "ZERO, 2", "EXT4, 8"})
    void shouldCompleteEachOnceWhenSlotsAreReusedAtOnce(String what, int slots) throws Exception {
        aio.context(0, aio.config().queueDepth(slots).build());
        Pump pump = new Pump(open(what), 32, 20_000);
        assertThat(pump.run()).isEqualTo(20_000);
        assertThat(pump.mostInFlight).as("most in flight").isBetween(0, slots);
        AioContextStats stats = aio.context().stats();
        assertThat(stats.slots()).isLessThanOrEqualTo(slots);
        Thread.sleep(20); // an old wakeup would come by now
        assertThat(pump.completed).isEqualTo(20_000);
    }

    /**
     * Trap 11: the ring takes more than it was asked for, and some of it is stranded; the bound in flight is the
     * library's own.
     */
    @Test
    void shouldStayWithinQueueDepthWhenMoreIsStarted() throws Exception {
        aio.context(0, aio.config().queueDepth(16).build());
        AioFile file = open("EXT4");
        List<ByteBuf> dsts = new ArrayList<>();
        List<AioFuture<Integer>> reads = new ArrayList<>();
        int most = 0;
        for (int i = 0; i < 2000; i++) {
            ByteBuf dst = aio.context().alignedAllocator().directBuffer(BLOCK, BLOCK);
            dsts.add(dst);
            reads.add(file.read(dst, (long) (i % BLOCKS) * BLOCK));
            most = Math.max(most, aio.onLoop(0, () -> aio.context().stats()).kernelInFlight());
        }
        for (int i = 0; i < 2000; i++) {
            assertThat(get(reads.get(i))).isEqualTo(BLOCK);
            Patterns.check(dsts.get(i), SEED, (long) (i % BLOCKS) * BLOCK, BLOCK);
            dsts.get(i).release();
        }
        assertThat(most).isLessThanOrEqualTo(16);
    }

    /** With kernel AIO or without it, the same operations give the same results. */
    @ParameterizedTest(name = "kernel AIO: {0}")
    @CsvSource({"true", "false"})
    void shouldGiveSameResultsWhenKernelAioIsUsedOrNot(boolean kernelAio) throws Exception {
        aio.context(
                0,
                aio.config()
                        .kernelAio(kernelAio)
                        .loopBudget(1, TimeUnit.MINUTES)
                        .build());
        assertThat(aio.context().kernelAioUnavailabilityCause() == null).isEqualTo(kernelAio);
        Pump pump = new Pump(open("EXT4"), 16, 5000);
        assertThat(pump.run()).isEqualTo(5000);
        AioContextStats stats = aio.context().stats();
        if (kernelAio) {
            assertThat(stats.completedKernel()).isGreaterThanOrEqualTo(4000);
        } else {
            assertThat(stats.completedKernel()).isZero();
            assertThat(stats.submitCalls()).isZero();
            assertThat(Descriptors.aioContexts()).isZero();
        }
    }

    /** Reads of every option of opening that changes the way, at once, on one ring. */
    @Test
    void shouldCompleteAllWhenWaysAreMixed() throws Exception {
        Path path = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), SEED, 400_000);
        List<AioFile> files = List.of(
                aio.open(path, READ),
                aio.open(path, READ, DIRECT),
                aio.open(path, READ, AioOpenOption.SYNC),
                aio.open(path, READ, AioOpenOption.NOATIME));
        List<AioFuture<ByteBuf>> reads = new ArrayList<>();
        for (int i = 0; i < 4000; i++) {
            reads.add(files.get(i % 4).read(i % 390 * 1000L, 1000));
        }
        for (int i = 0; i < 4000; i++) {
            ByteBuf read = get(reads.get(i));
            Patterns.check(read, SEED, i % 390 * 1000L, 1000);
            read.release();
        }
    }
}
