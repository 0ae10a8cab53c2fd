package io.nettyaio.benchmarks;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.stream.ChunkedNioFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Sends files as Netty's own example of a file server does: opened, and read or sent by sendfile(2), on the loop. */
final class BlockingFiles extends SimpleChannelInboundHandler<HttpObject> {

    private static final int CHUNK_BYTES = 8192;

    private final Path root;
    private final boolean region;

    /** @param region whether by {@link DefaultFileRegion}, else by {@link ChunkedNioFile} */
    BlockingFiles(Path root, boolean region) {
        this.root = root;
        this.region = region;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) throws IOException {
        if (!(message instanceof HttpRequest request)) {
            return;
        }
        FileChannel file = FileChannel.open(root.resolve(request.uri().substring(1)), StandardOpenOption.READ);
        long length = file.size();
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
        ChannelFuture unusedHeader = ctx.write(response);
        if (region) {
            ChannelFuture unusedBody = ctx.write(new DefaultFileRegion(file, 0, length));
            ChannelFuture unusedEnd = ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            ChannelFuture unusedBody =
                    ctx.writeAndFlush(new HttpChunkedInput(new ChunkedNioFile(file, 0, length, CHUNK_BYTES)));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ChannelFuture unused = ctx.close(); // wrk does not say goodbye
    }
}
