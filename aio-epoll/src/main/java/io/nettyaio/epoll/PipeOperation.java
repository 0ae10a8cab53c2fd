package io.nettyaio.epoll;

import org.jspecify.annotations.Nullable;

/**
 * An operation of one or two pipes. It has its place in their queues; when it is first there, it tries on the loop without
 * waiting, or on a helper, and where the descriptor is not ready it waits for its event, holding neither slot nor permit.
 *
 * <pre>
 * QUEUED ──try: done──► DONE          (settled there and then, or, inside of the call that started it, by the tick)
 *   ▲ │ ▲
 *   │ │ └──EAGAIN: stays, until the descriptor's event
 *   │ ├──no budget, or its turn has come──► STAGED ──the tick ends──► QUEUED
 *   │ └──needs a helper──► HELPER ──done──► DONE
 *   └────────────────────────┘ not ready after all, or more to do
 * </pre>
 */
abstract class PipeOperation extends Operation {

    private enum State {
        QUEUED,
        STAGED,
        HELPER,
        DONE
    }

    private State state = State.QUEUED;
    private @Nullable Throwable doneCause;
    private boolean inStart;

    PipeOperation(EpollAioContext context) {
        super(context);
    }

    /** The pipe that is gone, or the context, where it cannot begin; else enters its queues. */
    abstract @Nullable Throwable enter();

    /** It is done: from here on it is too late to cancel it. */
    void claim() {}

    /** Leaves its queues; does nothing where it has. */
    abstract void leave();

    /** Has its queues driven. */
    abstract void drive(boolean starting);

    /** Whether a call may find something. */
    abstract boolean isReady();

    /** The event it may have waited for has come. */
    void woken() {}

    /**
     * Makes calls until it is done ({@link #done}), waits ({@code false}), or has gone to a helper ({@link #help}).
     *
     * @return whether it is done
     */
    abstract boolean attempt();

    /** What a helper has answered. As {@link #attempt}. */
    abstract boolean helped(long result);

    /** Sends it to a helper; from {@link #help}. */
    abstract void sendToHelper();

    @Override
    final long movedBytes() {
        return doneBytes();
    }

    /** Bytes done so far. */
    abstract long doneBytes();

    // ---- on its way ----------------------------------------------------------------------------------------------

    /** The first try is made inside of the call: a write is with its reader sooner, a read that has to wait just waits. */
    @Override
    final boolean beginsAtOnce() {
        try {
            Throwable refusal = enter();
            if (refusal != null) {
                refuse(refusal);
                return false;
            }
            drive(true);
        } catch (Throwable unexpected) {
            // Not settled here, inside of the call.
            refuse(unexpected);
            return false;
        }
        return true;
    }

    /** When the tick ends: it was staged, or has got a slot or permit that it waited for. */
    @Override
    final void submit() {
        if (state == State.HELPER) {
            sendToHelper();
        } else if (state == State.STAGED) {
            state = State.QUEUED;
            drive(false);
        }
    }

    final boolean mayTry() {
        return state == State.QUEUED && isReady();
    }

    final void stageForTurn() {
        if (state == State.QUEUED) {
            state = State.STAGED;
            context().stage(this);
        }
    }

    /**
     * Its turn, on the loop. Never throws.
     *
     * @return whether it is done, and has left its queues
     */
    final boolean tryNow(boolean starting) {
        inStart = starting;
        try {
            return attempt();
        } catch (Throwable unexpected) {
            return done(unexpected);
        } finally {
            inStart = false;
        }
    }

    /** It needs a helper, when there is a slot and a permit; goes on by {@link #helped}. */
    protected final boolean help() {
        state = State.HELPER;
        sendToHelper();
        return false;
    }

    @Override
    final void complete(long result) {
        state = State.QUEUED;
        giveBack();
        if (isCancelled()) {
            done(null);
        } else if (!helped(result)) {
            drive(false);
        }
    }

    /** Whether a helper works on it, and may use descriptors and memory. */
    final boolean isWithHelper() {
        Slot held = slot();
        return held != null && held.state() == Slot.State.IN_FLIGHT;
    }

    /** The pipe closes: it ends, unless a helper works on it. */
    final void failWaiting(PipeHandle of) {
        if (!isWithHelper() && !isFinished()) {
            fail(of.closedMeanwhile(name(), doneBytes()));
        }
    }

    /** It has ended: settled now, or, inside of the call that has started it, by the tick. Always true. */
    protected final boolean done(@Nullable Throwable cause) {
        state = State.DONE;
        claim();
        leave();
        if (inStart) {
            doneCause = cause;
            context().tick().settle(this);
        } else {
            finish(cause);
        }
        return true;
    }

    /** Whether it has come to its end by itself, and so stands in none of the tick's queues. */
    protected final boolean isDone() {
        return state == State.DONE;
    }

    /** The tick ends: settles what was done at its start, unless it has been cancelled since. */
    final void settleDone() {
        try {
            finish(doneCause);
        } catch (Throwable unexpected) {
            failUnexpectedly(unexpected);
        }
    }

    @Override
    protected void reset() {
        super.reset();
        state = State.QUEUED;
        doneCause = null;
    }
}
