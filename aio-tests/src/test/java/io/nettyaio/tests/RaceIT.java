package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.epoll.EpollAio;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Completion against cancel against deadline against close against loop shutdown, at random, on every route: never both or
 * neither, and no memory touched that has been given back. (Traps 18 and 23.)
 */
@Timeout(3600)
@SuppressWarnings("FutureReturnValueIgnored") // whose outcome its listener counts
class RaceIT {

    private static final int ROUNDS = Boolean.getBoolean("aio.soak") ? 2_000_000 : 100_000;
    private static final int ROUNDS_IN_A_LIFE = 2_000;
    private static final int BLOCKS = 256;
    private static final byte IN_FILE = 0x11;
    private static final byte WRITTEN = 0x22;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private final RaceArena arena = new RaceArena(64);
    private final BlockingQueue<AioFuture<?>> toCancel = new LinkedBlockingQueue<>();

    @Test
    void shouldSettleOnceAndLeaveMemoryAloneWhenEverythingRaces() throws Exception {
        long seed = Long.getLong("aio.seed", System.nanoTime());
        System.out.println("RaceIT: repeat with -Daio.seed=" + seed);
        Random random = new Random(seed);
        Path directory = TestFileSystem.EXT4.newDirectory();
        List<Path> paths =
                List.of(directory.resolve("direct"), directory.resolve("buffered"), directory.resolve("log"));
        byte[] content = new byte[BLOCKS * RaceArena.BYTES];
        Arrays.fill(content, IN_FILE);
        for (Path path : paths) {
            Files.write(path, content);
        }
        Thread canceller = new Thread(() -> cancelAtRandom(seed), "canceller");
        canceller.setDaemon(true);
        canceller.start();
        int[] outcomes = new int[3];
        try {
            for (int life = 0; life < ROUNDS / ROUNDS_IN_A_LIFE; life++) {
                if (life % 10 == 0) {
                    Patterns.dropFromCache(paths.get(1));
                }
                Life each = new Life(random, paths, life);
                each.run(outcomes);
            }
        } finally {
            canceller.interrupt();
            canceller.join();
        }
        arena.checkAll();
        for (Path path : paths) {
            byte[] bytes = Files.readAllBytes(path);
            for (int i = 0; i < bytes.length; i++) {
                if (bytes[i] != IN_FILE && bytes[i] != WRITTEN) {
                    throw new AssertionError("seed " + seed + ": " + path + " holds " + bytes[i] + " at " + i
                            + ": memory that had been given back was written");
                }
            }
        }
        System.out.println("RaceIT: done, cancelled, failed: " + Arrays.toString(outcomes));
        assertThat(Arrays.stream(outcomes).min().orElseThrow())
                .as("the rarest of outcomes, seed %d", seed)
                .isGreaterThan(ROUNDS / 100);
    }

    private void cancelAtRandom(long seed) {
        Random random = new Random(seed + 1);
        try {
            while (true) {
                AioFuture<?> future = toCancel.take();
                for (int spin = random.nextInt(500); spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                future.cancel(true);
            }
        } catch (InterruptedException over) {
            // the test is
        }
    }

    /** Two loops with a context each, from their first operation to their end, which comes in the middle of others. */
    private final class Life {
        private final Random random;
        private final int number;
        private int endsAt;
        private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
        private final List<AioContext> contexts = new ArrayList<>();
        private final List<AioFile> direct = new ArrayList<>();
        private final List<AioFile> buffered = new ArrayList<>();
        private final List<AioFile> log = new ArrayList<>();
        private final AtomicIntegerArray settled = new AtomicIntegerArray(ROUNDS_IN_A_LIFE);
        private final List<AioFuture<?>> futures = new ArrayList<>();
        private final AtomicIntegerArray outcome = new AtomicIntegerArray(3);

        Life(Random random, List<Path> paths, int number) throws Exception {
            this.random = random;
            this.number = number;
            AioConfig config = aio.config()
                    .queueDepth(random.nextBoolean() ? 64 : 8)
                    .helperThreads(2)
                    .kernelAio(number % 4 != 3)
                    .build();
            contexts.add(EpollAio.context(group.next(), config));
            contexts.add(EpollAio.context(group.next(), config));
            open(direct, contexts.get(0).open(paths.get(0), READ, WRITE, DIRECT));
            open(buffered, contexts.get(0).open(paths.get(1), READ, WRITE));
            open(log, contexts.get(0).open(paths.get(2), READ, WRITE));
            get(log.get(0).truncate(0));
        }

        private void open(List<AioFile> views, AioFuture<AioFile> opening) throws Exception {
            AioFile file = get(opening);
            views.add(file);
            views.add(file.on(contexts.get(1).eventLoop()));
        }

        void run(int[] outcomes) throws Exception {
            endsAt = ROUNDS_IN_A_LIFE - 1 - random.nextInt(100);
            for (int round = 0; round < ROUNDS_IN_A_LIFE; round++) {
                if (round == endsAt) {
                    end();
                }
                start(round);
            }
            await();
            for (int i = 0; i < 3; i++) {
                outcomes[i] += outcome.get(i);
            }
        }

        /** What ends it: the files are closed, or the contexts, or the loops. */
        private void end() {
            switch (number % 3) {
                case 0 -> List.of(direct, buffered, log).forEach(views -> views.forEach(AioFile::close));
                case 1 -> contexts.forEach(AioContext::close);
                default -> AioTestLoops.shutDown(group);
            }
        }

        private void start(int round) throws Exception {
            int loop = random.nextInt(2);
            long offset = (long) random.nextInt(BLOCKS) * RaceArena.BYTES;
            AioFile file = (random.nextBoolean() ? direct : buffered).get(loop);
            if (random.nextInt(4) == 0) {
                file = file.withDeadline(Duration.ofNanos(random.nextInt(1_000_000)));
            }
            AioFuture<?> future;
            switch (random.nextInt(8)) {
                case 0, 1 -> future = read(file, offset, round);
                case 2, 3 -> future = file.write(buffer(WRITTEN, "write", round), offset);
                case 4 -> future = log.get(loop).append(buffer(WRITTEN, "append", round));
                case 5 -> future = random.nextInt(16) == 0 ? file.fdatasync() : file.size();
                case 6 -> {
                    future = file.read(offset, RaceArena.BYTES);
                    // One that is cancelled at the same moment is the library's to release.
                    future.addListener(done -> {
                        if (done.getNow() instanceof ByteBuf received) {
                            received.release();
                        }
                    });
                }
                default -> {
                    ByteBuf dst = buffer(IN_FILE, "callback", round).clear();
                    file.read(dst, offset, round, (result, cause, at) -> settled(at, cause != null, false));
                    dst.release();
                    return;
                }
            }
            futures.add(future);
            future.addListener(done -> settled(round, !done.isSuccess(), done.isCancelled()));
            switch (random.nextInt(6)) {
                case 0 -> future.cancel(random.nextBoolean());
                case 1 -> toCancel.add(future);
                case 2 -> future.deadline(Duration.ofNanos(random.nextInt(2_000_000)));
                case 3 -> {
                    future.deadline(Duration.ofNanos(random.nextInt(1_000_000)));
                    toCancel.add(future);
                }
                default -> {
                    // nobody interferes
                }
            }
        }

        private AioFuture<Integer> read(AioFile file, long offset, int round) throws Exception {
            ByteBuf dst = buffer(IN_FILE, "read", round).clear();
            AioFuture<Integer> read = file.read(dst, offset);
            // The library's reference is the last one: the memory is taken anew as soon as that is given back.
            dst.release();
            return read;
        }

        private ByteBuf buffer(byte value, String borrower, int round) throws Exception {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            ByteBuf buffer;
            while ((buffer = arena.take(value, borrower + " of round " + round + ", the end began at " + endsAt))
                    == null) {
                if (System.nanoTime() - deadline > 0) {
                    throw new AssertionError("no buffer has been given back for 20 s; "
                            + contexts.get(0).stats());
                }
                Thread.onSpinWait();
            }
            return buffer;
        }

        private void settled(int round, boolean failed, boolean cancelled) {
            settled.incrementAndGet(round);
            outcome.incrementAndGet(cancelled ? 1 : failed ? 2 : 0);
        }

        private void await() throws Exception {
            for (AioFuture<?> future : futures) {
                AioTestLoops.settle(future);
            }
            AioTestLoops.shutDown(group);
            assertThat(group.terminationFuture().await(20, TimeUnit.SECONDS)).isTrue();
            for (AioContext context : contexts) {
                AioTestLoops.eventually("closed", () -> context.state() == AioContext.State.CLOSED);
                assertThat(context.stats().pending()).isZero();
            }
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
                    !arena.borrowers().isEmpty() && System.nanoTime() - end < 0; ) {
                Thread.sleep(1);
            }
            assertThat(arena.borrowers())
                    .as("life %d: who has not given back a buffer", number)
                    .isEmpty();
            for (int round = 0; round < ROUNDS_IN_A_LIFE; round++) {
                int at = round;
                AioTestLoops.eventually("round " + at + " settled", () -> settled.get(at) > 0);
                assertThat(settled.get(round))
                        .as("times round %d has settled", round)
                        .isOne();
            }
            arena.checkAll();
        }
    }
}
