package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.cause;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.BlockingOperationException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** When, where and how often a future or callback completes, whoever waits for it and whatever a listener does. */
@Timeout(60)
class FutureIT {

    private static final long SEED = 77;
    private static final int SIZE = 1 << 20;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static Path path() throws Exception {
        return Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, SIZE);
    }

    private static AioFile file() throws Exception {
        return aio.open(path(), READ, WRITE);
    }

    private static void release(AioFuture<ByteBuf> read) throws Exception {
        get(read).release();
    }

    /**
     * Never inside the call that started it: on the loop itself, an operation that could be done at once (a cached
     * read, a refusal, an empty transfer) still completes after the call has returned.
     */
    @Test
    void shouldCompleteAfterCallReturnsWhenStartedOnLoop() throws Exception {
        AioFile file = file();
        AioFile closed = file();
        get(closed.close());
        get(file.read(0, SIZE)).release(); // into the page cache
        List<Supplier<AioFuture<?>>> starts = List.of(
                () -> file.read(0, 4096),
                () -> file.read(0, 0),
                () -> file.read(SIZE, 10),
                () -> file.read(-1, 10),
                () -> file.write(aio.buffers().directBuffer(1), 0),
                () -> file.write(aio.buffers().directBuffer(1).writeZero(1), -1),
                file::size,
                file::fdatasync,
                () -> file.syncRange(-1, 1),
                closed::size,
                closed::fsync,
                () -> closed.read(0, 1),
                () -> aio.context().open(Path.of("/does/not/exist")),
                () -> aio.context().batch().submit());
        for (int i = 0; i < starts.size(); i++) {
            Supplier<AioFuture<?>> start = starts.get(i);
            AtomicBoolean returned = new AtomicBoolean();
            CompletableFuture<Boolean> returnedThen = new CompletableFuture<>();
            AioFuture<?> future = aio.onLoop(0, () -> {
                AioFuture<?> started = start.get();
                assertThat(started.isDone()).isFalse();
                started.addListener(done -> returnedThen.complete(returned.get()));
                returned.set(true);
                return started;
            });
            assertThat(returnedThen.get(10, TimeUnit.SECONDS))
                    .as("start %d had returned", i)
                    .isTrue();
            if (future.isSuccess() && future.getNow() instanceof ByteBuf buffer) {
                buffer.release();
            }
        }
        CompletableFuture<Boolean> callback = new CompletableFuture<>();
        ByteBuf dst = aio.buffers().directBuffer(10, 10);
        aio.onLoop(0, () -> {
            AtomicBoolean returned = new AtomicBoolean();
            file.read(dst, 0, returned, (result, cause, attachment) -> callback.complete(attachment.get()));
            returned.set(true);
            return null;
        });
        assertThat(callback.get()).as("the call had returned").isTrue();
        dst.release();
    }

    /** Listeners run on the operation's loop, whichever thread started it and whenever they were added. */
    @Test
    void shouldRunListenersOnLoopWhenStartedElsewhere() throws Exception {
        AioFile first = file();
        AioFile second = aio.on(first, 1);
        for (AioFile file : List.of(first, second)) {
            for (int i = 0; i < 50; i++) {
                AioFuture<Long> future = i % 2 == 0 ? file.size() : aio.onLoop(i / 2 % 2, file::size);
                CompletableFuture<Boolean> early = new CompletableFuture<>();
                future.addListener(
                        done -> early.complete(file.context().eventLoop().inEventLoop()));
                get(future);
                CompletableFuture<Boolean> late = new CompletableFuture<>();
                future.addListener(
                        done -> late.complete(file.context().eventLoop().inEventLoop()));
                assertThat(early.get()).isTrue();
                assertThat(late.get()).isTrue();
            }
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A loop that waits would wait for itself: it throws on the future's own loop and on that of another context. */
    @Test
    void shouldThrowWhenWaitingOnALoop() throws Exception {
        AioFile file = file();
        assertThat(aio.context(1)).isNotSameAs(file.context());
        for (int loop = 0; loop < 2; loop++) {
            // The file's own loop stands still meanwhile: a future that is done would not have to wait.
            CountDownLatch asked = new CountDownLatch(1);
            if (loop != 0) {
                file.context().eventLoop().execute(() -> awaitUninterruptibly(asked));
            }
            aio.onLoop(loop, () -> {
                AioFuture<Long> future = file.size();
                assertThatThrownBy(future::sync).isInstanceOf(BlockingOperationException.class);
                assertThatThrownBy(future::syncUninterruptibly).isInstanceOf(BlockingOperationException.class);
                assertThatThrownBy(future::await).isInstanceOf(BlockingOperationException.class);
                assertThatThrownBy(future::awaitUninterruptibly).isInstanceOf(BlockingOperationException.class);
                assertThatThrownBy(() -> future.await(1, TimeUnit.SECONDS))
                        .isInstanceOf(BlockingOperationException.class);
                assertThatThrownBy(future::get).isInstanceOf(BlockingOperationException.class);
                asked.countDown();
                return null;
            });
        }
        AioFuture<Long> done = file.size();
        get(done);
        assertThat(aio.<Long>onLoop(1, () -> done.sync().getNow())).isEqualTo(SIZE);
    }

    /** Anywhere else synchronous is asynchronous plus waiting; sync() throws what the operation failed with. */
    @Test
    void shouldWaitWhenNotOnALoop() throws Exception {
        AioFile file = file();
        assertThat(file.size().sync().getNow()).isEqualTo(SIZE);
        assertThat(file.size().syncUninterruptibly().getNow()).isEqualTo(SIZE);
        assertThat(file.size().get()).isEqualTo(SIZE);
        assertThat(file.size().get(10, TimeUnit.SECONDS)).isEqualTo(SIZE);
        assertThat(file.size().await().isSuccess()).isTrue();
        AioFuture<AioFile> missing = aio.context().open(Path.of("/does/not/exist"));
        assertThatThrownBy(missing::sync).isSameAs(missing.cause()).hasMessageContaining("ENOENT");
        assertThat(missing.awaitUninterruptibly().isSuccess()).isFalse();
    }

    /** The stage settles with the future, on its loop, with the value, the failure or a cancellation. */
    @Test
    void shouldSettleStageWhenFutureSettles() throws Exception {
        AioFile file = file();
        CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
        // Started on the loop, so that it cannot be done before somebody waits for the stage.
        CompletableFuture<Long> value = aio.onLoop(
                0,
                () -> file.size()
                        .toCompletionStage()
                        .whenComplete(
                                (size, cause) -> onLoop.complete(aio.loop(0).inEventLoop()))
                        .toCompletableFuture());
        assertThat(value.get()).isEqualTo(SIZE);
        assertThat(onLoop.get()).isTrue();

        AioFuture<AioFile> missing = aio.context().open(Path.of("/does/not/exist"));
        CompletableFuture<AioFile> failed = missing.toCompletionStage().toCompletableFuture();
        assertThatThrownBy(failed::get).cause().isSameAs(missing.cause());

        AioFuture<Long> done = file.size();
        get(done);
        assertThat(done.toCompletionStage().toCompletableFuture().get()).isEqualTo(SIZE);

        Path directory = TestFileSystem.EXT4.newDirectory();
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            AioFuture<AioFile> held = aio.context().open(directory.resolve("new"), CREATE, WRITE);
            CompletableFuture<AioFile> stage = held.toCompletionStage().toCompletableFuture();
            assertThat(held.cancel(false)).isTrue();
            assertThat(stage.handle((opened, cause) -> cause).get())
                    .extracting(cause -> cause instanceof CompletionException ? cause.getCause() : cause)
                    .isInstanceOf(CancellationException.class);
            frozen.thaw();
        }
    }

    /** Completing or cancelling the stage's future by hand does nothing to the operation. */
    @Test
    void shouldNotAffectOperationWhenStageIsCancelled() throws Exception {
        AioFile file = file();
        AioFuture<ByteBuf> read = file.read(0, 100_000);
        CompletableFuture<ByteBuf> stage = read.toCompletionStage().toCompletableFuture();
        assertThat(stage.cancel(true) || stage.isDone()).isTrue();
        ByteBuf buffer = get(read);
        Patterns.check(buffer, SEED, 0, 100_000);
        buffer.release();
        assertThat(read.isSuccess()).isTrue();
    }

    /** A listener that throws, and a callback that throws, affect nothing but themselves. */
    @Test
    void shouldGoOnWhenListenerOrCallbackThrows() throws Exception {
        AioFile file = file();
        AtomicInteger completions = new AtomicInteger();
        List<AioFuture<?>> futures = new ArrayList<>();
        ByteBuf dst = aio.buffers().directBuffer(64 * 1000, 64 * 1000);
        aio.onLoop(0, () -> {
            for (int i = 0; i < 1000; i++) {
                boolean throwing = i % 10 == 0;
                AioFuture<Long> future = file.size();
                future.addListener(done -> {
                    completions.incrementAndGet();
                    if (throwing) {
                        throw new IllegalStateException("thrown by a listener, as the test wants");
                    }
                });
                futures.add(future);
                ByteBuf slice = dst.slice(i * 64, 64).clear();
                file.read(slice, i * 64L, "", (result, cause, attachment) -> {
                    completions.incrementAndGet();
                    if (throwing) {
                        throw new AssertionError("thrown by a callback, as the test wants");
                    }
                });
            }
            return null;
        });
        for (AioFuture<?> future : futures) {
            get(future);
        }
        AioTestLoops.eventually("2000 completions", () -> completions.get() == 2000);
        Patterns.check(dst.writerIndex(64_000), SEED, 0, 64_000);
        AioTestLoops.awaitReferences(dst, 1);
        dst.release();
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(get(file.size())).isEqualTo(SIZE);
    }

    /** Complete and resubmit in the callback: one completion for each operation, however deep the chain. */
    @Test
    void shouldCompleteEachOnceWhenCallbacksStartTheNext() throws Exception {
        AioFile file = file();
        int chains = 32;
        int steps = 500;
        CompletableFuture<Integer> all = new CompletableFuture<>();
        AtomicInteger completions = new AtomicInteger();
        List<ByteBuf> buffers = new ArrayList<>();
        for (int chain = 0; chain < chains; chain++) {
            ByteBuf dst = aio.buffers().directBuffer(512, 512);
            buffers.add(dst);
            new Object() {
                void step(int step) {
                    file.read(dst.clear(), step * 1000L, step, (result, cause, attachment) -> {
                        if (result != 512 || attachment != step) {
                            all.completeExceptionally(
                                    new AssertionError("result " + result + " of step " + attachment, cause));
                        } else if (completions.incrementAndGet() == chains * steps) {
                            all.complete(completions.get());
                        } else if (step + 1 < steps) {
                            step(step + 1);
                        }
                    });
                }
            }.step(0);
        }
        assertThat(all.get(30, TimeUnit.SECONDS)).isEqualTo(chains * steps);
        for (ByteBuf dst : buffers) {
            Patterns.check(dst, SEED, (steps - 1) * 1000L, 512);
            AioTestLoops.awaitReferences(dst, 1);
            dst.release();
        }
        assertThat(completions.get()).isEqualTo(chains * steps);
    }

    /** Waiting for one operation loses no other that completes meanwhile (trap 37). */
    @Test
    void shouldKeepOthersWhenWaitingForOne() throws Exception {
        AioFile file = aio.open(TestFileSystem.EXT4.newDirectory().resolve("file"), CREATE, READ, WRITE);
        AioFile other = file();
        AioFuture<Integer> held;
        List<AioFuture<ByteBuf>> meanwhile = new ArrayList<>();
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            held = file.write(aio.buffers().directBuffer().writeZero(10), 0);
            for (int i = 0; i < 100; i++) {
                meanwhile.add(other.read(i * 100L, 100));
            }
            assertThat(held.await(200)).isFalse();
            for (AioFuture<ByteBuf> read : meanwhile) {
                settle(read);
            }
            assertThat(held.isDone()).isFalse();
            frozen.thaw();
        }
        assertThat(get(held)).isEqualTo(10);
        for (int i = 0; i < 100; i++) {
            ByteBuf read = get(meanwhile.get(i));
            Patterns.check(read, SEED, i * 100L, 100);
            read.release();
        }
    }

    /** The route tells how an operation was done: from the cache inline, past it by kernel AIO, else by a helper. */
    @Test
    void shouldTellRouteWhenDone() throws Exception {
        // On a machine that is busy otherwise, a call that takes long must not have the next ones take another way.
        aio.context(0, aio.config().loopBudget(1, TimeUnit.MINUTES).build());
        Path path = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), SEED, SIZE);
        AioFile buffered = aio.open(path, READ, WRITE);
        release(buffered.read(0, SIZE));
        AioFuture<ByteBuf> hot = buffered.read(0, 4096);
        release(hot);
        assertThat(hot.route()).isEqualTo(AioRoute.INLINE);

        Patterns.dropFromCache(path);
        AioFuture<ByteBuf> cold = buffered.read(500_000, 4096);
        release(cold);
        assertThat(cold.route()).isIn(AioRoute.COLLECT, AioRoute.HELPER);

        AioFuture<Integer> write = buffered.write(aio.buffers().directBuffer().writeZero(10), 0);
        get(write);
        assertThat(write.route()).isEqualTo(AioRoute.HELPER);
        AioFuture<Long> size = buffered.size();
        get(size);
        assertThat(size.route()).isEqualTo(AioRoute.HELPER);

        Path other = Patterns.file(path.resolveSibling("direct"), SEED, SIZE);
        Patterns.dropFromCache(other);
        AioFile direct = aio.open(other, READ, DIRECT);
        AioFuture<ByteBuf> read = direct.read(0, 4096);
        release(read);
        assertThat(read.route())
                .isEqualTo(aio.context().kernelAioUnavailabilityCause() == null ? AioRoute.KERNEL : AioRoute.HELPER);
    }

    /** A failure's cause is there for each that asks, and a success has none. */
    @Test
    void shouldTellCauseWhenFailed() throws Exception {
        AioFile file = file();
        AioFuture<ByteBuf> failed = file.read(-5, 1);
        assertThat(cause(failed)).isSameAs(failed.cause());
        assertThat(failed.isCancelled()).isFalse();
        assertThat(failed.cancel(false)).isFalse();
        AioFuture<Long> succeeded = file.size();
        get(succeeded);
        assertThat(succeeded.cause()).isNull();
        assertThat(succeeded.cancel(true)).isFalse();
    }
}
