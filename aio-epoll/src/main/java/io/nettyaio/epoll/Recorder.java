package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioRoute;
import io.nettyaio.metrics.AioContexts;
import io.nettyaio.metrics.AioHistogram;
import io.nettyaio.metrics.AioOutcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts and times one context's operations, where {@link AioConfig#metrics()} asks for it; a context without one reads no
 * clock for it.
 *
 * <p><b>Clock.</b> A reading costs as much as a tenth of an operation that the page cache or a ring of finished ones
 * answers. So it is read once for each flush, each pass over the completions, and where the first operation of an iteration
 * is started outside of these; all that happens in between happens at that time. What a callback takes is thus counted with
 * the operations that it starts.
 *
 * <p><b>Times.</b> With the device is an operation from the moment it is handed to the kernel, or taken by a helper, until
 * the loop takes notice of its return; piece by piece, where it goes in pieces. All the rest is waiting.
 *
 * <p><b>Threading.</b> Loop-confined, but for the getters, which read what the loop has written with opaque access, and
 * {@link #takenByHelper}.
 */
final class Recorder {

    /** Kinds and classes at most; what comes later is counted for a class that stands for all of them. */
    static final int KINDS_MOST = 256;

    static final String OTHER_CLASSES = "other";

    private static final VarHandle HELD;

    static {
        try {
            HELD = MethodHandles.lookup().findVarHandle(Recorder.class, "heldBytes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final EpollAioContext context;
    private final long slowNanos;
    private final AioHistogram submitNanos = new AioHistogram();
    private final AioHistogram submitBatch = new AioHistogram();
    private long nowNanos;
    /** Whether that still is the time: the loop has not left the flush, or the pass, of which it is. */
    private boolean fresh;

    private long heldBytes;
    private KindRecorder last;
    /** Replaced, never changed: others read it. */
    private volatile KindRecorder[] kinds;

    Recorder(EpollAioContext context) {
        this.context = context;
        slowNanos = context.config().slowOperationNanos();
        last = new KindRecorder(AioClass.DEFAULT, AioClass.DEFAULT.name(), "read");
        kinds = new KindRecorder[] {last};
    }

    // ---- the clock -----------------------------------------------------------------------------------------------

    /** A flush or a pass over completions begins. */
    void begin() {
        nowNanos = System.nanoTime();
        fresh = true;
    }

    /** Somebody has read the clock anyhow. */
    void at(long nanos) {
        nowNanos = nanos;
    }

    /** What comes next may come late. */
    void end() {
        fresh = false;
    }

    // ---- an operation's way --------------------------------------------------------------------------------------

    /** It has got to the loop. */
    void started(Operation operation) {
        if (!fresh) {
            begin();
        }
        operation.startedNanos = nowNanos;
        operation.deviceNanos = 0;
        operation.deviceSinceNanos = 0;
    }

    /** It is handed to the kernel, or to a helper. */
    void sent(Operation operation) {
        if (operation.deviceSinceNanos == 0) {
            operation.deviceSinceNanos = nowNanos;
        }
    }

    /** On a helper, which begins with it: until now it has waited for a thread. */
    void takenByHelper(Operation operation) {
        // The device has been busy with a miss since its attempt.
        if (operation.route() != AioRoute.COLLECT) {
            operation.deviceSinceNanos = System.nanoTime();
        }
    }

    /** It, or a piece of it, is back. */
    void returned(Operation operation) {
        long since = operation.deviceSinceNanos;
        if (since != 0) {
            // A helper may have taken it after the pass in which it is found has begun.
            operation.deviceNanos += Math.max(0, nowNanos - since);
            operation.deviceSinceNanos = 0;
        }
    }

    /** It was cancelled, or timed out, and goes on with its buffers all the same. */
    void held(Operation operation) {
        if (!operation.heldAfterCancel) {
            operation.heldAfterCancel = true;
            HELD.setOpaque(this, heldBytes + operation.countedBytes());
        }
    }

    /** It has ended, and is about to be settled. */
    void finished(Operation operation, @Nullable Throwable cause) {
        returned(operation);
        if (operation.heldAfterCancel) {
            operation.heldAfterCancel = false;
            HELD.setOpaque(this, heldBytes - operation.countedBytes());
        }
        AioOutcome outcome = outcomeOf(operation, cause);
        KindRecorder kind = of(operation.ioClass(), operation.kind());
        boolean news = kind.count(operation.route(), outcome, operation.movedBytes());
        if (outcome == AioOutcome.OK || outcome == AioOutcome.FAILED) {
            long total = nowNanos - operation.startedNanos;
            kind.time(total, operation.deviceNanos);
            if (total > slowNanos) {
                FlightEvents.slowOperation(context.name(), operation, total, operation.deviceNanos);
            }
        }
        if (news) {
            AioContexts.changed();
        }
    }

    private static AioOutcome outcomeOf(Operation operation, @Nullable Throwable cause) {
        if (operation.isCancelled()) {
            return operation.isTimedOut() ? AioOutcome.DEADLINE : AioOutcome.CANCELLED;
        }
        if (cause == null) {
            return AioOutcome.OK;
        }
        // Whatever is not of the kernel's is of the library's own checks and limits; of the user's code, a failure.
        boolean refused = cause instanceof AioException failed && failed.kind() != AioException.Kind.SYSTEM;
        return refused ? AioOutcome.REFUSED : AioOutcome.FAILED;
    }

    /** A call of {@code io_submit(2)} has been made. */
    void submitted(int taken, long nanos) {
        submitNanos.record(nanos);
        if (taken > 0) {
            submitBatch.record(taken);
        }
    }

    // ---- kinds ---------------------------------------------------------------------------------------------------

    private KindRecorder of(AioClass ioClass, String kind) {
        KindRecorder recorder = last;
        if (!recorder.is(ioClass, kind)) {
            recorder = find(ioClass, kind);
            last = recorder;
        }
        return recorder;
    }

    private KindRecorder find(AioClass ioClass, String kind) {
        for (KindRecorder one : kinds) {
            if (one.is(ioClass, kind)) {
                return one;
            }
        }
        return byName(ioClass, ioClass.name(), kind);
    }

    /** A class of the same name has the same meters. */
    private KindRecorder byName(AioClass ioClass, String className, String kind) {
        KindRecorder[] present = kinds;
        for (KindRecorder one : present) {
            if (one.ioClass().equals(className) && one.kind().equals(kind)) {
                return one;
            }
        }
        if (present.length >= KINDS_MOST && !className.equals(OTHER_CLASSES)) {
            // The kinds of this class are as many as the library has.
            return byName(ioClass, OTHER_CLASSES, kind);
        }
        KindRecorder made = new KindRecorder(ioClass, className, kind);
        KindRecorder[] more = Arrays.copyOf(present, present.length + 1);
        more[present.length] = made;
        kinds = more;
        return made;
    }

    // ---- for readers ---------------------------------------------------------------------------------------------

    List<KindRecorder> kinds() {
        return List.of(kinds);
    }

    AioHistogram submitNanos() {
        return submitNanos;
    }

    AioHistogram submitBatch() {
        return submitBatch;
    }

    long heldBytes() {
        return (long) HELD.getOpaque(this);
    }
}
