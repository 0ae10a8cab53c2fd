package io.nettyaio.handler;

import io.nettyaio.AioContext;
import io.nettyaio.AioSubmittableListener;

/**
 * Waits for a context that has enough to do, and is among its listeners only for as long: a server with ten thousand idle
 * connections has none.
 *
 * <p>No wakeup is lost: it is looked at and waited for in one task of the context's loop, and the context tells of each
 * change in a later one. Loop-confined. Whoever waits is to {@link #stop()} when it goes.
 */
final class Submittable implements AioSubmittableListener {

    private final AioContext context;
    private final Runnable onSubmittable;
    private boolean waiting;

    /** @param onSubmittable run on the loop, once for each time that {@link #isNow()} has said no */
    Submittable(AioContext context, Runnable onSubmittable) {
        this.context = context;
        this.onSubmittable = onSubmittable;
    }

    /** Whether the context takes more. Where not, it is waited for from here on, and this says no until that is over. */
    boolean isNow() {
        if (!waiting && !context.isSubmittable()) {
            waiting = true;
            context.addSubmittableListener(this);
        }
        return !waiting;
    }

    boolean isWaiting() {
        return waiting;
    }

    /** Waits no more. */
    void stop() {
        if (waiting) {
            waiting = false;
            context.removeSubmittableListener(this);
        }
    }

    @Override
    public void submittabilityChanged(AioContext of) {
        // Not where it has stopped while others are being told.
        if (waiting && context.isSubmittable()) {
            stop();
            onSubmittable.run();
        }
    }
}
