package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.BlockingOperationException;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioWait;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Waiting for operations of several contexts: files on one loop, pipes on another, joined on a third. */
@Timeout(60)
@SuppressWarnings("FutureReturnValueIgnored") // the result of a wait is a future
class WaitIT {

    private static final long SEED = 31;
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 256;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(3);

    private static Path file() throws Exception {
        return Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), SEED, BLOCKS * BLOCK);
    }

    @Test
    void shouldJoinOnAThirdLoopWhenOperationsAreOfTwo() throws Exception {
        AioFile file = aio.open(file(), READ);
        AioPipePair pipe = aio.pipe();
        AioFuture<ByteBuf> fromPipe = pipe.readEnd().on(aio.loop(1)).read(100);
        AioFuture<ByteBuf> fromFile = file.read(0, BLOCK);
        AtomicBoolean onItsLoop = new AtomicBoolean();

        AioFuture<AioFuture<ByteBuf>> any = AioWait.on(aio.loop(2)).any(fromPipe, fromFile);
        AioFuture<List<AioFuture<ByteBuf>>> both = AioWait.on(aio.loop(2)).all(fromPipe, fromFile);
        both.addListener(done -> onItsLoop.set(aio.loop(2).inEventLoop()));

        assertThat(get(any)).as("nobody has written to the pipe").isSameAs(fromFile);
        assertThat(both.isDone()).isFalse();
        get(pipe.writeEnd().write(aio.buffers().directBuffer().writeZero(3)));
        assertThat(get(both)).containsExactly(fromPipe, fromFile);
        AioTestLoops.eventually("the listener runs on the loop of the wait", onItsLoop::get);
        for (AioFuture<ByteBuf> read : List.of(fromPipe, fromFile)) {
            read.getNow().release();
        }
    }

    /** As aio_suspend: those that are done, each once, whatever the order in which the device answers. */
    @Test
    void shouldGiveEachOnceWhenSuspendedAgainAndAgain() throws Exception {
        AioFile first = aio.open(file(), READ, WRITE, DIRECT);
        List<AioFile> views = List.of(first, aio.on(first, 1));
        Random random = new Random(SEED);
        List<AioFuture<ByteBuf>> left = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            left.add(views.get(i % 2).read((long) random.nextInt(BLOCKS) * BLOCK, BLOCK));
        }
        int seen = 0;
        while (!left.isEmpty()) {
            List<AioFuture<ByteBuf>> done = AioWait.suspend(Duration.ofSeconds(20), Math.min(9, left.size()), left);
            assertThat(done).hasSizeGreaterThanOrEqualTo(Math.min(9, left.size()));
            for (AioFuture<ByteBuf> read : done) {
                assertThat(get(read).readableBytes()).isEqualTo(BLOCK);
                read.getNow().release();
            }
            seen += done.size();
            left.removeAll(done);
        }
        assertThat(seen).isEqualTo(500);
    }

    /** What has not come in time is waited for again; on a loop nobody waits. */
    @Test
    void shouldGiveNoneWhenTimeHasPassedAndLoseNone() throws Exception {
        AioPipePair pipe = aio.pipe();
        AioFuture<ByteBuf> read = pipe.readEnd().read(10);
        long began = System.nanoTime();
        assertThat(AioWait.suspend(Duration.ofMillis(30), read)).isEmpty();
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(30));
        assertThat(aio.context(1).stats().pending()).isZero();
        assertThatThrownBy(() -> aio.onLoop(1, () -> AioWait.suspend(Duration.ofSeconds(1), read)))
                .hasRootCauseInstanceOf(BlockingOperationException.class);
        get(pipe.writeEnd().write(aio.buffers().directBuffer().writeByte('x')));
        List<AioFuture<ByteBuf>> done = AioWait.suspend(null, read);
        assertThat(done).containsExactly(read);
        read.getNow().release();
    }

    /** A disk that does not answer: the wait and the operations end at their deadlines, the memory when the disk does. */
    @Test
    void shouldKeepDeadlinesWhenTheDiskHangs() throws Exception {
        AioFile file = aio.open(file(), READ, WRITE);
        ByteBuf src = aio.buffers().directBuffer().writeZero(BLOCK);
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            AioFuture<Integer> write = file.withDeadline(Duration.ofMillis(50)).write(src, 0);
            AioFuture<Void> sync = file.fdatasync();
            AioFuture<List<Future<?>>> all = AioWait.on(aio.loop(2)).all(List.<Future<?>>of(write, sync));
            AioFuture<List<Future<?>>> inTime = all.deadline(Duration.ofMillis(80));
            assertThat(failure(write).kind()).isEqualTo(AioException.Kind.TIMED_OUT);
            assertThat(src.refCnt()).as("a helper still writes from it").isPositive();
            assertThat(failure(inTime).kind()).isEqualTo(AioException.Kind.TIMED_OUT);
            assertThat(sync.isDone())
                    .as("the wait's end is not the operations'")
                    .isFalse();
            frozen.thaw();
            get(sync);
        }
        AioTestLoops.awaitReferences(src, 0);
    }
}
