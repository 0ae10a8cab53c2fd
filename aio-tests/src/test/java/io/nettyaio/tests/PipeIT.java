package io.nettyaio.tests;

import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioPollEvents;
import io.nettyaio.AioRoute;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of pipes: what each call gives, waits for, and leaves. */
@Timeout(60)
class PipeIT {

    private static final long SEED = 33;
    private static final int EPIPE = 32;
    private static final int EBADF = 9;
    private static final int EINVAL = 22;
    private static final int ECANCELED = 125;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static AioPipePair pipe() throws Exception {
        return aio.pipe();
    }

    private static ByteBuf text(String text) {
        return aio.buffers().directBuffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static ByteBuf pattern(long offset, int length) {
        return aio.buffers().directBuffer(length, length).writeBytes(Patterns.bytes(SEED, offset, length));
    }

    private static ByteBuf room(int length) {
        return aio.buffers().directBuffer(length, length);
    }

    private static String taken(ByteBuf buffer) {
        String text = buffer.toString(StandardCharsets.US_ASCII);
        buffer.release();
        return text;
    }

    private static void waits(AioFuture<?> future) throws Exception {
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(future.isDone()).isFalse();
    }

    // ---- reads ---------------------------------------------------------------------------------------------------

    @Test
    void shouldReadWhatIsThereWhenWritten() throws Exception {
        AioPipePair pipe = pipe();
        assertThat(get(pipe.writeEnd().write(text("hello")))).isEqualTo(5);
        assertThat(taken(get(pipe.readEnd().read(100)))).isEqualTo("hello");
        ByteBuf dst = room(100);
        assertThat(get(pipe.writeEnd().write(text("again")))).isEqualTo(5);
        AioFuture<Integer> read = pipe.readEnd().read(dst);
        assertThat(get(read)).isEqualTo(5);
        assertThat(read.route()).isEqualTo(AioRoute.READINESS);
        assertThat(taken(dst)).isEqualTo("again");
    }

    @Test
    void shouldWaitWhenNothingIsThere() throws Exception {
        AioPipePair pipe = pipe();
        for (int round = 0; round < 3; round++) {
            AioFuture<ByteBuf> first = pipe.readEnd().read(3);
            ByteBuf dst = room(10);
            AioFuture<Integer> second = pipe.readEnd().read(dst);
            waits(first);
            assertThat(aio.context().stats().slots() - aio.context().stats().freeSlots())
                    .as("slots in use")
                    .isZero();
            get(pipe.writeEnd().write(text("abcdef")));
            assertThat(taken(get(first))).isEqualTo("abc");
            assertThat(get(second)).isEqualTo(3);
            assertThat(taken(dst)).isEqualTo("def");
        }
    }

    @Test
    void shouldFillAllOfItWhenReadFully() throws Exception {
        AioPipePair pipe = pipe();
        ByteBuf dst = room(200_000);
        AioFuture<Integer> read = pipe.readEnd().readFully(dst);
        for (int i = 0; i < 4; i++) {
            assertThat(get(pipe.writeEnd().write(pattern(i * 50_000L, 50_000)))).isEqualTo(50_000);
        }
        assertThat(get(read)).isEqualTo(200_000);
        Patterns.check(dst, SEED, 0, 200_000);
        dst.release();
    }

    @Test
    void shouldReadIntoEachWhenVectored() throws Exception {
        AioPipePair pipe = pipe();
        ByteBuf[] dsts = {room(2), aio.buffers().heapBuffer(3, 3), room(10)};
        AioFuture<Long> read = pipe.readEnd().read(dsts);
        waits(read);
        assertThat(get(pipe.writeEnd().write(new ByteBuf[] {text("ab"), text("cdef"), text("g")})))
                .isEqualTo(7);
        assertThat(get(read)).isEqualTo(7);
        assertThat(taken(dsts[0]) + '|' + taken(dsts[1]) + '|' + taken(dsts[2])).isEqualTo("ab|cde|fg");
    }

    @Test
    void shouldRefuseWhenThereIsNoRoomToReadInto() throws Exception {
        AioPipePair pipe = pipe();
        ByteBuf full = text("full").capacity(4);
        assertThat(failure(pipe.readEnd().read(full)).errno()).isEqualTo(EINVAL);
        assertThat(failure(pipe.readEnd().read(0)).errno()).isEqualTo(EINVAL);
        assertThat(get(pipe.readEnd().readFully(full))).isZero();
        full.release();
    }

    @Test
    void shouldCallBackWhenAskedTo() throws Exception {
        AioPipePair pipe = pipe();
        ByteBuf dst = room(100);
        List<String> calls = new ArrayList<>();
        CountDownLatch both = new CountDownLatch(2);
        pipe.readEnd().read(dst, "r", (result, cause, attachment) -> {
            calls.add(attachment + result + cause);
            both.countDown();
        });
        pipe.writeEnd().write(text("xy"), "w", (result, cause, attachment) -> {
            calls.add(attachment + result + cause);
            both.countDown();
        });
        assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(calls).containsExactlyInAnyOrder("r2null", "w2null");
        assertThat(taken(dst)).isEqualTo("xy");
    }

    /** Never inside the call, also where nothing had to be waited for. */
    @Test
    void shouldCompleteAfterTheCallWhenOnLoop() throws Exception {
        AioPipePair pipe = pipe();
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        AioFuture<Integer> write = aio.onLoop(0, () -> {
            AioFuture<Integer> started = pipe.writeEnd().write(text("x"));
            started.addListener(done -> order.add("written"));
            assertThat(started.isDone()).isFalse();
            AioFuture<ByteBuf> read = pipe.readEnd().read(1);
            assertThat(read.isDone()).isFalse();
            read.addListener(done -> order.add("read " + taken(read.getNow())));
            order.add("returned");
            return started;
        });
        get(write);
        AioTestLoops.eventually("both", () -> order.size() == 3);
        assertThat(order).containsExactly("returned", "written", "read x");
    }

    // ---- writes --------------------------------------------------------------------------------------------------

    @Test
    void shouldWriteAllWhenItDoesNotFit() throws Exception {
        AioPipePair pipe = pipe();
        int length = 3_000_000;
        AioFuture<Integer> write = pipe.writeEnd().write(pattern(0, length));
        waits(write);
        ByteBuf all = room(length);
        assertThat(get(pipe.readEnd().readFully(all))).isEqualTo(length);
        assertThat(get(write)).isEqualTo(length);
        Patterns.check(all, SEED, 0, length);
        all.release();
    }

    @Test
    void shouldKeepOrderWhenManyAreStarted() throws Exception {
        AioPipePair pipe = pipe();
        List<AioFuture<Integer>> writes = new ArrayList<>();
        int offset = 0;
        for (int i = 0; i < 300; i++) {
            int length = 1 + i * 37 % 9000;
            writes.add(pipe.writeEnd().write(pattern(offset, length)));
            offset += length;
        }
        List<AioFuture<Integer>> reads = new ArrayList<>();
        List<ByteBuf> dsts = new ArrayList<>();
        for (int at = 0; at < offset; at += 4999) {
            ByteBuf dst = room(Math.min(4999, offset - at));
            dsts.add(dst);
            reads.add(pipe.readEnd().readFully(dst));
        }
        int at = 0;
        for (int i = 0; i < reads.size(); i++) {
            assertThat(get(reads.get(i))).isEqualTo(dsts.get(i).capacity());
            Patterns.check(dsts.get(i), SEED, at, dsts.get(i).capacity());
            at += dsts.get(i).capacity();
            dsts.get(i).release();
        }
        for (AioFuture<Integer> write : writes) {
            assertThat(get(write)).isPositive();
        }
    }

    /** PIPE_BUF: each write of four kilobytes comes out in one piece, whoever else writes; a longer one of a view, too. */
    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {100, AioPipe.ATOMIC_WRITE_BYTES})
    void shouldKeepWritesWholeWhenSeveralLoopsWrite(int length) throws Exception {
        AioPipePair pipe = pipe();
        aio.context(1);
        AioPipe other = pipe.writeEnd().on(aio.loop(1));
        assertThat(other.context()).isSameAs(aio.context(1));
        int each = 300;
        List<AioFuture<?>> writes = new ArrayList<>();
        for (int i = 0; i < each; i++) {
            ByteBuf[] halves = {same('a', length / 2), same('a', length - length / 2)};
            writes.add(pipe.writeEnd().write(halves));
            writes.add(other.write(same('b', length)));
        }
        int[] seen = new int[2];
        for (int i = 0; i < 2 * each; i++) {
            ByteBuf dst = room(length);
            assertThat(get(pipe.readEnd().readFully(dst))).isEqualTo(length);
            String text = taken(dst);
            assertThat(text).as("write %d", i).isEqualTo(text.substring(0, 1).repeat(length));
            seen[text.charAt(0) - 'a']++;
        }
        assertThat(seen).containsExactly(each, each);
        for (AioFuture<?> write : writes) {
            get(write);
        }
        get(other.close());
    }

    private static ByteBuf same(char value, int length) {
        return text(String.valueOf(value).repeat(length));
    }

    @Test
    void shouldCompleteWhenNothingIsWritten() throws Exception {
        AioPipePair pipe = pipe();
        assertThat(get(pipe.writeEnd().write(aio.buffers().directBuffer()))).isZero();
        assertThat(get(pipe.writeEnd().write(new ByteBuf[0]))).isZero();
    }

    // ---- the other end -------------------------------------------------------------------------------------------

    @Test
    void shouldEndWhenWritersHaveClosed() throws Exception {
        AioPipePair pipe = pipe();
        ByteBuf dst = room(10);
        AioFuture<Integer> begun = pipe.readEnd().readFully(dst);
        AioFuture<ByteBuf> behind = pipe.readEnd().read(10);
        get(pipe.writeEnd().write(text("left")));
        waits(begun);
        get(pipe.writeEnd().close());
        assertThat(get(begun)).as("bytes before the end").isEqualTo(4);
        assertThat(taken(dst)).isEqualTo("left");
        assertThat(taken(get(behind))).isEmpty();
        ByteBuf more = room(1);
        assertThat(get(pipe.readEnd().read(more))).isZero();
        more.release();
    }

    @Test
    void shouldReadWhatIsLeftWhenWriterIsGone() throws Exception {
        AioPipePair pipe = pipe();
        get(pipe.writeEnd().write(text("one")));
        get(pipe.writeEnd().write(text("two")));
        get(pipe.writeEnd().close());
        assertThat(taken(get(pipe.readEnd().read(4)))).isEqualTo("onet");
        assertThat(taken(get(pipe.readEnd().read(4)))).isEqualTo("wo");
        assertThat(taken(get(pipe.readEnd().read(4)))).isEmpty();
    }

    /** The event of the last byte and the one of the hang-up may be one: the end is met all the same. */
    @Test
    void shouldMeetTheEndWhenItComesWithTheLastByte() throws Exception {
        for (int i = 0; i < 200; i++) {
            AioPipePair pipe = pipe();
            AioFuture<ByteBuf> last = pipe.readEnd().read(10);
            AioFuture<ByteBuf> end = pipe.readEnd().read(10);
            aio.onLoop(0, () -> {
                AioFuture<?> unused = pipe.writeEnd().write(text("z"));
                return pipe.writeEnd().close();
            });
            assertThat(taken(get(last))).isEqualTo("z");
            assertThat(taken(get(end))).isEmpty();
            get(pipe.readEnd().close());
        }
    }

    /** EPIPE, and the process lives on. */
    @Test
    void shouldFailWithEpipeWhenReadersHaveClosed() throws Exception {
        AioPipePair pipe = pipe();
        AioFuture<Integer> waiting = pipe.writeEnd().write(pattern(0, 1_000_000));
        waits(waiting);
        get(pipe.readEnd().close());
        AioException failure = failure(waiting);
        assertThat(failure.errno()).isEqualTo(EPIPE);
        assertThat(failure.errnoName()).isEqualTo("EPIPE");
        assertThat(failure.bytesTransferred()).isEqualTo(65_536);
        assertThat(failure(pipe.writeEnd().write(text("x"))).errno()).isEqualTo(EPIPE);
    }

    // ---- cancelling ----------------------------------------------------------------------------------------------

    @Test
    void shouldEndAtOnceWhenCancelled() throws Exception {
        AioPipePair pipe = pipe();
        ByteBuf dst = room(10);
        AioFuture<Integer> first = pipe.readEnd().read(dst);
        AioFuture<ByteBuf> second = pipe.readEnd().read(10);
        waits(first);
        assertThat(first.cancel(true)).isTrue();
        AioTestLoops.awaitReferences(dst, 1);
        get(pipe.writeEnd().write(text("for the second")));
        assertThat(taken(get(second))).isEqualTo("for the se");
        assertThat(dst.writerIndex()).isZero();
        dst.release();
        AioFuture<Integer> write = pipe.writeEnd().write(pattern(0, 100_000));
        waits(write);
        assertThat(write.cancel(true)).isTrue();
        assertThat(settled(write).isCancelled()).isTrue();
        AioTestLoops.eventually("it has ended", () -> aio.context().stats().pending() == 0);
    }

    /** A read that has taken bytes and is cancelled leaves them to the next one: none is lost, none comes twice. */
    @Test
    void shouldLoseNoByteWhenReadsAreCancelled() throws Exception {
        AioPipePair pipe = pipe();
        ByteBuf dst = room(100);
        AioFuture<Integer> partial = pipe.readEnd().readFully(dst);
        get(pipe.writeEnd().write(text("abcdef")));
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(partial.cancel(false)).isTrue();
        AioTestLoops.awaitReferences(dst, 1);
        dst.release();
        get(pipe.writeEnd().write(text("gh")));
        assertThat(taken(get(pipe.readEnd().read(4)))).isEqualTo("abcd");
        ByteBuf rest = room(4);
        assertThat(get(pipe.readEnd().readFully(rest))).isEqualTo(4);
        assertThat(taken(rest)).isEqualTo("efgh");
    }

    @Test
    void shouldLoseNoByteWhenReadsAreCancelledAtAnyMoment() throws Exception {
        AioPipePair pipe = pipe();
        int total = 200_000;
        AioFuture<Integer> write = pipe.writeEnd().write(pattern(0, total));
        Random random = new Random(5);
        ByteBuf all = room(total);
        int cancelled = 0;
        while (all.isWritable()) {
            ByteBuf dst = room(1 + random.nextInt(3000));
            AioFuture<Integer> read = random.nextBoolean()
                    ? pipe.readEnd().read(dst)
                    : pipe.readEnd().readFully(dst);
            for (int spin = random.nextBoolean() ? 0 : random.nextInt(4000); spin > 0; spin--) {
                Thread.onSpinWait();
            }
            if (random.nextInt(3) == 0 && read.cancel(false)) {
                cancelled++;
            } else if (settled(read).isSuccess()) {
                all.writeBytes(dst, 0, read.getNow());
            }
            AioTestLoops.awaitReferences(dst, 1);
            dst.release();
            if (all.readableBytes() + 3000 > total) {
                break;
            }
        }
        assertThat(cancelled).isPositive();
        int got = all.readableBytes();
        ByteBuf rest = room(total - got);
        assertThat(get(pipe.readEnd().readFully(rest))).isEqualTo(total - got);
        all.writeBytes(rest);
        rest.release();
        get(write);
        Patterns.check(all, SEED, 0, total);
        all.release();
    }

    @Test
    void shouldStayBoundedWhenManyAreCancelledBehindOneThatWaits() throws Exception {
        AioPipePair pipe = pipe();
        AioFuture<ByteBuf> first = pipe.readEnd().read(1);
        for (int i = 0; i < 20_000; i++) {
            pipe.readEnd().read(1).cancel(false);
        }
        AioTestLoops.eventually(
                "only the first is left", () -> aio.context().stats().pending() == 1);
        get(pipe.writeEnd().write(text("x")));
        assertThat(taken(get(first))).isEqualTo("x");
    }

    // ---- closing -------------------------------------------------------------------------------------------------

    @Test
    void shouldFailWhatWaitsWhenClosed() throws Exception {
        AioPipePair pipe = pipe();
        ByteBuf dst = room(10);
        AioFuture<Integer> read = pipe.readEnd().readFully(dst);
        AioFuture<ByteBuf> behind = pipe.readEnd().read(10);
        AioFuture<Integer> poll = pipe.readEnd().poll(AioPollEvents.PRI);
        get(pipe.writeEnd().write(text("abc")));
        waits(read);
        get(pipe.readEnd().close());
        AioException failure = failure(read);
        assertThat(failure.kind()).isEqualTo(AioException.Kind.CLOSED);
        assertThat(failure.errno()).isEqualTo(ECANCELED);
        assertThat(failure.bytesTransferred()).isEqualTo(3);
        assertThat(taken(dst)).isEqualTo("abc");
        assertThat(failure(behind).errno()).isEqualTo(ECANCELED);
        assertThat(failure(poll).errno()).isEqualTo(ECANCELED);
        assertThat(failure(pipe.readEnd().read(10)).errno()).isEqualTo(EBADF);
        assertThat(failure(pipe.readEnd().poll(1)).errno()).isEqualTo(EBADF);
        assertThat(failure(pipe.readEnd().capacity()).errno()).isEqualTo(EBADF);
        assertThat(pipe.readEnd().isOpen()).isFalse();
        assertThat(get(pipe.readEnd().close())).isNull();

        AioPipePair other = pipe();
        AioFuture<Integer> write = other.writeEnd().write(pattern(0, 70_000));
        waits(write);
        get(other.writeEnd().close());
        assertThat(failure(write).bytesTransferred()).isEqualTo(65_536);
        ByteBuf received = room(70_000);
        assertThat(get(other.readEnd().readFully(received))).isEqualTo(65_536);
        received.release();
    }

    @Test
    void shouldSettleAllWhenContextCloses() throws Exception {
        AioPipePair pipe = pipe();
        AioPipePair full = pipe();
        AioFuture<ByteBuf> read = pipe.readEnd().read(10);
        AioFuture<Integer> poll = pipe.readEnd().poll(AioPollEvents.IN);
        AioFuture<Integer> write = full.writeEnd().write(pattern(0, 100_000));
        AioFuture<Long> splice = pipe.readEnd().spliceTo(full.writeEnd(), 10);
        waits(read);
        get(aio.context().close());
        for (AioFuture<?> future : List.of(read, poll, write, splice)) {
            assertThat(failure(future).kind()).isEqualTo(AioException.Kind.CLOSED);
        }
        assertThat(pipe.readEnd().isOpen()).isFalse();
    }

    @Test
    void shouldSettleAllWhenLoopShutsDown() throws Exception {
        AioPipePair pipe = pipe();
        AioPipePair full = pipe();
        AioFuture<ByteBuf> read = pipe.readEnd().read(10);
        AioFuture<Integer> poll = pipe.readEnd().poll(AioPollEvents.IN);
        AioFuture<Integer> write = full.writeEnd().write(pattern(0, 100_000));
        waits(read);
        AioTestLoops.shutDown(aio.group());
        for (AioFuture<?> future : List.of(read, poll, write)) {
            assertThat(failure(future).kind()).isEqualTo(AioException.Kind.CLOSED);
        }
        assertThat(aio.group().terminationFuture().await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(failure(pipe.readEnd().read(10)).kind()).isEqualTo(AioException.Kind.CLOSED);
        AioFuture<?> unused = pipe.readEnd().close();
    }

    @Test
    void shouldRefuseWhenTheWrongEndIsUsed() throws Exception {
        AioPipePair pipe = pipe();
        assertThat(pipe.readEnd().isReadable()).isTrue();
        assertThat(pipe.readEnd().isWritable()).isFalse();
        assertThat(pipe.writeEnd().isReadable()).isFalse();
        assertThat(pipe.writeEnd().isWritable()).isTrue();
        assertThat(failure(pipe.readEnd().write(text("x"))).errno()).isEqualTo(EBADF);
        assertThat(failure(pipe.writeEnd().read(1)).errno()).isEqualTo(EBADF);
        assertThat(failure(pipe.writeEnd().spliceTo(pipe.readEnd(), 1)).errno()).isEqualTo(EBADF);
        ByteBuf released = room(1);
        released.release();
        assertThat(failure(pipe.writeEnd().write(released)).errno()).isEqualTo(14);
    }

    @Test
    void shouldRefuseFurtherViewsWhenClosed() throws Exception {
        AioPipePair pipe = pipe();
        get(pipe.readEnd().close());
        assertThatThrownBy(() -> pipe.readEnd().on(aio.loop(1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> pipe.readEnd().redirect()).isInstanceOf(IllegalStateException.class);
    }

    /** The end is closed with its last view. */
    @Test
    void shouldStayOpenWhenAnotherViewIsLeft() throws Exception {
        AioPipePair pipe = pipe();
        aio.context(1);
        AioPipe other = pipe.writeEnd().on(aio.loop(1));
        get(pipe.writeEnd().close());
        AioFuture<ByteBuf> read = pipe.readEnd().read(10);
        waits(read);
        get(other.write(text("still")));
        assertThat(taken(get(read))).isEqualTo("still");
        AioFuture<ByteBuf> end = pipe.readEnd().read(10);
        waits(end);
        get(other.close());
        assertThat(taken(get(end))).isEmpty();
    }

    // ---- shape ---------------------------------------------------------------------------------------------------

    @Test
    void shouldHoldAsMuchWhenCapacityIsSet() throws Exception {
        AioPipePair pipe = pipe();
        assertThat(get(pipe.readEnd().capacity())).isEqualTo(65_536);
        AioFuture<Integer> write = pipe.writeEnd().write(pattern(0, 200_000));
        waits(write);
        assertThat(get(pipe.readEnd().capacity(200_000))).isEqualTo(262_144);
        assertThat(get(write)).as("room that a larger capacity has made").isEqualTo(200_000);
        assertThat(get(pipe.writeEnd().capacity())).isEqualTo(262_144);
        assertThat(failure(pipe.writeEnd().capacity(4096)).errnoName()).isEqualTo("EBUSY");
        ByteBuf dst = room(200_000);
        assertThat(get(pipe.readEnd().readFully(dst))).isEqualTo(200_000);
        dst.release();
    }

    /** A pipe whose other end never rests gets its share of the loop, and no more. */
    @Test
    void shouldLeaveTurnsToOthersWhenOneIsBusy() throws Exception {
        AioPipePair busy = pipe();
        AioPipePair quiet = pipe();
        boolean[] stop = new boolean[1];
        Runnable[] pump = new Runnable[1];
        pump[0] = () -> {
            if (!stop[0]) {
                busy.writeEnd().write(pattern(0, 60_000), null, (n, cause, a) -> pump[0].run());
            }
        };
        Runnable[] drain = new Runnable[1];
        drain[0] = () -> busy.readEnd().read(100_000).addListener(done -> {
            if (done.isSuccess()) {
                ((ByteBuf) done.getNow()).release();
                if (!stop[0]) {
                    drain[0].run();
                }
            }
        });
        aio.loop(0).execute(pump[0]);
        aio.loop(0).execute(drain[0]);
        for (int i = 0; i < 50; i++) {
            AioFuture<ByteBuf> read = quiet.readEnd().read(1);
            get(quiet.writeEnd().write(text("q")));
            assertThat(taken(get(read))).isEqualTo("q");
        }
        aio.onLoop(0, () -> stop[0] = true);
        get(busy.writeEnd().close());
    }

    @Test
    void shouldNotCompleteWhenOnlyTimeGoesBy() throws Exception {
        AioFuture<ByteBuf> read = pipe().readEnd().read(1);
        assertThatThrownBy(() -> read.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        read.cancel(false);
    }
}
