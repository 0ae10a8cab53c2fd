package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.nettyaio.AioBatch;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A batch. Until {@link #submit()} it only remembers: an operation that exists counts with its file, and others may have to
 * wait for it.
 */
final class EpollAioBatch implements AioBatch {

    /**
     * One operation to be.
     *
     * @param timeout its file's deadline
     * @param sources what was taken over for it
     */
    private record Entry(
            AioPromise<?> promise,
            Supplier<Operation> operation,
            @Nullable Duration timeout,
            List<ByteBuf> sources) {}

    private final EpollAioContext context;
    private final List<Entry> entries = new ArrayList<>();
    private @Nullable Duration timeout;
    private boolean ended;

    EpollAioBatch(EpollAioContext context) {
        this.context = context;
    }

    @Override
    public AioBatch read(AioFile file, ByteBuf dst, long offsetBytes) {
        return addOne(file, TransferOperation.Kind.READ, dst, offsetBytes);
    }

    @Override
    public AioBatch read(AioFile file, ByteBuf[] dsts, long offsetBytes) {
        return addMany(file, TransferOperation.Kind.READ, dsts, offsetBytes);
    }

    @Override
    public AioBatch write(AioFile file, ByteBuf src, long offsetBytes) {
        return addOne(file, TransferOperation.Kind.WRITE, src, offsetBytes);
    }

    @Override
    public AioBatch write(AioFile file, ByteBuf[] srcs, long offsetBytes) {
        return addMany(file, TransferOperation.Kind.WRITE, srcs, offsetBytes);
    }

    @Override
    public AioBatch append(AioFile file, ByteBuf src) {
        return addOne(file, TransferOperation.Kind.APPEND, src, 0);
    }

    @Override
    public AioBatch fsync(AioFile file) {
        return addSync(file, false);
    }

    @Override
    public AioBatch fdatasync(AioFile file) {
        return addSync(file, true);
    }

    private EpollAioFile own(AioFile file) {
        if (ended) {
            throw new IllegalStateException("the batch has been submitted or discarded; make another");
        }
        if (file.context() != context) {
            throw new IllegalArgumentException(
                    file.path() + " belongs to another event loop than the batch; add file.on(eventLoop)");
        }
        return DeadlineFile.unwrap(file);
    }

    private AioBatch addOne(AioFile view, TransferOperation.Kind kind, ByteBuf buffer, long offsetBytes) {
        EpollAioFile file = own(view);
        AioPromise<Integer> promise = context.newPromise();
        List<ByteBuf> sources = kind == TransferOperation.Kind.READ ? List.of() : List.of(buffer);
        entries.add(new Entry(
                promise, () -> file.prepare(kind, buffer, offsetBytes, promise), DeadlineFile.timeout(view), sources));
        return this;
    }

    private AioBatch addMany(AioFile view, TransferOperation.Kind kind, ByteBuf[] buffers, long offsetBytes) {
        EpollAioFile file = own(view);
        AioPromise<Long> promise = context.newPromise();
        ByteBuf[] own = buffers.clone();
        List<ByteBuf> sources = kind == TransferOperation.Kind.READ ? List.of() : List.of(own);
        entries.add(new Entry(
                promise, () -> file.prepare(kind, own, offsetBytes, promise), DeadlineFile.timeout(view), sources));
        return this;
    }

    private AioBatch addSync(AioFile view, boolean dataOnly) {
        EpollAioFile file = own(view);
        AioPromise<Void> promise = context.newPromise();
        entries.add(new Entry(
                promise, () -> SyncOperation.promised(file, dataOnly, promise), DeadlineFile.timeout(view), List.of()));
        return this;
    }

    @Override
    public int size() {
        return entries.size();
    }

    @Override
    public List<AioFuture<?>> futures() {
        List<AioFuture<?>> futures = new ArrayList<>();
        entries.forEach(entry -> futures.add(entry.promise()));
        return Collections.unmodifiableList(futures);
    }

    @Override
    public AioFuture<Void> submit() {
        end();
        AioPromise<Void> all = context.newPromise();
        if (entries.isEmpty()) {
            if (!context.execute(() -> all.trySuccess(null))) {
                GlobalEventExecutor.INSTANCE.execute(() -> all.trySuccess(null));
            }
            return all;
        }
        List<AioPromise<?>> promises = new ArrayList<>();
        List<Operation> operations = new ArrayList<>();
        for (Entry entry : entries) {
            promises.add(entry.promise());
            operations.add(entry.operation().get());
        }
        Joined joined = new Joined(all, promises);
        for (AioPromise<?> promise : promises) {
            promise.addListener(done -> joined.oneDone());
        }
        all.addListener(done -> {
            if (done.isCancelled()) {
                promises.forEach(promise -> promise.cancel(false));
            }
        });
        context.begin(operations);
        setDeadlines();
        return all;
    }

    @Override
    public AioBatch deadline(Duration of) {
        timeout = Objects.requireNonNull(of, "timeout");
        return this;
    }

    private void setDeadlines() {
        long now = System.nanoTime();
        List<Entry> limited = new ArrayList<>();
        for (Entry entry : entries) {
            if (timeoutOf(entry) != null) {
                limited.add(entry);
            }
        }
        if (!limited.isEmpty()) {
            // In one task for all of them, behind the one that starts them. Where the loop has ended they have failed.
            boolean unused = context.executeHereOrOnLoop(() -> limited.forEach(entry -> setDeadline(entry, now)));
        }
    }

    private void setDeadline(Entry entry, long now) {
        Duration after = timeoutOf(entry);
        if (after != null) {
            context.deadlines().set(entry.promise(), after, now + AioPromise.nanosOf(after));
        }
    }

    private @Nullable Duration timeoutOf(Entry entry) {
        Duration own = entry.timeout();
        if (own == null || timeout == null) {
            return own == null ? timeout : own;
        }
        return own.compareTo(timeout) < 0 ? own : timeout;
    }

    @Override
    public void discard() {
        end();
        for (Entry entry : entries) {
            entry.promise().cancel(false);
            entry.sources().forEach(ByteBuf::release);
        }
    }

    private void end() {
        if (ended) {
            throw new IllegalStateException("the batch has been submitted or discarded; make another");
        }
        ended = true;
    }

    /** Settles the batch's promise with the last of its operations. On the loop. */
    private static final class Joined {
        private final AioPromise<Void> all;
        private final List<AioPromise<?>> promises;
        private int left;

        Joined(AioPromise<Void> all, List<AioPromise<?>> promises) {
            this.all = all;
            this.promises = promises;
            left = promises.size();
        }

        void oneDone() {
            if (--left > 0) {
                return;
            }
            Throwable first = null;
            for (AioPromise<?> promise : promises) {
                first = join(first, promise.cause());
            }
            if (first == null) {
                all.trySuccess(null);
            } else {
                all.tryFailure(first);
            }
        }

        private static @Nullable Throwable join(@Nullable Throwable first, @Nullable Throwable next) {
            if (first != null && next != null && next != first) {
                first.addSuppressed(next);
            }
            return first == null ? next : first;
        }
    }
}
