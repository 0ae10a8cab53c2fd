package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FileStreamTest {

    private static final int CHUNK = 16;
    private static final int WINDOW = 3;
    private static final ServerConfig CONFIG =
            new ServerConfig("127.0.0.1", 0, 1, Duration.ofSeconds(1), Duration.ZERO, CHUNK, WINDOW, 1, 1);

    /** Takes the place of the socket: keeps what is written until the test takes it. */
    private static final class Socket extends ChannelOutboundHandlerAdapter {
        private final ArrayDeque<ChannelPromise> promises = new ArrayDeque<>();
        private final ArrayDeque<Object> messages = new ArrayDeque<>();

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            messages.add(message);
            promises.add(promise);
        }

        void take() {
            promises.remove().setSuccess();
            ReferenceCountUtil.release(messages.remove());
        }

        void fail() {
            while (!promises.isEmpty()) {
                ReferenceCountUtil.release(messages.remove());
                promises.remove().setFailure(new IOException("Broken pipe"));
            }
        }
    }

    private final List<String> events = new ArrayList<>();
    private final Socket socket = new Socket();
    private final ChannelInboundHandlerAdapter user = new ChannelInboundHandlerAdapter() {
        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            stream.pump();
        }
    };
    private final EmbeddedChannel channel = new EmbeddedChannel(user);
    private final HttpResponse header = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    private ScriptedFile file;
    private FileStream stream;

    @AfterEach
    void finish() {
        channel.finishAndReleaseAll();
    }

    private void start(long sizeBytes) {
        file = new ScriptedFile(channel.eventLoop(), sizeBytes);
        stream = new FileStream(
                channel.pipeline().context(user), file.file(), sizeBytes, header, CONFIG, new FileStream.Listener() {
                    @Override
                    public void sent() {
                        events.add("sent");
                    }

                    @Override
                    public void fileFailed(Throwable cause, boolean headerSent) {
                        events.add("file failed" + (headerSent ? " after header" : "") + ": " + cause.getMessage());
                    }

                    @Override
                    public void channelFailed(Throwable cause) {
                        events.add("channel failed");
                    }
                });
        stream.pump();
    }

    private void complete(int read) {
        file.reads.get(read).complete();
        channel.runPendingTasks();
    }

    private void setWritable(boolean writable) {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, writable);
        channel.runPendingTasks();
    }

    @Test
    void shouldSendHeaderAndContentsInOrderWhenReadsCompleteOutOfOrder() {
        start(5 * CHUNK + 7);
        assertThat(file.reads).hasSize(WINDOW);
        complete(2);
        complete(1);
        assertThat(channel.<Object>readOutbound()).isNull();
        complete(0);
        complete(5);
        complete(3);
        complete(4);

        assertThat(channel.<Object>readOutbound()).isSameAs(header);
        ByteBuf sent = Unpooled.buffer();
        for (int i = 0; i < 6; i++) {
            HttpContent content = channel.readOutbound();
            assertThat(content instanceof LastHttpContent).isEqualTo(i == 5);
            sent.writeBytes(content.content());
            content.release();
        }
        assertThat(channel.<Object>readOutbound()).isNull();
        byte[] expected = new byte[5 * CHUNK + 7];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (byte) (i / 16);
        }
        assertThat(ByteBufUtil.getBytes(sent)).isEqualTo(expected);
        assertThat(events).containsExactly("sent");
        file.assertGivenBack();
    }

    @Test
    void shouldReadNoMoreThanTheWindowWhenTheSocketTakesNothing() {
        channel.pipeline().addFirst(socket);
        start(100 * CHUNK);
        for (int i = 0; i < WINDOW; i++) {
            assertThat(file.reads).hasSize(WINDOW);
            complete(i);
        }
        assertThat(file.reads).hasSize(WINDOW);
        socket.take(); // the header
        assertThat(file.reads).hasSize(WINDOW);
        socket.take();
        assertThat(file.reads).hasSize(WINDOW + 1);

        stream.abort();
        socket.fail();
        file.reads.get(WINDOW).complete();
        file.assertGivenBack();
        assertThat(events).isEmpty();
    }

    @Test
    void shouldNeitherReadNorWriteWhenTheChannelIsNotWritable() {
        start(100 * CHUNK);
        setWritable(false);
        complete(0);
        complete(1);
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(file.reads).hasSize(WINDOW);

        setWritable(true);
        assertThat(channel.<Object>readOutbound()).isSameAs(header);
        assertThat(file.reads).hasSize(WINDOW + 2);
        stream.abort();
        channel.releaseOutbound();
        file.reads.subList(2, WINDOW + 2).forEach(ScriptedFile.Read::complete);
        file.assertGivenBack();
    }

    @Test
    void shouldKeepTheHeaderBackWhenTheFirstReadFails() {
        start(100 * CHUNK);
        file.reads.get(2).complete();
        file.reads.get(0).fail(5, "EIO");
        assertThat(events).hasSize(1);
        assertThat(events.get(0)).startsWith("file failed: read file: EIO");
        assertThat(channel.<Object>readOutbound()).isNull();
        file.reads.get(1).complete();
        file.assertGivenBack();
    }

    @Test
    void shouldFailAfterWhatWasReadWhenALaterReadFails() {
        start(100 * CHUNK);
        file.reads.get(1).fail(5, "EIO");
        channel.runPendingTasks();
        assertThat(events).isEmpty();
        complete(0);
        assertThat(events).hasSize(1);
        assertThat(events.get(0)).startsWith("file failed after header: read file: EIO");
        channel.flushOutbound();
        assertThat(channel.<Object>readOutbound()).isSameAs(header);
        channel.releaseOutbound();
        file.reads.subList(2, file.reads.size()).forEach(ScriptedFile.Read::complete);
        file.assertGivenBack();
    }

    @Test
    void shouldFailWhenTheFileHasShrunkBeforeTheFirstRead() {
        start(CHUNK + 1);
        file.reads.get(0).complete(3);
        assertThat(events).containsExactly("file failed: the file has shrunk from 17 to 3 bytes");
        file.reads.get(1).complete(0);
        file.assertGivenBack();
    }

    @Test
    void shouldFailWhenTheFileShrinksWhileItIsSent() {
        start(2 * CHUNK);
        complete(0);
        file.reads.get(1).complete(0);
        assertThat(events).containsExactly("file failed after header: the file has shrunk from 32 to 16 bytes");
        channel.releaseOutbound();
        file.assertGivenBack();
    }

    @Test
    void shouldEndWhenTheChannelFails() {
        channel.pipeline().addFirst(socket);
        start(100 * CHUNK);
        complete(0);
        complete(1);
        socket.fail();
        assertThat(events).containsExactly("channel failed");
        file.reads.get(2).complete();
        file.assertGivenBack();
    }

    @Test
    void shouldGiveEverythingBackWhenAborted() {
        start(100 * CHUNK);
        file.reads.get(1).complete(); // waits for the one before it
        stream.abort();
        stream.abort();
        stream.pump();
        file.reads.get(0).complete(); // the kernel was not done with it
        file.reads.get(2).fail(5, "EIO");
        channel.runPendingTasks();
        assertThat(file.reads).hasSize(WINDOW);
        assertThat(events).isEmpty();
        assertThat(channel.<Object>readOutbound()).isNull();
        file.assertGivenBack();
    }

    @Test
    void shouldReadWhatIsThereWhenTheFileIsShorterThanAChunk() {
        start(1);
        assertThat(file.reads).hasSize(1);
        assertThat(file.reads.get(0).buffer.capacity()).isEqualTo(1);
        file.assertOpen();
        complete(0);
        assertThat(events).containsExactly("sent");
        channel.releaseOutbound();
        file.assertGivenBack();
    }
}
