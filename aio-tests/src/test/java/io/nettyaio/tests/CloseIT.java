package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Closing a file and its views: what is carried out, what is refused, when the descriptor goes. */
@Timeout(60)
class CloseIT {

    private static final long SEED = 55;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static ByteBuf pattern(long offset, int length) {
        return aio.buffers().directBuffer(length).writeBytes(Patterns.bytes(SEED, offset, length));
    }

    /** After close every operation fails with EBADF and kind CLOSED; sources are released; the descriptor is gone. */
    @OnEachFileSystem
    void shouldFailWithEbadfWhenClosed(TestFileSystem fileSystem) throws Exception {
        Path path = fileSystem.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        assertThat(Descriptors.ofFile(path)).isOne();
        get(file.close());
        assertThat(Descriptors.ofFile(path)).isZero();
        assertThat(file.isOpen()).isFalse();
        assertThat(aio.context().stats().openFiles()).isZero();

        ByteBuf[] sources = {pattern(0, 10), pattern(0, 10), pattern(0, 10), pattern(0, 10)};
        ByteBuf dst = aio.buffers().directBuffer(10, 10);
        CompletableFuture<Throwable> read = new CompletableFuture<>();
        CompletableFuture<Throwable> written = new CompletableFuture<>();
        CompletableFuture<Throwable> synced = new CompletableFuture<>();
        List<AioFuture<?>> futures = List.of(
                file.read(0, 10),
                file.read(dst, 0),
                file.read(new ByteBuf[] {dst}, 0),
                file.write(sources[0], 0),
                file.write(new ByteBuf[] {sources[1]}, 0),
                file.append(sources[2]),
                file.fsync(),
                file.fdatasync(),
                file.syncRange(0, 0),
                file.allocate(0, 10),
                file.truncate(10),
                file.size(),
                file.stat(),
                file.chmod(0600),
                file.setTimes(Instant.EPOCH, Instant.EPOCH),
                file.nextData(0),
                file.nextHole(0),
                file.nextEntries());
        file.read(dst, 0, "", (result, cause, attachment) -> read.complete(cause));
        file.write(sources[3], 0, "", (result, cause, attachment) -> written.complete(cause));
        file.fdatasync("", (result, cause, attachment) -> synced.complete(cause));
        for (AioFuture<?> future : futures) {
            AioException failure = failure(future);
            assertThat(failure.errnoName()).isEqualTo("EBADF");
            assertThat(failure.kind()).isEqualTo(AioException.Kind.CLOSED);
            assertThat(failure.path()).isEqualTo(path.toString());
        }
        for (CompletableFuture<Throwable> called : List.of(read, written, synced)) {
            assertThat(called.get()).isInstanceOf(AioException.class).hasMessageContaining("EBADF");
        }
        for (ByteBuf src : sources) {
            AioTestLoops.awaitReferences(src, 0);
        }
        assertThat(dst.refCnt()).isOne();
        dst.release();
        assertThat(Files.size(path)).isZero();
    }

    /** A second close gives the same future. */
    @Test
    void shouldGiveSameFutureWhenClosedTwice() throws Exception {
        AioFile file = aio.open(Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), 1, 1));
        AioFuture<Void> first = file.close();
        AioFuture<Void> second = file.close();
        assertThat(second).isSameAs(first);
        get(first);
        assertThat(file.close()).isSameAs(first);
    }

    /** What was started before the close is carried out, all of it; what comes after is refused. */
    @OnEachFileSystem
    void shouldCarryOutWhatWasStartedWhenClosing(TestFileSystem fileSystem) throws Exception {
        Path path = fileSystem.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        get(file.write(pattern(0, 100_000), 0));
        List<AioFuture<?>> before = new ArrayList<>();
        List<AioFuture<ByteBuf>> reads = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            before.add(file.write(pattern(100_000 + i * 1000L, 1000), 100_000 + i * 1000L));
            reads.add(file.read(i * 1000L, 1000));
        }
        before.add(file.fdatasync());
        AioFuture<Void> close = file.close();
        AioFuture<Long> after = file.size();
        CompletableFuture<Boolean> allDone = new CompletableFuture<>();
        close.addListener(future -> allDone.complete(
                before.stream().allMatch(AioFuture::isDone) && reads.stream().allMatch(AioFuture::isDone)));
        get(close);
        assertThat(allDone.get()).as("everything was done when the close was").isTrue();
        assertThat(Descriptors.ofFile(path)).isZero();
        for (AioFuture<?> future : before) {
            get(future);
        }
        for (int i = 0; i < reads.size(); i++) {
            ByteBuf read = get(reads.get(i));
            Patterns.check(read, SEED, i * 1000L, 1000);
            read.release();
        }
        assertThat(failure(after).errnoName()).isEqualTo("EBADF");
        Patterns.check(Files.readAllBytes(path), SEED, 0);
    }

    /** A close waits for a write that the file system holds up; the loop does not. */
    @Test
    void shouldWaitWhenWriteIsHeldUp() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        AioFuture<Integer> write;
        AioFuture<Void> close;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            write = file.write(pattern(0, 5000), 0);
            close = file.close();
            assertThat(close.await(300)).as("close is done before the write").isFalse();
            assertThat(Descriptors.ofFile(path)).isOne();
            assertThat(aio.isResponsive(0)).isTrue();
            frozen.thaw();
        }
        get(close);
        assertThat(write.getNow()).isEqualTo(5000);
        Patterns.check(Files.readAllBytes(path), SEED, 0);
    }

    /** Views share the descriptor, each completes on its own loop, and the last one closes it. */
    @OnEachFileSystem
    void shouldCloseDescriptorWhenLastViewCloses(TestFileSystem fileSystem) throws Exception {
        Path path = fileSystem.newDirectory().resolve("file");
        AioFile first = aio.open(path, CREATE, READ, WRITE);
        AioFile second = aio.on(first, 1);
        assertThat(second).isNotSameAs(first);
        assertThat(second.context()).isSameAs(aio.context(1));
        assertThat(second.path()).isEqualTo(first.path());
        assertThat(second.alignment()).isEqualTo(first.alignment());
        assertThat(Descriptors.ofFile(path)).isOne();

        CompletableFuture<Boolean> onSecond = new CompletableFuture<>();
        AioFuture<Integer> write = second.write(pattern(0, 1000), 0);
        write.addListener(future -> onSecond.complete(aio.loop(1).inEventLoop()));
        get(write);
        assertThat(onSecond.get()).as("listener ran on the view's loop").isTrue();
        ByteBuf read = get(first.read(0, 1000));
        Patterns.check(read, SEED, 0, 1000);
        read.release();

        get(first.close());
        assertThat(first.isOpen()).isFalse();
        assertThat(second.isOpen()).isTrue();
        assertThat(Descriptors.ofFile(path)).isOne();
        assertThat(failure(first.size()).errnoName()).isEqualTo("EBADF");
        assertThat(get(second.size())).isEqualTo(1000);
        get(second.close());
        assertThat(Descriptors.ofFile(path)).isZero();
    }

    /** The view on its own loop is the file itself; a closed file has no views. */
    @Test
    void shouldGiveItselfWhenViewIsOfOwnLoop() throws Exception {
        AioFile file = aio.open(Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), 1, 1));
        assertThat(file.on(aio.loop(0))).isSameAs(file);
        AioFile view = aio.on(file, 1);
        assertThat(view.on(aio.loop(1))).isSameAs(view);
        get(file.close());
        assertThatThrownBy(() -> file.on(aio.loop(1))).isInstanceOf(IllegalStateException.class);
        assertThat(get(view.size())).isOne();
    }

    /** A loop the engine does not run on cannot have a view. */
    @Test
    void shouldRefuseViewWhenLoopIsNotEpoll() throws Exception {
        AioFile file = aio.open(Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), 1, 1));
        var nio = aio.watch(new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()));
        assertThatThrownBy(() -> file.on(nio.next()))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("poll");
        assertThat(get(file.size())).isOne();
    }

    /** Views on two loops at work while both are closed from other threads: all settles, one close of the descriptor. */
    @Test
    void shouldSettleWhenViewsAreClosedDuringWork() throws Exception {
        Path path = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, 1 << 20);
        for (int round = 0; round < 50; round++) {
            AioFile first = aio.open(path, READ);
            AioFile second = aio.on(first, 1);
            List<AioFuture<ByteBuf>> reads = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                reads.add((i % 2 == 0 ? first : second).read(i * 8192L, 8192));
            }
            AioFuture<Void> closeSecond = second.close();
            AioFuture<Void> closeFirst = first.close();
            for (int i = 0; i < reads.size(); i++) {
                ByteBuf read = get(reads.get(i));
                Patterns.check(read, SEED, i * 8192L, 8192);
                read.release();
            }
            get(closeFirst);
            get(closeSecond);
            assertThat(Descriptors.ofFile(path)).isZero();
        }
    }

    /** A file that was opened for nobody, since the future was cancelled, is closed. */
    @Test
    void shouldCloseDescriptorWhenOpenIsCancelled() throws Exception {
        Path path = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, 10);
        int cancelled = 0;
        for (int i = 0; i < 300; i++) {
            AioFuture<AioFile> open = aio.context().open(path);
            for (int spin = 0; spin < (i % 30) * 200; spin++) {
                Thread.onSpinWait();
            }
            if (open.cancel(false)) {
                cancelled++;
            } else {
                get(get(open).close());
            }
        }
        assertThat(cancelled).isPositive();
        AioTestLoops.eventually("no descriptor of the file is open", () -> Descriptors.ofFile(path) == 0);
        assertThat(aio.context().stats().openFiles()).isZero();
    }
}
