package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Four foreign threads on two loops: every method may be called from any thread. */
@Timeout(120)
class ThreadsIT {

    private static final int THREADS = 4;
    private static final int BLOCK = 4096;
    private static final int BLOCKS_EACH = 64;
    private static final int ROUNDS = Boolean.getBoolean("aio.soak") ? 2000 : 60;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private interface Work {
        void run(int thread) throws Exception;
    }

    private static void onThreads(Work work) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                int number = thread;
                tasks.add(() -> {
                    work.run(number);
                    return null;
                });
            }
            for (Future<Void> done : executor.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }

    /** Each thread writes, syncs and reads back its own blocks through either view; all contents are right. */
    @ParameterizedTest(name = "direct: {0}")
    @ValueSource(booleans = {true, false})
    void shouldKeepContentsWhenThreadsShareAFile(boolean direct) throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile first = direct ? aio.open(path, CREATE, READ, WRITE, DIRECT) : aio.open(path, CREATE, READ, WRITE);
        AioFile second = aio.on(first, 1);
        onThreads(thread -> {
            Random random = new Random(thread);
            long base = (long) thread * BLOCKS_EACH * BLOCK;
            long[] seeds = new long[BLOCKS_EACH];
            for (int round = 0; round < ROUNDS; round++) {
                List<AioFuture<?>> writes = new ArrayList<>();
                int from = random.nextInt(BLOCKS_EACH - 8);
                for (int block = from; block < from + 8; block++) {
                    seeds[block] = random.nextInt(1_000_000) + 1L;
                    long offset = base + (long) block * BLOCK;
                    ByteBuf src = aio.context()
                            .alignedAllocator()
                            .directBuffer(BLOCK)
                            .writeBytes(Patterns.bytes(seeds[block], offset, BLOCK));
                    writes.add((random.nextBoolean() ? first : second).write(src, offset));
                }
                AioFile syncer = random.nextBoolean() ? first : second;
                writes.add(round % 8 == 0 ? syncer.fdatasync() : syncer.size());
                for (AioFuture<?> write : writes) {
                    get(write);
                }
                for (int i = 0; i < 8; i++) {
                    int block = random.nextInt(BLOCKS_EACH);
                    if (seeds[block] != 0) {
                        long offset = base + (long) block * BLOCK;
                        ByteBuf read = get((random.nextBoolean() ? first : second).read(offset, BLOCK));
                        Patterns.check(read, seeds[block], offset, BLOCK);
                        read.release();
                    }
                }
            }
        });
    }

    /** Threads open, use, view, cancel and close files at once; every descriptor and buffer comes back. */
    @Test
    void shouldGiveEverythingBackWhenThreadsOpenAndClose() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        Patterns.file(directory.resolve("common"), 1, 100_000);
        AioContext[] contexts = {aio.context(0), aio.context(1)};
        onThreads(thread -> {
            Random random = new Random(thread);
            for (int round = 0; round < ROUNDS; round++) {
                AioContext context = contexts[random.nextInt(2)];
                AioFile common = get(context.open(directory.resolve("common"), READ));
                AioFile own = get(context.open(directory.resolve("own" + thread), CREATE, READ, WRITE));
                AioFile view = own.on(aio.loop(random.nextInt(2)));
                AioFuture<Integer> write =
                        view.write(aio.buffers().directBuffer().writeBytes(Patterns.bytes(round, 0, 5000)), 0);
                AioFuture<ByteBuf> cancelled = common.read(random.nextInt(90_000), 10_000);
                boolean wasCancelled = cancelled.cancel(true);
                get(write);
                ByteBuf read = get(own.read(0, 5000));
                Patterns.check(read, round, 0, 5000);
                read.release();
                AioFuture<Void> closed = common.close();
                if (!wasCancelled) {
                    get(cancelled).release();
                }
                if (view != own) {
                    get(view.close());
                }
                get(own.close());
                get(closed);
            }
        });
        assertThat(aio.context(0).stats().openFiles() + aio.context(1).stats().openFiles())
                .isZero();
        try (var names = Files.list(directory)) {
            assertThat(names).hasSize(THREADS + 1);
        }
        assertThat(Descriptors.ofFile(directory.resolve("common"))).isZero();
    }

    /** Operations that are started on one loop for a file of the other complete on the file's loop. */
    @Test
    void shouldCompleteOnFilesLoopWhenStartedOnAnotherLoop() throws Exception {
        Path path = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), 3, 1 << 20);
        AioFile first = aio.open(path, READ);
        AioFile second = aio.on(first, 1);
        List<AioFuture<ByteBuf>> reads = new ArrayList<>();
        List<CompletableFuture<Boolean>> places = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            long offset = i * 5000L;
            AioFile file = i % 2 == 0 ? first : second;
            CompletableFuture<Boolean> place = new CompletableFuture<>();
            places.add(place);
            reads.add(aio.onLoop((i + 1) % 2, () -> {
                AioFuture<ByteBuf> read = file.read(offset, 5000);
                read.addListener(
                        future -> place.complete(file.context().eventLoop().inEventLoop()));
                return read;
            }));
        }
        for (int i = 0; i < 200; i++) {
            ByteBuf read = get(reads.get(i));
            Patterns.check(read, 3, i * 5000L, 5000);
            read.release();
            assertThat(places.get(i).get())
                    .as("listener ran on the file's loop")
                    .isTrue();
        }
    }
}
