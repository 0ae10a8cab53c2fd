package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chunked input, and under it the read-ahead, over a file whose reads complete when told. */
@Timeout(20)
class AioChunkedFileTest {

    private static final int CHUNK = 4096;

    private final EmbeddedChannel channel = new EmbeddedChannel(new ChunkedWriteHandler());
    private final ScriptedFile scripted = new ScriptedFile(channel.eventLoop());

    @AfterEach
    void nothingIsLeft() {
        channel.finishAndReleaseAll();
        scripted.assertBuffersGivenBack();
    }

    private AioChunkedFile input(long offset, long length, int minChunks, int maxChunks) {
        return new AioChunkedFile(
                channel, scripted.file(), offset, length, new AioReadAhead(CHUNK, minChunks, maxChunks), true);
    }

    private static ByteBuf poll(AioChunkedFile input) throws Exception {
        return input.readChunk(UnpooledByteBufAllocator.DEFAULT);
    }

    /** Takes what is ready. */
    private static int take(AioChunkedFile input, int most) throws Exception {
        int taken = 0;
        ByteBuf chunk;
        while (taken < most && (chunk = poll(input)) != null) {
            chunk.release();
            taken++;
        }
        return taken;
    }

    private void checkOutbound(long offset, int length) {
        byte[] expected = ScriptedFile.contents(offset, length);
        int at = 0;
        ByteBuf chunk;
        while ((chunk = channel.readOutbound()) != null) {
            byte[] bytes = new byte[chunk.readableBytes()];
            chunk.readBytes(bytes).release();
            assertThat(bytes).isEqualTo(Arrays.copyOfRange(expected, at, at + bytes.length));
            at += bytes.length;
        }
        assertThat(at).isEqualTo(length);
    }

    @Test
    void shouldReadNothingWhenNotAsked() {
        AioChunkedFile input = input(0, 10 * CHUNK, 2, 4);
        assertThat(scripted.reads).isEmpty();
        assertThat(input.isEndOfInput()).isFalse();
        assertThat(input.length()).isEqualTo(10 * CHUNK);
        assertThat(input.progress()).isZero();
        input.close();
        assertThat(scripted.closes()).isEqualTo(1);
    }

    @Test
    void shouldAskForWindowAndNoMoreWhenStarted() throws Exception {
        AioChunkedFile input = input(0, 10 * CHUNK, 2, 4);
        assertThat(poll(input)).isNull();
        assertThat(scripted.reads).hasSize(2);
        assertThat(poll(input)).isNull();
        assertThat(scripted.reads).hasSize(2);
        assertThat(input.windowChunks()).isEqualTo(2);
        input.close();
    }

    @Test
    void shouldGiveChunksInOrderWhenReadsCompleteInAnother() throws Exception {
        AioChunkedFile input = input(0, 3 * CHUNK, 3, 3);
        assertThat(poll(input)).isNull();
        scripted.reads.get(2).complete();
        scripted.reads.get(1).complete();
        assertThat(poll(input)).isNull();
        scripted.reads.get(0).complete();
        for (int i = 0; i < 3; i++) {
            ByteBuf chunk = poll(input);
            assertThat(chunk.getByte(0)).isEqualTo(ScriptedFile.contents(i * (long) CHUNK, 1)[0]);
            chunk.release();
            assertThat(input.progress()).isEqualTo((i + 1L) * CHUNK);
        }
        assertThat(input.isEndOfInput()).isTrue();
        assertThat(poll(input)).isNull();
        input.close();
    }

    /** A page is not read twice because the range begins within one. */
    @Test
    void shouldEndFirstChunkOnPageWhenRangeBeginsWithinOne() throws Exception {
        AioChunkedFile input = input(100, 2 * CHUNK, 4, 4);
        assertThat(poll(input)).isNull();
        assertThat(scripted.reads).extracting(read -> read.offsetBytes).containsExactly(100L, 4096L, 8192L);
        assertThat(scripted.reads).extracting(read -> read.lengthBytes).containsExactly(3996, 4096, 100);
        input.close();
    }

    @Test
    void shouldDoubleWindowToItsBoundWhenChunkIsNotReady() throws Exception {
        AioChunkedFile input = input(0, 1000 * CHUNK, 2, 16);
        assertThat(poll(input)).isNull();
        for (int expected : new int[] {4, 8, 16, 16}) {
            scripted.completeAll();
            assertThat(take(input, Integer.MAX_VALUE)).isPositive();
            assertThat(poll(input)).as("waiting twice says no more than once").isNull();
            assertThat(input.windowChunks()).isEqualTo(expected);
            assertThat(scripted.pending()).isEqualTo(expected);
        }
        input.close();
    }

    @Test
    void shouldHalveWindowToItsBoundWhenHalfLiesReady() throws Exception {
        AioChunkedFile input = input(0, 1000 * CHUNK, 2, 16);
        assertThat(poll(input)).isNull();
        for (int i = 0; i < 3; i++) {
            scripted.completeAll();
            take(input, Integer.MAX_VALUE);
        }
        assertThat(input.windowChunks()).isEqualTo(16);
        scripted.completeAll();
        for (int i = 0; i < 16 * 2 + 8 * 2 + 4 * 2; i++) {
            assertThat(take(input, 1)).isEqualTo(1);
            scripted.completeAll();
        }
        assertThat(input.windowChunks()).isEqualTo(2);
        assertThat(take(input, 1)).as("what the larger window had asked for").isEqualTo(1);
        assertThat(take(input, 100)).isEqualTo(2);
        input.close();
    }

    /** Where the disk keeps just up, nothing is to be gained by a smaller window. */
    @Test
    void shouldKeepWindowWhenLessThanHalfLiesReady() throws Exception {
        AioChunkedFile input = input(0, 1000 * CHUNK, 4, 16);
        assertThat(poll(input)).isNull();
        scripted.reads.get(0).complete();
        scripted.reads.get(1).complete();
        for (int i = 2; i < 100; i++) {
            assertThat(take(input, 1)).isEqualTo(1);
            scripted.reads.get(i).complete();
        }
        assertThat(input.windowChunks()).isEqualTo(4);
        input.close();
    }

    @Test
    void shouldFailForGoodWhenFileHasShrunk() throws Exception {
        AioChunkedFile input = input(0, 4 * CHUNK, 2, 2);
        assertThat(poll(input)).isNull();
        scripted.reads.get(0).complete();
        scripted.reads.get(1).complete(10);
        assertThat(take(input, 1)).isEqualTo(1);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> poll(input))
                    .isInstanceOfSatisfying(AioException.class, e -> {
                        assertThat(e.kind()).isEqualTo(AioException.Kind.SHRUNK);
                        assertThat(e.path()).isEqualTo("file");
                        assertThat(e.bytesTransferred()).isEqualTo(CHUNK);
                    })
                    .hasMessageContaining("expectedSize>=" + 4 * CHUNK)
                    .hasMessageContaining("actualSize<=" + (CHUNK + 10));
        }
        assertThat(input.isEndOfInput()).isFalse();
        input.close();
    }

    @Test
    void shouldFailWithReadsCauseWhenDiskFails() throws Exception {
        AioChunkedFile input = input(0, 4 * CHUNK, 2, 2);
        assertThat(poll(input)).isNull();
        scripted.reads.get(1).complete();
        scripted.reads.get(0).fail(5, "EIO");
        assertThatThrownBy(() -> poll(input)).isInstanceOf(AioException.class).hasMessageContaining("EIO");
        input.close();
        assertThat(scripted.closes()).isEqualTo(1);
    }

    @Test
    void shouldRefuseWhenNoRange() {
        assertThatThrownBy(() -> input(-1, 1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> input(0, -1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> input(Long.MAX_VALUE, 1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AioReadAhead(4095, 1, 1)).hasMessageContaining("chunkBytes=4095");
        assertThatThrownBy(() -> new AioReadAhead(4096, 0, 1)).hasMessageContaining("minChunks=0");
        assertThatThrownBy(() -> new AioReadAhead(4096, 2, 1)).hasMessageContaining("maxChunks=1");
        assertThat(scripted.closes()).as("the file stays the caller's").isZero();
    }

    // ---- under a ChunkedWriteHandler -----------------------------------------------------------------------------

    @Test
    void shouldSuspendAndResumeWhenReadsArePending() {
        ChannelFuture sent = channel.writeAndFlush(input(50, 5 * CHUNK, 2, 4));
        int rounds = 0;
        while (scripted.completeAll() > 0) {
            channel.runPendingTasks();
            rounds++;
        }
        assertThat(rounds).isGreaterThan(1);
        assertThat(sent.isSuccess()).isTrue();
        checkOutbound(50, 5 * CHUNK);
        assertThat(scripted.closes()).isEqualTo(1);
    }

    @Test
    void shouldSendNothingAndSucceedWhenEmpty() {
        ChannelFuture sent = channel.writeAndFlush(input(7, 0, 2, 4));
        assertThat(sent.isSuccess()).isTrue();
        assertThat(scripted.reads).isEmpty();
        assertThat(scripted.closes()).isEqualTo(1);
    }

    @Test
    void shouldEndWithLastContentWhenHttpChunkedInput() {
        ChannelFuture sent = channel.writeAndFlush(new HttpChunkedInput(input(0, 3 * CHUNK, 2, 4)));
        while (scripted.completeAll() > 0) {
            channel.runPendingTasks();
        }
        assertThat(sent.isSuccess()).isTrue();
        int length = 0;
        HttpContent content;
        HttpContent last = null;
        while ((content = channel.readOutbound()) != null) {
            last = content;
            length += content.content().readableBytes();
            content.release();
        }
        assertThat(length).isEqualTo(3 * CHUNK);
        assertThat(last).isInstanceOf(LastHttpContent.class);
    }

    @Test
    void shouldFailWriteWhenDiskFailsWhileSuspended() {
        ChannelFuture sent = channel.writeAndFlush(input(0, 5 * CHUNK, 2, 4));
        scripted.reads.get(0).complete();
        scripted.reads.get(1).fail(5, "EIO");
        assertThat(sent.cause()).isInstanceOf(AioException.class);
        assertThat(scripted.closes()).isEqualTo(1);
        checkOutbound(0, CHUNK);
    }

    /** At each moment of a transfer of four chunks: so many reads completed, so many taken. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void shouldGiveEverythingBackWhenChannelClosesAfterChunks(int chunks) {
        ChannelFuture sent = channel.writeAndFlush(input(0, 4 * CHUNK, 3, 3));
        for (int i = 0; i < chunks; i++) {
            scripted.reads.get(i).complete();
        }
        if (scripted.pending() > 1) {
            scripted.last().complete(); // ready, but not its turn
        }
        ChannelFuture unused = channel.close();
        channel.runPendingTasks();
        assertThat(sent.cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(scripted.closes()).isEqualTo(1);
    }

    @Test
    void shouldReadNoFurtherWhenChannelIsNotWritable() {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 1));
        // Nothing is flushed out: EmbeddedChannel takes what is flushed, so the write before stays unflushed.
        ChannelFuture unflushed = channel.write(channel.alloc().buffer().writeZero(100));
        assertThat(channel.isWritable()).isFalse();
        ChannelFuture sent = channel.write(input(0, 50 * CHUNK, 2, 4));
        assertThat(scripted.reads).isEmpty();
        assertThat(sent.isDone()).isFalse();
        assertThat(unflushed.isDone()).isFalse();
    }

    /** The handler closes its inputs; who never reached it is closed with the channel. */
    @Test
    void shouldCloseWithChannelWhenNobodyCloses() {
        AioChunkedFile input = input(0, 4 * CHUNK, 2, 2);
        Future<Void> prepared = input.prepare();
        scripted.reads.get(0).complete();
        assertThat(prepared.isSuccess()).isTrue();
        ChannelFuture unused = channel.close();
        assertThat(scripted.closes()).isEqualTo(1);
        scripted.assertBuffersGivenBack();
    }

    @Test
    void shouldThrowWhenReadAfterClose() {
        AioChunkedFile input = input(0, 4 * CHUNK, 2, 2);
        input.close();
        input.close();
        assertThatThrownBy(() -> poll(input))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThat(scripted.closes()).isEqualTo(1);
    }

    // ---- prepared ------------------------------------------------------------------------------------------------

    @Test
    void shouldTellBeforeFirstByteWhenPrepared() throws Exception {
        AioChunkedFile input = input(0, 4 * CHUNK, 2, 2);
        Future<Void> first = input.prepare();
        Future<Void> second = input.prepare();
        assertThat(first.isDone()).isFalse();
        scripted.reads.get(1).complete();
        assertThat(first.isDone()).isFalse();
        scripted.reads.get(0).complete();
        assertThat(first.isSuccess()).isTrue();
        assertThat(second.isSuccess()).isTrue();
        assertThat(input.prepare().isSuccess()).isTrue();
        assertThat(take(input, 10)).isEqualTo(2);
        input.close();
    }

    @Test
    void shouldFailPreparationWhenFileIsUnreadableOrShort() {
        AioChunkedFile unreadable = input(0, 4 * CHUNK, 1, 1);
        Future<Void> failed = unreadable.prepare();
        scripted.last().fail(5, "EIO");
        assertThat(failed.cause()).isInstanceOf(AioException.class);
        AioChunkedFile shrunk = input(0, 4 * CHUNK, 1, 1);
        Future<Void> isShort = shrunk.prepare();
        scripted.last().complete(1);
        assertThat(isShort.cause()).hasMessageContaining("shrunk");
        AioChunkedFile closed = input(0, 4 * CHUNK, 1, 1);
        Future<Void> never = closed.prepare();
        closed.close();
        assertThat(never.isDone()).isTrue();
        assertThat(never.isSuccess()).isFalse();
        unreadable.close();
        shrunk.close();
    }

    @Test
    void shouldLeaveFileOpenWhenItIsTheCallers() {
        AioFile file = scripted.file();
        new AioChunkedFile(channel, file, 0, 10).close();
        assertThat(scripted.closes()).isZero();
    }

    // ---- a context that has enough to do ---------------------------------------------------------------------------

    @Test
    void shouldReadNoFurtherThanItMustWhileTheContextHasEnough() throws Exception {
        AioChunkedFile input = input(0, 8 * CHUNK, 2, 4);
        scripted.marks.quietly(false);
        for (int i = 1; i <= 4; i++) {
            assertThat(poll(input)).isNull();
            assertThat(scripted.reads).as("one at a time").hasSize(i);
            scripted.completeAll();
            assertThat(take(input, 1)).isOne();
        }
        assertThat(scripted.reads).as("the next is asked for as one is taken").hasSize(5);
        assertThat(input.windowChunks())
                .as("it was not the window that was too small")
                .isEqualTo(2);
        scripted.marks.quietly(true);
        assertThat(poll(input)).isNull();
        assertThat(scripted.reads).hasSizeGreaterThan(5);
        while (!input.isEndOfInput()) {
            scripted.completeAll();
            take(input, 4);
        }
        assertThat(scripted.marks.listeners).isEmpty();
        input.close();
    }
}
