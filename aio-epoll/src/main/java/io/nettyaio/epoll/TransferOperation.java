package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import io.nettyaio.AioException;
import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/**
 * A read, a write or an append. Carries the bytes done so far from one route to the next, so that a short transfer, a
 * miss or a refusal is resumed where it stopped.
 *
 * <p>Reused: one of a direct buffer with a callback allocates nothing. (An append is not: the file's queue of appends
 * holds it, on whichever loop.)
 */
final class TransferOperation extends Operation implements Missed {

    /** {@code pwritev2(2)}: durable when it returns. */
    private static final int RWF_DSYNC = 2;
    /** {@code preadv2(2)}: do not wait. */
    static final int RWF_NOWAIT = 8;
    /** {@code pwritev2(2)}: at the end of the file. */
    private static final int RWF_APPEND = 16;

    /** Of one direct transfer, at once: a longer one would fill the device's queue by itself. */
    private static final long MOST_DIRECT_BYTES = 8 << 20;
    /** What a long buffered transfer keeps busy of the device at a time: read-ahead and write-back have windows. */
    private static final long BUFFERED_WINDOW_BYTES = 1 << 20;

    /** How much keeps a device busy for as long as one short request does. */
    private static final int UNIT_BYTES = 16 << 10;

    /** Of an attempt: what was to be taken at once is there, and more is to follow. */
    private static final long PIECE_DONE = 1;

    enum Kind {
        READ("read"),
        WRITE("write"),
        APPEND("append");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    private final TransferBuffers buffers = new TransferBuffers();
    private final TransferResult result = new TransferResult();
    private @Nullable EpollAioFile view;
    private Kind kind = Kind.READ;
    private boolean external;
    private long offsetBytes;
    private long done;
    private WriteBarrier.@Nullable Epoch epoch;
    /** The route to take whatever the file's routes are: set when a route has refused. */
    private @Nullable AioRoute fallback;
    /** Whether the iocb in flight says RWF_NOWAIT. */
    private boolean nowait;
    /** Whether it goes piece by piece, since others use the device too or its class has a limit. */
    private boolean piecewise;
    /** Longest piece then. */
    private int pieceMostBytes;
    /** Whether its class's limit has let the next piece through. */
    private boolean paid;
    /** How far the piece under way goes, in bytes of the whole. */
    private long pieceEnd = Long.MAX_VALUE;
    /** A helper has met the end of the file. */
    private boolean atEnd;
    /** Attempts that have missed since the first. */
    private int retries;
    /** What the last of them answered, until it is acted upon. */
    private long retryAnswer;
    /** Whether its {@link MissQueue} wants to know when it has ended. */
    private boolean handedOver;
    /** Whether it was cancelled after a miss, and only waits for the device to be done with it. */
    private boolean abandoned;
    /** Whether a write is to be on the disk when it completes. */
    private boolean durable;

    TransferOperation(EpollAioContext context) {
        super(context);
    }

    // ---- starting ------------------------------------------------------------------------------------------------

    /** Says what it is. The operation counts with its view from here on. */
    TransferOperation of(EpollAioFile through, Kind what, long offset) {
        view = through;
        kind = what;
        offsetBytes = offset;
        external = through.operationCalled(this);
        if (offset < 0) {
            refuse(Failures.argument(Errno.EINVAL, name(), path(), "offset=" + offset + " is negative"));
        }
        return this;
    }

    /** Moves the offset to where an aligned read has to begin. */
    void of(long alignedOffset) {
        offsetBytes = alignedOffset;
    }

    /** A write that is on the disk when it completes. */
    TransferOperation durably() {
        durable = true;
        return this;
    }

    /** Who gets the result, and in which form. */
    TransferResult result() {
        return result;
    }

    TransferBuffers buffers() {
        return buffers;
    }

    /** Checks what the kernel would only answer EINVAL to, and counts a write for the syncs to come. */
    void ready() {
        if (isRefused()) {
            return;
        }
        FileHandle handle = handle();
        long length = buffers.lengthBytes();
        if (offsetBytes > Long.MAX_VALUE - length) {
            refuse(Failures.argument(
                    Errno.EINVAL, name(), path(), "offset=" + offsetBytes + " and length=" + length + " overflow"));
        } else if (kind == Kind.WRITE && handle.isAppend()) {
            refuse(
                    Failures.argument(
                            Errno.EINVAL,
                            name(),
                            path(),
                            "the file was opened with APPEND, so the kernel ignores offsets; use append, or open it with WRITE"));
        } else if (handle.isDirect()) {
            checkAlignment(handle.alignment());
        }
        if (!isRefused() && kind != Kind.READ) {
            epoch = handle.writes().enter();
            if (kind == Kind.APPEND) {
                handle.appends().enter(this);
            }
        }
    }

    private void checkAlignment(int alignment) {
        long address = buffers.misalignedAddress(alignment);
        long length = buffers.misalignedLength(alignment);
        if (address != 0) {
            refuse(Failures.misaligned("address", address, alignment, name(), handle().path()));
        } else if (length != 0) {
            refuse(Failures.misaligned("length", length, alignment, name(), handle().path()));
        } else if (kind != Kind.APPEND && (offsetBytes & (alignment - 1)) != 0) {
            refuse(Failures.misaligned("offset", offsetBytes, alignment, name(), handle().path()));
        }
    }

    @Override
    void started() {
        view().operationStarted(external);
    }

    // ---- on its way ----------------------------------------------------------------------------------------------

    @Override
    void submit() {
        if ((isCancelled() && !isReadInStarted()) || remaining() == 0) {
            finish(null);
            return;
        }
        if (kind == Kind.APPEND && !handle().appends().isTurnOf(this)) {
            context().elsewhere(this);
            return;
        }
        DeviceLane lane = view().deviceLane();
        if ((lane != null && !isPaid(lane)) || !passDevice(lane)) {
            return;
        }
        if (piecewise && done >= pieceEnd) {
            pieceEnd = done + pieceBytes();
        }
        switch (routeNow(lane)) {
            case INLINE -> attemptInline(lane);
            case COLLECT -> collect(lane);
            case KERNEL -> toKernel();
            case HELPER_SUBMIT -> toHelperSubmit();
            case HELPER -> toHelper(AioRoute.HELPER);
            case READINESS -> throw new IllegalStateException("a file is always ready");
        }
    }

    private boolean isPaid(DeviceLane lane) {
        Throttle throttle = lane.throttle();
        if (throttle != null && !paid) {
            weigh();
            paid = throttle.pass(this, pieceBytes());
            return paid;
        }
        return true;
    }

    @Override
    void paid() {
        paid = true;
    }

    @Override
    void weigh() {
        DeviceLane lane = view().deviceLane();
        // The pieces of an append must not let others in between.
        boolean now = false;
        if (kind != Kind.APPEND && lane != null && lane.isPiecewise()) {
            now = true;
            pieceMostBytes = lane.mostPieceBytes();
        }
        if (now != piecewise) {
            piecewise = now;
            pieceEnd = now ? done : Long.MAX_VALUE;
        }
    }

    /** Length of the next piece, where it goes piece by piece; else of the rest. */
    @Override
    long pieceBytes() {
        if (!piecewise) {
            return remaining();
        }
        return Math.min(remaining(), pieceMostBytes);
    }

    private void pieceDone() {
        paid = false;
        if (isReadInStarted()) {
            // The next piece is looked for in the page cache, and read in, by itself.
            fallback = null;
            retries = 0;
            endHandOver();
        }
        nextPiece();
    }

    private AioRoute routeNow(@Nullable DeviceLane lane) {
        if (fallback != null) {
            return fallback;
        }
        FileHandle handle = handle();
        boolean kernel = context().hasKernelAio();
        if (kind == Kind.APPEND) {
            return AioRoute.HELPER;
        }
        if (lane == null) {
            nowait = false;
            boolean small = remaining() <= context().config().kernelTransferBytes();
            return kernel && small ? AioRoute.KERNEL : AioRoute.HELPER;
        }
        return handle.isDirect() ? directRoute(handle, lane, kernel) : bufferedRoute(handle, lane);
    }

    private AioRoute bufferedRoute(FileHandle handle, DeviceLane lane) {
        // A directory's refusal (it cannot be read at all) says nothing of the mount's files.
        boolean inline = kind == Kind.READ
                && handle.kind() != FileHandle.Kind.DIRECTORY
                && pieceBytes() <= context().config().inlineReadBytes()
                && handle.mount().knowsNowait(false)
                && !lane.isDemoted();
        return inline ? AioRoute.INLINE : AioRoute.HELPER;
    }

    private AioRoute directRoute(FileHandle handle, DeviceLane lane, boolean kernel) {
        boolean write = kind == Kind.WRITE;
        Mount mount = handle.mount();
        if (!kernel || mount.isMemory()) {
            return AioRoute.HELPER;
        }
        // A plain submit of a read that overlayfs passes down does not wait; a write there may extend, and does.
        // A durable write goes the way of any: io_submit hands the sync to the kernel's workers. Eight of them are
        // submitted in 0.1 ms and done in 0.6 ms (ext4).
        nowait = mount.knowsNowait(write);
        boolean onLoop = (nowait || (!write && mount.isOverlay()))
                && pieceBytes() <= context().config().kernelTransferBytes()
                && !lane.isDemoted()
                && !handle.refusals(write).persist();
        if (!onLoop) {
            nowait = false;
        }
        return onLoop ? AioRoute.KERNEL : AioRoute.HELPER_SUBMIT;
    }

    private void collect(@Nullable DeviceLane lane) {
        if (lane == null) {
            toHelper(AioRoute.HELPER);
        } else {
            toCollector(lane);
        }
    }

    /** Takes what the page cache has. A miss has started the read-in when it answers, and waits for it. */
    private void attemptInline(@Nullable DeviceLane lane) {
        routed(AioRoute.INLINE);
        deviceBegins();
        long answer = attempt(lane);
        if (answer != -Errno.EAGAIN) {
            context().tick().attemptsPause();
            attempted(answer);
            return;
        }
        fallback = AioRoute.COLLECT;
        routed(AioRoute.COLLECT);
        if (lane == null) {
            toHelper(AioRoute.HELPER);
        } else {
            lane.misses().add(this);
        }
    }

    /**
     * Takes what the page cache has, and no more: nothing of the caller's runs.
     *
     * @return 0 where it is all there, or the file has ended; {@link #PIECE_DONE}; else {@code -errno}, EAGAIN where the cache does not hold
     *     what comes next
     */
    private long attempt(@Nullable DeviceLane lane) {
        Tick tick = context().tick();
        while (true) {
            long began = tick.attemptBegins();
            long got = transfer(RWF_NOWAIT);
            long nanos = tick.attemptEnds(began, got);
            if (lane != null) {
                lane.spent(nanos, began + nanos);
            }
            if (got > 0) {
                done += got;
                if (remaining() == 0) {
                    return 0;
                }
                if (done >= pieceEnd) {
                    return PIECE_DONE;
                }
                // Short is not the end of the file: the cache holds no more in a row.
            } else if (got != -Errno.EINTR) {
                return got;
            }
        }
    }

    /** Acts on what an attempt that has not missed has answered. */
    private void attempted(long answer) {
        if (answer == 0) {
            finish(null);
        } else if (answer == PIECE_DONE) {
            pieceDone();
        } else if (answer == -Errno.EOPNOTSUPP) {
            nowaitUnknown(false);
            fallback = AioRoute.HELPER;
            toHelper(AioRoute.HELPER);
        } else {
            fail(Failures.system((int) -answer, name(), path(), done));
        }
    }

    // ---- after a miss --------------------------------------------------------------------------------------------

    /** Whether the device has been asked for its data, and is busy with it even if nobody wants them any more. */
    private boolean isReadInStarted() {
        return fallback == AioRoute.COLLECT;
    }

    @Override
    public int retries() {
        return retries;
    }

    @Override
    public boolean retryOnLoop() {
        long before = done;
        try {
            retryAnswer = attempt(deviceLane());
        } catch (Throwable unexpected) {
            refuse(unexpected);
            return true;
        }
        if (retryAnswer == -Errno.EAGAIN) {
            retries++;
            return done > before;
        }
        return true;
    }

    @Override
    public void retried() {
        Throwable unexpected = failure();
        if (unexpected != null) {
            failUnexpectedly(unexpected);
            return;
        }
        if (retryAnswer == -Errno.EAGAIN) {
            // It is longer than what is read in at a time. A collector's call reads ahead of itself, to the end.
            handToCollector();
            return;
        }
        try {
            attempted(retryAnswer);
        } catch (Throwable thrown) {
            failUnexpectedly(thrown);
        }
    }

    @Override
    public void handToCollector() {
        try {
            handedOver = true;
            collect(deviceLane());
        } catch (Throwable unexpected) {
            failUnexpectedly(unexpected);
        }
    }

    private void endHandOver() {
        DeviceLane lane = deviceLane();
        if (handedOver && lane != null) {
            handedOver = false;
            lane.misses().ended(this);
        }
    }

    @Override
    boolean isDroppable() {
        return !abandoned;
    }

    /** Cancelled after a miss: the device goes on reading in, and a byte of it is enough to know when it is done. */
    @Override
    boolean abandon() {
        if (!isReadInStarted()) {
            return false;
        }
        abandoned = true;
        offsetBytes += done;
        done = 0;
        pieceEnd = Long.MAX_VALUE;
        buffers.discard();
        result.discard();
        return true;
    }

    /** One system call for what is left. On the loop with RWF_NOWAIT, else on a helper. */
    private long transfer(int flags) {
        Syscalls syscalls = context().syscalls();
        FileHandle handle = handle();
        long at = kind == Kind.APPEND ? 0 : offsetBytes + done;
        if (kind == Kind.READ && !buffers.isVectored()) {
            long length = Math.min(remaining(), mostBytes());
            return syscalls.pread(handle.fd(), buffers.address() + done, length, at, flags);
        }
        int count = buffers.gather(done, mostBytes());
        return kind == Kind.READ
                ? syscalls.preadv(handle.fd(), buffers.iovecsAddress(), count, at, flags)
                : syscalls.pwritev(handle.fd(), buffers.iovecsAddress(), count, at, flags);
    }

    @Override
    void prepare(Slot in) {
        boolean read = kind == Kind.READ;
        int flags = (nowait ? RWF_NOWAIT : 0) | (durable ? RWF_DSYNC : 0);
        long at = offsetBytes + done;
        int fd = handle().fd();
        if (buffers.isVectored()) {
            int count = buffers.gather(done, mostBytes());
            int opcode = read ? IocbTable.PREADV : IocbTable.PWRITEV;
            context().iocbs().prepare(in.index(), in.data(), opcode, fd, buffers.iovecsAddress(), count, at, flags);
        } else {
            long length = Math.min(remaining(), mostBytes());
            int opcode = read ? IocbTable.PREAD : IocbTable.PWRITE;
            context().iocbs().prepare(in.index(), in.data(), opcode, fd, buffers.address() + done, length, at, flags);
        }
    }

    /** On a helper: to the end of the piece, or of all. */
    @Override
    long work() {
        int flags = (kind == Kind.APPEND ? RWF_APPEND : 0) | (durable ? RWF_DSYNC : 0);
        boolean syncAfter = false;
        while (remaining() > 0 && done < pieceEnd && (!isCancelled() || isReadInStarted())) {
            long moved = transfer(flags);
            if (moved > 0) {
                done += moved;
                if (isDirectTail(moved)) {
                    atEnd = true;
                    return 0;
                }
            } else if (moved == 0) {
                atEnd = true;
                return kind == Kind.READ ? 0 : -Errno.EIO;
            } else if (moved == -Errno.EOPNOTSUPP && (flags & RWF_DSYNC) != 0) {
                // A kernel, or a sandbox in its place, that does not know the flag.
                flags &= ~RWF_DSYNC;
                syncAfter = true;
            } else if (moved != -Errno.EINTR) {
                return moved;
            }
        }
        return syncAfter && !isCancelled() ? syncData() : 0;
    }

    private long syncData() {
        int result;
        do {
            result = context().syscalls().fsync(handle().fd(), true);
        } while (result == -Errno.EINTR);
        return result;
    }

    /** A direct read that ends unaligned has met the end of the file; to go on from there would be EINVAL. */
    private boolean isDirectTail(long moved) {
        return kind == Kind.READ && handle().isDirect() && (moved & (handle().alignment() - 1)) != 0;
    }

    @Override
    void complete(long answer) {
        boolean fromRing = route() == AioRoute.KERNEL || route() == AioRoute.HELPER_SUBMIT;
        if (!fromRing) {
            if (answer < 0) {
                fail(Failures.system((int) -answer, name(), path(), done));
            } else if (remaining() > 0 && !atEnd && !isCancelled()) {
                pieceDone();
            } else {
                finish(null);
            }
        } else if (answer > 0) {
            done += answer;
            if (nowait) {
                handle().refusals(kind != Kind.READ).accepted();
            }
            if (remaining() == 0 || isDirectTail(answer)) {
                finish(null);
            } else if (done >= pieceEnd) {
                pieceDone();
            } else {
                submit();
            }
        } else if (answer == 0) {
            if (kind == Kind.READ) {
                finish(null);
            } else {
                fail(Failures.system(Errno.EIO, name(), path(), done));
            }
        } else {
            refusedByKernelAio((int) -answer);
        }
    }

    private void refusedByKernelAio(int errno) {
        boolean write = kind != Kind.READ;
        if (nowait && errno == Errno.EAGAIN) {
            refusedOnLoop(write);
            nowait = false;
            fallback = AioRoute.HELPER_SUBMIT;
        } else if (nowait && durable && errno == Errno.EOPNOTSUPP) {
            // Which of the two flags it does not know remains to be seen: it says nothing of the mount.
            refusedOnLoop(write);
            nowait = false;
            fallback = AioRoute.HELPER_SUBMIT;
        } else if (nowait && errno == Errno.EOPNOTSUPP) {
            nowaitUnknown(write);
            nowait = false;
        } else if (errno == Errno.EAGAIN
                || errno == Errno.EOPNOTSUPP
                || errno == Errno.EINVAL
                || errno == Errno.ENOSYS
                || errno == Errno.EPERM) {
            // What kernel AIO does not do for this file, the plain system call may; if not, its errno is the true one.
            fallback = AioRoute.HELPER;
        } else {
            fail(Failures.system(errno, name(), path(), done));
            return;
        }
        submit();
    }

    private void refusedOnLoop(boolean write) {
        if (handle().refusals(write).refused()) {
            context().demoted(handle().device(), DemotionCounts.Reason.WOULD_BLOCK, 0);
        }
    }

    private void nowaitUnknown(boolean write) {
        if (handle().mount().knowsNowait(write)) {
            context().demoted(handle().device(), DemotionCounts.Reason.UNSUPPORTED, 0);
        }
        handle().mount().learnNowait(write, false);
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    @Override
    void settle(@Nullable Throwable cause) {
        EpollAioFile through = view();
        if (epoch != null) {
            through.handle().writes().exit(epoch);
            epoch = null;
            if (kind == Kind.APPEND) {
                through.handle().appends().exit(this);
            }
        }
        if (cause == null && kind == Kind.READ && !isCancelled()) {
            buffers.received(done);
        }
        long moved = cause instanceof AioException failed ? failed.bytesTransferred() : done;
        buffers.release();
        endHandOver();
        through.operationEnded();
        view = null;
        fallback = null;
        nowait = false;
        piecewise = false;
        paid = false;
        pieceEnd = Long.MAX_VALUE;
        atEnd = false;
        durable = false;
        done = 0;
        retries = 0;
        abandoned = false;
        // Last: what is started by whom we tell may take long, and may be anything.
        result.deliver(moved, cause, route());
    }

    /** Whether it can be used again: nothing but its context has held it. */
    boolean isReusable() {
        return kind != Kind.APPEND && !isShell();
    }

    // ---- small ---------------------------------------------------------------------------------------------------

    private long remaining() {
        return buffers.lengthBytes() - done;
    }

    /** Of one system call. */
    private long mostBytes() {
        return Math.min(pieceEnd - done, handle().isDirect() ? MOST_DIRECT_BYTES : TransferBuffers.MOST_BYTES);
    }

    private EpollAioFile view() {
        EpollAioFile through = view;
        if (through == null) {
            throw new IllegalStateException("not in use");
        }
        return through;
    }

    private FileHandle handle() {
        return view().handle();
    }

    @Override
    String name() {
        return kind.text();
    }

    @Override
    @Nullable
    String path() {
        return view == null ? null : view.path();
    }

    @Override
    boolean gives(AioPromise<?> to) {
        return result.goesTo(to);
    }

    @Override
    boolean isCancelled() {
        return result.isCancelled();
    }

    @Override
    long pendingBytes() {
        return buffers.lengthBytes();
    }

    @Override
    int weight(int limit) {
        return handle().device().weight(busyBytes(), limit);
    }

    @Override
    int units() {
        return 1 + (int) (busyBytes() / UNIT_BYTES);
    }

    /** What it keeps the device busy with at a time. */
    private long busyBytes() {
        return Math.min(pieceBytes(), handle().isDirect() ? MOST_DIRECT_BYTES : BUFFERED_WINDOW_BYTES);
    }

    @Override
    int ioPriority() {
        return view().ioClass().ioPriority();
    }

    @Override
    AioClass ioClass() {
        return view().ioClass();
    }

    @Override
    long movedBytes() {
        return done;
    }
}
