package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECTORY;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioContextStats;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioSyncPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Syncs: each kind on each file system, what they cover, and that concurrent ones share a system call. */
@Timeout(60)
class SyncIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static ByteBuf bytes(int length) {
        return aio.buffers().directBuffer(length).writeZero(length);
    }

    /** Each sync succeeds on each file system, of a file opened to write and of one opened to read. */
    @OnEachFileSystem
    void shouldSucceedWhenSynced(TestFileSystem fileSystem) throws Exception {
        Path path = fileSystem.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, WRITE);
        get(file.write(bytes(100_000), 0));
        get(file.fsync());
        get(file.write(bytes(100_000), 50_000));
        get(file.fdatasync());
        get(file.write(bytes(100_000), 100_000));
        get(file.syncRange(100_000, 50_000));
        get(file.syncRange(0, 0));
        AioFile readOnly = aio.open(path, READ);
        get(readOnly.fsync());
        get(readOnly.fdatasync());
        CompletableFuture<String> called = new CompletableFuture<>();
        file.fdatasync(
                "attachment",
                (result, cause, attachment) -> called.complete(result + " " + cause + " " + attachment + " "
                        + aio.loop(0).inEventLoop()));
        assertThat(called.get()).isEqualTo("0 null attachment true");
    }

    /** A directory can be synced: that makes a rename durable. */
    @OnEachFileSystem
    void shouldSucceedWhenDirectoryIsSynced(TestFileSystem fileSystem) throws Exception {
        Path path = fileSystem.newDirectory();
        AioFile file = aio.open(path.resolve("new"), CREATE, WRITE);
        get(file.write(bytes(10), 0));
        get(file.fdatasync());
        Files.move(path.resolve("new"), path.resolve("final"));
        AioFile directory = aio.open(path, READ, DIRECTORY);
        get(directory.fsync());
        get(directory.fdatasync());
        assertThat(path.resolve("final")).exists();
    }

    /** Kernel AIO's own sync, where the policy says so, does the same. */
    @ParameterizedTest(name = "{0}")
    @EnumSource(TestFileSystem.class)
    void shouldCoverWritesWhenPolicyIsKernel(TestFileSystem fileSystem) throws Exception {
        aio.context(0, aio.config().syncPolicy(AioSyncPolicy.KERNEL).build());
        AioFile file = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, WRITE);
        checkCovers(file, file);
        get(aio.open(Path.of(file.path()).getParent(), READ).fsync());
    }

    /** fsync(2) does not cover a write still in flight (trap 31): the sync waits for it first. */
    @OnEachFileSystem
    void shouldCoverWritesWhenTheyWereStartedBefore(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        checkCovers(file, file);
    }

    /** The same where the writes were started through another view. */
    @OnEachFileSystem
    void shouldCoverWritesWhenStartedThroughAnotherView(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, READ, WRITE);
        checkCovers(file, aio.on(file, 1));
    }

    private static void checkCovers(AioFile writer, AioFile syncer) throws Exception {
        for (int round = 0; round < 20; round++) {
            List<AioFuture<?>> before = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                before.add(writer.write(bytes(300_000), i * 300_000L));
            }
            before.add(writer.append(bytes(1000)));
            if (round % 5 == 4) {
                before.add(writer.allocate(0, 4096));
            }
            long size = 1_200_000L + (round + 1) * 1000L;
            AioFuture<Void> sync = round % 2 == 0 ? syncer.fdatasync() : syncer.fsync();
            CompletableFuture<Long> sizeThen = new CompletableFuture<>();
            CompletableFuture<Boolean> doneThen = new CompletableFuture<>();
            sync.addListener(future -> {
                doneThen.complete(before.stream().allMatch(AioFuture::isDone));
                sizeThen.complete(Files.size(Path.of(writer.path())));
            });
            get(sync);
            assertThat(sizeThen.get())
                    .as("size when the sync completed, round %d", round)
                    .isGreaterThanOrEqualTo(size - 1000);
            if (writer == syncer) {
                assertThat(doneThen.get())
                        .as("writes had completed when the sync did, round %d", round)
                        .isTrue();
            }
            for (AioFuture<?> write : before) {
                get(write);
            }
        }
    }

    /** A sync waits for a write that the file system holds up, however long; a later write does not hold it up. */
    @Test
    void shouldWaitWhenWriteIsHeldUp() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        AioFile file = aio.open(directory.resolve("file"), CREATE, READ, WRITE);
        AioFile view = aio.on(file, 1);
        AioFuture<Integer> write;
        AioFuture<Void> sync;
        AioFuture<Void> syncOfView;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            write = file.write(bytes(1000), 0);
            sync = file.fdatasync();
            syncOfView = view.fsync();
            assertThat(sync.await(300)).as("sync is done before the write").isFalse();
            assertThat(syncOfView.isDone()).isFalse();
            assertThat(write.isDone()).isFalse();
            assertThat(aio.isResponsive(0)).isTrue();
            frozen.thaw();
        }
        get(sync);
        assertThat(write.isSuccess()).isTrue();
        get(syncOfView);
    }

    /**
     * A thousand syncs started in one go, before any can complete, occupy one or two system calls and not a thousand:
     * one that runs and one for all that came after it had begun.
     */
    @Test
    void shouldShareSystemCallsWhenSyncsAreConcurrent() throws Exception {
        AioFile file = aio.open(TestFileSystem.EXT4.newDirectory().resolve("file"), CREATE, WRITE);
        get(file.write(bytes(100_000), 0));
        List<AioFuture<Void>> syncs = new ArrayList<>();
        int pending = aio.onLoop(0, () -> {
            for (int i = 0; i < 1000; i++) {
                syncs.add(i % 2 == 0 ? file.fdatasync() : file.fsync());
            }
            return aio.context().stats().pending();
        });
        assertThat(pending).isEqualTo(1000);
        int most = 0;
        while (!syncs.get(999).isDone()) {
            AioContextStats stats = aio.onLoop(0, () -> aio.context().stats());
            most = Math.max(most, stats.helperInFlight() + stats.kernelInFlight());
        }
        // None, where they were done before this thread looked.
        assertThat(most).as("of these, in a system call or on the way to one").isLessThanOrEqualTo(4);
        for (AioFuture<Void> sync : syncs) {
            get(sync);
        }
    }

    /** A thousand syncs from several threads and views, among writes: each completes, each covers its writes. */
    @Test
    void shouldCompleteEachWhenSyncsAndWritesAreConcurrent() throws Exception {
        AioFile file = aio.open(TestFileSystem.EXT4.newDirectory().resolve("file"), CREATE, WRITE);
        AioFile view = aio.on(file, 1);
        List<AioFuture<?>> all = new ArrayList<>();
        List<CompletableFuture<Boolean>> covered = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            AioFuture<Integer> write = file.write(bytes(100), i * 100L);
            AioFuture<Void> sync = file.fdatasync();
            CompletableFuture<Boolean> done = new CompletableFuture<>();
            sync.addListener(future -> done.complete(write.isSuccess()));
            all.add(sync);
            covered.add(done);
            all.add(view.fdatasync());
        }
        for (AioFuture<?> future : all) {
            get(future);
        }
        for (CompletableFuture<Boolean> done : covered) {
            assertThat(done.get()).isTrue();
        }
        assertThat(Files.size(Path.of(file.path()))).isEqualTo(100_000);
    }

    /** What cannot be synced says so. */
    @Test
    void shouldFailWithEinvalWhenFileCannotBeSynced() throws Exception {
        AioFile file = aio.open(Path.of("/dev/null"), WRITE);
        assertThat(failure(file.fsync()).errnoName()).isEqualTo("EINVAL");
        assertThat(failure(file.fdatasync()).operation()).isEqualTo("fdatasync");
    }
}
