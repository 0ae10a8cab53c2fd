package io.nettyaio.epoll;

import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/**
 * Makes a range resident in the page cache, without copying it. A byte of each page is read with RWF_NOWAIT, which, unlike
 * {@code mincore(2)} and {@code cachestat(2)}, tells of any file that can be read, and tells a page that is there from
 * one that is still being read in. {@code readahead(2)} starts the read-in of the others, and the {@link MissQueue} waits
 * for it.
 */
final class PrefetchOperation extends HelperOperation<Long> implements Missed {

    /** Of a longer range a helper looks after from the start: as many system calls as the loop would make. */
    static final long MOST_INLINE_BYTES = 1 << 20;

    private static final int PAGE_BYTES = 4096;
    /** What the kernel is asked to read in at once: more it may not heed. */
    private static final long STEP_BYTES = 512 << 10;

    private final EpollAioFile file;
    private final long offsetBytes;
    private final long lengthBytes;
    private long done;
    /** The read-in has been started. */
    private boolean missed;

    private int retries;
    private long retryAnswer;
    private boolean handedOver;
    /** Cancelled after a miss: the device is busy with it all the same, and its permits are held until it is not. */
    private boolean abandoned;
    /** Whether its class's limit has let it through, all of it: what is read in is read in windows, whatever it is cut into. */
    private boolean paid;

    PrefetchOperation(EpollAioFile file, long offsetBytes, long lengthBytes) {
        super(file.context(), "prefetch", file.path(), file);
        this.file = file;
        this.offsetBytes = offsetBytes;
        this.lengthBytes = lengthBytes;
        if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes > Long.MAX_VALUE - PAGE_BYTES - lengthBytes) {
            refuse(Failures.argument(
                    Errno.EINVAL,
                    name(),
                    file.path(),
                    "offset=" + offsetBytes + " length=" + lengthBytes + " is out of range"));
        } else if (file.isDirect()) {
            refuse(Failures.argument(
                    Errno.EINVAL,
                    name(),
                    file.path(),
                    "the file was opened with DIRECT, past the page cache; open it without"));
        }
    }

    @Override
    void submit() {
        DeviceLane lane = file.deviceLane();
        if (missed && lane != null) {
            toCollector(lane);
        } else if (isCancelled() || lane == null || lengthBytes == 0) {
            // A memory device has no cache, and needs none.
            done = lengthBytes;
            complete(0);
        } else if (isPaid(lane) && passDevice(lane)) {
            if (isForLoop(lane)) {
                probe(lane);
            } else {
                toHelper(AioRoute.HELPER);
            }
        }
    }

    private boolean isPaid(DeviceLane lane) {
        Throttle throttle = lane.throttle();
        if (throttle != null && !paid) {
            paid = throttle.pass(this, lengthBytes);
            return paid;
        }
        return true;
    }

    @Override
    long pieceBytes() {
        return lengthBytes;
    }

    @Override
    void paid() {
        paid = true;
    }

    private boolean isForLoop(DeviceLane lane) {
        FileHandle handle = file.handle();
        return lengthBytes <= MOST_INLINE_BYTES
                && handle.kind() != FileHandle.Kind.DIRECTORY
                && handle.mount().knowsNowait(false)
                && !lane.isDemoted();
    }

    private void probe(DeviceLane lane) {
        routed(AioRoute.INLINE);
        deviceBegins();
        Tick tick = context().tick();
        FileHandle handle = file.handle();
        boolean likely = handle.wasResident(lane.wasResident());
        long began = tick.attemptBegins();
        // A first touch that misses would start a read-in by itself, of four pages, and the rest would be a second one.
        if (!likely) {
            readAhead();
        }
        long answer = touch(TransferOperation.RWF_NOWAIT, lengthBytes);
        if (likely && answer == -Errno.EAGAIN) {
            readAhead();
        }
        long nanos = tick.attemptEnds(began, 0);
        lane.spent(nanos, began + nanos);
        handle.setResident(answer == 0);
        lane.setResident(answer == 0);
        if (answer == -Errno.EAGAIN) {
            missed = true;
            routed(AioRoute.COLLECT);
            lane.misses().add(this);
        } else {
            tick.attemptsPause();
            probed(answer);
        }
    }

    /** Of what is not known to be there. Waits no more than an attempt does, and not at all for what is there. */
    private void readAhead() {
        int unused = context().syscalls().readAhead(file.handle().fd(), offsetBytes + done, lengthBytes - done);
    }

    private void probed(long answer) {
        if (answer == -Errno.EOPNOTSUPP) {
            file.handle().mount().learnNowait(false, false);
            toHelper(AioRoute.HELPER);
        } else {
            complete(answer);
        }
    }

    // ---- after a miss --------------------------------------------------------------------------------------------

    @Override
    public boolean retryOnLoop() {
        DeviceLane lane = file.deviceLane();
        long before = done;
        Tick tick = context().tick();
        long began = tick.attemptBegins();
        try {
            retryAnswer = touch(TransferOperation.RWF_NOWAIT, lengthBytes);
        } catch (Throwable unexpected) {
            refuse(unexpected);
            return true;
        }
        long nanos = tick.attemptEnds(began, 0);
        if (lane != null) {
            lane.spent(nanos, began + nanos);
        }
        if (retryAnswer != -Errno.EAGAIN) {
            return true;
        }
        // It comes in from its start, so that one of which more is there is on its way.
        retries = done > before ? 1 : retries + 1;
        return false;
    }

    @Override
    public int retries() {
        return retries;
    }

    @Override
    public void retried() {
        Throwable thrown = failure();
        if (thrown != null) {
            failUnexpectedly(thrown);
            return;
        }
        try {
            probed(retryAnswer);
        } catch (Throwable unexpected) {
            failUnexpectedly(unexpected);
        }
    }

    @Override
    public void handToCollector() {
        try {
            handedOver = true;
            submit();
        } catch (Throwable unexpected) {
            failUnexpectedly(unexpected);
        }
    }

    @Override
    boolean abandon() {
        abandoned = missed;
        return missed;
    }

    @Override
    boolean isDroppable() {
        return !abandoned;
    }

    @Override
    void settle(@Nullable Throwable cause) {
        DeviceLane lane = file.deviceLane();
        if (handedOver && lane != null) {
            lane.misses().ended(this);
        }
        super.settle(cause);
    }

    // ---- pages ---------------------------------------------------------------------------------------------------

    /**
     * Reads a byte of each page's part of the range. Two bytes across their border tell of two pages by one system call,
     * but where the second is the last one: of that it is the last byte, so that the end of the file shows to a page.
     *
     * @param to where to stop
     * @return 0 where it got there or to the end of the file, else the error
     */
    private long touch(int flags, long to) {
        Syscalls syscalls = context().syscalls();
        int fd = file.handle().fd();
        long end = offsetBytes + to;
        while (done < to) {
            long border = ((offsetBytes + done) & -PAGE_BYTES) + PAGE_BYTES;
            boolean two = border + PAGE_BYTES < end;
            long got = two
                    ? syscalls.pread(fd, Scratch.ADDRESS, 2, border - 1, flags)
                    : syscalls.pread(fd, Scratch.ADDRESS, 1, Math.min(border, end) - 1, flags);
            if (got == 2) {
                done = border + PAGE_BYTES - offsetBytes;
            } else if (got == 1) {
                // Of two the first: the second one's own call says whether it is not there, or the file is at its end.
                done = Math.min(border, end) - offsetBytes;
            } else if (got == 0) {
                return endOfFile(flags);
            } else if (got != -Errno.EINTR) {
                return got;
            }
        }
        return 0;
    }

    /** The file ends before what was touched last, or in the page before: of that it may be that the first byte was seen. */
    private long endOfFile(int flags) {
        while (done > 0) {
            long last = offsetBytes + done - 1;
            long got = context().syscalls().pread(file.handle().fd(), Scratch.ADDRESS, 1, last, flags);
            if (got == 0) {
                done = Math.max(0, (last & -PAGE_BYTES) - offsetBytes);
            } else if (got != -Errno.EINTR) {
                return Math.min(0, got);
            }
        }
        return 0;
    }

    /** On a helper or a collector. */
    @Override
    long work() {
        while (done < lengthBytes && (missed || !isCancelled())) {
            long to = Math.min(done + STEP_BYTES, lengthBytes);
            if (!missed || done > 0) {
                int unused = context().syscalls().readAhead(file.handle().fd(), offsetBytes + done, to - done);
            }
            long answer = touch(0, to);
            if (answer < 0) {
                return answer;
            }
            if (done < to) {
                return 0; // the end of the file
            }
        }
        return 0;
    }

    @Override
    protected @Nullable Long value(long result) {
        return done;
    }

    @Override
    int weight(int limit) {
        return file.handle().device().weight(Math.min(lengthBytes - done, STEP_BYTES), limit);
    }

    /** Where the bytes go that nobody looks at, from any thread. */
    private static final class Scratch {
        static final long ADDRESS = new NativeMemory(64, 64).address();
    }
}
