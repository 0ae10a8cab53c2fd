package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioPollEvents;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The descriptor of one view of a pipe: its queues, its readiness, and its end. Loop-confined, but for
 * {@link #duplicate()}.
 */
final class PipeHandle extends EpollWatch {

    private final PipeDescriptor descriptor;
    private final @Nullable PipeQueue reads;
    private final @Nullable PipeQueue writes;
    private final AioPromise<Void> closePromise;
    /** The view, until it is closed, and whoever duplicates the descriptor meanwhile. */
    private final AtomicInteger users = new AtomicInteger(1);

    /** Changes once: a kernel that takes RWF_NOWAIT may stop to, on a pipe that has been spliced. */
    private PipeDescriptor.Mode mode;
    /** What a cancelled read has left for the next one. */
    private @Nullable ByteBuf pushedBack;

    private boolean hungUp;
    private boolean writerSeen;
    /** Written on the loop; others look at it for a hint. */
    private volatile boolean closing;

    private boolean contextCloses;
    private boolean closed;

    PipeHandle(EpollAioContext context, PipeDescriptor descriptor) {
        super(context, descriptor.fd());
        this.descriptor = descriptor;
        mode = descriptor.mode();
        reads = descriptor.readable() ? new PipeQueue(context) : null;
        writes = descriptor.writable() ? new PipeQueue(context) : null;
        closePromise = context.newPromise();
        if (mode == PipeDescriptor.Mode.HELPER_WHEN_READY) {
            unready();
        }
    }

    private void unready() {
        if (reads != null) {
            reads.ready(false);
        }
        if (writes != null) {
            writes.ready(false);
        }
    }

    PipeDescriptor descriptor() {
        return descriptor;
    }

    String path() {
        return descriptor.path();
    }

    PipeDescriptor.Mode mode() {
        return mode;
    }

    /** RWF_NOWAIT is refused: helpers make the calls from here on, once it is ready. */
    void withoutNowait() {
        mode = PipeDescriptor.Mode.HELPER_WHEN_READY;
    }

    /** epoll refuses it: whether it is a device that nobody can wait for, and helpers just make the calls. */
    boolean mayGoWithoutReadiness() {
        if (closing || mode != PipeDescriptor.Mode.HELPER_WHEN_READY || descriptor.isPipe()) {
            return false;
        }
        mode = PipeDescriptor.Mode.HELPER;
        return true;
    }

    @Nullable
    PipeQueue queue(boolean write) {
        return write ? writes : reads;
    }

    AioPromise<Void> closePromise() {
        return closePromise;
    }

    // ---- readiness -----------------------------------------------------------------------------------------------

    @Override
    void ready(int events) {
        int ends = AioPollEvents.ERR | AioPollEvents.HUP | AioPollEvents.RDHUP;
        if ((events & ends) != 0) {
            hungUp = true;
        }
        if (reads != null && (events & (AioPollEvents.IN | ends)) != 0) {
            reads.becameReady();
        }
        if (writes != null && (events & (AioPollEvents.OUT | ends)) != 0) {
            writes.becameReady();
        }
    }

    /**
     * Has epoll tell when it is ready.
     *
     * @return why that cannot be, or {@code null}
     */
    @Nullable
    AioException await(String operation, long doneBytes) {
        if (closing) {
            return closedMeanwhile(operation, doneBytes);
        }
        int events = (reads == null ? 0 : AioPollEvents.IN) | (writes == null ? 0 : AioPollEvents.OUT);
        return watch(events) ? null : Failures.system(Errno.ENOMEM, operation, path(), doneBytes);
    }

    /**
     * Whether a call that moved less than it might have has left nothing, or no room. Not where the other end has hung
     * up: that is an edge of its own, and may have come before the call.
     */
    boolean isExhaustedWhenShort() {
        return descriptor.isShortWhenExhausted() && !hungUp;
    }

    /**
     * A read has met the end. Whether that only means that no writer has opened the FIFO yet; the kernel tells the two
     * apart in poll: only a writer that has been there can hang up.
     */
    boolean awaitsWriter() {
        if (!descriptor.awaitsWriter() || writerSeen) {
            return false;
        }
        int events = context().syscalls().poll(number(), AioPollEvents.IN);
        writerSeen = events < 0 || (events & AioPollEvents.HUP) != 0;
        return !writerSeen;
    }

    // ---- what cancelled reads have left --------------------------------------------------------------------------

    boolean hasPushedBack() {
        return pushedBack != null;
    }

    /** What comes first to the next read; {@code null} where it comes from the pipe. */
    @Nullable
    ByteBuf pushedBack() {
        return pushedBack;
    }

    /** Takes note that some of it has been taken. */
    void takenFromPushedBack() {
        if (pushedBack != null && !pushedBack.isReadable()) {
            pushedBack.release();
            pushedBack = null;
        }
    }

    /** Keeps what a read has taken out of the pipe and nobody wants: it was cancelled. */
    void pushBack(TransferBuffers from, long bytes) {
        if (closed) {
            return;
        }
        ByteBuf old = pushedBack;
        int length = (int) bytes + (old == null ? 0 : old.readableBytes());
        ByteBuf kept = context().config().allocator().directBuffer(length, length);
        from.copyOut(bytes, kept);
        if (old != null) {
            // It took from what was kept before, and there is more of that.
            kept.writeBytes(old);
            old.release();
        }
        pushedBack = kept;
        if (reads != null) {
            reads.drive(false);
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    boolean isClosing() {
        return closing;
    }

    /** Why an operation that waited for it ends. */
    AioException closedMeanwhile(String operation, long doneBytes) {
        return contextCloses
                ? Failures.contextClosed(operation, path(), doneBytes)
                : Failures.pipeClosedMeanwhile(operation, path(), doneBytes);
    }

    /**
     * Another number for the descriptor, from any thread.
     *
     * @return negative where it is closed, or there is none to be had
     */
    int duplicate() {
        int now;
        do {
            now = users.get();
            if (now == 0) {
                return -Errno.EBADF;
            }
        } while (!users.compareAndSet(now, now + 1));
        int made = context().syscalls().fcntl(number(), PipeDescriptor.F_DUPFD_CLOEXEC, 0);
        release();
        return made;
    }

    /** On the loop: fails what waits, and closes the descriptor once no helper uses it any more. */
    void close(boolean withContext) {
        if (closing) {
            return;
        }
        closing = true;
        contextCloses = withContext;
        context().polls().closeOf(this);
        if (reads != null) {
            reads.failWaiting(this);
        }
        if (writes != null) {
            writes.failWaiting(this);
        }
        closeWhenIdle();
    }

    /** An operation has left a queue. */
    void left() {
        if (closing) {
            closeWhenIdle();
        }
    }

    private void closeWhenIdle() {
        boolean idle = (reads == null || reads.isEmpty()) && (writes == null || writes.isEmpty());
        if (idle && !closed) {
            closed = true;
            if (pushedBack != null) {
                pushedBack.release();
                pushedBack = null;
            }
            unwatch();
            release();
        }
    }

    private void release() {
        if (users.decrementAndGet() > 0) {
            return;
        }
        if (context().inEventLoop()) {
            closeDescriptor();
        } else if (!context().execute(this::closeDescriptor)) {
            // The loop has ended, and with it the context, but for what it has just been asked for.
            context().onHelper(() -> context().syscalls().close(number()));
            closePromise.trySuccess(null);
        }
    }

    private void closeDescriptor() {
        context().pipes().forget(this);
        if (descriptor.closesOnHelper()) {
            if (context().isReleased()) {
                context().onHelper(() -> context().syscalls().close(number()));
                closePromise.trySuccess(null);
            } else {
                context().start(new CloseOperation(context(), number(), path(), closePromise));
            }
            return;
        }
        int answer = context().syscalls().close(number());
        if (answer < 0 && answer != -Errno.EINTR) {
            closePromise.tryFailure(Failures.system(-answer, "close", path(), 0));
        } else {
            closePromise.trySuccess(null);
        }
    }
}
