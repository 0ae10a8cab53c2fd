package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestHandlerTest {

    private static final int CHUNK = 16;
    private static final int QUEUED = 4;
    private static final ServerConfig CONFIG =
            new ServerConfig("127.0.0.1", 0, 1, Duration.ofSeconds(1), Duration.ZERO, CHUNK, 2, QUEUED, 1);
    private static final String REQUEST = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private ScriptedFile file;

    @BeforeEach
    void start() {
        file = new ScriptedFile(channel.eventLoop(), 2 * CHUNK);
        channel.pipeline()
                .addLast(new HttpServerCodec(), new RequestIntake(1), new RequestHandler(file.file(), CONFIG));
    }

    @AfterEach
    void finish() {
        channel.finishAndReleaseAll();
    }

    @Test
    void shouldAnswerWithTheFile() {
        send(REQUEST);
        assertThat(file.opened).containsExactly("a");
        assertThat(received()).isEmpty();
        open(0);
        assertThat(received()).isEmpty();
        read(0);
        read(1);
        assertThat(received())
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("content-length: 32\r\n")
                .contains("last-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
                .contains("content-type: application/octet-stream\r\n")
                .endsWith("\r\n\r\n" + "\0".repeat(16) + "\1".repeat(16));
        assertThat(channel.isOpen()).isTrue();
        file.assertGivenBack();
    }

    @Test
    void shouldAnswerWithoutReadingWhenItIsHead() {
        send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
        open(0);
        assertThat(received())
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("content-length: 32\r\n")
                .endsWith("\r\n\r\n");
        assertThat(file.reads).isEmpty();
        file.assertGivenBack();
    }

    @ParameterizedTest
    @CsvSource({
        "2, ENOENT, 404",
        "20, ENOTDIR, 404",
        "36, ENAMETOOLONG, 404",
        "40, ELOOP, 404",
        "95, EOPNOTSUPP, 404",
        "13, EACCES, 403",
        "18, EXDEV, 403",
        "24, EMFILE, 503",
        "5, EIO, 500",
        "12, ENOMEM, 500",
    })
    void shouldAnswerByTheErrorWhenTheFileCannotBeOpened(int errno, String name, int status) {
        send(REQUEST);
        file.opens.get(0).setFailure(ScriptedFile.failure("open", errno, name));
        channel.runPendingTasks();
        assertThat(received()).startsWith("HTTP/1.1 " + status + ' ').doesNotContain("scripted");
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void shouldAnswer500WhenTheDiskFailsBeforeTheHeaderIsSent() {
        send(REQUEST);
        open(0);
        file.reads.get(0).fail(5, "EIO");
        channel.runPendingTasks();
        assertThat(received())
                .startsWith("HTTP/1.1 500 ")
                .doesNotContain("200 OK")
                .doesNotContain("scripted");
        assertThat(channel.isOpen()).isTrue();
        file.reads.get(1).complete();
        file.assertGivenBack();
        send(REQUEST);
        assertThat(file.opened).hasSize(2);
    }

    @Test
    void shouldCloseWhenTheDiskFailsAfterTheHeaderWasSent() {
        send(REQUEST + REQUEST);
        open(0);
        read(0);
        file.reads.get(1).fail(5, "EIO");
        channel.runPendingTasks();
        assertThat(received()).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\n" + "\0".repeat(16));
        assertThat(channel.isOpen()).isFalse();
        assertThat(file.opened).hasSize(1);
        file.assertGivenBack();
    }

    @Test
    void shouldAnswerInOrderAndOneAtATimeWhenRequestsArePipelined() {
        send(REQUEST + "BREW /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(file.opened).containsExactly("a");
        open(0);
        read(0);
        assertThat(received()).startsWith("HTTP/1.1 200 OK");
        read(1);
        assertThat(received()).startsWith("\1".repeat(16) + "HTTP/1.1 405 ").contains("allow: GET, HEAD\r\n");
        assertThat(file.opened).containsExactly("a", "c");
    }

    @Test
    void shouldStopReadingTheChannelWhenTheQueueIsFull() {
        send(REQUEST.repeat(1 + QUEUED - 1));
        assertThat(channel.config().isAutoRead()).isTrue();
        send(REQUEST);
        assertThat(channel.config().isAutoRead()).isFalse();
        for (int answered = 0; answered < QUEUED / 2; answered++) {
            assertThat(channel.config().isAutoRead()).isFalse();
            refuse(answered);
        }
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void shouldNotRecurseWhenManyRequestsAreRefusedAtOnce() {
        send("BREW /a HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3000));
        assertThat(received().split("HTTP/1.1 405 ", -1)).hasSize(3001);
    }

    @Test
    void shouldCloseTheFileWhenTheClientGoesDuringTheLookUp() {
        send(REQUEST);
        channel.close().syncUninterruptibly();
        open(0);
        assertThat(file.reads).isEmpty();
        file.assertGivenBack();
    }

    @Test
    void shouldGiveEverythingBackWhenTheClientGoesDuringTheTransfer() {
        send(REQUEST + REQUEST);
        open(0);
        read(0);
        channel.close().syncUninterruptibly();
        file.reads.get(1).complete();
        channel.releaseOutbound();
        assertThat(file.opened).hasSize(1);
        file.assertGivenBack();
    }

    @Test
    void shouldAnswerWhatItHasWhenTheClientHasNothingMoreToSay() {
        send(REQUEST + REQUEST);
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        refuse(0);
        assertThat(channel.isOpen()).isTrue();
        refuse(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldCloseAtOnceWhenItDrainsAndNothingIsInFlight() {
        channel.pipeline().fireUserEventTriggered(RequestHandler.DRAIN);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void shouldCompleteOnlyTheResponseInFlightWhenItDrains() {
        send(REQUEST + REQUEST);
        open(0);
        read(0);
        channel.pipeline().fireUserEventTriggered(RequestHandler.DRAIN);
        assertThat(channel.isOpen()).isTrue();
        send(REQUEST);
        read(1);
        assertThat(received()).endsWith("\0".repeat(16) + "\1".repeat(16));
        assertThat(channel.isOpen()).isFalse();
        assertThat(file.opened).hasSize(1);
    }

    @Test
    void shouldCloseWhenTheConnectionIsIdle() {
        send(REQUEST);
        channel.pipeline().fireUserEventTriggered(IdleStateEvent.ALL_IDLE_STATE_EVENT);
        assertThat(channel.isOpen()).isFalse();
        open(0);
        file.assertGivenBack();
    }

    @ParameterizedTest
    @CsvSource({"1.0, '', false, close", "1.0, keep-alive, true, keep-alive", "1.1, close, false, close"})
    void shouldSayWhetherTheConnectionStays(String version, String asked, boolean stays, String answer) {
        send("GET /a HTTP/" + version + "\r\nHost: x\r\n" + (asked.isEmpty() ? "" : "Connection: " + asked + "\r\n")
                + "\r\n");
        refuse(0);
        assertThat(received()).startsWith("HTTP/1.1 404 ").contains("\r\nconnection: " + answer + "\r\n");
        assertThat(channel.isOpen()).isEqualTo(stays);
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
    }

    private void open(int index) {
        file.opens.get(index).setSuccess(file.file());
        channel.runPendingTasks();
    }

    private void refuse(int index) {
        file.opens.get(index).setFailure(ScriptedFile.failure("open", 2, "ENOENT"));
        channel.runPendingTasks();
    }

    private void read(int index) {
        file.reads.get(index).complete();
        channel.runPendingTasks();
    }

    private String received() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            text.append(part.toString(StandardCharsets.ISO_8859_1));
            part.release();
        }
        return text.toString();
    }
}
