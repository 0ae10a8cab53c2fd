package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioFile;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stream of buffers to an open file, in order, joined into larger writes. Asks for as many buffers as it is willing
 * to hold, and for more as they are written.
 *
 * <p><b>Threading.</b> May be called from any thread, as Reactive Streams allow; it works on the event loop of the file's
 * view.
 *
 * <p><b>Ownership.</b> A buffer is this subscriber's from {@code onNext} on, and released when it is written, or at the end.
 * The file stays open.
 *
 * <p><b>Errors.</b> {@link #result()} fails with what {@code onError} said, with the {@link io.nettyaio.AioException} of a
 * write (the subscription is cancelled then), or with a CancellationException. What had been written by then stays.
 */
public final class AioFileSubscriber implements Flow.Subscriber<ByteBuf> {

    private static final int WRITE_BYTES = 256 << 10;

    private final AioFile file;
    private final int heldBuffers;
    private final EventExecutor loop;
    private final Promise<Long> result;
    private final SinkWriter writer;

    /** Loop-confined, as what follows. */
    private Flow.@Nullable Subscription subscription;

    private int outstanding;
    private int unwritten;
    private long bytes;
    private boolean completed;
    private final Submittable submittable;

    /**
     * A subscriber, for one subscription.
     *
     * @param offsetBytes where the first byte goes
     * @param heldBuffers how many buffers to hold at most; at least 1
     */
    public AioFileSubscriber(AioFile file, long offsetBytes, int heldBuffers) {
        if (offsetBytes < 0 || heldBuffers < 1) {
            throw new IllegalArgumentException("offsetBytes=" + offsetBytes + " heldBuffers=" + heldBuffers
                    + ": expected 0 or more, and 1 or more");
        }
        this.file = file;
        this.heldBuffers = heldBuffers;
        loop = file.context().eventLoop();
        result = loop.newPromise();
        writer = new SinkWriter(WRITE_BYTES, new Progress());
        submittable = new Submittable(file.context(), this::requestMore);
        execute(() -> writer.open(file, offsetBytes));
    }

    /** How many bytes have been written, once all are. Cancelling it does nothing: see {@link #cancel()}. */
    public Future<Long> result() {
        return result;
    }

    /** Gives up: cancels the subscription and releases what is held. */
    public void cancel() {
        execute(() -> fail(new CancellationException(file.path() + ": the subscriber was cancelled"), true));
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        Objects.requireNonNull(given, "subscription");
        execute(() -> {
            if (subscription != null || result.isDone()) {
                given.cancel(); // rule 2.5
                return;
            }
            subscription = given;
            requestMore();
        });
    }

    @Override
    public void onNext(ByteBuf buffer) {
        Objects.requireNonNull(buffer, "buffer");
        execute(() -> next(buffer));
    }

    @Override
    public void onError(Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        execute(() -> fail(cause, false));
    }

    @Override
    public void onComplete() {
        execute(() -> {
            completed = true;
            submittable.stop();
            writer.flush();
        });
    }

    private void next(ByteBuf buffer) {
        if (result.isDone() || completed) {
            buffer.release();
            return;
        }
        outstanding--;
        if (buffer.isReadable()) {
            unwritten++;
            bytes += buffer.readableBytes();
            writer.add(buffer);
            if (outstanding == 0) {
                writer.flush(); // nothing comes that it could be joined with before it is written
            }
        } else {
            buffer.release();
            requestMore();
        }
    }

    /** By halves, so that not each buffer costs a request. */
    private void requestMore() {
        Flow.Subscription from = subscription;
        int more = heldBuffers - outstanding - unwritten;
        // Where the context has enough to do, it is asked for when that is over.
        if (from != null && !completed && !result.isDone() && more >= (heldBuffers + 1) / 2 && submittable.isNow()) {
            outstanding += more;
            from.request(more);
        }
    }

    private void fail(Throwable cause, boolean cancel) {
        Flow.Subscription from = subscription;
        if (result.isDone()) {
            return;
        }
        writer.close();
        submittable.stop();
        if (cancel && from != null) {
            from.cancel();
        }
        result.tryFailure(cause);
    }

    private void execute(Runnable task) {
        // Always in order: not at once where an earlier call of another thread still waits in the loop's queue.
        try {
            loop.execute(task);
        } catch (RejectedExecutionException loopIsGone) {
            result.tryFailure(loopIsGone);
            task.run();
        }
    }

    private final class Progress implements SinkWriter.Listener {

        @Override
        public void written(int buffers) {
            unwritten -= buffers;
            requestMore();
            if (outstanding == 0) {
                writer.flush();
            }
        }

        @Override
        public void failed(Throwable cause) {
            fail(cause, true);
        }

        @Override
        public void drained() {
            if (completed) {
                result.trySuccess(bytes);
            }
        }
    }
}
