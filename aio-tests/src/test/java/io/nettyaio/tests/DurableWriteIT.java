package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settled;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Writes that are on the disk when they complete: they write what other writes write, on each file system. */
@Timeout(60)
class DurableWriteIT {

    private static final long OLD = 70;
    private static final long NEW = 71;
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 24;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static ByteBuf pattern(long seed, long offset, int length) {
        return aio.context()
                .alignedAllocator()
                .directBuffer(length, length)
                .writeBytes(Patterns.bytes(seed, offset, length));
    }

    private static Path file(TestFileSystem fileSystem) throws Exception {
        return Patterns.file(fileSystem.newDirectory().resolve("file"), OLD, (long) BLOCKS * BLOCK);
    }

    /** Bytes at any place, over old ones and beyond the end; what is beside them stays. */
    @OnEachFileSystem
    void shouldWriteItsBytesWhenBuffered(TestFileSystem fileSystem) throws Exception {
        Path path = file(fileSystem);
        AioFile file = aio.open(path, READ, WRITE);
        AioFuture<Integer> over = file.writeDurably(pattern(NEW, 1000, 30_001), 1000);
        assertThat(get(over)).isEqualTo(30_001);
        assertThat(over.route()).isEqualTo(AioRoute.HELPER);
        int size = BLOCKS * BLOCK;
        assertThat(get(file.writeDurably(pattern(NEW, size - 10, 5000), size - 10)))
                .isEqualTo(5000);

        Patterns.dropFromCache(path);
        Patterns.check(Patterns.read(path, 0, 1000), OLD, 0);
        Patterns.check(Patterns.read(path, 1000, 30_001), NEW, 1000);
        Patterns.check(Patterns.read(path, 31_001, size - 10 - 31_001), OLD, 31_001);
        Patterns.check(Patterns.read(path, size - 10, 10_000), NEW, size - 10);
        assertThat(path.toFile()).hasSize(size + 4990);
    }

    /** All blocks at once and in any order, plain and durable ones mixed. */
    @OnEachFileSystem
    void shouldWriteItsBlocksWhenDirect(TestFileSystem fileSystem) throws Exception {
        Path path = file(fileSystem);
        AioFile file = DirectIT.open(aio, fileSystem, path, READ, WRITE);
        List<Integer> order = new ArrayList<>();
        for (int block = 0; block < BLOCKS; block++) {
            order.add(block);
        }
        Collections.shuffle(order, new Random(NEW));
        List<AioFuture<Integer>> writes = new ArrayList<>();
        for (int block : order) {
            long offset = (long) block * BLOCK;
            ByteBuf source = pattern(NEW, offset, BLOCK);
            writes.add(block % 3 == 0 ? file.write(source, offset) : file.writeDurably(source, offset));
        }
        for (AioFuture<Integer> write : writes) {
            assertThat(get(write)).isEqualTo(BLOCK);
        }
        Patterns.check(Patterns.read(path, 0, BLOCKS * BLOCK), NEW, 0);

        // Extends the file, so there is metadata to be written as well.
        long end = (long) BLOCKS * BLOCK;
        assertThat(get(file.writeDurably(pattern(NEW, end, 2 * BLOCK), end))).isEqualTo(2 * BLOCK);
        Patterns.check(Patterns.read(path, end, 3 * BLOCK), NEW, end);
    }

    /** The callback form. */
    @OnEachFileSystem
    void shouldTellTheCallbackWhenWritten(TestFileSystem fileSystem) throws Exception {
        Path path = file(fileSystem);
        AioFile file = aio.open(path, WRITE);
        CompletableFuture<String> told = new CompletableFuture<>();
        file.writeDurably(
                pattern(NEW, 0, 500),
                0,
                "attachment",
                (moved, cause, attachment) -> told.complete(moved + " " + cause + " " + attachment + " "
                        + aio.loop(0).inEventLoop()));
        assertThat(told.get(20, TimeUnit.SECONDS)).isEqualTo("500 null attachment true");
        Patterns.check(Patterns.read(path, 0, 500), NEW, 0);
    }

    /** A refusal is the same as any write's, and the buffer is given back. */
    @OnEachFileSystem
    void shouldFailWhenTheFileIsOpenToReadOnly(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(file(fileSystem), READ);
        ByteBuf source = pattern(NEW, 0, 500);
        AioFuture<Integer> write = settled(file.writeDurably(source, 0));
        AioException failure = AioTestLoops.failure(write);
        assertThat(failure.errnoName()).isEqualTo("EBADF");
        AioTestLoops.awaitReferences(source, 0);
    }
}
