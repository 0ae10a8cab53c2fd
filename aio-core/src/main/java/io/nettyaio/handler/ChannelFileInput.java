package io.nettyaio.handler;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the chunked inputs over files have in common: the read-ahead, the file's view on the channel's loop, the way back
 * to the ChunkedWriteHandler, and the end.
 *
 * <p>Loop-confined, but for {@link #close()} and {@link #prepare()}.
 *
 * @param <T> what a chunk is
 */
final class ChannelFileInput<T> {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(ChannelFileInput.class);

    private final Channel channel;
    private final EventLoop loop;
    private final AioFile file;
    private final AioFile view;
    private final boolean closeFile;
    /** Whether somebody will want to know why it was closed. */
    private final boolean diagnosed;

    private final ReadAhead<T> readAhead;
    private final ChannelFutureListener channelClosed = closed -> closeOnLoop(true);
    private @Nullable Promise<Void> prepared;
    private @Nullable ChunkedWriteHandler writer;
    private @Nullable AioFuture<Long> sizeAtClose;
    private boolean closed;

    ChannelFileInput(
            Channel channel,
            AioFile file,
            long offsetBytes,
            long lengthBytes,
            AioReadAhead settings,
            boolean closeFile,
            boolean diagnosed,
            Function<AioFile, ReadAhead.Source<T>> source) {
        this.channel = channel;
        this.file = file;
        this.closeFile = closeFile;
        this.diagnosed = diagnosed;
        loop = channel.eventLoop();
        view = file.on(loop);
        try {
            readAhead =
                    new ReadAhead<>(source.apply(view), file.path(), offsetBytes, lengthBytes, settings, this::ready);
        } catch (IllegalArgumentException noRange) {
            closeView();
            throw noRange;
        }
        channel.closeFuture().addListener(channelClosed);
    }

    Future<Void> prepare() {
        Promise<Void> promise = loop.newPromise();
        if (loop.inEventLoop()) {
            prepare(promise);
        } else {
            loop.execute(() -> prepare(promise));
        }
        return promise;
    }

    private void prepare(Promise<Void> promise) {
        readAhead.start();
        if (readAhead.isClosed() && !readAhead.isReady()) {
            promise.tryFailure(new IllegalStateException(file.path() + ": the input is closed; make another one"));
        } else if (readAhead.isDone() || readAhead.isReady()) {
            settle(promise);
        } else if (prepared != null) {
            prepared.addListener(done -> settle(promise));
        } else {
            prepared = promise;
            readAhead.whenReady();
        }
    }

    private void settle(Promise<Void> promise) {
        Throwable failure = readAhead.peekFailure();
        if (failure != null) {
            promise.tryFailure(failure);
        } else {
            promise.trySuccess(null);
        }
    }

    @Nullable
    T next() throws Exception {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException(file.path() + ": read outside of the channel's event loop;"
                    + " add the ChunkedWriteHandler without an EventExecutorGroup of its own");
        }
        return readAhead.poll();
    }

    boolean isEndOfInput() {
        return readAhead.isDone();
    }

    long lengthBytes() {
        return readAhead.lengthBytes();
    }

    long progressBytes() {
        return readAhead.takenBytes();
    }

    /** The view that is read through. */
    AioFile view() {
        return view;
    }

    AioException shrunk(long actualEnd) {
        return readAhead.shrunk(actualEnd);
    }

    long endBytes() {
        return readAhead.endBytes();
    }

    int windowChunks() {
        return readAhead.windowChunks();
    }

    /** On the loop: the chunk that was waited for is there, or has failed. */
    private void ready() {
        Promise<Void> waiter = prepared;
        if (waiter != null) {
            prepared = null;
            settle(waiter);
        }
        resume();
    }

    /** On the loop: there is something to take again. */
    void resume() {
        ChunkedWriteHandler to = writer;
        if (to == null) {
            to = channel.pipeline().get(ChunkedWriteHandler.class);
            writer = to;
        }
        if (to != null) {
            to.resumeTransfer();
        }
    }

    void close() {
        if (loop.inEventLoop()) {
            closeOnLoop(false);
            return;
        }
        try {
            loop.execute(() -> closeOnLoop(false));
        } catch (RejectedExecutionException loopIsGone) {
            // So is everybody else who could touch it.
            closeOnLoop(false);
        }
    }

    /**
     * The size of the file, asked for at the latest when it was closed with something unsent.
     *
     * @return {@code null} where it was not
     */
    @Nullable
    AioFuture<Long> size() {
        return closed ? sizeAtClose : view.size();
    }

    private void closeOnLoop(boolean withChannel) {
        if (closed) {
            return;
        }
        closed = true;
        if (diagnosed && (withChannel || !readAhead.isDone())) {
            sizeAtClose = view.size();
        }
        channel.closeFuture().removeListener(channelClosed);
        readAhead.close();
        closeView();
        if (closeFile) {
            close(file);
        }
        Promise<Void> waiter = prepared;
        if (waiter != null) {
            prepared = null;
            waiter.tryFailure(new IllegalStateException(file.path() + ": the input was closed while being prepared"));
        }
    }

    private void closeView() {
        if (view != file) {
            close(view);
        }
    }

    private static void close(AioFile of) {
        of.close().addListener(done -> {
            if (!done.isSuccess()) {
                LOGGER.warn("closing a file failed", done.cause());
            }
        });
    }
}
