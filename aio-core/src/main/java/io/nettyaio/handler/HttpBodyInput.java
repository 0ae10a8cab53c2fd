package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.stream.ChunkedInput;
import org.jspecify.annotations.Nullable;

/**
 * Makes HTTP content of an input's buffers, lets its file regions pass (the HTTP/1.1 encoder takes them for content), and
 * puts the last content behind them. Unlike Netty's HttpChunkedInput it takes regions, and can do without an end.
 */
final class HttpBodyInput implements ChunkedInput<Object> {

    private final ChunkedInput<?> input;
    private @Nullable LastHttpContent last;

    HttpBodyInput(ChunkedInput<?> input, @Nullable LastHttpContent last) {
        this.input = input;
        this.last = last;
    }

    @Override
    public boolean isEndOfInput() throws Exception {
        return last == null && input.isEndOfInput();
    }

    @Override
    public @Nullable Object readChunk(ByteBufAllocator allocator) throws Exception {
        return next(allocator);
    }

    private @Nullable Object next(ByteBufAllocator allocator) throws Exception {
        if (input.isEndOfInput()) {
            LastHttpContent end = last;
            last = null;
            return end;
        }
        Object chunk = input.readChunk(allocator);
        return chunk instanceof ByteBuf bytes ? new DefaultHttpContent(bytes) : chunk;
    }

    @Deprecated
    @Override
    public @Nullable Object readChunk(ChannelHandlerContext ctx) throws Exception {
        return next(ctx.alloc());
    }

    @Override
    public long length() {
        return input.length();
    }

    @Override
    public long progress() {
        return input.progress();
    }

    @Override
    public void close() throws Exception {
        LastHttpContent unsent = last;
        last = null;
        if (unsent != null) {
            unsent.release();
        }
        input.close();
    }
}
