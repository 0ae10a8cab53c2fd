package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.nettyaio.AioCallback;
import io.nettyaio.AioClass;
import io.nettyaio.AioDirectory;
import io.nettyaio.AioDirectoryEntry;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioStat;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One loop's view of a descriptor. Counts its operations, so that it can close after the last. */
final class EpollAioFile implements AioFile {

    private final EpollAioContext context;
    private final FileHandle handle;
    private final AioClass ioClass;
    private final AioPromise<Void> closePromise;
    /** Called from other threads and not arrived on the loop yet. */
    private final AtomicInteger underWay = new AtomicInteger();

    private volatile boolean open = true;
    /** Loop-confined, as what follows. */
    private int inFlight;

    private boolean closeAsked;
    private boolean closed;
    private @Nullable DeviceLane lane;

    EpollAioFile(EpollAioContext context, FileHandle handle, AioClass ioClass) {
        this.context = context;
        this.handle = handle;
        this.ioClass = ioClass;
        this.closePromise = context.newPromise();
    }

    FileHandle handle() {
        return handle;
    }

    /** The way to the file's device; {@code null} for a memory device, which has none. */
    @Nullable
    DeviceLane deviceLane() {
        if (lane == null && handle.kind() != FileHandle.Kind.MEMORY_DEVICE) {
            lane = context.deviceLane(handle.device(), ioClass);
        }
        return lane;
    }

    // ---- counting ------------------------------------------------------------------------------------------------

    /**
     * An operation is being started: from now on the view does not close before it has ended.
     *
     * @return what {@link #operationStarted} has to be told
     */
    boolean operationCalled(Operation operation) {
        boolean external = !context.inEventLoop();
        if (external) {
            underWay.incrementAndGet();
        }
        // After the count: a close that this does not see yet sees the count.
        if (!open) {
            operation.refuse(Failures.fileClosed(operation.name(), handle.path()));
        }
        return external;
    }

    void operationStarted(boolean external) {
        inFlight++;
        if (external) {
            underWay.decrementAndGet();
        }
    }

    void operationEnded() {
        inFlight--;
        closeWhenIdle();
    }

    // ---- what it is ----------------------------------------------------------------------------------------------

    @Override
    public EpollAioContext context() {
        return context;
    }

    @Override
    public String path() {
        return handle.path();
    }

    @Override
    public boolean isDirect() {
        return handle.isDirect();
    }

    @Override
    public int alignment() {
        return handle.alignment();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public AioFile on(EventLoop eventLoop) {
        if (!open) {
            throw closedAlready();
        }
        if (eventLoop == context.eventLoop()) {
            return this;
        }
        return view(EpollAio.contextLike(eventLoop, context.config()), ioClass);
    }

    @Override
    public AioClass ioClass() {
        return ioClass;
    }

    @Override
    public AioFile in(AioClass other) {
        if (!open) {
            throw closedAlready();
        }
        return other == ioClass ? this : view(context, other);
    }

    private AioFile view(EpollAioContext of, AioClass as) {
        if (!handle.retainView()) {
            throw closedAlready();
        }
        return of.adopt(handle, as);
    }

    private IllegalStateException closedAlready() {
        return new IllegalStateException(handle.path() + ": the file is closed; open it again");
    }

    @Override
    public AioFile withDeadline(Duration timeout) {
        return new DeadlineFile(this, timeout);
    }

    // ---- reads ---------------------------------------------------------------------------------------------------

    @Override
    public AioFuture<ByteBuf> read(long offsetBytes, int lengthBytes) {
        TransferOperation operation =
                context.newTransfer(TransferOperation.Kind.READ).of(this, TransferOperation.Kind.READ, offsetBytes);
        operation.buffers().begin(true, 1);
        ByteBuf buffer = null;
        int head = 0;
        if (lengthBytes < 0) {
            operation.refuse(Failures.argument(Errno.EINVAL, "read", path(), "length=" + lengthBytes + " is negative"));
        } else if (!operation.isRefused()) {
            long begin = offsetBytes & -handle.alignment();
            head = (int) (offsetBytes - begin);
            long span = ((long) head + lengthBytes + handle.alignment() - 1) & -handle.alignment();
            if (span > Integer.MAX_VALUE) {
                operation.refuse(Failures.argument(
                        Errno.EINVAL, "read", path(), "length=" + lengthBytes + " is too long once aligned"));
                head = 0;
            } else {
                operation.of(begin);
                buffer = allocate(operation, (int) span);
            }
        }
        AioPromise<ByteBuf> promise = context.<ByteBuf>newPromise().of(operation);
        operation.result().buffer(promise, buffer, head, lengthBytes);
        if (buffer != null) {
            operation.buffers().add(buffer.retain(), context.alignedAllocator());
        }
        operation.ready();
        context.begin(operation);
        return promise;
    }

    private @Nullable ByteBuf allocate(TransferOperation operation, int bytes) {
        ByteBufAllocator allocator = handle.isDirect()
                ? AlignedByteBufAllocator.of(handle.alignment())
                : context.config().allocator();
        try {
            return allocator.directBuffer(bytes, bytes);
        } catch (OutOfMemoryError full) {
            operation.refuse(full);
            return null;
        }
    }

    @Override
    public AioFuture<Integer> read(ByteBuf dst, long offsetBytes) {
        return begin(TransferOperation.Kind.READ, dst, offsetBytes);
    }

    @Override
    public AioFuture<Long> read(ByteBuf[] dsts, long offsetBytes) {
        return begin(TransferOperation.Kind.READ, dsts, offsetBytes);
    }

    @Override
    public <A extends @Nullable Object> void read(
            ByteBuf dst, long offsetBytes, A attachment, AioCallback<? super A> callback) {
        TransferOperation operation = transfer(TransferOperation.Kind.READ, dst, offsetBytes);
        operation.result().call(callback, attachment);
        context.begin(operation);
    }

    @Override
    public AioFuture<Long> prefetch(long offsetBytes, long lengthBytes) {
        return context.begin(new PrefetchOperation(this, offsetBytes, lengthBytes));
    }

    @Override
    public FileRegion region(long offsetBytes, long lengthBytes, Runnable released) {
        if (handle.kind() != FileHandle.Kind.REGULAR && handle.kind() != FileHandle.Kind.BLOCK_DEVICE) {
            throw new IllegalArgumentException(
                    handle.path() + ": only regular files and block devices have regions; read() it");
        }
        if (handle.isDirect() || !handle.isReadable()) {
            throw new IllegalArgumentException(
                    handle.path() + ": sendfile reads through the page cache, and the file was"
                            + " opened with DIRECT or not to be read; open it with READ alone");
        }
        if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes > Long.MAX_VALUE - lengthBytes) {
            throw new IllegalArgumentException(handle.path() + ": offsetBytes=" + offsetBytes + " lengthBytes="
                    + lengthBytes + ": expected a range of a file, both 0 or more");
        }
        if (!open || !handle.retainView()) {
            throw closedAlready();
        }
        return new SendfileRegion(this, handle.jdkChannel(), offsetBytes, lengthBytes, released);
    }

    /** From any thread: a region's hold of the descriptor, which is that of a view. */
    void regionReleased() {
        if (handle.releaseView()) {
            context.closeUnseen(handle);
        }
    }

    // ---- writes --------------------------------------------------------------------------------------------------

    @Override
    public AioFuture<Integer> write(ByteBuf src, long offsetBytes) {
        return begin(TransferOperation.Kind.WRITE, src, offsetBytes);
    }

    @Override
    public AioFuture<Long> write(ByteBuf[] srcs, long offsetBytes) {
        return begin(TransferOperation.Kind.WRITE, srcs, offsetBytes);
    }

    @Override
    public <A extends @Nullable Object> void write(
            ByteBuf src, long offsetBytes, A attachment, AioCallback<? super A> callback) {
        TransferOperation operation = transfer(TransferOperation.Kind.WRITE, src, offsetBytes);
        operation.result().call(callback, attachment);
        context.begin(operation);
    }

    @Override
    public AioFuture<Integer> writeDurably(ByteBuf src, long offsetBytes) {
        AioPromise<Integer> promise = context.newPromise();
        context.begin(
                prepare(TransferOperation.Kind.WRITE, src, offsetBytes, promise).durably());
        return promise;
    }

    @Override
    public <A extends @Nullable Object> void writeDurably(
            ByteBuf src, long offsetBytes, A attachment, AioCallback<? super A> callback) {
        TransferOperation operation =
                transfer(TransferOperation.Kind.WRITE, src, offsetBytes).durably();
        operation.result().call(callback, attachment);
        context.begin(operation);
    }

    @Override
    public AioFuture<Integer> append(ByteBuf src) {
        return begin(TransferOperation.Kind.APPEND, src, 0);
    }

    /** Makes an operation, which the caller has to begin. */
    TransferOperation prepare(
            TransferOperation.Kind kind, ByteBuf buffer, long offsetBytes, AioPromise<Integer> promise) {
        TransferOperation operation = transfer(kind, buffer, offsetBytes);
        operation.result().integer(promise.of(operation));
        return operation;
    }

    /** As {@link #prepare(TransferOperation.Kind, ByteBuf, long, AioPromise)}, of several buffers. */
    TransferOperation prepare(
            TransferOperation.Kind kind, ByteBuf[] buffers, long offsetBytes, AioPromise<Long> promise) {
        TransferOperation operation = context.newTransfer(kind).of(this, kind, offsetBytes);
        operation.buffers().begin(kind == TransferOperation.Kind.READ, buffers.length);
        for (ByteBuf buffer : buffers) {
            hold(operation, kind, buffer);
        }
        operation.ready();
        operation.result().sum(promise.of(operation));
        return operation;
    }

    private AioFuture<Integer> begin(TransferOperation.Kind kind, ByteBuf buffer, long offsetBytes) {
        AioPromise<Integer> promise = context.newPromise();
        context.begin(prepare(kind, buffer, offsetBytes, promise));
        return promise;
    }

    private AioFuture<Long> begin(TransferOperation.Kind kind, ByteBuf[] buffers, long offsetBytes) {
        AioPromise<Long> promise = context.newPromise();
        context.begin(prepare(kind, buffers, offsetBytes, promise));
        return promise;
    }

    private TransferOperation transfer(TransferOperation.Kind kind, ByteBuf buffer, long offsetBytes) {
        TransferOperation operation = context.newTransfer(kind).of(this, kind, offsetBytes);
        operation.buffers().begin(kind == TransferOperation.Kind.READ, 1);
        hold(operation, kind, buffer);
        operation.ready();
        return operation;
    }

    private void hold(TransferOperation operation, TransferOperation.Kind kind, ByteBuf buffer) {
        try {
            operation.buffers().hold(buffer, context.alignedAllocator());
        } catch (TransferBuffers.Unusable unusable) {
            operation.refuse(
                    Failures.argument(Errno.EFAULT, kind.text(), path(), String.valueOf(unusable.getMessage())));
        } catch (RuntimeException | OutOfMemoryError failed) {
            operation.refuse(failed);
        }
    }

    // ---- durability and shape ------------------------------------------------------------------------------------

    @Override
    public AioFuture<Void> fsync() {
        return sync(false);
    }

    @Override
    public AioFuture<Void> fdatasync() {
        return sync(true);
    }

    private AioFuture<Void> sync(boolean dataOnly) {
        AioPromise<Void> promise = context.newPromise();
        context.begin(SyncOperation.promised(this, dataOnly, promise));
        return promise;
    }

    @Override
    public <A extends @Nullable Object> void fdatasync(A attachment, AioCallback<? super A> callback) {
        context.begin(SyncOperation.calling(this, true, attachment, callback));
    }

    @Override
    public AioFuture<Void> syncRange(long offsetBytes, long lengthBytes) {
        FileOperation<Void> operation = new FileOperation<>(
                this, "syncRange", syscalls -> syscalls.syncRange(handle.fd(), offsetBytes, lengthBytes));
        operation.check(offsetBytes >= 0 && lengthBytes >= 0, "offset=" + offsetBytes + " length=" + lengthBytes);
        return context.begin(operation);
    }

    @Override
    public AioFuture<Void> allocate(long offsetBytes, long lengthBytes) {
        FileOperation<Void> operation = new FileOperation<>(
                this, "allocate", syscalls -> syscalls.fallocate(handle.fd(), offsetBytes, lengthBytes));
        operation.check(offsetBytes >= 0 && lengthBytes > 0, "offset=" + offsetBytes + " length=" + lengthBytes);
        operation.changesFile(handle);
        return context.begin(operation);
    }

    @Override
    public AioFuture<Void> truncate(long sizeBytes) {
        FileOperation<Void> operation =
                new FileOperation<>(this, "truncate", syscalls -> syscalls.ftruncate(handle.fd(), sizeBytes));
        operation.check(sizeBytes >= 0, "size=" + sizeBytes);
        operation.changesFile(handle);
        return context.begin(operation);
    }

    @Override
    public AioFuture<Long> size() {
        // Of a block device statx knows no size.
        return context.begin(
                handle.kind() == FileHandle.Kind.BLOCK_DEVICE
                        ? new FileOperation<Long>(this, "size", syscalls -> syscalls.endOf(handle.fd())) {
                            @Override
                            protected Long value(long result) {
                                return result;
                            }
                        }
                        : new StatOperation<Long>(this, "size") {
                            @Override
                            protected Long value(long result) {
                                return stat().sizeBytes();
                            }
                        });
    }

    @Override
    public AioFuture<AioStat> stat() {
        return context.begin(new StatOperation<AioStat>(this, "stat") {
            @Override
            protected AioStat value(long result) {
                return stat();
            }
        });
    }

    @Override
    public AioStat openedStat() {
        return handle.openedStat();
    }

    @Override
    public <T> AioFuture<T> list(int maxEntries, Function<? super AioDirectory, ? extends T> then) {
        return context.begin(new ListOperation<T>(this, maxEntries, then));
    }

    @Override
    public AioFuture<Void> chmod(int mode) {
        FileOperation<Void> operation =
                new FileOperation<>(this, "chmod", syscalls -> syscalls.fchmod(handle.fd(), mode));
        operation.check((mode & ~07777) == 0, "mode=0" + Integer.toOctalString(mode));
        operation.changesFile(handle);
        return context.begin(operation);
    }

    @Override
    public AioFuture<Void> setTimes(Instant accessed, Instant modified) {
        FileOperation<Void> operation = new FileOperation<>(
                this,
                "setTimes",
                syscalls -> syscalls.futimens(
                        handle.fd(),
                        accessed.getEpochSecond(),
                        accessed.getNano(),
                        modified.getEpochSecond(),
                        modified.getNano()));
        operation.changesFile(handle);
        return context.begin(operation);
    }

    @Override
    public AioFuture<Long> nextData(long offsetBytes) {
        return context.begin(new SeekOperation(this, offsetBytes, false));
    }

    @Override
    public AioFuture<Long> nextHole(long offsetBytes) {
        return context.begin(new SeekOperation(this, offsetBytes, true));
    }

    @Override
    public AioFuture<List<AioDirectoryEntry>> nextEntries() {
        return context.begin(new EntriesOperation(this));
    }

    // ---- end -----------------------------------------------------------------------------------------------------

    @Override
    public AioFuture<Void> close() {
        open = false;
        // By a task even on the loop: it is not to complete inside this call.
        boolean unused = context.execute(this::closeOnLoop);
        return closePromise;
    }

    /** On the loop; the context closes, or the user. */
    void closeOnLoop() {
        open = false;
        if (!closeAsked) {
            closeAsked = true;
            closeWhenIdle();
        }
    }

    /** The loop has ended before the view got there. */
    void closeWithoutLoop() {
        open = false;
        if (handle.releaseView()) {
            context.closeUnseen(handle);
        }
        closePromise.trySuccess(null);
    }

    private void closeWhenIdle() {
        if (!closeAsked || closed || inFlight > 0 || (underWay.get() > 0 && !context.isClosing())) {
            return;
        }
        closed = true;
        context.forget(this);
        if (!handle.releaseView()) {
            closePromise.trySuccess(null);
            return;
        }
        if (context.isReleased()) {
            context.closeUnseen(handle);
            closePromise.trySuccess(null);
        } else {
            context.start(new CloseOperation(context, handle, closePromise));
        }
    }
}
