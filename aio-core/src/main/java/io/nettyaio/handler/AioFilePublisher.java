package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioFile;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A range of a file as a stream of buffers with demand: nothing is read that has not been asked for. Any number of
 * subscribers; each gets the whole range. Other libraries take it by their adapters ({@code JdkFlowAdapter} of Reactor,
 * {@code FlowAdapters} of Reactive Streams).
 *
 * <p><b>Threading.</b> Subscribers are called on the event loop of the file's view. {@code request} and {@code cancel} may
 * come from any thread.
 *
 * <p><b>Ownership.</b> A buffer given to {@code onNext} is the subscriber's to release. What has been read and not been
 * given out when the subscription is cancelled, is released. The file stays open, and must stay so until the end.
 *
 * <p><b>Errors.</b> {@code onError} with the {@link io.nettyaio.AioException} of the read, of kind SHRUNK where the file
 * ends before the range; with an IllegalArgumentException after {@code request(0)} or less (rule 3.9).
 */
public final class AioFilePublisher implements Flow.Publisher<ByteBuf> {

    private final AioFile file;
    private final long offsetBytes;
    private final long lengthBytes;
    private final AioReadAhead readAhead;

    /**
     * A stream. No more chunks are read ahead than have been requested.
     *
     * @param offsetBytes where the range begins
     * @param lengthBytes its length
     * @param readAhead   chunks, and how many of those requested are read at once
     */
    public AioFilePublisher(AioFile file, long offsetBytes, long lengthBytes, AioReadAhead readAhead) {
        ReadAhead.checkRange(offsetBytes, lengthBytes);
        this.file = file;
        this.offsetBytes = offsetBytes;
        this.lengthBytes = lengthBytes;
        this.readAhead = readAhead;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuf> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        Subscription subscription = new Subscription(subscriber);
        subscription.execute(subscription::begin);
    }

    /** Loop-confined, but for {@link #request} and {@link #cancel}. */
    private final class Subscription implements Flow.Subscription, ReadAhead.Source<ByteBuf> {

        private final EventExecutor loop = file.context().eventLoop();
        private final ReadAhead<ByteBuf> chunks;
        /** {@code null} once it is not to be called any more: rule 3.13, it must not be kept. */
        private Flow.@Nullable Subscriber<? super ByteBuf> subscriber;

        private long demand;
        private boolean emitting;
        private boolean begun;

        Subscription(Flow.Subscriber<? super ByteBuf> subscriber) {
            this.subscriber = subscriber;
            chunks = new ReadAhead<>(this, file.path(), offsetBytes, lengthBytes, readAhead, this::emit);
        }

        private void begin() {
            Flow.Subscriber<? super ByteBuf> to = subscriber;
            if (to != null) {
                begun = true;
                to.onSubscribe(this);
                emit();
            }
        }

        @Override
        public void request(long n) {
            execute(() -> requested(n));
        }

        @Override
        public void cancel() {
            execute(this::end);
        }

        private void requested(long n) {
            if (n <= 0) {
                fail(new IllegalArgumentException(
                        "request(" + n + "): rule 3.9 of Reactive Streams allows more than 0 only"));
                return;
            }
            demand = demand > Long.MAX_VALUE - n ? Long.MAX_VALUE : demand + n;
            emit();
        }

        /** Gives out what is ready and asked for. A subscriber that requests within onNext comes back to the loop below. */
        private void emit() {
            if (emitting) {
                return;
            }
            emitting = true;
            try {
                while (subscriber != null && !chunks.isDone() && demand > 0) {
                    chunks.limit(demand);
                    ByteBuf chunk = chunks.poll();
                    if (chunk == null) {
                        return;
                    }
                    demand--;
                    subscriber.onNext(chunk);
                }
                Flow.Subscriber<? super ByteBuf> to = subscriber;
                if (to != null && chunks.isDone()) {
                    end();
                    to.onComplete();
                }
            } catch (Exception failed) {
                fail(failed);
            } finally {
                emitting = false;
            }
        }

        private void fail(Throwable cause) {
            Flow.Subscriber<? super ByteBuf> to = subscriber;
            if (to != null) {
                end();
                to.onError(cause);
            }
        }

        private void end() {
            subscriber = null;
            chunks.close();
        }

        private void execute(Runnable task) {
            if (loop.inEventLoop()) {
                task.run();
                return;
            }
            try {
                loop.execute(task);
            } catch (RejectedExecutionException loopIsGone) {
                // Whoever waits is told, if not where it should be; rule 1.9: not before onSubscribe.
                Flow.Subscriber<? super ByteBuf> to = subscriber;
                if (to != null && !begun) {
                    begun = true;
                    to.onSubscribe(this);
                }
                fail(loopIsGone);
            }
        }

        @Override
        public Future<ByteBuf> ask(long offset, int length) {
            return file.read(offset, length);
        }

        @Override
        public boolean isSubmittable() {
            return file.context().isSubmittable();
        }

        @Override
        public int lengthBytes(ByteBuf chunk) {
            return chunk.readableBytes();
        }

        @Override
        public void release(ByteBuf chunk) {
            chunk.release();
        }
    }
}
