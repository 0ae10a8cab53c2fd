package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioCallback;
import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/**
 * Where the result of a transfer goes, and in which form: a promise of a number or of a buffer, or a callback. Reused with
 * its operation.
 */
final class TransferResult {

    private enum Form {
        INTEGER,
        LONG,
        BUFFER,
        CALLBACK
    }

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(TransferResult.class);

    private Form form = Form.CALLBACK;
    private @Nullable AioPromise<?> promise;
    private @Nullable AioCallback<Object> callback;
    private @Nullable Object attachment;
    /** What a read that allocates for the caller has allocated, and which part of it was asked for. */
    private @Nullable ByteBuf allocated;

    private int headBytes;
    private int wantedBytes;

    void integer(AioPromise<Integer> to) {
        form = Form.INTEGER;
        promise = to;
    }

    void sum(AioPromise<Long> to) {
        form = Form.LONG;
        promise = to;
    }

    void buffer(AioPromise<ByteBuf> to, @Nullable ByteBuf buffer, int head, int wanted) {
        form = Form.BUFFER;
        promise = to;
        allocated = buffer;
        headBytes = head;
        wantedBytes = wanted;
    }

    @SuppressWarnings("unchecked")
    <A extends @Nullable Object> void call(AioCallback<? super A> to, A with) {
        form = Form.CALLBACK;
        callback = (AioCallback<Object>) to;
        attachment = with;
    }

    /** As {@link #buffer(AioPromise, ByteBuf, int, int)} of the whole of a buffer that is allocated later, or never. */
    void buffer(AioPromise<ByteBuf> to, int wanted) {
        buffer(to, null, 0, wanted);
    }

    /** What was allocated for it. */
    void allocated(ByteBuf buffer) {
        allocated = buffer;
    }

    /** Gives back what was allocated for it: there was nothing to fill it with. */
    void releaseAllocated() {
        if (allocated != null) {
            allocated.release();
            allocated = null;
        }
    }

    /** Whether whoever waits takes the result; if so, it is too late to cancel from here on. */
    boolean claim() {
        AioPromise<?> to = promise;
        return to == null || (to.setUncancellable() && !to.isDone());
    }

    /** Whether whoever waits has not got a result from elsewhere, as from a deadline. */
    boolean isOpen() {
        return promise == null || !promise.isDone();
    }

    boolean goesTo(AioPromise<?> to) {
        return promise == to;
    }

    boolean isCancelled() {
        return promise != null && promise.isDone();
    }

    /** Tells whoever waits, and forgets them. */
    void deliver(long moved, @Nullable Throwable cause, @Nullable AioRoute route) {
        AioPromise<?> to = promise;
        AioCallback<Object> call = callback;
        Object with = attachment;
        promise = null;
        callback = null;
        attachment = null;
        if (call != null) {
            completed(call, moved, cause, with);
        } else if (to != null) {
            to.routed(route);
            if (cause != null) {
                releaseAllocated();
                to.tryFailure(cause);
            } else {
                succeed(to, moved);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private void succeed(AioPromise<?> to, long moved) {
        switch (form) {
            case INTEGER -> ((AioPromise<Integer>) to).trySuccess((int) moved);
            case LONG -> ((AioPromise<Long>) to).trySuccess(moved);
            default -> {
                ByteBuf part = part(moved);
                if (part != null && !((AioPromise<ByteBuf>) to).trySuccess(part)) {
                    // Cancelled meanwhile.
                    part.release();
                }
            }
        }
    }

    private @Nullable ByteBuf part(long moved) {
        ByteBuf buffer = allocated;
        allocated = null;
        if (buffer == null) {
            return null;
        }
        int length = (int) Math.max(0, Math.min(moved - headBytes, wantedBytes));
        if (headBytes == 0) {
            return buffer.setIndex(0, length);
        }
        // The reader must not see what alignment put in front. The slice shares the reference count.
        return buffer.slice(headBytes, length);
    }

    /** Nobody wants it any more: gives back what was allocated for the caller. */
    void discard() {
        releaseAllocated();
    }

    // The attachment's nullness is the caller's own.
    @SuppressWarnings("NullAway")
    static void completed(
            AioCallback<Object> callback, long moved, @Nullable Throwable cause, @Nullable Object attachment) {
        try {
            callback.completed(moved, cause, attachment);
        } catch (Throwable thrown) {
            LOGGER.warn("an AioCallback threw", thrown);
        }
    }
}
