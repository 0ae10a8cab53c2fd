package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.nettyaio.AioCallback;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipe;
import java.io.File;
import org.jspecify.annotations.Nullable;

/** One loop's view of a pipe: turns calls into operations. */
final class EpollAioPipe implements AioPipe {

    private final EpollAioContext context;
    private final PipeHandle handle;
    private volatile boolean open = true;

    EpollAioPipe(EpollAioContext context, PipeHandle handle) {
        this.context = context;
        this.handle = handle;
    }

    PipeHandle handle() {
        return handle;
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
    public int descriptor() {
        return handle.number();
    }

    @Override
    public boolean isReadable() {
        return handle.descriptor().readable();
    }

    @Override
    public boolean isWritable() {
        return handle.descriptor().writable();
    }

    @Override
    public boolean isOpen() {
        return open && !handle.isClosing();
    }

    @Override
    public AioPipe on(EventLoop eventLoop) {
        if (open && eventLoop == context.eventLoop()) {
            return this;
        }
        EpollAioContext other = EpollAio.contextLike(eventLoop, context.config());
        int own = open ? handle.duplicate() : -Errno.EBADF;
        if (own < 0) {
            throw new IllegalStateException(
                    path() + ": no view on another loop: " + Errno.name(-own) + ": " + Errno.explain(-own),
                    own == -Errno.EBADF ? Failures.pipeClosed("on", path()) : null);
        }
        return other.pipes().view(handle.descriptor().withFd(own));
    }

    @Override
    public ProcessBuilder.Redirect redirect() {
        if (!open || isReadable() == isWritable() || !handle.descriptor().isPipe()) {
            throw new IllegalStateException(
                    path() + ": only an open end of a pipe, readable or writable, can be a child's stream");
        }
        // Opened by the JVM as it starts the child: a pipe's own file, so that the child gets its own blocking mode.
        File file = new File("/proc/self/fd/" + descriptor());
        return isReadable() ? ProcessBuilder.Redirect.from(file) : ProcessBuilder.Redirect.to(file);
    }

    // ---- reads and writes ----------------------------------------------------------------------------------------

    @Override
    public AioFuture<ByteBuf> read(int maxBytes) {
        PipeTransfer operation = transfer(PipeTransfer.Kind.READ_NEW);
        operation.newBytes(maxBytes);
        if (maxBytes <= 0) {
            operation.refuse(Failures.argument(
                    Errno.EINVAL, operation.name(), path(), "maxBytes=" + maxBytes + " leaves no room to read into"));
        }
        AioPromise<ByteBuf> promise = context.<ByteBuf>newPromise().of(operation);
        operation.result().buffer(promise, maxBytes);
        context.begin(operation);
        return promise;
    }

    @Override
    public AioFuture<Integer> read(ByteBuf dst) {
        return begin(PipeTransfer.Kind.READ, dst);
    }

    @Override
    public AioFuture<Long> read(ByteBuf[] dsts) {
        return begin(PipeTransfer.Kind.READ, dsts);
    }

    @Override
    public <A extends @Nullable Object> void read(ByteBuf dst, A attachment, AioCallback<? super A> callback) {
        PipeTransfer operation = transfer(PipeTransfer.Kind.READ, dst);
        operation.result().call(callback, attachment);
        context.begin(operation);
    }

    @Override
    public AioFuture<Integer> readFully(ByteBuf dst) {
        return begin(PipeTransfer.Kind.READ_FULLY, dst);
    }

    @Override
    public AioFuture<Integer> write(ByteBuf src) {
        return begin(PipeTransfer.Kind.WRITE, src);
    }

    @Override
    public AioFuture<Long> write(ByteBuf[] srcs) {
        return begin(PipeTransfer.Kind.WRITE, srcs);
    }

    @Override
    public <A extends @Nullable Object> void write(ByteBuf src, A attachment, AioCallback<? super A> callback) {
        PipeTransfer operation = transfer(PipeTransfer.Kind.WRITE, src);
        operation.result().call(callback, attachment);
        context.begin(operation);
    }

    private AioFuture<Integer> begin(PipeTransfer.Kind kind, ByteBuf buffer) {
        PipeTransfer operation = transfer(kind, buffer);
        AioPromise<Integer> promise = context.<Integer>newPromise().of(operation);
        operation.result().integer(promise);
        context.begin(operation);
        return promise;
    }

    private AioFuture<Long> begin(PipeTransfer.Kind kind, ByteBuf[] buffers) {
        PipeTransfer operation = transfer(kind);
        operation.buffers().begin(kind != PipeTransfer.Kind.WRITE, buffers.length);
        for (ByteBuf buffer : buffers) {
            hold(operation, buffer);
        }
        refuseWithoutRoom(operation, kind);
        AioPromise<Long> promise = context.<Long>newPromise().of(operation);
        operation.result().sum(promise);
        context.begin(operation);
        return promise;
    }

    private PipeTransfer transfer(PipeTransfer.Kind kind, ByteBuf buffer) {
        PipeTransfer operation = transfer(kind);
        operation.buffers().begin(kind != PipeTransfer.Kind.WRITE, 1);
        hold(operation, buffer);
        refuseWithoutRoom(operation, kind);
        return operation;
    }

    private PipeTransfer transfer(PipeTransfer.Kind kind) {
        PipeTransfer operation = context.pipes().newTransfer().of(handle, kind);
        boolean write = kind == PipeTransfer.Kind.WRITE;
        if (!open) {
            operation.refuse(Failures.pipeClosed(operation.name(), path()));
        } else if (write ? !isWritable() : !isReadable()) {
            operation.refuse(Failures.argument(
                    Errno.EBADF,
                    operation.name(),
                    path(),
                    write
                            ? "this is the read end; write to the other one"
                            : "this is the write end; read the other one"));
        }
        return operation;
    }

    private void refuseWithoutRoom(PipeTransfer operation, PipeTransfer.Kind kind) {
        if (kind == PipeTransfer.Kind.READ && operation.buffers().lengthBytes() == 0) {
            operation.refuse(Failures.argument(
                    Errno.EINVAL,
                    operation.name(),
                    path(),
                    "the destination has no writable bytes, and a result of 0 is the end of file"));
        }
    }

    private void hold(PipeTransfer operation, ByteBuf buffer) {
        try {
            operation.buffers().hold(buffer, context.alignedAllocator());
        } catch (TransferBuffers.Unusable unusable) {
            operation.refuse(
                    Failures.argument(Errno.EFAULT, operation.name(), path(), String.valueOf(unusable.getMessage())));
        } catch (RuntimeException | OutOfMemoryError failed) {
            operation.refuse(failed);
        }
    }

    // ---- splice --------------------------------------------------------------------------------------------------

    @Override
    public AioFuture<Long> spliceTo(AioPipe to, long maxBytes) {
        boolean own = to.context() == context;
        SpliceEnd other = SpliceEnd.pipe(own ? ((EpollAioPipe) to).handle : handle, true);
        return splice(SpliceEnd.pipe(handle, false), other, maxBytes, own ? null : to.path(), to.isOpen());
    }

    @Override
    public AioFuture<Long> spliceTo(AioFile to, long offsetBytes, long maxBytes) {
        if (to.context() != context) {
            return refusedSplice(to.path());
        }
        SpliceEnd other = SpliceEnd.file((EpollAioFile) to, offsetBytes, true);
        return splice(SpliceEnd.pipe(handle, false), other, maxBytes, null, true);
    }

    @Override
    public AioFuture<Long> spliceFrom(AioFile from, long offsetBytes, long maxBytes) {
        if (from.context() != context) {
            return refusedSplice(from.path());
        }
        SpliceEnd other = SpliceEnd.file((EpollAioFile) from, offsetBytes, false);
        return splice(other, SpliceEnd.pipe(handle, true), maxBytes, null, true);
    }

    @Override
    public AioFuture<Long> spliceToSocket(int socket, long maxBytes) {
        return splice(SpliceEnd.pipe(handle, false), SpliceEnd.socket(socket, true), maxBytes, null, true);
    }

    @Override
    public AioFuture<Long> spliceFromSocket(int socket, long maxBytes) {
        return splice(SpliceEnd.socket(socket, false), SpliceEnd.pipe(handle, true), maxBytes, null, true);
    }

    private AioFuture<Long> refusedSplice(String foreign) {
        SpliceEnd end = SpliceEnd.pipe(handle, false);
        return splice(end, end, 0, foreign, true);
    }

    private AioFuture<Long> splice(
            SpliceEnd from, SpliceEnd to, long maxBytes, @Nullable String foreign, boolean otherIsOpen) {
        SpliceOperation operation = new SpliceOperation(context, from, to, maxBytes);
        if (foreign != null) {
            operation.refuse(Failures.argument(
                    Errno.EINVAL, operation.name(), foreign, "it belongs to another loop; use its on(eventLoop)"));
        } else if (!open || !otherIsOpen) {
            operation.refuse(Failures.pipeClosed(operation.name(), operation.path()));
        }
        context.begin(operation);
        return operation.promise();
    }

    // ---- shape ---------------------------------------------------------------------------------------------------

    @Override
    public AioFuture<Integer> capacity() {
        return command(PipeDescriptor.F_GETPIPE_SZ, 0);
    }

    @Override
    public AioFuture<Integer> capacity(int bytes) {
        return command(PipeDescriptor.F_SETPIPE_SZ, bytes);
    }

    private AioFuture<Integer> command(int command, int argument) {
        CapacityOperation operation = new CapacityOperation(context, handle, command, argument);
        if (!open) {
            operation.refuse(Failures.pipeClosed(operation.name(), path()));
        }
        return context.begin(operation);
    }

    @Override
    public AioFuture<Integer> poll(int events) {
        return context.polls().poll(this, events);
    }

    // ---- end -----------------------------------------------------------------------------------------------------

    @Override
    public AioFuture<Void> close() {
        open = false;
        // By a task even on the loop: nothing is to complete inside this call.
        boolean unused = context.execute(() -> handle.close(false));
        return handle.closePromise();
    }

    /** The loop has ended before the view got there. */
    void closeWithoutLoop() {
        open = false;
        context.onHelper(() -> context.syscalls().close(handle.number()));
        handle.closePromise().trySuccess(null);
    }
}
