package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.READ;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.handler.AioChunkedFile;
import io.nettyaio.handler.AioFileTransfer;
import io.nettyaio.handler.AioTransferMethod;
import io.nettyaio.handler.AioTransferOptions;
import io.nettyaio.handler.HttpFileTransfer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Files as HTTP bodies in the pipelines that Netty's users have: with compression, and with HTTP/2's streams. */
@Timeout(120)
class HttpPipelinesIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static final long SEED = 12;
    private static final int SIZE = (3 << 19) + 3;
    private static final int ROUNDS = 6;
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** How a body is sent. */
    private enum Way {
        /** Netty's own input around the library's. */
        CHUNKED_INPUT,
        TRANSFER
    }

    /** Answers {@code /OFFSET/LENGTH} with that range. */
    private static final class Ranges extends SimpleChannelInboundHandler<HttpObject> {
        private final AioFile file;
        private final Way way;
        private final RangeServer server;

        Ranges(AioFile file, Way way, RangeServer server) {
            this.file = file;
            this.way = way;
            this.server = server;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
            if (!(message instanceof HttpRequest request)) {
                return;
            }
            String[] range = request.uri().split("/", 3);
            long offset = Long.parseLong(range[1]);
            long length = Long.parseLong(range[2]);
            HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            HttpUtil.setContentLength(response, length);
            ChannelFuture unused = ctx.write(response);
            if (way == Way.CHUNKED_INPUT) {
                AioChunkedFile chunks = new AioChunkedFile(ctx.channel(), file, offset, length);
                server.sent.add(ctx.writeAndFlush(new HttpChunkedInput(chunks))
                        .addListener(ChannelFutureListener.CLOSE_ON_FAILURE));
            } else {
                AioFileTransfer transfer = AioFileTransfer.of(ctx, file, offset, length, AioTransferOptions.DEFAULT);
                server.started(transfer, HttpFileTransfer.send(transfer, LastHttpContent.EMPTY_LAST_CONTENT));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ChannelFuture unused = ctx.close();
        }
    }

    private static AioFile file() throws Exception {
        Path path = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), SEED, SIZE);
        AioFile file = aio.open(path, READ);
        AioContext unused = aio.context(1); // so that what is left there is looked for, too
        Patterns.dropFromCache(path);
        return file;
    }

    /** Ranges that are empty, short, whole, and any. */
    private static int[][] ranges(int count) {
        Random random = new Random(count);
        int[][] ranges = new int[count][];
        for (int i = 0; i < count; i++) {
            int offset = random.nextInt(SIZE);
            ranges[i] = switch (i % 8) {
                case 0 -> new int[] {offset, 0};
                case 1 -> new int[] {SIZE - 1, 1};
                case 2 -> new int[] {0, SIZE};
                default -> new int[] {offset, random.nextInt(SIZE - offset)};
            };
        }
        return ranges;
    }

    private static void check(byte[] body, int[] range) {
        assertThat(body).hasSize(range[1]);
        Patterns.check(body, SEED, range[0]);
    }

    // ---- HTTP/1.1 ------------------------------------------------------------------------------------------------

    private static RangeServer http1(AioFile file, Way way, boolean compressing, int sendBufferBytes) throws Exception {
        RangeServer[] server = new RangeServer[1];
        server[0] = new RangeServer(aio, sendBufferBytes, channel -> {
            channel.pipeline().addLast(new HttpServerCodec());
            if (compressing) {
                channel.pipeline().addLast(new HttpContentCompressor());
            }
            channel.pipeline().addLast(new ChunkedWriteHandler(), new Ranges(file, way, server[0]));
        });
        return server[0];
    }

    @ParameterizedTest
    @CsvSource({
        "CHUNKED_INPUT,false,false", "CHUNKED_INPUT,true,true", "CHUNKED_INPUT,true,false",
        "TRANSFER,false,false", "TRANSFER,true,true", "TRANSFER,true,false"
    })
    void shouldSendContentsWhenHttp1(Way way, boolean compressor, boolean gzip) throws Exception {
        int[][] ranges = ranges(16);
        try (RangeServer server = http1(file(), way, compressor, 0)) {
            List<CompletableFuture<java.net.http.HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int[] range : ranges) {
                java.net.http.HttpRequest.Builder request = java.net.http.HttpRequest.newBuilder(URI.create(
                                "http://127.0.0.1:" + server.address().getPort() + "/" + range[0] + "/" + range[1]))
                        .timeout(Duration.ofSeconds(30));
                if (gzip) {
                    request.header("Accept-Encoding", "gzip");
                }
                answers.add(CLIENT.sendAsync(request.build(), java.net.http.HttpResponse.BodyHandlers.ofByteArray()));
            }
            for (int i = 0; i < ranges.length; i++) {
                java.net.http.HttpResponse<byte[]> answer = answers.get(i).get(30, TimeUnit.SECONDS);
                assertThat(answer.statusCode()).isEqualTo(200);
                byte[] body = answer.body();
                assertThat(answer.headers().firstValue("Content-Encoding").orElse("identity"))
                        .isEqualTo(gzip ? "gzip" : "identity");
                if (gzip) {
                    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
                        body = in.readAllBytes();
                    }
                }
                check(body, ranges[i]);
            }
            assertThat(server.sent).hasSize(ranges.length);
            for (ChannelFuture sent : server.sent) {
                AioTestLoops.settle(sent);
                assertThat(sent.isSuccess()).as("%s", sent).isTrue();
            }
            if (way == Way.TRANSFER) {
                // What compresses has to see the bytes, even if it does not for this client.
                assertThat(server.methods.contains(AioTransferMethod.REGION)).isEqualTo(!compressor);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void shouldLeakNothingWhenClientOfCompressedBodyVanishes(Way way) throws Exception {
        Random random = new Random(2);
        try (RangeServer server = http1(file(), way, true, 32 << 10)) {
            for (int i = 0; i < 20; i++) {
                try (Socket socket = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
                    socket.setSoTimeout(20_000);
                    if (i % 2 == 0) {
                        socket.setSoLinger(true, 0); // a reset
                    }
                    socket.getOutputStream()
                            .write(("GET /0/" + SIZE + " HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                    int part = i % 4 == 0 ? 0 : random.nextInt(SIZE / 2);
                    assertThat(socket.getInputStream().readNBytes(part)).hasSize(part);
                }
            }
            AioTestLoops.eventually("connections are gone", () -> server.connections() == 0);
            for (ChannelFuture sent : server.sent) {
                checkPeerIsToBlame(sent);
            }
            assertThat(server.sent).anyMatch(sent -> !sent.isSuccess());
        }
    }

    private static void checkPeerIsToBlame(ChannelFuture sent) throws Exception {
        AioTestLoops.settle(sent);
        if (!sent.isSuccess()) {
            assertThat(sent.cause()).isInstanceOf(IOException.class).isNotInstanceOf(AioException.class);
        }
    }

    // ---- HTTP/2 --------------------------------------------------------------------------------------------------

    private static RangeServer http2(AioFile file, Way way) throws Exception {
        RangeServer[] server = new RangeServer[1];
        server[0] = new RangeServer(
                aio,
                0,
                channel -> channel.pipeline()
                        .addLast(
                                Http2FrameCodecBuilder.forServer().build(),
                                new Http2MultiplexHandler(new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel stream) {
                                        stream.pipeline()
                                                .addLast(
                                                        new Http2StreamFrameToHttpObjectCodec(true),
                                                        new ChunkedWriteHandler(),
                                                        new Ranges(file, way, server[0]));
                                    }
                                })));
        return server[0];
    }

    private static Channel connect(RangeServer server) throws Exception {
        ChannelFuture connected = new Bootstrap()
                .group(aio.group())
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forClient()
                                                // So that a stream that is not read does not use up the connection's.
                                                .initialSettings(Http2Settings.defaultSettings()
                                                        .initialWindowSize(16 << 10))
                                                .build(),
                                        new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                    }
                })
                .connect(server.address());
        AioTestLoops.settle(connected);
        return connected.channel();
    }

    /** The client's end of a stream. Resets it, or stops to read it, as soon as so many bytes have come. */
    private static final class Stream extends SimpleChannelInboundHandler<HttpObject> {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final int mostBytes;
        private final boolean stall;
        final CompletableFuture<byte[]> body = new CompletableFuture<>();
        final CompletableFuture<byte[]> part = new CompletableFuture<>();

        Stream(int mostBytes, boolean stall) {
            this.mostBytes = mostBytes;
            this.stall = stall;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) throws IOException {
            if (message instanceof HttpContent content) {
                ByteBuf bytes = content.content();
                bytes.readBytes(received, bytes.readableBytes());
            }
            if (message instanceof LastHttpContent) {
                body.complete(received.toByteArray());
            } else if (received.size() >= mostBytes && !part.isDone()) {
                part.complete(received.toByteArray());
                if (stall) {
                    ctx.channel().config().setAutoRead(false);
                } else {
                    ChannelFuture unused = ctx.close();
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            body.completeExceptionally(new ClosedChannelException());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            body.completeExceptionally(cause);
            ChannelFuture unused = ctx.close();
        }
    }

    private static Http2StreamChannel ask(Channel connection, Stream stream, long offset, long length)
            throws Exception {
        Http2StreamChannel channel = AioTestLoops.get(new Http2StreamChannelBootstrap(connection)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel opened) {
                        opened.pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(false), stream);
                    }
                })
                .open());
        DefaultFullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/" + offset + "/" + length);
        request.headers().set("Host", "x").set(HttpConversionUtil.ExtensionHeaderNames.SCHEME.text(), "http");
        ChannelFuture unused = channel.writeAndFlush(request);
        return channel;
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void shouldSendContentsWhenManyStreamsShareConnection(Way way) throws Exception {
        int[][] ranges = ranges(32);
        try (RangeServer server = http2(file(), way)) {
            Channel connection = connect(server);
            List<Stream> streams = new ArrayList<>();
            for (int[] range : ranges) {
                Stream stream = new Stream(Integer.MAX_VALUE, false);
                streams.add(stream);
                Http2StreamChannel unused = ask(connection, stream, range[0], range[1]);
            }
            for (int i = 0; i < ranges.length; i++) {
                check(streams.get(i).body.get(30, TimeUnit.SECONDS), ranges[i]);
            }
            assertThat(server.connections()).isEqualTo(1);
            assertThat(server.methods).doesNotContain(AioTransferMethod.REGION);
            assertThat(server.sent).hasSize(ranges.length);
            for (ChannelFuture sent : server.sent) {
                AioTestLoops.settle(sent);
                assertThat(sent.isSuccess()).as("%s", sent).isTrue();
            }
            AioTestLoops.settle(connection.close());
        }
    }

    /** Reset at once, in the middle, and after it has not been read for a while; the others go on. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void shouldLeakNothingAndServeOthersWhenStreamsAreReset(Way way) throws Exception {
        Random random = new Random(6);
        try (RangeServer server = http2(file(), way)) {
            Channel connection = connect(server);
            List<Stream> whole = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                Stream other = new Stream(Integer.MAX_VALUE, false);
                Stream middle = new Stream(1 + random.nextInt(SIZE / 2), false);
                Stream stalled = new Stream(1 + random.nextInt(SIZE / 2), true);
                whole.add(other);
                Http2StreamChannel unused = ask(connection, other, round, SIZE - round);
                unused = ask(connection, middle, 0, SIZE);
                Http2StreamChannel slow = ask(connection, stalled, 0, SIZE);
                AioTestLoops.settle(ask(connection, new Stream(Integer.MAX_VALUE, false), 0, SIZE)
                        .close());
                Patterns.check(middle.part.get(30, TimeUnit.SECONDS), SEED, 0);
                Patterns.check(stalled.part.get(30, TimeUnit.SECONDS), SEED, 0);
                AioTestLoops.settle(slow.close());
            }
            for (int round = 0; round < whole.size(); round++) {
                check(whole.get(round).body.get(30, TimeUnit.SECONDS), new int[] {round, SIZE - round});
            }
            assertThat(server.connections()).isEqualTo(1);
            AioTestLoops.eventually(
                    "what was sent has ended", () -> server.sent.stream().allMatch(ChannelFuture::isDone));
            for (ChannelFuture sent : server.sent) {
                checkPeerIsToBlame(sent);
            }
            // The ones in the middle and the stalled ones; those closed at once may never have been asked for.
            assertThat(server.sent.stream().filter(sent -> !sent.isSuccess()).count())
                    .isBetween(2L * ROUNDS, 3L * ROUNDS);
            AioTestLoops.settle(connection.close());
        }
    }

    /** All streams at once, each of them in the middle. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void shouldLeakNothingWhenConnectionOfManyStreamsIsClosed(Way way) throws Exception {
        try (RangeServer server = http2(file(), way)) {
            Channel connection = connect(server);
            List<Stream> streams = new ArrayList<>();
            List<Channel> channels = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                Stream stream = new Stream(1 + i * 1000, true);
                streams.add(stream);
                channels.add(ask(connection, stream, 0, SIZE));
            }
            Object part = CompletableFuture.anyOf(
                            streams.stream().map(each -> each.part).toArray(CompletableFuture[]::new))
                    .get(30, TimeUnit.SECONDS);
            Patterns.check((byte[]) part, SEED, 0);
            AioTestLoops.settle(connection.close());
            for (Channel channel : channels) {
                AioTestLoops.settle(channel.close()); // what is not read would keep it open
            }
            AioTestLoops.eventually("connections are gone", () -> server.connections() == 0);
            assertThat(server.sent).isNotEmpty();
            for (ChannelFuture sent : server.sent) {
                checkPeerIsToBlame(sent);
                assertThat(sent.isSuccess()).isFalse();
            }
        }
    }

    /** The stream is reset, which its client cannot take for the end; the connection and the other streams go on. */
    @Test
    void shouldResetItsStreamOnlyWhenFileEndsTooEarly() throws Exception {
        try (RangeServer server = http2(file(), Way.TRANSFER)) {
            Channel connection = connect(server);
            Stream tooLong = new Stream(Integer.MAX_VALUE, false);
            Stream other = new Stream(Integer.MAX_VALUE, false);
            Http2StreamChannel unused = ask(connection, tooLong, 1000, SIZE);
            unused = ask(connection, other, 0, SIZE);
            assertThat(tooLong.body).failsWithin(Duration.ofSeconds(30)).withThrowableOfType(ExecutionException.class);
            check(other.body.get(30, TimeUnit.SECONDS), new int[] {0, SIZE});
            assertThat(AioTestLoops.failure(server.sent.element()).kind()).isEqualTo(AioException.Kind.SHRUNK);
            AioTestLoops.settle(connection.close());
        }
    }
}
