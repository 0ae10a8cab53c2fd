package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.epoll.EpollAio;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The kinds of event loop, and how a loop gets its context. */
@Timeout(60)
class EventLoopsIT {

    private static final long SEED = 606;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static void checkWorks(AioContext context) throws Exception {
        Path path = TestFileSystem.DISK.newDirectory().resolve("file");
        AioFile file = get(context.open(path, CREATE, READ, WRITE));
        get(file.write(aio.buffers().directBuffer().writeBytes(Patterns.bytes(SEED, 0, 100_000)), 0));
        get(file.fdatasync());
        AioFile direct = get(context.open(path, READ, DIRECT));
        List<AioFuture<ByteBuf>> reads = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            reads.add((i % 2 == 0 ? file : direct).read(i * 400L, 4000));
        }
        CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
        reads.get(0).addListener(future -> onLoop.complete(context.eventLoop().inEventLoop()));
        for (int i = 0; i < 200; i++) {
            ByteBuf read = get(reads.get(i));
            Patterns.check(read, SEED, i * 400L, 4000);
            read.release();
        }
        assertThat(onLoop.get()).isTrue();
        get(file.close());
        get(direct.close());
    }

    /** The group that Netty 4.2 deprecates, and its users still have, works as well. */
    @Test
    @SuppressWarnings("deprecation")
    void shouldWorkWhenGroupIsTheDeprecatedOne() throws Exception {
        EventLoopGroup group = aio.watch(new io.netty.channel.epoll.EpollEventLoopGroup(1));
        checkWorks(aio.watch(EpollAio.context(group.next())));
    }

    /** A loop that somebody else's thread runs, step by step. */
    @Test
    void shouldWorkWhenLoopIsManual() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CompletableFuture<ManualIoEventLoop> made = new CompletableFuture<>();
        Thread runner = new Thread(() -> {
            ManualIoEventLoop loop = new ManualIoEventLoop(Thread.currentThread(), EpollIoHandler.newFactory());
            made.complete(loop);
            try {
                while (!loop.isTerminated()) {
                    loop.run(TimeUnit.MILLISECONDS.toNanos(50));
                }
            } catch (RuntimeException | Error e) {
                failure.set(e);
            }
        });
        runner.start();
        ManualIoEventLoop loop = made.get();
        AioContext context = aio.watch(EpollAio.context(loop, aio.config().build()));
        try {
            checkWorks(context);
            assertThat(context.stats().pending()).isZero();
        } finally {
            assertThat(loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).await(20, TimeUnit.SECONDS))
                    .as("terminated")
                    .isTrue();
            runner.join(20_000);
        }
        assertThat(failure.get()).isNull();
    }

    /** A loop without epoll is refused, with what it would take. */
    @Test
    void shouldRefuseClearlyWhenLoopIsNotEpoll() {
        EventLoop nio = aio.watch(new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()))
                .next();
        assertThatThrownBy(() -> EpollAio.context(nio))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("Epoll");
        EventLoop plain = aio.watch(new DefaultEventLoop());
        assertThatThrownBy(() -> EpollAio.context(plain))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("Epoll");
    }

    /** One context for each loop, the same each time, whichever thread asks. */
    @Test
    void shouldGiveSameContextWhenAskedAgain() throws Exception {
        AioContext context = aio.context(0);
        assertThat(EpollAio.context(aio.loop(0))).isSameAs(context);
        assertThat(EpollAio.context(aio.loop(0), context.config())).isSameAs(context);
        assertThat(aio.onLoop(0, () -> EpollAio.context(aio.loop(0)))).isSameAs(context);
        assertThat(aio.context(1)).isNotSameAs(context);
        assertThat(context.eventLoop()).isSameAs(aio.loop(0));
        assertThat(context.state()).isEqualTo(AioContext.State.OPEN);
    }

    /** Asked for by many threads at once, it is made once. */
    @Test
    void shouldMakeOneContextWhenManyThreadsAsk() throws Exception {
        int before = Descriptors.aioContexts();
        ExecutorService executor = Executors.newFixedThreadPool(8);
        try {
            AioConfig config = aio.config().build();
            List<Callable<AioContext>> tasks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                tasks.add(() -> EpollAio.context(aio.loop(0), config));
            }
            List<AioContext> contexts = new ArrayList<>();
            for (Future<AioContext> context : executor.invokeAll(tasks)) {
                contexts.add(aio.watch(context.get()));
            }
            assertThat(contexts).allMatch(context -> context == contexts.get(0));
        } finally {
            executor.shutdownNow();
        }
        checkWorks(aio.context(0));
        assertThat(Descriptors.aioContexts() - before).isOne();
    }

    /** The first use decides the settings; others for the same loop are an error. */
    @Test
    void shouldThrowWhenContextExistsWithOtherSettings() {
        AioConfig config = aio.config().queueDepth(7).build();
        AioContext context = aio.context(0, config);
        assertThat(context.config()).isSameAs(config);
        AioConfig other = aio.config().queueDepth(8).build();
        assertThatThrownBy(() -> EpollAio.context(aio.loop(0), other)).isInstanceOf(IllegalStateException.class);
        assertThat(EpollAio.context(aio.loop(0))).isSameAs(context);
    }

    /** The four methods of availability agree, as those of Netty's transports do. */
    @Test
    void shouldBeAvailableWhenLinux() {
        assertThat(EpollAio.isAvailable()).isTrue();
        assertThat(EpollAio.unavailabilityCause()).isNull();
        EpollAio.ensureAvailability();
        assertThat(aio.context().kernelAioUnavailabilityCause()).isNull();
    }
}
