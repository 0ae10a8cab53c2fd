package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioOpenOption;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * An engine on an epoll loop of its own, with scripted system calls. When it closes, nothing may be in flight, open or
 * left over, and the engine may have logged no error.
 */
final class Engine implements AutoCloseable {

    private final MultiThreadIoEventLoopGroup group;
    final IoEventLoop loop;
    final ScriptedSyscalls syscalls;
    final EpollAioContext context;
    private boolean errorsExpected;

    Engine(ScriptedSyscalls syscalls) {
        this(syscalls, AioConfig.builder());
    }

    Engine(ScriptedSyscalls syscalls, AioConfig.Builder config) {
        EngineLog.begin();
        this.syscalls = syscalls;
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        loop = group.next();
        context = new EpollAioContext(loop, config.build(), syscalls);
        syscalls.engineMade();
        onLoop(context::attach);
    }

    /** The test provokes what the engine logs as an error. */
    void expectErrors() {
        errorsExpected = true;
    }

    // ---- the loop ------------------------------------------------------------------------------------------------

    <V> V onLoop(Callable<V> call) {
        return Await.value(loop.submit(call));
    }

    void onLoop(Runnable task) {
        Await.value(loop.submit(task, true));
    }

    /** Returns when what was started before has been sent off: at the end of one of the loop's iterations. */
    void turn() {
        CountDownLatch over = new CountDownLatch(1);
        loop.execute(() -> ((SingleThreadEventLoop) loop).executeAfterEventLoopIteration(over::countDown));
        Await.latch(over, "the end of an iteration");
    }

    void turns(int count) {
        for (int i = 0; i < count; i++) {
            turn();
        }
    }

    /** Keeps the loop's thread busy, so that what is started meanwhile falls into one tick. */
    Holdup holdLoop() {
        Holdup holdup = new Holdup();
        loop.execute(holdup::pass);
        holdup.awaitArrived(1);
        return holdup;
    }

    Future<?> shutdownLoop() {
        return group.shutdownGracefully(0, Await.SECONDS, TimeUnit.SECONDS);
    }

    // ---- files ---------------------------------------------------------------------------------------------------

    EpollAioFile open(Path path, AioOpenOption... options) {
        return (EpollAioFile) Await.value(context.open(path, options));
    }

    EpollAioFile openDirect(Path path) {
        return open(path, AioOpenOption.READ, AioOpenOption.WRITE, AioOpenOption.DIRECT);
    }

    /** A view on this loop of a file of another engine with the same system calls. */
    EpollAioFile view(EpollAioFile file) {
        assertThat(file.handle().retainView()).isTrue();
        return onLoop(() -> context.adopt(file.handle(), file.ioClass()));
    }

    // ---- end -----------------------------------------------------------------------------------------------------

    @Override
    public void close() {
        syscalls.letGo();
        Future<Void> closed = context.close();
        try {
            assertThat(Await.outcome(closed)).isNull();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(Await.SECONDS, TimeUnit.SECONDS);
        }
        assertThat(context.state()).isEqualTo(AioContext.State.CLOSED);
        assertThat(context.stats().pending()).as("pending").isZero();
        assertThat(context.stats().kernelInFlight()).as("in flight").isZero();
        assertThat(context.stats().helperInFlight()).as("with helpers").isZero();
        assertThat(context.stats().openFiles()).as("open files").isZero();
        assertThat(context.stats().slots()).as("slots").isZero();
        syscalls.engineClosed();
        if (!errorsExpected) {
            assertThat(EngineLog.errors()).as("logged errors").isEmpty();
        }
    }
}
