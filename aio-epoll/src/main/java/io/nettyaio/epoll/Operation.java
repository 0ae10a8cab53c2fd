package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioRoute;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An operation, split as Linux AIO is: {@link #submit()} sends it on its way, {@link #complete} takes the result and
 * either settles it or sends it on, with the bytes done so far.
 *
 * <p>{@code submit} runs on the loop whenever something the operation waited for has come: its turn, a permit of a gate,
 * a slot. It takes what it needs in always the same order (device gate, slot, helper gate), so that no two operations
 * wait for each other, and knows what it holds, so that it can simply be called again.
 *
 * <p><b>Threads.</b> Loop-confined, but for {@link #work()} and what it touches, which a helper runs between the offer to
 * the helper's queue and the return through the context's: the queues order the accesses.
 */
abstract class Operation implements Runnable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Operation.class);

    /** What {@link #work()} answers where the completion comes through the ring instead. */
    protected static final long THROUGH_RING = Long.MIN_VALUE;

    private final EpollAioContext context;
    private final Runnable helperJob = this::workAndReturn;

    private @Nullable Throwable failure;
    private @Nullable Slot slot;
    private @Nullable DeviceLane lane;
    private int devicePermits;
    private boolean helperPermit;
    private boolean elsewhere;
    private boolean waitsForTurn;
    private boolean finished;
    private boolean counted;
    private boolean shell;
    private boolean helperSubmits;
    private long helperResult;
    private @Nullable Throwable helperFailure;
    private @Nullable AioRoute route;

    Operation(EpollAioContext context) {
        this.context = context;
    }

    final EpollAioContext context() {
        return context;
    }

    /** What the user calls it, as {@code "read"}. */
    abstract String name();

    /** The file's path, where it concerns one. */
    abstract @Nullable String path();

    /** On the loop: sends the operation on its way, as far as it goes now. */
    abstract void submit();

    /**
     * On the loop: a system call made for it has ended. The slot is still held.
     *
     * @param result what the call answered, or {@code -errno}
     */
    abstract void complete(long result);

    /** On a helper: makes the blocking system call. */
    long work() {
        throw new UnsupportedOperationException(name() + " has nothing for helpers");
    }

    /** Gives the result, or the cause, to whoever waits; the last thing that happens to an operation. */
    abstract void settle(@Nullable Throwable cause);

    /** On the loop, when it has got there: the start that {@link #settle} ends. */
    void started() {}

    /**
     * On the loop, once it is counted: begins there and then, without settling.
     *
     * @return false where it is to begin when the tick ends, as most do
     */
    boolean beginsAtOnce() {
        return false;
    }

    /** On the loop: it was cancelled while the kernel or a helper has it, or is about to. Its end is still to come. */
    void cancelledMeanwhile() {}

    /** Whether nobody waits for the result any more. */
    boolean isCancelled() {
        return false;
    }

    /** Whether a context that closes still takes it: what gives resources back. */
    boolean isForClosing() {
        return false;
    }

    /** Permits it takes of its device's gate. */
    int weight(int limit) {
        return 1;
    }

    // ---- starting ------------------------------------------------------------------------------------------------

    /** Starts it, from another thread's call: the task that call left on the loop. */
    @Override
    public final void run() {
        context.start(this);
    }

    /** Decides, before the start, that it will fail. */
    final void refuse(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    final boolean isRefused() {
        return failure != null;
    }

    final @Nullable Throwable failure() {
        return failure;
    }

    /** Its loop has ended before it could start: it fails, on another executor's thread. */
    final void failUnstarted(Throwable cause) {
        finished = true;
        started();
        settle(cause);
    }

    /** What it waited for outside of its context has come. From any thread. */
    final void resume() {
        if (context.inEventLoop()) {
            context.resume(this);
            return;
        }
        try {
            context.eventLoop().execute(() -> context.resume(this));
        } catch (RejectedExecutionException loopIsGone) {
            // The context has failed it when it closed, and that has passed on whatever it was to lead.
        }
    }

    final boolean isElsewhere() {
        return elsewhere;
    }

    final void elsewhere(boolean now) {
        elsewhere = now;
    }

    final boolean isWaitingForTurn() {
        return waitsForTurn;
    }

    /** Guarded by the append queue. */
    final void waitsForTurn(boolean now) {
        waitsForTurn = now;
    }

    final boolean isFinished() {
        return finished;
    }

    // ---- what it holds -------------------------------------------------------------------------------------------

    /** Takes permits of the device's gate; false where it was parked. */
    protected final boolean passDevice(@Nullable DeviceLane through) {
        if (through == null || devicePermits > 0) {
            return true;
        }
        lane = through;
        int weight = weight(through.lane().limit());
        if (!through.lane().acquire(this, weight)) {
            return false;
        }
        devicePermits = weight;
        return true;
    }

    /** A lane it was parked in has let it through. */
    final void passed(Lane through, int weight) {
        if (lane != null && lane.lane() == through) {
            devicePermits = weight;
        } else {
            helperPermit = true;
        }
    }

    /** Takes a slot; {@code null} where it was parked, or failed for want of any. */
    protected final @Nullable Slot takeSlot() {
        if (slot == null) {
            slot = context.slots().acquire(this);
        } else if (slot.state() == Slot.State.COMPLETED) {
            slot.again();
        }
        return slot;
    }

    /** A slot it waited for is free, and its own. */
    final void gotSlot(Slot freed) {
        slot = freed;
    }

    final @Nullable Slot slot() {
        return slot;
    }

    /** The device a system call for it may keep busy, where there is one. */
    final @Nullable DeviceLane deviceLane() {
        return lane;
    }

    protected final void routed(AioRoute taken) {
        route = taken;
    }

    final @Nullable AioRoute route() {
        return route;
    }

    // ---- helper --------------------------------------------------------------------------------------------------

    /** Hands {@link #work()} to a helper thread, now or when there is room; from {@link #submit()}. */
    protected final void toHelper(AioRoute taken) {
        Slot mine = takeSlot();
        if (mine == null || !passHelpers()) {
            return;
        }
        routed(taken);
        offerHelpers(mine);
    }

    /** Hands {@link #work()} to the device's collectors, in the order of the attempts that started the read-in. */
    protected final void toCollector(DeviceLane of) {
        Slot mine = takeSlot();
        if (mine == null) {
            return;
        }
        routed(AioRoute.COLLECT);
        if (!context.toHelper(this, mine, helperJob, of.device().collectors())) {
            toHelper(AioRoute.HELPER);
        }
    }

    /** Has a helper call {@code io_submit(2)} for the iocb that {@code prepare} lays out: there it may block. */
    protected final void toHelperSubmit() {
        Slot mine = takeSlot();
        if (mine == null || !passHelpers()) {
            return;
        }
        routed(AioRoute.HELPER_SUBMIT);
        helperSubmits = true;
        prepare(mine);
        offerHelpers(mine);
    }

    /** Joins the batch that goes to the kernel at the end of the tick. */
    protected final void toKernel() {
        Slot mine = takeSlot();
        if (mine == null) {
            return;
        }
        routed(AioRoute.KERNEL);
        prepare(mine);
        context.toKernel(mine);
    }

    /** Lays out the iocb in the slot. */
    void prepare(Slot in) {
        throw new UnsupportedOperationException(name() + " has nothing for kernel AIO");
    }

    /** Whether a helper submits it: then it comes back through the ring, or, refused, through the helper's queue. */
    final boolean isHelperSubmitting() {
        return helperSubmits;
    }

    private void offerHelpers(Slot mine) {
        if (!context.toHelper(this, mine, helperJob, context.helpers())) {
            // The gate lets no more through than the queue takes.
            throw new IllegalStateException("the helpers' queue is full");
        }
    }

    private boolean passHelpers() {
        if (!helperPermit) {
            helperPermit = context.helperLane().acquire(this, 1);
        }
        return helperPermit;
    }

    private void workAndReturn() {
        // Taken now: once the operation is back on the loop, its slot may be somebody else's.
        Slot mine = slot;
        int eventFd = mine == null ? -1 : mine.eventFd();
        long result;
        try {
            result = helperSubmits ? submitOnHelper(mine) : work();
        } catch (Throwable unexpected) {
            helperFailure = unexpected;
            result = -Errno.EIO;
        }
        if (result != THROUGH_RING) {
            helperResult = result;
            context.returns().hand(this, eventFd);
        }
    }

    private long submitOnHelper(@Nullable Slot in) {
        int taken = context.submitOnHelper(in);
        if (taken == 1) {
            // From here on the loop may have completed it and made something else of it.
            return THROUGH_RING;
        }
        return taken == 0 ? -Errno.EAGAIN : taken;
    }

    /** On the loop: the ring has brought it back. Never throws, so that the rest of a batch is completed too. */
    final void ringReturned(long result) {
        try {
            helperSubmits = false;
            releaseHelperPermit();
            complete(result);
        } catch (Throwable unexpected) {
            failUnexpectedly(unexpected);
        }
    }

    /** On the loop: a helper has brought it back. Never throws. */
    final void helperReturned() {
        try {
            context.countHelperInFlight(this, -1);
            helperSubmits = false;
            releaseHelperPermit();
            if (helperFailure != null) {
                fail(helperFailure);
            } else {
                complete(helperResult);
            }
        } catch (Throwable unexpected) {
            failUnexpectedly(unexpected);
        }
    }

    /** On the loop: {@link #submit()}, or the failure that was decided before. Never throws. */
    final void sendOff() {
        if (finished) {
            return;
        }
        try {
            if (failure != null) {
                fail(failure);
            } else {
                submit();
            }
        } catch (Throwable unexpected) {
            failUnexpectedly(unexpected);
        }
    }

    /** The engine has a bug; whoever waits is not to wait for ever. */
    final void failUnexpectedly(Throwable unexpected) {
        LOGGER.error("{} {} failed in a way the engine should have handled", name(), path(), unexpected);
        boolean kernelHoldsIt = slot != null && slot.state() == Slot.State.IN_FLIGHT;
        if (!finished && !kernelHoldsIt) {
            fail(unexpected);
        }
    }

    private void releaseHelperPermit() {
        if (helperPermit) {
            helperPermit = false;
            context.helperLane().release(1);
        }
    }

    /** Its future was cancelled. From any thread, and, since it may be used anew by then, for this future only. */
    final void cancelledFrom(AioPromise<?> promise) {
        boolean unused = context.execute(() -> {
            if (gives(promise)) {
                cancelled();
            }
        });
    }

    /** Whether its result goes to that future. */
    abstract boolean gives(AioPromise<?> to);

    /**
     * On the loop: its future was cancelled. What waits in a queue ends here and gives back its buffers; the queue keeps a
     * shell of it, and passes it over. What the kernel or a helper has taken goes on to its end.
     */
    final void cancelled() {
        boolean takenOrAboutTo = slot != null && (slot.state() != Slot.State.PREPARED || route == AioRoute.KERNEL);
        if (finished || !counted) {
            return;
        }
        if (takenOrAboutTo) {
            cancelledMeanwhile();
        } else {
            shell = true;
            finish(null);
        }
    }

    /** Whether a queue may still hold what is left of it. */
    final boolean isShell() {
        return shell;
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /** Whether it counts as pending: it was not turned away at the start. */
    final boolean isCounted() {
        return counted;
    }

    final void counted() {
        counted = true;
    }

    /** Ends it with a failure. */
    final void fail(Throwable cause) {
        finish(cause);
    }

    /** Ends it: gives back what it holds, then settles it. Exactly once. */
    protected final void finish(@Nullable Throwable cause) {
        if (finished) {
            return;
        }
        finished = true;
        giveBack();
        context.finished(this);
        boolean settled = false;
        try {
            settle(cause);
            settled = true;
        } finally {
            context.settled(this, settled);
        }
    }

    /** Gives back slot and permits, at its end, or since it is to wait for something that may take for ever. */
    protected final void giveBack() {
        if (slot != null) {
            Slot mine = slot;
            slot = null;
            context.slots().release(mine);
        }
        if (devicePermits > 0 && lane != null) {
            int permits = devicePermits;
            devicePermits = 0;
            lane.lane().release(permits);
        }
        releaseHelperPermit();
    }

    /** Makes a finished operation fit to be used again. */
    protected void reset() {
        failure = null;
        lane = null;
        route = null;
        helperFailure = null;
        finished = false;
        counted = false;
    }
}
