package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settled;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioCallback;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioPollEvents;
import io.nettyaio.AioRoute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The traps of pipes and polls, by the real kernel. */
@Timeout(60)
class PipeTrapsIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static ByteBuf bytes(int length) {
        return aio.buffers().directBuffer(length, length).writeZero(length);
    }

    /**
     * Traps 1 to 5, as they are for a pipe: an edge comes once, and may come before one waits for it. A byte at a time
     * between two loops, many times: none is stranded, whatever the moment.
     */
    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {1, 4096, 100_000})
    void shouldStrandNothingWhenEdgesAndReadsRace(int length) throws Exception {
        AioPipePair pipe = aio.pipe();
        aio.context(1);
        AioPipe writer = aio.closeLater(pipe.writeEnd().on(aio.loop(1)));
        int rounds = length == 1 ? 50_000 : 3000;
        CompletableFuture<Integer> done = new CompletableFuture<>();
        ByteBuf src = bytes(length);
        ByteBuf dst = aio.buffers().directBuffer(length, length);
        AioCallback<@Nullable Object> written = new AioCallback<>() {
            private int left = rounds;

            @Override
            public void completed(long result, @Nullable Throwable cause, @Nullable Object unused) {
                if (cause != null || result != length) {
                    done.completeExceptionally(new AssertionError("written " + result, cause));
                } else if (--left > 0) {
                    writer.write(src.retain(), null, this);
                }
            }
        };
        AioCallback<@Nullable Object> read = new AioCallback<>() {
            private long left = (long) rounds * length;

            @Override
            public void completed(long result, @Nullable Throwable cause, @Nullable Object unused) {
                left -= result;
                if (cause != null || result == 0) {
                    done.completeExceptionally(new AssertionError("read " + result, cause));
                } else if (left > 0) {
                    pipe.readEnd().read(dst.clear(), null, this);
                } else {
                    done.complete((int) left);
                }
            }
        };
        aio.loop(0).execute(() -> pipe.readEnd().read(dst.clear(), null, read));
        aio.loop(1).execute(() -> writer.write(src.retain(), null, written));
        assertThat(done.get(40, TimeUnit.SECONDS)).isZero();
        AioTestLoops.awaitReferences(src, 1);
        src.release();
        dst.release();
    }

    /** Trap 6: a number that is closed and given out anew has none of the old one's events. */
    @Test
    void shouldKeepEventsApartWhenNumbersAreReused() throws Exception {
        for (int i = 0; i < 300; i++) {
            AioPipePair old = aio.pipe();
            AioFuture<ByteBuf> waiting = old.readEnd().read(1);
            get(old.writeEnd().write(bytes(1)));
            AioFuture<Void> closed = old.readEnd().close();
            AioPipePair anew = aio.pipe();
            AioFuture<ByteBuf> read = anew.readEnd().read(1);
            get(closed);
            if (settled(waiting).isSuccess()) {
                waiting.getNow().release();
            }
            assertThat(read.isDone()).isFalse();
            get(anew.writeEnd().write(bytes(1)));
            get(read).release();
            get(old.writeEnd().close());
            get(anew.readEnd().close());
            get(anew.writeEnd().close());
        }
    }

    /** Registering a descriptor twice steals the first one's events: a poll and a read of the same pipe both get theirs. */
    @ParameterizedTest(name = "kernel AIO: {0}")
    @ValueSource(booleans = {true, false})
    void shouldTellBothWhenReadAndPollWaitOnOneDescriptor(boolean kernelAio) throws Exception {
        aio.context(0, aio.config().kernelAio(kernelAio).build());
        AioPipePair pipe = aio.pipe();
        AioFuture<ByteBuf> first = pipe.readEnd().read(1);
        List<AioFuture<Integer>> polls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            polls.add(aio.context().poll(pipe.readEnd().descriptor(), AioPollEvents.IN));
        }
        AioFuture<ByteBuf> second = pipe.readEnd().read(1);
        assertThat(aio.isResponsive(0)).isTrue();
        get(pipe.writeEnd().write(bytes(3)));
        get(first).release();
        get(second).release();
        for (AioFuture<Integer> poll : polls) {
            assertThat(get(poll)).isEqualTo(AioPollEvents.IN);
        }
    }

    /**
     * Trap 22: the kernel keeps a polled pipe end open, so that the other end would never see it closed. A pipe's polls are
     * taken back before its close.
     */
    @ParameterizedTest(name = "kernel AIO: {0}")
    @ValueSource(booleans = {true, false})
    void shouldShowTheOtherEndThatItIsClosedWhenItWasPolled(boolean kernelAio) throws Exception {
        aio.context(0, aio.config().kernelAio(kernelAio).build());
        AioPipePair pipe = aio.pipe();
        AioFuture<Integer> fill = pipe.writeEnd().write(bytes(65_536));
        get(fill);
        AioFuture<Integer> poll = pipe.writeEnd().poll(AioPollEvents.OUT);
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(poll.isDone()).isFalse();
        get(pipe.writeEnd().close());
        assertThat(failure(poll).errnoName()).isEqualTo("ECANCELED");
        ByteBuf all = aio.buffers().directBuffer(70_000, 70_000);
        assertThat(get(pipe.readEnd().readFully(all))).as("then the end").isEqualTo(65_536);
        all.release();
    }

    /** Trap 18, of polls: neither a context nor a loop would come to its end while one waits for what never comes. */
    @ParameterizedTest(name = "kernel AIO: {0}")
    @ValueSource(booleans = {true, false})
    void shouldEndPollsWhenLoopShutsDown(boolean kernelAio) throws Exception {
        aio.context(0, aio.config().kernelAio(kernelAio).build());
        AioPipePair pipe = aio.pipe();
        AioFuture<Integer> poll = aio.context().poll(pipe.readEnd().descriptor(), AioPollEvents.IN);
        assertThat(aio.isResponsive(0)).isTrue();
        AioTestLoops.shutDown(aio.group());
        assertThat(failure(poll).errnoName()).isEqualTo("ECANCELED");
        assertThat(aio.group().terminationFuture().await(20, TimeUnit.SECONDS)).isTrue();
    }

    /** Trap 33: the kernel's own poll cannot wait for both sides of a FIFO (EINVAL); it is waited for all the same. */
    @Test
    void shouldWaitWhenFifoIsOpenForBoth() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("fifo");
        Shell.run("mkfifo", path.toString());
        AioPipe both = aio.closeLater(get(aio.context().openFifo(path, READ, WRITE)));
        AioFuture<Integer> poll = both.poll(AioPollEvents.IN);
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(poll.isDone()).isFalse();
        get(both.write(bytes(1)));
        assertThat(get(poll)).isEqualTo(AioPollEvents.IN);
        assertThat(poll.route()).isEqualTo(AioRoute.READINESS);
    }
}
