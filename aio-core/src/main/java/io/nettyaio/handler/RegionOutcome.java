package io.nettyaio.handler;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import io.netty.channel.ChannelPromise;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/**
 * Stands between the write of a region and whoever waits for it, since {@code sendfile(2)} fails in one way for the disk
 * and for the peer: where the file has become too short, or the kernel has said EIO, which no socket does, the outcome is
 * an {@link AioException}. Loop-confined.
 */
final class RegionOutcome implements ChannelProgressiveFutureListener {

    private static final int EIO = 5;
    /** What {@code strerror(3)} says of it, which Netty's exception carries. */
    private static final String EIO_TEXT = "Input/output error";

    private final ChannelFileInput<?> source;
    private final ChannelProgressivePromise inner;
    private final ChannelPromise outer;

    RegionOutcome(ChannelHandlerContext ctx, ChannelFileInput<?> source, ChannelPromise outer) {
        this.source = source;
        this.outer = outer;
        inner = ctx.newProgressivePromise();
        inner.addListener(this);
        outer.addListener(done -> inner.cancel(false));
    }

    /** For the write. */
    ChannelPromise promise() {
        return inner;
    }

    @Override
    public void operationProgressed(ChannelProgressiveFuture future, long progress, long total) {
        if (outer instanceof ChannelProgressivePromise progressive) {
            progressive.tryProgress(progress, total);
        }
    }

    @Override
    public void operationComplete(ChannelProgressiveFuture written) {
        Throwable cause = written.cause();
        if (cause == null) {
            outer.trySuccess();
        } else if (outer.isDone() || !(cause instanceof IOException) || cause instanceof ClosedChannelException) {
            outer.tryFailure(cause);
        } else if (cause instanceof AioException) {
            outer.tryFailure(cause);
        } else {
            findOut(cause);
        }
    }

    private void findOut(Throwable cause) {
        AioFile file = source.view();
        String message = cause.getMessage();
        if (message != null && message.contains(EIO_TEXT)) {
            outer.tryFailure(because(
                    new AioException(
                            AioException.Kind.SYSTEM,
                            EIO,
                            "EIO",
                            "sendfile",
                            file.path(),
                            source.progressBytes(),
                            "the device or file system failed; see the kernel's log"),
                    cause));
            return;
        }
        AioFuture<Long> size = source.size();
        if (size == null) {
            outer.tryFailure(cause);
            return;
        }
        size.addListener(known -> {
            if (known.isSuccess() && size.getNow() < source.endBytes()) {
                outer.tryFailure(because(source.shrunk(size.getNow()), cause));
            } else {
                outer.tryFailure(cause);
            }
        });
    }

    private static AioException because(AioException disk, Throwable channel) {
        disk.addSuppressed(channel);
        return disk;
    }
}
