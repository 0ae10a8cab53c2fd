package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settle;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.nettyaio.AioContext;
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
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Files, contexts and loops, ended in every order. */
@Timeout(60)
class ShutdownIT {

    private static final long SEED = 505;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static Path path() throws Exception {
        return Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, 100_000);
    }

    private static void shutDownLoop(int loop) throws Exception {
        assertThat(aio.loop(loop).shutdownGracefully(0, 0, TimeUnit.SECONDS).await(20, TimeUnit.SECONDS))
                .as("terminated")
                .isTrue();
    }

    private static void awaitClosed(AioContext context) throws Exception {
        AioTestLoops.eventually("context is closed", () -> context.state() == AioContext.State.CLOSED);
    }

    /** A context closes its open files; closing one of them afterwards settles too. */
    @Test
    void shouldSettleWhenFileIsClosedAfterContext() throws Exception {
        Path path = path();
        AioFile file = aio.open(path, READ);
        AioFile view = aio.on(file, 1);
        get(aio.context(0).close());
        assertThat(aio.context(0).state()).isEqualTo(AioContext.State.CLOSED);
        assertThat(aio.context(0).stats().openFiles()).isZero();
        assertThat(file.isOpen()).isFalse();
        settle(file.close());
        assertThat(Descriptors.ofFile(path)).as("the other view is open").isOne();
        assertThat(get(view.size())).isEqualTo(100_000);
        get(view.close());
        assertThat(Descriptors.ofFile(path)).isZero();
    }

    /** Twice closed is once closed: the same future. */
    @Test
    void shouldGiveSameFutureWhenContextIsClosedTwice() throws Exception {
        AioContext context = aio.context(0);
        AioFuture<Void> first = context.close();
        assertThat(context.close()).isSameAs(first);
        CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
        first.addListener(future -> onLoop.complete(aio.loop(0).inEventLoop()));
        get(first);
        assertThat(onLoop.get()).isTrue();
        assertThat(context.close()).isSameAs(first);
        assertThat(context.state()).isEqualTo(AioContext.State.CLOSED);
    }

    /** A closed context refuses everything, by its kind, and takes no buffer with it; its loop goes on. */
    @Test
    void shouldRefuseWhenContextIsClosed() throws Exception {
        AioFile file = aio.open(path(), READ, WRITE);
        AioContext context = aio.context(0);
        get(context.close());
        checkRefused(context, file);
        assertThat(aio.isResponsive(0)).isTrue();
    }

    private static void checkRefused(AioContext context, AioFile file) throws Exception {
        ByteBuf src = aio.buffers().directBuffer().writeZero(10);
        ByteBuf dst = aio.buffers().directBuffer(10, 10);
        ByteBuf batched = aio.buffers().directBuffer().writeZero(10);
        List<AioFuture<?>> futures = List.of(
                context.open(Path.of("/dev/zero")),
                file.read(0, 10),
                file.read(dst, 0),
                file.write(src, 0),
                file.fsync(),
                file.size(),
                context.batch().write(file, batched, 0).submit());
        for (AioFuture<?> future : futures) {
            assertThat(failure(future).kind()).isEqualTo(AioException.Kind.CLOSED);
        }
        AioTestLoops.awaitReferences(src, 0);
        AioTestLoops.awaitReferences(batched, 0);
        AioTestLoops.awaitReferences(dst, 1);
        dst.release();
    }

    /** After the loop has ended, futures still settle, failed, for whoever waits; nothing hangs, no buffer is kept. */
    @Test
    void shouldFailWhenLoopHasTerminated() throws Exception {
        Path path = path();
        AioFile file = aio.open(path, READ, WRITE);
        AioContext context = aio.context(0);
        shutDownLoop(0);
        awaitClosed(context);
        checkRefused(context, file);
        settle(file.close());
        settle(context.close());
        assertThat(Descriptors.ofFile(path)).isZero();
        CompletableFuture<Throwable> called = new CompletableFuture<>();
        ByteBuf dst = aio.buffers().directBuffer(10, 10);
        file.read(dst, 0, "", (result, cause, attachment) -> called.complete(cause));
        AioTestLoops.awaitReferences(dst, 1);
        dst.release();
    }

    /** One loop ends, the other loop's view of the same file goes on, and closes the descriptor in the end. */
    @Test
    void shouldGoOnWhenTheOtherViewsLoopHasTerminated() throws Exception {
        Path path = path();
        AioFile first = aio.open(path, READ, WRITE);
        AioFile second = aio.on(first, 1);
        List<AioFuture<Integer>> appends = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            appends.add((i % 2 == 0 ? first : second)
                    .append(aio.buffers().directBuffer().writeZero(100)));
        }
        shutDownLoop(0);
        for (AioFuture<Integer> append : appends) {
            settle(append);
        }
        assertThat(get(second.append(aio.buffers().directBuffer().writeZero(100))))
                .isEqualTo(100);
        get(second.fdatasync());
        ByteBuf read = get(second.read(0, 1000));
        Patterns.check(read, SEED, 0, 1000);
        read.release();
        get(second.close());
        assertThat(Descriptors.ofFile(path)).isZero();
        assertThat(Files.size(path) % 100).isZero();
    }

    /** Shutdown while an open is in flight: the descriptor does not stay behind. */
    @Test
    void shouldCloseDescriptorWhenLoopShutsDownDuringOpen() throws Exception {
        Path path = path();
        List<AioFuture<AioFile>> opens = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            opens.add(aio.context().open(path));
        }
        shutDownLoop(0);
        for (AioFuture<AioFile> open : opens) {
            settle(open);
        }
        AioTestLoops.eventually("no descriptor of the file is open", () -> Descriptors.ofFile(path) == 0);
    }

    /** Operations started by the completions of a shutdown are refused, not lost and not looped. */
    @Test
    void shouldSettleWhenCompletionsStartMoreDuringShutdown() throws Exception {
        Path path = path();
        AioFile file = aio.open(path, READ, DIRECT);
        List<AioFuture<ByteBuf>> reads = new ArrayList<>();
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        new Object() {
            void next() {
                AioFuture<ByteBuf> read = file.read(0, 4096);
                read.addListener(future -> {
                    if (read.isSuccess()) {
                        read.getNow().release();
                        next();
                    } else {
                        ended.complete(read.cause());
                    }
                });
            }
        }.next();
        for (int i = 0; i < 50; i++) {
            reads.add(file.read(i * 1000L, 1000));
        }
        Thread.sleep(20);
        shutDownLoop(0);
        assertThat(ended.get(20, TimeUnit.SECONDS)).isInstanceOf(AioException.class);
        for (AioFuture<ByteBuf> read : reads) {
            settle(read);
            if (read.isSuccess()) {
                read.getNow().release();
            }
        }
    }

    /** What the very last completion starts is refused as everything before it, and not left behind without a word. */
    @Test
    void shouldSettleWhatLastCompletionStartsWhenLoopShutsDown() throws Exception {
        Path path = path();
        for (int round = 0; round < 50; round++) {
            EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
            AioContext context = EpollAio.context(group.next(), aio.config().build());
            AioFile file = get(context.open(path, READ));
            ByteBuf dst = aio.buffers().directBuffer(10, 10);
            CompletableFuture<Throwable> called = new CompletableFuture<>();
            file.close()
                    .addListener(
                            closed -> file.read(dst, 0, "", (result, cause, attachment) -> called.complete(cause)));
            AioTestLoops.shutDown(group);
            assertThat(called.get(20, TimeUnit.SECONDS)).as("round %d", round).isInstanceOf(AioException.class);
            AioTestLoops.awaitReferences(dst, 1);
            dst.release();
            awaitClosed(context);
            assertThat(group.terminationFuture().await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Somebody who starts anew whatever fails keeps no loop from ending. */
    @Test
    void shouldEndWhenFailuresAreStartedAnewForEver() throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        AioContext context = EpollAio.context(group.next(), aio.config().build());
        AioFile file = get(context.open(path(), READ));
        AtomicBoolean givesUp = new AtomicBoolean();
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        ByteBuf dst = aio.buffers().directBuffer(10, 10);
        new Object() {
            void next() {
                file.read(dst.clear(), 0, "", (result, cause, attachment) -> {
                    if (givesUp.get()) {
                        ended.complete(cause);
                    } else {
                        next();
                    }
                });
            }
        }.next();
        AioTestLoops.shutDown(group);
        assertThat(group.terminationFuture().await(20, TimeUnit.SECONDS)).isTrue();
        awaitClosed(context);
        givesUp.set(true);
        assertThat(ended.get(20, TimeUnit.SECONDS)).isInstanceOf(AioException.class);
        AioTestLoops.awaitReferences(dst, 1);
        dst.release();
    }

    /**
     * A loop that shuts itself down without a quiet period ends in that very iteration, and tells none of the handles
     * registered with it; its context ends all the same.
     */
    @Test
    void shouldCloseContextWhenLoopEndsWithoutTellingItsHandles() throws Exception {
        Path path = path();
        AioContext context = aio.context(0);
        AioFile file = aio.open(path, READ);
        get(file.read(0, 100)).release();
        aio.onLoop(0, () -> aio.loop(0).shutdownGracefully(0, 0, TimeUnit.SECONDS));
        assertThat(aio.loop(0).terminationFuture().await(20, TimeUnit.SECONDS)).isTrue();
        awaitClosed(context);
        assertThat(Descriptors.ofFile(path)).isZero();
    }

    /** A context that was never used ends with its loop, and leaves the others alone. */
    @Test
    void shouldSettleWhenShutDownBeforeFirstUse() throws Exception {
        AioContext unused = aio.context(1);
        assertThat(unused.state()).isEqualTo(AioContext.State.OPEN);
        shutDownLoop(1);
        awaitClosed(unused);
        assertThat(failure(unused.open(Path.of("/dev/zero"))).kind()).isEqualTo(AioException.Kind.CLOSED);
        AioFile file =
                aio.open(aio.context(0), TestFileSystem.DISK.newDirectory().resolve("file"), CREATE, WRITE);
        assertThat(get(file.size())).isZero();
    }
}
