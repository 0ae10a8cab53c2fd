package io.nettyaio.handler;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.stream.ChunkedInput;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a range of a file over a channel, by whichever way is best for its pipeline. The pipeline needs a
 * {@link ChunkedWriteHandler} between the socket and the handler whose context is given; what is written after a transfer
 * waits behind it there, so responses keep their order. For an HTTP body use {@link HttpFileTransfer} on top.
 *
 * <pre>{@code
 * ctx.write(header);
 * AioFileTransfer.send(ctx, file, 0, size).addListener(sent -> file.close());
 * }</pre>
 *
 * <p><b>Threading.</b> Any thread; reads and writes happen on the channel's event loop, which never waits for the disk.
 *
 * <p><b>Ownership.</b> A transfer that is not sent must be {@linkplain #abandon() abandoned}. The file stays the caller's,
 * to be closed after the end, unless {@link AioTransferOptions#closeFile()} is set.
 *
 * <p><b>Errors.</b> The future fails with an {@link AioException} where the file could not be read to the range's end, and
 * with the channel's own exception where the peer went away. Since a part may have been sent by then, a transfer that fails
 * or is cancelled closes the channel (an HTTP/2 stream's own channel is reset): never is it silently short. Who wants to
 * answer a file that cannot be read with an error waits for {@link #ready()} before the header.
 */
public final class AioFileTransfer {

    private static final long LEAST_REGION_BYTES = 64 << 10;

    private final ChannelHandlerContext ctx;
    private final AioFile file;
    private final AioTransferMethod method;
    private final ChunkedInput<?> input;
    private final ChannelFileInput<?> source;

    private AioFileTransfer(
            ChannelHandlerContext ctx,
            AioFile file,
            AioTransferMethod method,
            ChunkedInput<?> input,
            ChannelFileInput<?> source) {
        this.ctx = ctx;
        this.file = file;
        this.method = method;
        this.input = input;
        this.source = source;
    }

    /**
     * Sends a range with {@link AioTransferOptions#DEFAULT}.
     *
     * @param ctx         of the handler from which on the pipeline is passed
     * @param offsetBytes where the range begins
     * @param lengthBytes its length
     * @return succeeds when the socket has taken the last byte; any failure arrives here
     */
    public static ChannelFuture send(ChannelHandlerContext ctx, AioFile file, long offsetBytes, long lengthBytes) {
        try {
            return of(ctx, file, offsetBytes, lengthBytes, AioTransferOptions.DEFAULT)
                    .send();
        } catch (RuntimeException refused) {
            return ctx.newFailedFuture(refused);
        }
    }

    /**
     * A transfer to be sent. Nothing is read before {@link #ready()} or {@link #send()}.
     *
     * @param ctx         of the handler from which on the pipeline is passed
     * @param offsetBytes where the range begins
     * @param lengthBytes its length
     * @throws IllegalArgumentException      where it is not a range
     * @throws IllegalStateException         where the file is closed
     * @throws UnsupportedOperationException where the channel's loop is of a kind that the engine does not run on
     */
    public static AioFileTransfer of(
            ChannelHandlerContext ctx, AioFile file, long offsetBytes, long lengthBytes, AioTransferOptions options) {
        AioTransferMethod chosen = options.method();
        if ((chosen == null ? choose(ctx, file, lengthBytes) : chosen) == AioTransferMethod.REGION) {
            AioFileRegion regions = new AioFileRegion(
                    ctx.channel(), file, offsetBytes, lengthBytes, options.regionReadAhead(), options.closeFile());
            return new AioFileTransfer(ctx, file, AioTransferMethod.REGION, regions, regions.source());
        }
        AioChunkedFile chunks = new AioChunkedFile(
                ctx.channel(), file, offsetBytes, lengthBytes, options.readAhead(), options.closeFile());
        return new AioFileTransfer(ctx, file, AioTransferMethod.CHUNKS, chunks, chunks.source());
    }

    /**
     * The best way for a pipeline. Regions for a file that is not direct, over an epoll stream socket, where every handler
     * on the way does not look at writes, is one of Netty's that lets regions pass (HTTP/1.1 codecs, ChunkedWriteHandler,
     * timeouts, traffic shaping, logging), or is {@link AioRegionTransparent}. Chunks for anything else: TLS, HTTP/2,
     * compression, a handler nobody knows. Ranges below 64 KiB are chunks too: one write takes the header along.
     *
     * @param ctx         of the handler from which on the pipeline is passed
     * @param lengthBytes of the range
     */
    public static AioTransferMethod choose(ChannelHandlerContext ctx, AioFile file, long lengthBytes) {
        boolean regions = lengthBytes >= LEAST_REGION_BYTES && !file.isDirect() && TransferPath.takesRegions(ctx);
        return regions ? AioTransferMethod.REGION : AioTransferMethod.CHUNKS;
    }

    /** How the bytes will get to the socket. */
    public AioTransferMethod method() {
        return method;
    }

    /**
     * Reads the beginning.
     *
     * @return succeeds when the first bytes can be sent, fails with what {@link #send()} would fail with
     */
    public Future<Void> ready() {
        return source.prepare();
    }

    /**
     * Writes and flushes it.
     *
     * @return succeeds when the socket has taken the last byte
     */
    public ChannelFuture send() {
        return send(ctx.newPromise());
    }

    /**
     * As {@link #send()}. A {@link io.netty.channel.ChannelProgressivePromise} is told of the progress.
     *
     * @return the promise
     */
    public ChannelFuture send(ChannelPromise promise) {
        return write(input, promise);
    }

    /** Gives it up: nothing is sent, and what it holds is given back. */
    public void abandon() {
        source.close();
    }

    ChunkedInput<?> input() {
        return input;
    }

    ChannelHandlerContext ctx() {
        return ctx;
    }

    /** Writes what the input has been wrapped in. */
    ChannelFuture write(ChunkedInput<?> wrapped, ChannelPromise promise) {
        // The first listener, so that everything is given back before the caller's goes on.
        promise.addListener(sent -> ended(sent.cause(), wrapped));
        if (ctx.pipeline().get(ChunkedWriteHandler.class) == null) {
            promise.tryFailure(new IllegalStateException("the pipeline has no ChunkedWriteHandler to send "
                    + file.path() + " with; add one between the socket and " + ctx.name()));
            return promise;
        }
        if (method == AioTransferMethod.CHUNKS) {
            return ctx.writeAndFlush(wrapped, promise);
        }
        ChannelFuture unused = ctx.writeAndFlush(wrapped, new RegionOutcome(ctx, source, promise).promise());
        return promise;
    }

    private void ended(@Nullable Throwable cause, ChunkedInput<?> wrapped) throws Exception {
        // The ChunkedWriteHandler has closed it, but for a promise that was cancelled or refused.
        wrapped.close();
        if (cause == null) {
            return;
        }
        ChannelFuture unused = ctx.close();
        if (cause instanceof CancellationException) {
            // It passes over a promise that is done, but only when it looks.
            ChunkedWriteHandler writer = ctx.pipeline().get(ChunkedWriteHandler.class);
            if (writer != null) {
                writer.resumeTransfer();
            }
        }
    }
}
