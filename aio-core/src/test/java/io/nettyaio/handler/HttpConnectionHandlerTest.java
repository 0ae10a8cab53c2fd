package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Order, keep-alive and end of a connection; the handler behind answers when the test says so. */
class HttpConnectionHandlerTest {

    private final List<String> seen = new ArrayList<>();
    private ChannelHandlerContext behind;
    private final EmbeddedChannel channel = new EmbeddedChannel(
            new HttpServerCodec(),
            new HttpConnectionHandler(Duration.ofSeconds(60), 100),
            new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    behind = ctx;
                    if (message instanceof HttpRequest request) {
                        seen.add(request.uri());
                    }
                    if (message instanceof HttpContent content) {
                        if (content.content().isReadable()) {
                            seen.add(content.content().toString(StandardCharsets.US_ASCII));
                        }
                        if (message instanceof LastHttpContent) {
                            seen.add(".");
                        }
                        content.release();
                    }
                }
            });

    @AfterEach
    void end() {
        channel.finishAndReleaseAll();
    }

    private void receive(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    private void answer(String body) {
        answer(HttpResponseStatus.OK, body);
    }

    private void answer(HttpResponseStatus status, String body) {
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(body, StandardCharsets.US_ASCII));
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length());
        ChannelFuture unused = behind.writeAndFlush(response);
        channel.runPendingTasks();
    }

    private String sent() {
        channel.runPendingTasks();
        StringBuilder text = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            text.append(part.toString(StandardCharsets.US_ASCII));
            part.release();
        }
        return text.toString();
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
    }

    @Test
    void shouldLetOneThroughAtATimeWhenTheyArePipelined() {
        receive(get("/1") + get("/2") + get("/3"));
        assertThat(seen).containsExactly("/1", ".");
        answer("one");
        assertThat(seen).containsExactly("/1", ".", "/2", ".");
        answer("two");
        answer("three");
        assertThat(seen).containsExactly("/1", ".", "/2", ".", "/3", ".");
        assertThat(sent().replaceAll("(?s)HTTP/1.1 200 OK\r\n.*?\r\n\r\n", "|")).isEqualTo("|one|two|three");
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void shouldPassTheBodyWhenItComesInParts() {
        receive("PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
        receive("def" + get("/2"));
        assertThat(seen).containsExactly("/1", "abc", "def", ".");
        answer("");
        assertThat(seen).endsWith("/2", ".");
    }

    @Test
    void shouldSkipTheRestOfTheBodyWhenItIsAnsweredEarly() {
        receive("PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\nabc");
        answer(HttpResponseStatus.FORBIDDEN, "no");
        assertThat(sent()).doesNotContain("close");
        receive("d".repeat(87) + get("/2"));
        assertThat(seen).containsExactly("/1", "abc", "/2", ".");
    }

    @Test
    void shouldEndWhenMoreOfTheBodyIsToComeThanIsSkipped() {
        receive("PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
        answer(HttpResponseStatus.FORBIDDEN, "no");
        assertThat(sent()).contains("connection: close");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldEndWhenAChunkedBodyDoesNot() {
        receive("PUT /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        answer(HttpResponseStatus.FORBIDDEN, "no");
        assertThat(channel.isOpen()).isTrue();
        receive("c8\r\n" + "d".repeat(200) + "\r\n");
        assertThat(channel.isOpen()).isFalse();
        assertThat(seen).containsExactly("/1", "abc");
    }

    @Test
    void shouldEndWhenTheClientWasNotToldToGoOn() {
        receive("PUT /1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        answer(HttpResponseStatus.FORBIDDEN, "no");
        assertThat(sent()).contains("connection: close");
    }

    @Test
    void shouldStayWhenTheClientWasToldToGoOn() {
        receive("PUT /1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        answer(HttpResponseStatus.CONTINUE, "");
        receive("abcde" + get("/2"));
        assertThat(seen).containsExactly("/1", "abcde", ".");
        answer("done");
        assertThat(sent()).startsWith("HTTP/1.1 100").contains("done").doesNotContain("close");
        assertThat(seen).endsWith("/2", ".");
    }

    @Test
    void shouldAnswerByItselfWhenTheRequestIsBroken() {
        receive(get("/1") + "GET /2 HTTP/1.1\r\n\r\n" + get("/3"));
        answer("one");
        assertThat(seen).containsExactly("/1", ".");
        assertThat(sent()).contains("one").contains("HTTP/1.1 400").contains("connection: close");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldRefuseWhenBothLengthsAreGiven() {
        receive("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                + get("/2"));
        assertThat(seen).isEmpty();
        assertThat(sent()).startsWith("HTTP/1.1 400").doesNotContain("HTTP/1.1 2");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldRefuseWhenAChunkIsBroken() {
        receive("PUT /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        receive("xyz\r\n");
        assertThat(sent()).startsWith("HTTP/1.1 400").contains("connection: close");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldCloseWhenTheHeaderTakesTooLong() {
        channel.freezeTime();
        receive(get("/1"));
        answer("one");
        receive("GET / HTTP/1.1\r\n");
        for (int i = 0; i < 13; i++) {
            assertThat(channel.isOpen()).isEqualTo(i < 6);
            channel.advanceTimeBy(10, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            if (channel.isOpen()) {
                receive("X: y\r\n"); // a line now and then does not help
            }
        }
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldNotCloseWhenTheResponseTakesLong() {
        channel.freezeTime();
        receive(get("/1"));
        channel.advanceTimeBy(1000, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        answer("one");
        channel.advanceTimeBy(59, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.advanceTimeBy(70, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldDrainWhenAskedTo() {
        receive(get("/1") + get("/2"));
        HttpConnectionHandler.drain(channel);
        assertThat(channel.isOpen()).isTrue();
        answer("one");
        assertThat(sent()).contains("connection: close").contains("one");
        assertThat(channel.isOpen()).isFalse();
        assertThat(seen).containsExactly("/1", ".");
    }

    @Test
    void shouldDrainAtOnceWhenNothingGoesOn() {
        receive("GET / HT");
        HttpConnectionHandler.drain(channel);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldEndWhenTheBodyHasNoLength() {
        receive(get("/1"));
        ChannelFuture unused =
                behind.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
        assertThat(sent()).contains("connection: close");
        assertThat(channel.isOpen()).isFalse();
    }
}
