package io.nettyaio.handler;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Sends a file's range as an HTTP body, or a part of one: {@link AioFileTransfer} whose bytes the codec, compressors and
 * HTTP/2's object codec take for content. Needs netty-codec-http, which is an optional dependency.
 *
 * <pre>{@code
 * ctx.write(response);
 * HttpFileTransfer.send(AioFileTransfer.of(ctx, file, 0, size, options), LastHttpContent.EMPTY_LAST_CONTENT);
 * }</pre>
 *
 * <p><b>Threading, ownership, errors.</b> As {@link AioFileTransfer}. The last content is not sent where the file could not
 * be: the peer does not take a part for the whole.
 */
public final class HttpFileTransfer {

    private HttpFileTransfer() {}

    /**
     * Sends the rest of a body, and its end.
     *
     * @param last taken over; sent behind the file
     * @return succeeds when the socket has taken the last byte
     */
    public static ChannelFuture send(AioFileTransfer transfer, LastHttpContent last) {
        return send(transfer, last, transfer.ctx().newPromise());
    }

    /**
     * As {@link #send(AioFileTransfer, LastHttpContent)}.
     *
     * @param promise may be a {@link io.netty.channel.ChannelProgressivePromise}
     * @return the promise
     */
    public static ChannelFuture send(AioFileTransfer transfer, LastHttpContent last, ChannelPromise promise) {
        return transfer.write(new HttpBodyInput(transfer.input(), last), promise);
    }

    /**
     * Sends a part of a body: a range of several, say. More content has to follow.
     *
     * @return succeeds when the socket has taken the part's last byte
     */
    public static ChannelFuture sendPart(AioFileTransfer transfer, ChannelPromise promise) {
        return transfer.write(new HttpBodyInput(transfer.input(), null), promise);
    }
}
