package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPollEvents;
import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/**
 * A read or a write of a pipe. Reused: one of a direct buffer with a callback allocates nothing.
 *
 * <p>Bytes are not lost by cancelling: what a read has taken and nobody wants goes back to the handle.
 */
final class PipeTransfer extends PipeOperation {

    /** preadv2(2), pwritev2(2): where the file itself stands; a pipe has no other place. */
    private static final long NO_OFFSET = -1;
    /** A longer call would hold up the loop: a reader at the other end that keeps up makes a write endless. */
    private static final long LEAST_BYTES = AioPipe.ATOMIC_WRITE_BYTES;

    enum Kind {
        /** What is there. */
        READ("read"),
        /** What is there, into a buffer that is allocated when it is. */
        READ_NEW("read"),
        /** All of the room. */
        READ_FULLY("readFully"),
        WRITE("write");

        private final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    private final TransferBuffers buffers = new TransferBuffers();
    private final TransferResult result = new TransferResult();
    private final PipeQueue.Entry entry = new PipeQueue.Entry(this);
    private @Nullable PipeHandle handle;
    private Kind kind = Kind.READ;
    private int newBytes;
    private long done;
    private boolean claimed;

    PipeTransfer(EpollAioContext context) {
        super(context);
    }

    /** Says what it is. */
    PipeTransfer of(PipeHandle of, Kind what) {
        handle = of;
        kind = what;
        return this;
    }

    /** How long the buffer is that is allocated when there is something to read. */
    void newBytes(int bytes) {
        newBytes = bytes;
    }

    TransferBuffers buffers() {
        return buffers;
    }

    TransferResult result() {
        return result;
    }

    // ---- its place -----------------------------------------------------------------------------------------------

    private PipeHandle handle() {
        PipeHandle of = handle;
        if (of == null) {
            throw new IllegalStateException("not in use");
        }
        return of;
    }

    private PipeQueue queue() {
        PipeQueue in = handle().queue(kind == Kind.WRITE);
        if (in == null) {
            throw new IllegalStateException(path() + " is not open for " + name());
        }
        return in;
    }

    @Override
    @Nullable
    Throwable enter() {
        if (handle().isClosing()) {
            return Failures.pipeClosed(name(), path());
        }
        queue().add(entry);
        return null;
    }

    @Override
    void leave() {
        PipeQueue in = entry.queue();
        if (in != null) {
            in.remove(entry);
            handle().left();
        }
    }

    @Override
    void drive(boolean starting) {
        PipeQueue in = entry.queue();
        if (in != null) {
            in.drive(starting);
        }
    }

    @Override
    boolean isReady() {
        return queue().isReady() || !handle().isWatched() || (kind != Kind.WRITE && handle().hasPushedBack());
    }

    // ---- on its way ----------------------------------------------------------------------------------------------

    @Override
    boolean attempt() {
        if (isCancelled() || (kind != Kind.READ_NEW && remaining() == 0)) {
            return done(null);
        }
        if (kind != Kind.WRITE && takePushedBack()) {
            return done(null);
        }
        return switch (handle().mode()) {
            case HELPER -> help();
            case HELPER_WHEN_READY -> queue().isReady() ? helpWhenReady() : await();
            case NONBLOCKING, NOWAIT -> attemptHere();
        };
    }

    /** What a cancelled read has left comes first; whether that is all that is wanted. */
    private boolean takePushedBack() {
        ByteBuf left = handle().pushedBack();
        if (left == null) {
            return false;
        }
        allocate();
        done += buffers.copyIn(done, left);
        handle().takenFromPushedBack();
        return kind != Kind.READ_FULLY || remaining() == 0;
    }

    private boolean helpWhenReady() {
        // An event that comes while the helper is at it sets it again.
        queue().ready(false);
        return help();
    }

    private boolean attemptHere() {
        routed(AioRoute.READINESS);
        while (true) {
            long length = Math.max(LEAST_BYTES, context().tick().bytesLeft());
            allocate();
            long asked = Math.min(remaining(), length);
            long moved = call(asked);
            context().tick().called(moved);
            if (moved == -Errno.EOPNOTSUPP && handle().mode() == PipeDescriptor.Mode.NOWAIT) {
                handle().withoutNowait();
                return helpWhenReady();
            }
            boolean exhausted = moved > 0 && moved < asked && handle().isExhaustedWhenShort();
            if (exhausted) {
                queue().ready(false);
            }
            if (isOver(moved)) {
                return true;
            }
            if (exhausted || waits(moved)) {
                return await();
            }
            if (!context().tick().hasBudget()) {
                // First in its queue, and ready: the queue's driver stages it.
                return goOn();
            }
        }
    }

    private boolean goOn() {
        stageForTurn();
        return false;
    }

    @Override
    boolean helped(long moved) {
        if (moved >= 0) {
            // There may be more, without a further event.
            queue().ready(true);
        }
        return isOver(moved) || (waits(moved) && await());
    }

    private static boolean waits(long moved) {
        return moved == -Errno.EAGAIN || moved == 0;
    }

    /** Adds up what a call has moved; settles it where that is all, or the end, or an error. */
    private boolean isOver(long moved) {
        if (moved > 0) {
            done += moved;
            boolean takesWhatIsThere = kind == Kind.READ || kind == Kind.READ_NEW;
            return (takesWhatIsThere || remaining() == 0) && done(null);
        }
        if (moved == 0) {
            if (kind == Kind.WRITE) {
                return done(Failures.system(Errno.EIO, name(), path(), done));
            }
            return !handle().awaitsWriter() && done(null);
        }
        if (moved == -Errno.EAGAIN || moved == -Errno.EINTR) {
            return false;
        }
        return done(Failures.system((int) -moved, name(), path(), done));
    }

    /** Nothing to do until its event comes. */
    private boolean await() {
        if (kind == Kind.READ_NEW) {
            dropAllocated();
        }
        if (handle().mode() != PipeDescriptor.Mode.HELPER_WHEN_READY) {
            queue().ready(false);
        }
        AioException refusal = handle().await(name(), done);
        if (refusal != null && handle().mayGoWithoutReadiness()) {
            return help();
        }
        return refusal != null && done(refusal);
    }

    private void allocate() {
        if (kind == Kind.READ_NEW && buffers.lengthBytes() == 0) {
            ByteBuf buffer = context().config().allocator().directBuffer(newBytes, newBytes);
            result.allocated(buffer);
            buffers.begin(true, 1);
            buffers.add(buffer.retain(), context().alignedAllocator());
        }
    }

    private void dropAllocated() {
        buffers.release();
        result.releaseAllocated();
    }

    /** One system call, on the loop. */
    private long call(long length) {
        Syscalls syscalls = context().syscalls();
        int fd = handle().number();
        boolean write = kind == Kind.WRITE;
        if (handle().mode() == PipeDescriptor.Mode.NOWAIT) {
            int count = buffers.gather(done, length);
            int flags = TransferOperation.RWF_NOWAIT;
            return write
                    ? syscalls.pwritev(fd, buffers.iovecsAddress(), count, NO_OFFSET, flags)
                    : syscalls.preadv(fd, buffers.iovecsAddress(), count, NO_OFFSET, flags);
        }
        return plainCall(syscalls, fd, write, length);
    }

    private long plainCall(Syscalls syscalls, int fd, boolean write, long length) {
        if (buffers.isVectored()) {
            int count = buffers.gather(done, length);
            return write
                    ? syscalls.pwritev(fd, buffers.iovecsAddress(), count, NO_OFFSET, 0)
                    : syscalls.preadv(fd, buffers.iovecsAddress(), count, NO_OFFSET, 0);
        }
        long at = buffers.address() + done;
        return write ? syscalls.write(fd, at, length) : syscalls.read(fd, at, length);
    }

    // ---- on a helper ---------------------------------------------------------------------------------------------

    @Override
    void sendToHelper() {
        allocate();
        toHelper(AioRoute.HELPER);
    }

    /**
     * One call. Where there may be a peer to wait for it is made only if there is something to read, or room for what is
     * written: no more than fits into a pipe that says it has room. Only a process that shares the descriptor, and is
     * quicker, can still make it wait.
     */
    @Override
    long work() {
        Syscalls syscalls = context().syscalls();
        boolean write = kind == Kind.WRITE;
        int fd = handle().number();
        long length = Math.min(remaining(), TransferBuffers.MOST_BYTES);
        if (handle().mode() == PipeDescriptor.Mode.HELPER_WHEN_READY) {
            int events = syscalls.poll(fd, write ? AioPollEvents.OUT : AioPollEvents.IN);
            if (events == 0) {
                return -Errno.EAGAIN;
            }
            length = write ? Math.min(length, AioPipe.ATOMIC_WRITE_BYTES) : length;
        }
        long moved;
        do {
            moved = plainCall(syscalls, fd, write, length);
        } while (moved == -Errno.EINTR);
        return moved;
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /** What has been taken out of the pipe is this one's, before a later one can take what comes after it. */
    @Override
    void claim() {
        claimed = result.claim();
    }

    @Override
    void settle(@Nullable Throwable cause) {
        PipeHandle of = handle();
        boolean wanted = isDone() ? claimed && result.isOpen() : result.claim();
        leave();
        if (kind != Kind.WRITE && done > 0) {
            if (wanted) {
                buffers.received(done);
            } else {
                of.pushBack(buffers, done);
            }
        }
        long moved = done;
        buffers.release();
        if (!wanted) {
            result.releaseAllocated();
        }
        handle = null;
        done = 0;
        newBytes = 0;
        // Last: what is started by whom we tell may take long, and may be anything.
        result.deliver(moved, cause, route());
    }

    /** Whether it can be used again: nothing holds it any more. */
    boolean isReusable() {
        return isDone() && !isShell();
    }

    // ---- small ---------------------------------------------------------------------------------------------------

    private long remaining() {
        return buffers.lengthBytes() - done;
    }

    @Override
    long doneBytes() {
        return done;
    }

    @Override
    String name() {
        return kind.text;
    }

    @Override
    @Nullable
    String path() {
        return handle == null ? null : handle.path();
    }

    @Override
    boolean gives(AioPromise<?> to) {
        return result.goesTo(to);
    }

    @Override
    boolean isCancelled() {
        return result.isCancelled();
    }
}
