package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioConfig;
import io.nettyaio.AioOverloadPolicy;
import io.nettyaio.AioSubmittableListener;
import io.nettyaio.AioWaterMark;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * How much a context takes on: counts what is pending, in operations and bytes, turns away or holds back what is too much,
 * and says by water marks when more is welcome. Loop-confined, but for {@link #isSubmittable} and the listeners.
 */
final class Admission {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Admission.class);

    private final EpollAioContext context;
    private final int mostOperations;
    private final long mostBytes;
    private final boolean waits;
    private final AioWaterMark marks;
    private final ArrayDeque<Operation> waiting = new ArrayDeque<>();
    private final List<AioSubmittableListener> listeners = new CopyOnWriteArrayList<>();
    private final Runnable tellTask = this::tell;
    private int pending;
    private long pendingBytes;
    private int waitingCount;
    private volatile boolean submittable = true;
    private boolean told = true;
    private boolean refusing;
    private boolean telling;

    Admission(EpollAioContext context, AioConfig config) {
        this.context = context;
        mostOperations = config.pendingOperations();
        mostBytes = config.pendingBytes();
        waits = config.overloadPolicy() == AioOverloadPolicy.WAIT;
        marks = config.waterMark();
    }

    int pending() {
        return pending;
    }

    long pendingBytes() {
        return pendingBytes;
    }

    /** Operations that wait for room. */
    int waiting() {
        return waitingCount;
    }

    boolean isSubmittable() {
        return submittable;
    }

    void add(AioSubmittableListener listener) {
        listeners.add(listener);
    }

    void remove(AioSubmittableListener listener) {
        listeners.remove(listener);
    }

    /**
     * Counts an operation, or refuses it.
     *
     * @return false where it waits: it is staged once there is room
     */
    boolean enter(Operation operation) {
        if (operation.isForClosing() || (waitingCount == 0 && hasRoom(operation))) {
            count(operation);
            refusing = false;
            return true;
        }
        if (waits && waitingCount < mostOperations) {
            operation.waitsForRoom(true);
            if (waiting.size() > 2 * waitingCount + 64) {
                // Cancelled ones behind a first that waits long.
                waiting.removeIf(one -> !one.isWaitingForRoom());
            }
            waiting.add(operation);
            waitingCount++;
            judge();
            return false;
        }
        if (!refusing) {
            // The first in a row: an overload refuses many.
            refusing = true;
            FlightEvents.queueFull(context.name(), operation.name(), operation.path(), pending, pendingBytes);
        }
        operation.refuse(
                Failures.queueFull(operation.name(), operation.path(), pending, pendingBytes, context.config()));
        return true;
    }

    private boolean hasRoom(Operation operation) {
        // One that is longer than the bound goes alone.
        return pending < mostOperations && (pendingBytes == 0 || operation.pendingBytes() <= mostBytes - pendingBytes);
    }

    private void count(Operation operation) {
        pending++;
        long bytes = operation.pendingBytes();
        pendingBytes += bytes;
        operation.counted(bytes);
        judge();
    }

    /** An operation has ended, or waits no more. */
    void leave(Operation operation) {
        if (operation.isCounted()) {
            pending--;
            pendingBytes -= operation.countedBytes();
        } else if (operation.isWaitingForRoom()) {
            // Cancelled, or failed by a close: the queue passes over what is left of it.
            operation.waitsForRoom(false);
            waitingCount--;
        } else {
            return;
        }
        Operation next;
        while ((next = waiting.peek()) != null) {
            if (next.isWaitingForRoom()) {
                if (!hasRoom(next)) {
                    break;
                }
                next.waitsForRoom(false);
                waitingCount--;
                count(next);
                context.stage(next);
            }
            waiting.remove();
        }
        judge();
    }

    /** Takes out what waits, for a context that closes; each still {@linkplain #leave leaves} when it is failed. */
    void drainWaiting(ArrayDeque<Operation> into) {
        for (Operation operation : waiting) {
            if (operation.isWaitingForRoom()) {
                into.add(operation);
            }
        }
        waiting.clear();
    }

    private void judge() {
        if (submittable) {
            if (pending > marks.highOperations() || pendingBytes > marks.highBytes() || waitingCount > 0) {
                submittable = false;
                changed();
            }
        } else if (pending <= marks.lowOperations() && pendingBytes <= marks.lowBytes() && waitingCount == 0) {
            submittable = true;
            changed();
        }
    }

    private void changed() {
        if (!telling) {
            // Later: never inside the call that starts an operation. Without its loop nobody needs to be told.
            telling = context.execute(tellTask);
        }
    }

    private void tell() {
        telling = false;
        if (told == submittable) {
            return;
        }
        told = submittable;
        for (AioSubmittableListener listener : listeners) {
            try {
                listener.submittabilityChanged(context);
            } catch (Throwable thrown) {
                LOGGER.warn("an AioSubmittableListener threw", thrown);
            }
        }
    }
}
