package io.nettyaio.handler;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.util.concurrent.PromiseCombiner;
import io.nettyaio.AioFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Several ranges of a file as one body, {@code multipart/byteranges}: RFC 9110, section 14.6. */
final class MultipartRanges {

    private final String boundary;
    private final List<ByteRanges.Range> ranges;
    private final List<byte[]> delimiters = new ArrayList<>();
    private final byte[] end;
    private final long lengthBytes;

    /**
     * A body.
     *
     * @param boundary    what nobody can make the file hold on purpose: picked at random for each response
     * @param contentType of the file
     * @param sizeBytes   its length
     */
    MultipartRanges(String boundary, String contentType, long sizeBytes, List<ByteRanges.Range> ranges) {
        this.boundary = boundary;
        this.ranges = ranges;
        end = ascii("\r\n--" + boundary + "--\r\n");
        long length = end.length;
        for (ByteRanges.Range range : ranges) {
            byte[] delimiter = ascii("\r\n--" + boundary + "\r\nContent-Type: " + contentType + "\r\nContent-Range: "
                    + range.contentRange(sizeBytes) + "\r\n\r\n");
            delimiters.add(delimiter);
            length += delimiter.length + range.lengthBytes();
        }
        lengthBytes = length;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    String contentType() {
        return "multipart/byteranges; boundary=" + boundary;
    }

    long lengthBytes() {
        return lengthBytes;
    }

    /**
     * Writes the body: each part behind the one before, as the pipeline's ChunkedWriteHandler orders them.
     *
     * @param first the transfer of the first range, taken over
     * @return settles when everything has been sent, or cannot be and nothing is read from the file any more
     */
    ChannelFuture send(ChannelHandlerContext ctx, AioFile file, AioTransferOptions options, AioFileTransfer first) {
        PromiseCombiner all = new PromiseCombiner(ctx.executor());
        for (int i = 0; i < ranges.size(); i++) {
            all.add(ctx.write(new DefaultHttpContent(Unpooled.wrappedBuffer(delimiters.get(i)))));
            ByteRanges.Range range = ranges.get(i);
            AioFileTransfer transfer =
                    i == 0 ? first : AioFileTransfer.of(ctx, file, range.firstByte(), range.lengthBytes(), options);
            all.add(HttpFileTransfer.sendPart(transfer, ctx.newPromise()));
        }
        all.add(ctx.writeAndFlush(new DefaultLastHttpContent(Unpooled.wrappedBuffer(end))));
        ChannelPromise done = ctx.newPromise();
        all.finish(done);
        return done;
    }
}
