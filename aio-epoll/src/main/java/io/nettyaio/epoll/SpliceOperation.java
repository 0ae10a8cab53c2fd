package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/**
 * {@code splice(2)}: between pipes, and between a pipe and a socket, on the loop; between a pipe and a file on helpers. It
 * stands in the queues of the pipes it concerns, both at once, and tries when it is first in both: since whoever began
 * earlier stands before it in either, no two wait for each other.
 *
 * <p>EAGAIN does not tell which of the two is not ready, so it does not clear the queues' readiness: the operation notes
 * for itself that it waits, until an event of either.
 */
final class SpliceOperation extends PipeOperation {

    private static final int MOVE_NONBLOCK = 1 | 2;
    /** Of one call. */
    private static final long MOST_BYTES = 1 << 20;
    /** On a helper, before the loop looks again whether it has been cancelled. */
    private static final long MOST_HELPED_BYTES = 8 << 20;
    /** References to pages are moved, not their bytes: what counts against the tick's bytes is a part. */
    private static final int COPY_SHARE = 16;

    private final SpliceEnd from;
    private final SpliceEnd to;
    private final long maxBytes;
    private final AioPromise<Long> promise;
    private final @Nullable EpollAioFile file;
    private final boolean external;
    private WriteBarrier.@Nullable Epoch epoch;
    private boolean waits;
    private boolean wokenMeanwhile;
    private boolean entered;
    private long done;

    SpliceOperation(EpollAioContext context, SpliceEnd from, SpliceEnd to, long maxBytes) {
        super(context);
        this.from = from;
        this.to = to;
        this.maxBytes = maxBytes;
        promise = context.<Long>newPromise().of(this);
        file = from.file() != null ? from.file() : to.file();
        external = file != null && file.operationCalled(this);
        check();
        if (!isRefused() && to.file() != null) {
            epoch = to.file().handle().writes().enter();
        }
    }

    private void check() {
        if (maxBytes < 0) {
            refuse(Failures.argument(Errno.EINVAL, name(), path(), "maxBytes=" + maxBytes + " is negative"));
        } else if (!from.isPipe() && !to.isPipe()) {
            refuse(Failures.argument(
                    Errno.EINVAL, name(), path(), "neither end is a pipe or a FIFO; copy with read and write instead"));
        } else if (isBlockingEnd(from) || isBlockingEnd(to)) {
            refuse(Failures.argument(
                    Errno.EINVAL,
                    name(),
                    path(),
                    "the end that is no pipe may wait for its peer; copy with read and write instead"));
        }
        EpollAioFile sink = to.file();
        if (!isRefused() && sink != null && (sink.isDirect() || sink.handle().isAppend())) {
            refuse(Failures.argument(
                    Errno.EINVAL,
                    name(),
                    path(),
                    "splice writes neither to a direct file nor to one opened with APPEND; open it with WRITE alone"));
        }
    }

    private static boolean isBlockingEnd(SpliceEnd end) {
        PipeHandle pipe = end.pipe();
        return pipe != null && !end.isPipe() && pipe.descriptor().kind() != PipeDescriptor.Kind.FILE;
    }

    AioPromise<Long> promise() {
        return promise;
    }

    @Override
    void started() {
        if (file != null) {
            file.operationStarted(external);
        }
    }

    // ---- its places ----------------------------------------------------------------------------------------------

    @Override
    @Nullable
    Throwable enter() {
        entered = true;
        AioException refusal = from.enter(this);
        return refusal != null ? refusal : to.enter(this);
    }

    @Override
    void leave() {
        if (entered) {
            entered = false;
            from.leave(this);
            to.leave(this);
        }
    }

    @Override
    void drive(boolean starting) {
        SpliceEnd first = from.queue() != null ? from : to;
        PipeQueue in = first.queue();
        if (in != null) {
            in.drive(starting);
        }
    }

    @Override
    boolean isReady() {
        return !waits && from.isTurn() && to.isTurn();
    }

    @Override
    void woken() {
        waits = false;
        wokenMeanwhile = true;
    }

    // ---- on its way ----------------------------------------------------------------------------------------------

    @Override
    boolean attempt() {
        if (isCancelled() || left() == 0) {
            return done(null);
        }
        if (from.needsHelper() || to.needsHelper()) {
            return help();
        }
        routed(AioRoute.READINESS);
        while (true) {
            long moved = move();
            context().tick().called(moved / COPY_SHARE);
            if (isOver(moved)) {
                return true;
            }
            if (moved == -Errno.EAGAIN || moved == 0) {
                return await();
            }
            if (!context().tick().hasBudget()) {
                stageForTurn();
                return false;
            }
        }
    }

    /** One call; what a cancelled read has left goes first. */
    private long move() {
        Syscalls syscalls = context().syscalls();
        PipeHandle source = from.pipe();
        ByteBuf left = source == null ? null : source.pushedBack();
        if (source != null && left != null) {
            return movePushedBack(syscalls, source, left);
        }
        long length = Math.min(left(), MOST_BYTES);
        return syscalls.splice(from.fd(), from.offset(done), to.fd(), to.offset(done), length, MOVE_NONBLOCK);
    }

    private long movePushedBack(Syscalls syscalls, PipeHandle source, ByteBuf left) {
        long length = Math.min(left(), left.readableBytes());
        PipeHandle sink = to.pipe();
        boolean nowait = sink != null && sink.mode() == PipeDescriptor.Mode.NOWAIT;
        long moved;
        try (NativeMemory iovec = new NativeMemory(2L * Long.BYTES, 2L * Long.BYTES)) {
            iovec.buffer().putLong(0, TransferBuffers.addressOf(left, left.readerIndex(), (int) length));
            iovec.buffer().putLong(Long.BYTES, length);
            int flags = nowait ? TransferOperation.RWF_NOWAIT : 0;
            moved = syscalls.pwritev(to.fd(), iovec.address(), 1, to.offset(done), flags);
        }
        if (moved > 0) {
            left.skipBytes((int) moved);
            source.takenFromPushedBack();
        }
        return moved;
    }

    private boolean isOver(long moved) {
        if (moved > 0) {
            done += moved;
            return left() == 0 && done(null);
        }
        if (moved == 0) {
            PipeHandle source = from.pipe();
            return (source == null || !source.awaitsWriter()) && done(null);
        }
        if (moved == -Errno.EAGAIN || moved == -Errno.EINTR) {
            return false;
        }
        return done(Failures.system((int) -moved, name(), path(), done));
    }

    private boolean await() {
        waits = true;
        AioException refusal = from.await(this, done);
        if (refusal == null) {
            refusal = to.await(this, done);
        }
        return refusal != null && done(refusal);
    }

    // ---- on a helper ---------------------------------------------------------------------------------------------

    @Override
    void sendToHelper() {
        if (file != null && !passDevice(file.deviceLane())) {
            return;
        }
        wokenMeanwhile = false;
        toHelper(AioRoute.HELPER);
    }

    /** Until the pipe is empty or full, the file has ended, or it is time for others. */
    @Override
    long work() {
        long began = done;
        while (left() > 0 && done - began < MOST_HELPED_BYTES && !isCancelled()) {
            long moved = move();
            if (moved > 0) {
                done += moved;
            } else if (moved != -Errno.EINTR) {
                return moved;
            }
        }
        return 1;
    }

    @Override
    boolean helped(long answer) {
        // A positive answer is no count: work has added up itself.
        if (answer > 0) {
            return left() == 0 && done(null);
        }
        if (isOver(answer)) {
            return true;
        }
        // An event that has come while the helper was at it may have been the last one: once more, then.
        return (answer == -Errno.EAGAIN || answer == 0) && !wokenMeanwhile && await();
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    @Override
    void settle(@Nullable Throwable cause) {
        leave();
        EpollAioFile sink = to.file();
        if (epoch != null && sink != null) {
            sink.handle().writes().exit(epoch);
            epoch = null;
        }
        if (file != null) {
            file.operationEnded();
        }
        promise.routed(route());
        if (cause == null) {
            promise.trySuccess(done);
        } else {
            promise.tryFailure(cause);
        }
    }

    private long left() {
        return maxBytes - done;
    }

    @Override
    long doneBytes() {
        return done;
    }

    @Override
    String name() {
        return "splice";
    }

    @Override
    String path() {
        return from.path() + " -> " + to.path();
    }

    @Override
    boolean gives(AioPromise<?> of) {
        return of == promise;
    }

    @Override
    boolean isCancelled() {
        return promise.isDone();
    }
}
