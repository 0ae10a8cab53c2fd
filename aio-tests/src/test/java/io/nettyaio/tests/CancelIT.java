package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.awaitReferences;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settled;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DSYNC;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Cancelling: the future ends at once, the memory stays the kernel's until it is done with it (traps 20 and 23), and
 * what was still queued never happens.
 */
@Timeout(60)
class CancelIT {

    private static final long SEED = 88;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    /** An operation the kernel works on: cancelled at once; its source is retained until the kernel lets go of it. */
    @Test
    void shouldRetainSourceWhenCancelledInFlight() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        ByteBuf src = aio.buffers().directBuffer().writeBytes(Patterns.bytes(SEED, 0, 10_000));
        AioFuture<Integer> write;
        CompletableFuture<Boolean> listener = new CompletableFuture<>();
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            write = file.write(src, 0);
            write.addListener(future -> listener.complete(future.isCancelled()));
            AioTestLoops.eventually(
                    "a helper has it", () -> aio.context().stats().helperInFlight() == 1);
            Thread.sleep(50); // it is in the system call by now
            assertThat(write.cancel(true)).isTrue();
            assertThat(write.isDone()).isTrue();
            assertThat(write.isCancelled()).isTrue();
            assertThat(listener.get()).isTrue();
            Thread.sleep(50);
            assertThat(src.refCnt()).as("references while in flight").isOne();
            assertThat(aio.isResponsive(0)).isTrue();
            frozen.thaw();
        }
        awaitReferences(src, 0);
        assertThat(write.isCancelled()).isTrue();
        assertThat(Files.size(path))
                .as("it may still take effect, whole or not at all")
                .isIn(0L, 10_000L);
    }

    /** An operation in a queue: cancelled, its source released, and it never happens. */
    @Test
    void shouldNeverHappenWhenCancelledInQueue() throws Exception {
        AioConfig oneHelper = aio.config().helperThreads(1).helperQueue(2).build();
        aio.context(0, oneHelper);
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        get(file.write(aio.buffers().directBuffer().writeZero(8), 0));
        List<AioFuture<Integer>> writes = new ArrayList<>();
        List<ByteBuf> sources = new ArrayList<>();
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            for (int i = 0; i < 100; i++) {
                ByteBuf src = aio.buffers().directBuffer().writeBytes(new byte[] {1, 1, 1, 1, 1, 1, 1, 1});
                sources.add(src);
                writes.add(file.write(src, i * 8L));
            }
            assertThat(aio.isResponsive(0)).isTrue();
            for (int i = 50; i < 100; i++) {
                assertThat(writes.get(i).cancel(false)).isTrue();
                assertThat(settled(writes.get(i)).isCancelled()).isTrue();
            }
            for (int i = 60; i < 100; i++) {
                awaitReferences(sources.get(i), 0);
            }
            frozen.thaw();
        }
        for (int i = 0; i < 50; i++) {
            assertThat(get(writes.get(i))).isEqualTo(8);
        }
        get(file.fdatasync());
        byte[] content = Files.readAllBytes(path);
        assertThat(content).hasSize(400).containsOnly(1);
        for (ByteBuf src : sources) {
            awaitReferences(src, 0);
        }
    }

    /**
     * Canaries: reads are cancelled at all moments, their buffers released and the memory taken again and marked; the
     * marks stay. A library that let go too early would have the kernel write over them.
     */
    @ParameterizedTest(name = "direct: {0}")
    @EnumSource(
            value = AioOpenOption.class,
            names = {"DIRECT", "READ"})
    void shouldNotOverwriteRecycledMemoryWhenReadsAreCancelled(AioOpenOption option) throws Exception {
        for (TestFileSystem fileSystem : List.of(TestFileSystem.DISK, TestFileSystem.EXT4)) {
            Path path = fileSystem.newDirectory().resolve("file");
            Patterns.file(path, SEED, 4 << 20);
            Patterns.dropFromCache(path);
            AioFile file = aio.open(path, READ, option);
            checkCanaries(file, path);
            get(file.close());
        }
    }

    private static void checkCanaries(AioFile file, Path path) throws Exception {
        int length = 16_384;
        Random random = new Random(8);
        int cancelled = 0;
        for (int round = 0; round < 40; round++) {
            List<ByteBuf> dsts = new ArrayList<>();
            List<AioFuture<Integer>> reads = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                ByteBuf dst = aio.context().alignedAllocator().directBuffer(length, length);
                dsts.add(dst);
                reads.add(file.read(dst, random.nextInt(200) * (long) length));
            }
            for (int spin = random.nextInt(20_000); spin > 0; spin--) {
                Thread.onSpinWait();
            }
            for (AioFuture<Integer> read : reads) {
                cancelled += read.cancel(true) ? 1 : 0;
            }
            for (ByteBuf dst : dsts) {
                dst.release();
            }
            // Takes the memory that has become free meanwhile; what the kernel still has is not among it.
            List<ByteBuf> canaries = new ArrayList<>();
            for (int i = 0; i < 48; i++) {
                ByteBuf canary = aio.context().alignedAllocator().directBuffer(length, length);
                canaries.add(canary.setZero(0, length).writerIndex(length));
            }
            AioTestLoops.eventually(
                    "nothing is in flight", () -> aio.context().stats().pending() == 0);
            for (ByteBuf canary : canaries) {
                assertThat(canary.forEachByte(value -> value == 0))
                        .as("first byte overwritten, round %d", round)
                        .isEqualTo(-1);
                canary.release();
            }
            if (round % 8 == 0) {
                Patterns.dropFromCache(path);
            }
        }
        assertThat(cancelled).as("reads cancelled in time").isPositive();
    }

    /** Cancelled reads whose buffer the library allocated: it releases them, in whatever state they were. */
    @ParameterizedTest(name = "direct: {0}")
    @EnumSource(
            value = AioOpenOption.class,
            names = {"DIRECT", "READ"})
    void shouldReleaseAllocatedBufferWhenCancelled(AioOpenOption option) throws Exception {
        Path path = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), SEED, 1 << 20);
        AioFile file = aio.open(path, READ, option);
        Random random = new Random(9);
        int cancelled = 0;
        for (int round = 0; round < 100; round++) {
            List<AioFuture<ByteBuf>> reads = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                reads.add(file.read(random.nextInt(1 << 20), 5000));
            }
            for (int spin = random.nextInt(10_000); spin > 0; spin--) {
                Thread.onSpinWait();
            }
            for (AioFuture<ByteBuf> read : reads) {
                if (read.cancel(false)) {
                    cancelled++;
                } else {
                    get(read).release();
                }
            }
        }
        assertThat(cancelled).isPositive();
        // That no byte was lost is asserted after the test.
    }

    /** Cancelled direct writes: source retained until the kernel is done, each block old or new and never torn. */
    @Test
    void shouldWriteWholeOrNothingWhenDirectWritesAreCancelled() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        // Round 0: of one value too, as whatever a round leaves.
        Files.write(path, new byte[64 * 4096], CREATE_NEW, StandardOpenOption.WRITE, DSYNC);
        AioFile file = aio.open(path, READ, WRITE, DIRECT);
        Random random = new Random(10);
        for (int round = 1; round <= 40; round++) {
            List<AioFuture<Integer>> writes = new ArrayList<>();
            for (int block = 0; block < 64; block++) {
                byte[] bytes = new byte[4096];
                Arrays.fill(bytes, (byte) round);
                ByteBuf src =
                        aio.context().alignedAllocator().directBuffer(4096).writeBytes(bytes);
                writes.add(file.write(src, block * 4096L));
            }
            for (int spin = random.nextInt(20_000); spin > 0; spin--) {
                Thread.onSpinWait();
            }
            boolean[] cancelled = new boolean[64];
            for (int block = 0; block < 64; block++) {
                cancelled[block] = writes.get(block).cancel(true);
            }
            AioTestLoops.eventually(
                    "nothing is in flight", () -> aio.context().stats().pending() == 0);
            byte[] content = Files.readAllBytes(path);
            for (int block = 0; block < 64; block++) {
                byte[] bytes = Arrays.copyOfRange(content, block * 4096, (block + 1) * 4096);
                assertThat(bytes)
                        .as("block %d, cancelled: %b", block, cancelled[block])
                        .containsOnly(cancelled[block] ? bytes[0] : (byte) round);
            }
        }
    }

    /** A cancelled sync leaves the others that share its system call alone. */
    @Test
    void shouldLeaveOthersAloneWhenOneSyncIsCancelled() throws Exception {
        AioFile file = aio.open(TestFileSystem.EXT4.newDirectory().resolve("file"), CREATE, WRITE);
        List<AioFuture<Void>> syncs = new ArrayList<>();
        AioFuture<Integer> write;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            write = file.write(aio.buffers().directBuffer().writeZero(10), 0);
            for (int i = 0; i < 100; i++) {
                syncs.add(i % 2 == 0 ? file.fdatasync() : file.fsync());
            }
            for (int i = 0; i < 100; i += 3) {
                assertThat(syncs.get(i).cancel(true)).isTrue();
            }
            frozen.thaw();
        }
        get(write);
        for (int i = 0; i < 100; i++) {
            if (i % 3 == 0) {
                assertThat(syncs.get(i).isCancelled()).isTrue();
            } else {
                get(syncs.get(i));
            }
        }
    }

    /** A cancelled append leaves a gap in nothing: those after it land in their order. */
    @Test
    void shouldKeepOrderWhenAppendIsCancelled() throws Exception {
        aio.context(0, aio.config().helperThreads(1).build());
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, WRITE);
        List<AioFuture<Integer>> appends = new ArrayList<>();
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            for (int i = 0; i < 20; i++) {
                appends.add(file.append(aio.buffers().directBuffer().writeByte('a' + i)));
            }
            assertThat(aio.isResponsive(0)).isTrue();
            for (int i = 5; i < 20; i += 5) {
                assertThat(appends.get(i).cancel(true)).isTrue();
            }
            frozen.thaw();
        }
        for (int i = 0; i < 20; i++) {
            if (i < 5 || i % 5 != 0) {
                get(appends.get(i));
            }
        }
        get(file.fdatasync());
        assertThat(path).hasContent("abcdeghijlmnoqrst");
    }
}
