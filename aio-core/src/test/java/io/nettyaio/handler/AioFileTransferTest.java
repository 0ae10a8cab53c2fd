package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.nettyaio.AioException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transfers over a file whose reads complete when told. */
@Timeout(20)
class AioFileTransferTest {

    private static final int CHUNK = 4096;
    private static final AioTransferOptions OPTIONS = AioTransferOptions.DEFAULT
            .withReadAhead(new AioReadAhead(CHUNK, 2, 4))
            .closingFile();

    private final EmbeddedChannel channel =
            new EmbeddedChannel(new ChunkedWriteHandler(), new ChannelInboundHandlerAdapter());
    private final ScriptedFile scripted = new ScriptedFile(channel.eventLoop());

    @AfterEach
    void nothingIsLeft() {
        channel.finishAndReleaseAll();
        scripted.assertBuffersGivenBack();
    }

    private ChannelHandlerContext ctx() {
        return channel.pipeline().lastContext();
    }

    private AioFileTransfer transfer(long offset, long length) {
        return AioFileTransfer.of(ctx(), scripted.file(), offset, length, OPTIONS);
    }

    private void completeAll() {
        while (scripted.completeAll() > 0) {
            channel.runPendingTasks();
        }
    }

    private String outbound() {
        StringBuilder out = new StringBuilder();
        ByteBuf message;
        while ((message = channel.readOutbound()) != null) {
            out.append(message.toString(StandardCharsets.ISO_8859_1));
            message.release();
        }
        return out.toString();
    }

    @Test
    void shouldSendInOrderWhenSeveralAreWritten() {
        ChannelFuture before = channel.write(Unpooled.copiedBuffer("<", StandardCharsets.US_ASCII));
        ChannelFuture first = transfer(0, CHUNK + 1).send();
        ChannelFuture second = transfer(16, 3).send();
        ChannelFuture after = channel.writeAndFlush(Unpooled.copiedBuffer(">", StandardCharsets.US_ASCII));
        List<String> order = new ArrayList<>();
        before.addListener(done -> order.add("before"));
        first.addListener(done -> order.add("first"));
        second.addListener(done -> order.add("second"));
        after.addListener(done -> order.add("after"));
        assertThat(after.isDone()).isFalse();
        completeAll();
        assertThat(order).containsExactly("before", "first", "second", "after");
        assertThat(outbound())
                .isEqualTo("<" + new String(ScriptedFile.contents(0, CHUNK + 1), StandardCharsets.ISO_8859_1)
                        + new String(ScriptedFile.contents(16, 3), StandardCharsets.ISO_8859_1) + ">");
        assertThat(scripted.closes()).isEqualTo(2);
    }

    @Test
    void shouldReportProgressWhenPromiseIsProgressive() {
        ChannelProgressivePromise promise = ctx().newProgressivePromise();
        List<Long> progress = new ArrayList<>();
        promise.addListener(new ChannelProgressiveFutureListener() {
            @Override
            public void operationProgressed(ChannelProgressiveFuture future, long bytes, long total) {
                progress.add(bytes);
                assertThat(total).isEqualTo(3 * CHUNK);
            }

            @Override
            public void operationComplete(ChannelProgressiveFuture future) {
                progress.add(-1L);
            }
        });
        assertThat(transfer(0, 3 * CHUNK).send(promise)).isSameAs(promise);
        completeAll();
        assertThat(progress).contains((long) CHUNK, 2L * CHUNK, 3L * CHUNK).endsWith(-1L);
        assertThat(promise.isSuccess()).isTrue();
    }

    @Test
    void shouldCloseChannelWhenDiskFails() {
        ChannelFuture sent = transfer(0, 3 * CHUNK).send();
        scripted.reads.get(0).complete();
        scripted.reads.get(1).fail(5, "EIO");
        channel.runPendingTasks();
        assertThat(sent.cause()).isInstanceOf(AioException.class);
        assertThat(channel.isOpen()).isFalse();
        assertThat(scripted.closes()).isEqualTo(1);
    }

    @Test
    void shouldFailWithChannelsExceptionWhenPeerGoesAway() {
        ChannelFuture sent = transfer(0, 3 * CHUNK).send();
        scripted.reads.get(0).complete();
        ChannelFuture unused = channel.close();
        channel.runPendingTasks();
        assertThat(sent.cause()).isInstanceOf(ClosedChannelException.class).isNotInstanceOf(AioException.class);
    }

    @Test
    void shouldGiveBackAndCloseWhenCancelled() {
        ChannelFuture sent = transfer(0, 3 * CHUNK).send();
        ChannelFuture behind = channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
        assertThat(sent.cancel(false)).isTrue();
        channel.runPendingTasks();
        assertThat(sent.cause()).isInstanceOf(CancellationException.class);
        assertThat(channel.isOpen()).isFalse();
        assertThat(behind.isDone()).isTrue();
        assertThat(scripted.closes()).isEqualTo(1);
    }

    @Test
    void shouldNameRemedyWhenPipelineHasNoChunkedWriteHandler() {
        channel.pipeline().remove(ChunkedWriteHandler.class);
        ChannelFuture sent = transfer(0, 3 * CHUNK).send();
        assertThat(sent.cause()).hasMessageContaining("add one between");
        assertThat(scripted.closes()).isEqualTo(1);
    }

    @Test
    void shouldFailFutureWhenSentWithoutRange() {
        assertThat(AioFileTransfer.send(ctx(), scripted.file(), -1, 5).cause())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldSendNothingWhenAbandoned() {
        AioFileTransfer transfer = transfer(0, 3 * CHUNK);
        assertThat(transfer.ready().isDone()).isFalse();
        scripted.reads.get(0).complete();
        transfer.abandon();
        assertThat(scripted.closes()).isEqualTo(1);
        assertThat(channel.isOpen()).isTrue();
        assertThat(outbound()).isEmpty();
    }

    // ---- HTTP ----------------------------------------------------------------------------------------------------

    private static HttpResponse chunkedResponse() {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
        return response;
    }

    @Test
    void shouldSendLastContentBehindFileWhenHttp() {
        channel.pipeline().addFirst(new HttpResponseEncoder());
        ChannelFuture header = channel.write(chunkedResponse());
        assertThat(header.isDone()).isFalse();
        ChannelFuture part = HttpFileTransfer.sendPart(transfer(0, 3), ctx().newPromise());
        ChannelFuture sent = HttpFileTransfer.send(transfer(0, CHUNK), LastHttpContent.EMPTY_LAST_CONTENT);
        completeAll();
        assertThat(part.isSuccess()).isTrue();
        assertThat(sent.isSuccess()).isTrue();
        assertThat(outbound())
                .contains("\r\n\r\n3\r\n")
                .contains("\r\n1000\r\n")
                .endsWith("\r\n0\r\n\r\n");
    }

    /** A client must not take a part for the whole. */
    @Test
    void shouldNotSendLastContentWhenFileHasShrunk() {
        channel.pipeline().addFirst(new HttpResponseEncoder());
        ChannelFuture header = channel.write(chunkedResponse());
        assertThat(header.isDone()).isFalse();
        ChannelFuture sent = HttpFileTransfer.send(transfer(0, 2 * CHUNK), LastHttpContent.EMPTY_LAST_CONTENT);
        scripted.reads.get(0).complete();
        scripted.reads.get(1).complete(1);
        channel.runPendingTasks();
        assertThat(sent.cause()).isInstanceOf(AioException.class);
        assertThat(outbound()).doesNotEndWith("0\r\n\r\n");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldSendEmptyBodyWhenFileIsEmpty() {
        channel.pipeline().addFirst(new HttpResponseEncoder());
        ChannelFuture header = channel.write(chunkedResponse());
        assertThat(header.isDone()).isFalse();
        ChannelFuture sent = HttpFileTransfer.send(transfer(0, 0), LastHttpContent.EMPTY_LAST_CONTENT);
        channel.runPendingTasks();
        assertThat(sent.isSuccess()).isTrue();
        assertThat(outbound()).endsWith("\r\n\r\n0\r\n\r\n");
    }
}
