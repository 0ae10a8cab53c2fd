package io.nettyaio.tests;

import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ResourceLeakDetector;
import io.nettyaio.AioContext;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipePair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ten thousand pipes on two loops, a read pending on each. */
@Timeout(120)
class ManyPipesIT {

    private static final int PIPES_MOST = 10_000;
    private static final int PIPES_LEAST = 5_000;
    private static final int OTHER_DESCRIPTORS = 1_000;
    private static final int DESCRIPTORS = 2 * PIPES_MOST + OTHER_DESCRIPTORS;
    /** What a pending read may cost of the heap: operation, promise, queue entry, its place in epoll's table. */
    private static final long MOST_BYTES_EACH = 1200;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    @Test
    void shouldDeliverEveryByteWhenTenThousandWait() throws Exception {
        int count = pipesWithinLimit();
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        // Its records would be counted.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        try {
            List<AioPipePair> pipes = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                pipes.add(get(context(i).pipe()));
            }
            List<AioFuture<ByteBuf>> reads = new ArrayList<>(count);
            List<AioFuture<ByteBuf>> warm = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                warm.add(pipes.get(i).readEnd().read(65_536));
                warm.get(i).cancel(false);
            }
            awaitPending(0);
            long before = usedBytes();
            for (AioPipePair pipe : pipes) {
                reads.add(pipe.readEnd().read(65_536));
            }
            awaitPending(count);
            long each = (usedBytes() - before) / count;
            System.out.println("many-pipes heap_bytes_per_pending_read=" + each);
            assertThat(each).as("heap bytes for each pending read").isBetween(1L, MOST_BYTES_EACH);
            for (int loop = 0; loop < 2; loop++) {
                assertThat(aio.context(loop).stats().slots()
                                - aio.context(loop).stats().freeSlots())
                        .as("slots in use")
                        .isZero();
            }
            for (int i = 0; i < count; i++) {
                assertThat(reads.get(i).isDone()).isFalse();
            }
            List<AioFuture<Integer>> writes = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                writes.add(pipes.get(i)
                        .writeEnd()
                        .write(Unpooled.directBuffer(4, 4).writeInt(i)));
            }
            for (int i = 0; i < count; i++) {
                assertThat(get(writes.get(i))).isEqualTo(4);
                ByteBuf received = get(reads.get(i));
                assertThat(received.readableBytes()).isEqualTo(4);
                assertThat(received.readInt()).isEqualTo(i);
                received.release();
            }
            List<AioFuture<Void>> closes = new ArrayList<>();
            for (AioPipePair pipe : pipes) {
                closes.add(pipe.readEnd().close());
                closes.add(pipe.writeEnd().close());
            }
            for (AioFuture<Void> close : closes) {
                get(close);
            }
        } finally {
            ResourceLeakDetector.setLevel(level);
        }
    }

    private static AioContext context(int pipe) {
        return aio.context(pipe & 1);
    }

    private static void awaitPending(int count) throws Exception {
        AioTestLoops.eventually(
                count + " pending",
                () -> aio.context(0).stats().pending() + aio.context(1).stats().pending() == count);
        assertThat(aio.isResponsive(0) && aio.isResponsive(1)).isTrue();
    }

    private static long usedBytes() throws InterruptedException {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(30);
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }

    /** The JVM has raised its limit to what it may; root may raise that, where no sandbox forbids it. */
    private static int pipesWithinLimit() throws Exception {
        if (limit() < DESCRIPTORS) {
            String pid = Long.toString(ProcessHandle.current().pid());
            try {
                Shell.run("prlimit", "--pid", pid, "--nofile=" + DESCRIPTORS + ":" + DESCRIPTORS);
            } catch (IOException refused) {
                System.out.println(
                        "many-pipes: not all " + PIPES_MOST + " pipes, the hard limit of open files is " + limit());
            }
        }
        long count = Math.min(PIPES_MOST, (limit() - OTHER_DESCRIPTORS) / 2);
        Need.that(
                count >= PIPES_LEAST,
                "needs " + (2 * PIPES_LEAST + OTHER_DESCRIPTORS) + " open files, may have " + limit());
        return (int) count;
    }

    private static long limit() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(line -> line.startsWith("Max open files"))
                .map(line -> line.trim().split("\\s+"))
                .map(fields -> fields[3].equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(fields[3]))
                .findFirst()
                .orElseThrow();
    }
}
