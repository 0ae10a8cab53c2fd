package io.nettyaio.examples.serve;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioStat;
import org.jspecify.annotations.Nullable;

/** One request and its response, from the look-up of the file to the last byte. */
final class Exchange implements FileLookup.Listener, FileStream.Listener {

    /** Told of the end, once, unless the exchange was {@linkplain #abort() aborted}. */
    interface Listener {

        /** Nothing more comes: the whole response has been sent, or else the connection is of no use any more. */
        void ended(boolean sent);
    }

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Exchange.class);

    private final ChannelHandlerContext ctx;
    private final AioFile root;
    private final ServerConfig config;
    private final Request request;
    private final Listener listener;

    private @Nullable FileStream stream;
    private boolean aborted;

    /**
     * An exchange that has not started.
     *
     * @param root the served directory, on the channel's loop
     */
    Exchange(ChannelHandlerContext ctx, AioFile root, ServerConfig config, Request request, Listener listener) {
        this.ctx = ctx;
        this.root = root;
        this.config = config;
        this.request = request;
        this.listener = listener;
    }

    void start() {
        RequestPath path = request.path();
        HttpResponseStatus refusal = request.refusal();
        if (path == null) {
            respond(refusal == null ? HttpResponseStatus.BAD_REQUEST : refusal);
        } else {
            FileLookup.start(root, path, this);
        }
    }

    /** The channel has become writable. */
    void resume() {
        FileStream current = stream;
        if (current != null) {
            current.pump();
        }
    }

    /** The channel is gone. */
    void abort() {
        aborted = true;
        FileStream current = stream;
        if (current != null) {
            current.abort();
        }
    }

    // ---- look-up -------------------------------------------------------------------------------------------------

    @Override
    public void found(AioFile file, AioStat stat, String name) {
        if (aborted) {
            FileCloser.close(file);
            return;
        }
        HttpResponse header = Responses.file(request, name, stat);
        if (request.isHead() || stat.sizeBytes() == 0) {
            FileCloser.close(file);
            ChannelFuture unused = ctx.write(header); // if it fails, so does what follows it
            ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(this::responded);
        } else {
            FileStream started = new FileStream(ctx, file, stat.sizeBytes(), header, config, this);
            stream = started;
            started.pump();
        }
    }

    @Override
    public void foundDirectory() {
        RequestPath path = request.path();
        if (path != null) {
            respond(Responses.redirect(request, path.directoryLocation()));
        }
    }

    @Override
    public void refused(HttpResponseStatus status) {
        respond(status);
    }

    @Override
    public void failed(HttpResponseStatus status, Throwable cause) {
        LOGGER.warn("{} {}: answered {}: {}", request.method(), request.target(), status, describe(cause));
        respond(status);
    }

    // ---- stream --------------------------------------------------------------------------------------------------

    @Override
    public void sent() {
        listener.ended(true);
    }

    @Override
    public void fileFailed(Throwable cause, boolean headerSent) {
        stream = null;
        if (headerSent) {
            // The header has promised a length: all that can still tell the client that this is not all is the end.
            LOGGER.warn("{} {}: response cut: {}", request.method(), request.target(), describe(cause));
            listener.ended(false);
        } else {
            failed(HttpResponseStatus.INTERNAL_SERVER_ERROR, cause);
        }
    }

    @Override
    public void channelFailed(Throwable cause) {
        LOGGER.debug("{} {}: the client is gone", request.method(), request.target(), cause);
        listener.ended(false);
    }

    // ---- answers without a file ----------------------------------------------------------------------------------

    private void respond(HttpResponseStatus status) {
        respond(Responses.status(request, status));
    }

    private void respond(FullHttpResponse response) {
        if (aborted) {
            response.release();
        } else {
            ctx.writeAndFlush(response).addListener(this::responded);
        }
    }

    private void responded(Future<? super Void> written) {
        if (!aborted) {
            listener.ended(written.isSuccess());
        }
    }

    /** On one line, whatever names are in it. */
    private static String describe(Throwable cause) {
        if (cause instanceof AioException failure) {
            return "disk error: " + failure.operation() + ": " + failure.errnoName();
        }
        return String.valueOf(cause.getMessage());
    }
}
