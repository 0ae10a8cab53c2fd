package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIntakeTest {

    private static final int MAX_BODY_BYTES = 100;
    private static final String NEXT = "GET /b HTTP/1.1\r\nHost: x\r\n\r\n";

    private final EmbeddedChannel channel = new EmbeddedChannel(
            new HttpServerCodec(
                    new HttpDecoderConfig().setMaxInitialLineLength(200).setMaxHeaderSize(300)),
            new RequestIntake(MAX_BODY_BYTES));

    @AfterEach
    void finish() {
        channel.finishAndReleaseAll();
    }

    @Test
    void shouldPassOnAGet() {
        send("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
        Request request = next();
        assertThat(request.refusal()).isNull();
        assertThat(request.path()).isNotNull();
        assertThat(request.path().relative()).isEqualTo("a");
        assertThat(request.target()).isEqualTo("/a?b");
        assertThat(request.isHead()).isFalse();
        assertThat(request.keepAlive()).isTrue();
        assertThat(request.http10()).isFalse();
    }

    @Test
    void shouldPassOnEachWhenRequestsArePipelined() {
        send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nHEAD /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(next().target()).isEqualTo("/a");
        assertThat(next().isHead()).isTrue();
        assertThat(next().target()).isEqualTo("/c");
        assertNoMore();
    }

    @ParameterizedTest
    @CsvSource({
        "1.1, , true, false",
        "1.1, close, false, false",
        "1.1, keep-alive, true, false",
        "1.0, , false, true",
        "1.0, keep-alive, true, true",
        "1.0, Keep-Alive, true, true",
    })
    void shouldKeepTheConnectionAsVersionAndHeaderSay(
            String version, String connection, boolean keepAlive, boolean http10) {
        send("GET /a HTTP/" + version + "\r\nHost: x\r\n"
                + (connection == null ? "" : "Connection: " + connection + "\r\n") + "\r\n");
        Request request = next();
        assertThat(request.refusal()).isNull();
        assertThat(request.keepAlive()).isEqualTo(keepAlive);
        assertThat(request.http10()).isEqualTo(http10);
    }

    @Test
    void shouldDropWhatFollowsWhenARequestIsTheLast() {
        send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(next().target()).isEqualTo("/a");
        assertNoMore();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"})
    void shouldRefuseWithoutEndingWhenTheMethodIsNotServed(String method) {
        send(method + " /a HTTP/1.1\r\nHost: x\r\n\r\n");
        assertRefused(405, true);
    }

    @Test
    void shouldRefuseWhenTheTargetIsAnAsterisk() {
        send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\nGET * HTTP/1.1\r\nHost: x\r\n\r\n");
        assertRefused(405, true);
        assertRefused(400, true);
    }

    @Test
    void shouldRefuseWhenThereIsNotOneHost() {
        send("GET /a HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\nGET /a HTTP/1.0\r\n\r\n");
        assertRefused(400, true);
        assertRefused(400, true);
        assertThat(next().refusal()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/2.0", "HTTP/0.9"})
    void shouldRefuseWhenTheVersionIsAnother(String version) {
        send("GET /a " + version + "\r\nHost: x\r\n\r\n");
        assertThat(next().refusal().code()).isEqualTo(505);
    }

    @Test
    void shouldSkipTheBodyWhenItIsShort() {
        send("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + "b".repeat(60));
        assertNoMore();
        send("b".repeat(40) + NEXT);
        assertThat(next().target()).isEqualTo("/a");
        assertThat(next().target()).isEqualTo("/b");
    }

    @Test
    void shouldSkipTheBodyWhenItIsShortAndChunked() {
        send("GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + NEXT);
        assertThat(next().target()).isEqualTo("/a");
        assertThat(next().target()).isEqualTo("/b");
    }

    @Test
    void shouldRefuseAtOnceWhenTheBodyIsDeclaredTooLong() {
        send("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n");
        assertRefused(413, false);
        send("b".repeat(101) + NEXT);
        assertNoMore();
    }

    @Test
    void shouldRefuseAtOnceWhenTheBodyTurnsOutTooLong() {
        String chunk = "32\r\n" + "b".repeat(50) + "\r\n";
        send("GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk);
        assertNoMore();
        send(chunk);
        assertRefused(413, false);
        send("0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
        assertNoMore();
    }

    @Test
    void shouldSayTheMethodIsNotServedWhenItsBodyIsTooLongAsWell() {
        send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
        assertRefused(405, false);
    }

    @Test
    void shouldRefuseAtOnceWhenTheClientWaitsToSendItsBody() {
        send("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        assertRefused(405, false);
    }

    @Test
    void shouldSayTheExpectationFailedWhenAGetWaitsToSendItsBody() {
        send("GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
        assertRefused(417, false);
    }

    @Test
    void shouldTakeARequestThatExpectsToContinueWhenItHasNoBody() {
        send("GET /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n");
        assertThat(next().refusal()).isNull();
    }

    @Test
    void shouldRefuseAsTheLastWhenTheLineIsTooLong() {
        send("GET /" + "a".repeat(200) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        assertRefused(414, false);
    }

    @Test
    void shouldRefuseAsTheLastWhenTheHeaderIsTooLong() {
        // Before the host has been seen: that it is missing is not what is wrong.
        send("GET /a HTTP/1.1\r\nX: " + "a".repeat(300) + "\r\nHost: x\r\n\r\n");
        assertRefused(431, false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage\r\n\r\n",
                "GET\r\n\r\n",
                "GET /a\r\n\r\n",
                "GET /a ICY/1.1\r\nHost: x\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost x\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            })
    void shouldRefuseAsTheLastWhenItCannotBeDecoded(String bytes) {
        send(bytes);
        assertRefused(400, false);
        send(NEXT);
        assertNoMore();
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
    }

    private Request next() {
        Object message = channel.readInbound();
        assertThat(message).isInstanceOf(Request.class);
        return (Request) message;
    }

    private void assertNoMore() {
        assertThat(channel.<Object>readInbound()).isNull();
    }

    private void assertRefused(int status, boolean keepAlive) {
        Request request = next();
        assertThat(request.path()).isNull();
        assertThat(request.refusal()).isNotNull();
        assertThat(request.refusal().code()).isEqualTo(status);
        assertThat(request.keepAlive()).isEqualTo(keepAlive);
    }
}
