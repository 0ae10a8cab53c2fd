package io.nettyaio.epoll;

import io.netty.util.concurrent.GlobalEventExecutor;
import io.nettyaio.AioContext.State;
import io.nettyaio.AioContextStats;
import io.nettyaio.AioFuture;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Ends a context: refuse, fail what waits, carry out what is in flight, close the files, and only then give back slots,
 * ring and kernel context. Nothing of it blocks a loop that still serves others.
 *
 * <pre>
 * OPEN ──close, or the loop shuts down──► CLOSING ──nothing pending, no file open──► released ──io_destroy──► CLOSED
 * </pre>
 *
 * <p><b>When the loop shuts down</b> it drops its registrations first, ours among them, and wakes for nothing any more; it
 * only runs the tasks it is given. So the rest is one task, which waits for the kernel and the helpers: the loop's sockets
 * are closed by then, and nobody but its terminator waits for it.
 */
final class ContextCloser {

    private static final long PARK_NANOS = 50_000;

    private final EpollAioContext context;
    private final AioPromise<Void> closePromise;
    private final AtomicBoolean destroyed = new AtomicBoolean();
    /** What came when the loop took nothing any more. */
    private final Queue<Operation> late = new ConcurrentLinkedQueue<>();

    /** Tells the flight recorder that it has closed. Written before the state that whoever runs it has seen. */
    private @Nullable Runnable drained;

    private volatile State state = State.OPEN;
    private volatile boolean released;
    private volatile boolean draining;
    private volatile @Nullable Thread drainer;

    ContextCloser(EpollAioContext context, AioPromise<Void> closePromise) {
        this.context = context;
        this.closePromise = closePromise;
    }

    State state() {
        return state;
    }

    /** Whether the slots are gone, and with them all reason to wake up. */
    boolean isReleased() {
        return released;
    }

    AioFuture<Void> close() {
        // Where the loop has ended, that closes the context.
        boolean unused = context.execute(this::begin);
        return closePromise;
    }

    void loopDropsHandles() {
        if (!draining) {
            // A task, so that the loop drops its other handles first: sockets do not wait for the disk.
            draining = context.execute(this::drain);
        }
    }

    /**
     * The loop has ended without telling: it never ran, no slot could be made, or it was told to shut down, with a quiet
     * period of 0, in the middle of its last iteration and has skipped its handles. Nobody else runs what was the loop's
     * any more, so a thread of its own takes its place to the end.
     */
    void loopTerminated() {
        if (!released && !draining) {
            draining = true;
            Thread thread = new Thread(this::drainInPlaceOfLoop, "aio-drain");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void drainInPlaceOfLoop() {
        drainer = Thread.currentThread();
        drain();
    }

    /** Whether this thread stands in for a loop that has ended. */
    boolean isDrainer() {
        return drainer == Thread.currentThread();
    }

    /** Whether a drain goes on, which flushes by itself. */
    boolean isDraining() {
        return draining;
    }

    private void begin() {
        if (state != State.OPEN) {
            return;
        }
        state = State.CLOSING;
        context.measurements().closing();
        AioContextStats now = context.stats();
        drained = FlightEvents.drainBegins(
                context.name(), now.pending(), now.kernelInFlight() + now.helperInFlight(), draining);
        ArrayDeque<Operation> waiting = new ArrayDeque<>();
        context.drainWaiting(waiting);
        for (Operation operation : waiting) {
            if (operation.isForClosing() || operation.isRefused()) {
                context.stage(operation);
            } else if (!operation.isFinished()) {
                operation.fail(Failures.contextClosed(operation.name(), operation.path(), 0));
            }
        }
        for (EpollAioFile file : new ArrayList<>(context.files())) {
            file.closeOnLoop();
        }
        context.polls().closeAll();
        context.pipes().closeAll();
        if (!draining) {
            closeIfIdle();
        }
    }

    private boolean isIdle() {
        return context.pending() == 0
                && context.files().isEmpty()
                && context.pipes().isEmpty();
    }

    /** At the end of each tick and each wakeup. */
    void closeIfIdle() {
        if (state != State.CLOSING || released || draining || !isIdle()) {
            return;
        }
        if (context.returns().isReturning()) {
            // A helper is about to signal one of our eventfds; it takes it no time.
            boolean unused = context.execute(this::closeIfIdle);
            return;
        }
        release();
    }

    /** On the loop as it shuts down: everything, to the end. */
    private void drain() {
        begin();
        while (!isIdle() || context.returns().isReturning()) {
            context.forEachLane(Lane::takeWake);
            context.tick().flush();
            if (context.reap(Integer.MAX_VALUE) == 0) {
                LockSupport.parkNanos(this, PARK_NANOS);
            }
        }
        if (!released) {
            release();
        }
        while (!destroyed.get()) {
            LockSupport.parkNanos(this, PARK_NANOS);
        }
        closed();
        draining = false;
        context.tick().drained();
    }

    private void release() {
        released = true;
        context.deadlines().close();
        context.slots().close();
        context.forEachLane(Lane::close);
        KernelAio kernel = context.kernel();
        if (kernel != null) {
            kernel.close();
        }
        context.onHelper(this::destroy);
    }

    private void destroy() {
        KernelAio kernel = context.kernel();
        if (kernel != null) {
            kernel.destroy();
        }
        context.iocbs().close();
        destroyed.set(true);
        if (!draining && !context.execute(this::closed)) {
            closed();
        }
    }

    private void closed() {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            context.measurements().closed(context);
            if (drained != null) {
                drained.run();
            }
            EpollAio.forget(context);
            closePromise.trySuccess(null);
            failLate();
        }
    }

    /**
     * Fails an operation that the loop does not take any more. Not before the context is closed: until then the loop, or
     * who stands in for it, works on the same files. From any thread.
     */
    void failLate(Operation operation) {
        late.add(operation);
        if (state == State.CLOSED) {
            failLate();
        }
    }

    private void failLate() {
        Operation operation;
        while ((operation = late.poll()) != null) {
            // Not here: completions never come inside the call that starts the operation.
            GlobalEventExecutor.INSTANCE.execute(operation::failLate);
        }
    }
}
