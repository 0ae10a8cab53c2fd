package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioClass;
import io.nettyaio.AioRoute;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
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

    /** Of {@link #handover}: the job is in a helper's queue. */
    private static final int OFFERED = 1;
    /** A helper has begun with it. */
    private static final int TAKEN = 2;
    /** The loop has called it off before that, and the helper that finds it passes it over. */
    private static final int WITHDRAWN = 3;

    private static final AtomicIntegerFieldUpdater<Operation> HANDOVER =
            AtomicIntegerFieldUpdater.newUpdater(Operation.class, "handover");

    /** What {@link #work()} answers where the completion comes through the ring instead. */
    protected static final long THROUGH_RING = Long.MIN_VALUE;

    private final EpollAioContext context;
    private final Runnable helperJob = this::workAndReturn;

    private @Nullable Throwable failure;
    private @Nullable Slot slot;
    private @Nullable DeviceLane lane;
    private int devicePermits;
    private int deviceUnits;
    private long sentNanos;
    private boolean helperPermit;
    /** Whether the job that was offered last came with a permit; read by the helper that finds it withdrawn. */
    private boolean offeredWithPermit;

    @SuppressWarnings("UnusedVariable") // by HANDOVER
    private volatile int handover;

    private boolean elsewhere;
    private boolean waitsForTurn;
    private boolean started;
    private boolean finished;
    private boolean counted;
    private long countedBytes;
    private boolean waitsForRoom;
    private boolean shell;
    private boolean helperSubmits;
    private long helperResult;
    private @Nullable Throwable helperFailure;
    private @Nullable AioRoute route;
    private boolean timedOut;

    /** The next four are the {@link Recorder}'s, where there is one. */
    long startedNanos;

    /** Time with the device, so far. */
    long deviceNanos;

    /** Since when the device has it; 0 where it has not. */
    long deviceSinceNanos;

    /** Whether it was cancelled and has kept its buffers. */
    boolean heldAfterCancel;

    Operation(EpollAioContext context) {
        this.context = context;
    }

    final EpollAioContext context() {
        return context;
    }

    /** What the user calls it, as {@code "read"}. */
    abstract String name();

    /** What it is counted as: one of a bounded number. */
    String kind() {
        return name();
    }

    /** Whom it works for. */
    AioClass ioClass() {
        return AioClass.DEFAULT;
    }

    /** Bytes it has moved so far, or before it failed. */
    long movedBytes() {
        return 0;
    }

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

    /** Whether it may end unfinished when nobody waits for it any more: no other operation relies on it. */
    boolean isDroppable() {
        return true;
    }

    /** Whether a context that closes still takes it: what gives resources back. */
    boolean isForClosing() {
        return false;
    }

    /** It is about to ask its device's gate: decides how much it asks for, which the next two say. */
    void weigh() {}

    /** Permits it takes of its device's gate: requests it makes of the device. */
    int weight(int limit) {
        return 1;
    }

    /** How busy it keeps the device, beside the operations of other classes. */
    int units() {
        return 1;
    }

    /** What the kernel is told of its priority; 0 for nothing. */
    int ioPriority() {
        return 0;
    }

    /** Bytes of memory that it keeps from its start to its end. */
    long pendingBytes() {
        return 0;
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

    /** Its loop has ended before it could be sent off: it fails, on another executor's thread. */
    final void failLate() {
        finished = true;
        if (!started) {
            begins();
        }
        settle(failure != null ? failure : Failures.contextClosed(name(), path(), 0));
    }

    /** On the loop: it has got there. */
    final void begins() {
        started = true;
        timedOut = false;
        started();
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
        weigh();
        int weight = weight(through.lane().limit());
        int units = units();
        if (!through.lane().acquire(this, weight, units)) {
            return false;
        }
        devicePermits = weight;
        deviceUnits = units;
        return true;
    }

    /** A lane it was parked in has let it through. */
    final void passed(Lane through, int weight, int units) {
        if (lane != null && lane.lane() == through) {
            devicePermits = weight;
            deviceUnits = units;
        } else {
            helperPermit = true;
        }
    }

    private void releaseDevice() {
        if (devicePermits > 0 && lane != null) {
            int permits = devicePermits;
            devicePermits = 0;
            lane.lane().release(permits, deviceUnits);
        }
    }

    private void releaseSlot() {
        if (slot != null) {
            Slot mine = slot;
            slot = null;
            context.slots().release(mine);
        }
    }

    /** A piece of it is done: gives back what it holds, and goes on behind those that have waited meanwhile. */
    protected final void nextPiece() {
        releaseSlot();
        releaseDevice();
        deviceEnds();
        context.stage(this);
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
        sent();
        offeredWithPermit = false;
        handover = OFFERED;
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
        layOut(mine);
        offerHelpers(mine);
    }

    /** Joins the batch that goes to the kernel at the end of the tick. */
    protected final void toKernel() {
        Slot mine = takeSlot();
        if (mine == null) {
            return;
        }
        routed(AioRoute.KERNEL);
        layOut(mine);
        sent();
        context.toKernel(mine);
    }

    private void layOut(Slot in) {
        context.iocbs().priority(in.index(), ioPriority());
        prepare(in);
    }

    /** It is handed to whoever keeps the device busy with it. */
    private void sent() {
        deviceBegins();
        if (context.hasLatencyGoal() && lane != null) {
            sentNanos = System.nanoTime();
        }
    }

    /** From here on its time is the device's. */
    protected final void deviceBegins() {
        Recorder recorder = context.recorder();
        if (recorder != null) {
            recorder.sent(this);
        }
    }

    private void deviceEnds() {
        Recorder recorder = context.recorder();
        if (recorder != null) {
            recorder.returned(this);
        }
    }

    private void returned() {
        deviceEnds();
        if (context.hasLatencyGoal() && lane != null) {
            lane.returned(System.nanoTime() - sentNanos);
        }
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
        sent();
        offeredWithPermit = true;
        handover = OFFERED;
        if (!context.toHelper(this, mine, helperJob, context.helpers())) {
            // The gate lets no more through than the queue takes.
            throw new IllegalStateException("the helpers' queue is full");
        }
    }

    private boolean passHelpers() {
        if (!helperPermit) {
            helperPermit = context.helperLane().acquire(this, 1, 1);
        }
        return helperPermit;
    }

    private void workAndReturn() {
        if (!HANDOVER.compareAndSet(this, OFFERED, TAKEN)) {
            if (offeredWithPermit) {
                context.helperLane().releaseHandedOver(1, 1);
            }
            return;
        }
        Recorder recorder = context.recorder();
        if (recorder != null) {
            recorder.takenByHelper(this);
        }
        // Taken now: once the operation is back on the loop, its slot may be somebody else's.
        Slot mine = slot;
        int eventFd = mine == null ? -1 : mine.eventFd();
        long result;
        try {
            if (isCancelled() && isDroppable()) {
                // The loop is about to hear of it, and has not withdrawn it yet.
                result = -Errno.ECANCELED;
            } else {
                result = helperSubmits ? submitOnHelper(mine) : work();
            }
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
            returned();
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
            returned();
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
            context.helperLane().release(1, 1);
        }
    }

    /** Its future was cancelled. From any thread, and never at once: that may be within a completion. */
    final void cancelledFrom(AioPromise<?> promise) {
        boolean unused = context.execute(() -> abandonedBy(promise));
    }

    /** On the loop: nobody waits for that future. Since it may be used anew by now, for this future only. */
    final void abandonedBy(AioPromise<?> promise) {
        if (gives(promise)) {
            timedOut = !promise.isCancelled();
            cancelled();
        }
    }

    /** What becomes of it if nobody waits for it any more. */
    final String outlook() {
        boolean begun = slot != null && slot.state() == Slot.State.IN_FLIGHT && handover != OFFERED;
        return begun
                ? "the kernel or a helper works on it: it may still take effect, and its memory stays retained until that"
                        + " ends; see whether the device hangs, or raise the deadline"
                : "it was still queued: it is not submitted, and its memory is given back";
    }

    /** Whether nobody waits for it any more since its deadline has passed. */
    final boolean isTimedOut() {
        return timedOut;
    }

    /** Whether its result goes to that future. */
    abstract boolean gives(AioPromise<?> to);

    /**
     * On the loop: nobody waits for it any more. What no helper and no kernel has begun with ends here and gives back its
     * buffers, slot and permits; a queue may keep a shell of it, and passes it over. What is begun goes on to its end, and
     * so does what a device is busy with, without its buffers.
     */
    final void cancelled() {
        if (finished || !(counted || waitsForRoom) || (slot == null && abandon())) {
            return;
        }
        if (!isDroppable() || !takeBack()) {
            cancelledMeanwhile();
            Recorder recorder = context.recorder();
            if (recorder != null) {
                recorder.held(this);
            }
        } else {
            shell = true;
            finish(null);
        }
    }

    private boolean takeBack() {
        Slot mine = slot;
        if (mine == null) {
            return true;
        }
        if (mine.state() == Slot.State.PREPARED) {
            context.callOff(mine);
            return true;
        }
        // COMPLETED: it is about to be told so.
        return mine.state() == Slot.State.IN_FLIGHT && withdraw(mine);
    }

    /** Takes it back out of a helper's queue, where no helper has begun with it. */
    private boolean withdraw(Slot mine) {
        if (!HANDOVER.compareAndSet(this, OFFERED, WITHDRAWN)) {
            return false;
        }
        context.countHelperInFlight(this, -1);
        mine.transition(Slot.State.IN_FLIGHT, Slot.State.PREPARED);
        if (helperPermit) {
            // The job keeps its place in the queue, and so the permit, until a helper comes upon it.
            helperPermit = false;
            context.helperLane().handOver(1);
        }
        return true;
    }

    /**
     * Cancelled, and held by neither kernel nor helper. Where a device is busy with it all the same, it gives back its
     * buffers and goes on without them: the device's permits are held for as long.
     *
     * @return false where nothing is busy with it
     */
    boolean abandon() {
        return false;
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

    /** It is pending from here on, with so many bytes. */
    final void counted(long bytes) {
        counted = true;
        countedBytes = bytes;
    }

    /** What it was counted with, whatever it has given back since. */
    final long countedBytes() {
        return countedBytes;
    }

    /** Whether it has not become pending yet, for want of room. */
    final boolean isWaitingForRoom() {
        return waitsForRoom;
    }

    final void waitsForRoom(boolean now) {
        waitsForRoom = now;
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
        context.finished(this, cause);
        boolean settled = false;
        try {
            settle(cause);
            settled = true;
        } finally {
            context.settled(this, settled);
        }
    }

    /** Gives back slot and permits: others may have them while it waits for something that may take long. */
    protected final void giveBack() {
        releaseSlot();
        releaseDevice();
        releaseHelperPermit();
    }

    /** Makes a finished operation fit to be used again. */
    protected void reset() {
        failure = null;
        lane = null;
        route = null;
        helperFailure = null;
        started = false;
        finished = false;
        counted = false;
    }
}
