package io.nettyaio.epoll;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One context's way through a {@link Gate}: the operations that wait for a permit, in order, and the count of those that
 * hold one. Loop-confined, but for {@link #wake()} and {@link #releaseHandedOver}.
 */
final class Lane implements Runnable {

    /** Turns in a row without room for the first that waits, before all room is kept for it. */
    private static final int PATIENCE_TURNS = 8;

    private final EpollAioContext context;
    private final Gate gate;
    private final int limit;
    private final ArrayDeque<Operation> parked = new ArrayDeque<>();
    private int held;
    private int turnsMissed;
    private boolean awaiting;
    private final Runnable takeWakeTask = this::takeWake;
    /** From other threads; see {@link #wake()}. */
    private final AtomicBoolean wakeAsked = new AtomicBoolean();

    /** Whether it waits as the one whom the gate keeps all room for; whoever takes this back wakes it. */
    private final AtomicBoolean waitsReserved = new AtomicBoolean();

    private volatile boolean closed;

    Lane(EpollAioContext context, Gate gate, int limit) {
        this.context = context;
        this.gate = gate;
        this.limit = limit;
        gate.join();
    }

    int limit() {
        return limit;
    }

    int parked() {
        return parked.size();
    }

    /**
     * Takes the permits for an operation.
     *
     * @return false where it has to wait: it is parked, and staged anew once it holds its permits
     */
    boolean acquire(Operation operation, int weight) {
        assert context.inEventLoop();
        boolean mayPass = parked.isEmpty() && (!gate.isContended() || held < gate.share(limit));
        if (mayPass && gate.tryAcquire(this, weight, limit)) {
            held += weight;
            return true;
        }
        parked.add(operation);
        await();
        return false;
    }

    void release(int weight) {
        assert context.inEventLoop();
        held -= weight;
        gate.release(weight);
    }

    /** On the loop: permits that somebody else will give back, by {@link #releaseHandedOver}. */
    void handOver(int weight) {
        assert context.inEventLoop();
        held -= weight;
    }

    /** From any thread, also after the lane has closed. */
    void releaseHandedOver(int weight) {
        gate.release(weight);
    }

    private void await() {
        if (!awaiting) {
            awaiting = true;
            gate.await(this);
        }
    }

    /** From any thread; returns what was so before. */
    boolean waitsReserved(boolean now) {
        return waitsReserved.getAndSet(now);
    }

    /** There may be room. From any thread: this lane has just been taken out of the gate's queue. */
    void wake() {
        if (context.inEventLoop()) {
            // Never from within the release that wakes us: it runs in the middle of a completion.
            context.tick().stage(this);
            return;
        }
        // A mark beside the task: a loop that drains runs no tasks, and looks for the mark.
        wakeAsked.set(true);
        if (!context.execute(takeWakeTask) && closed) {
            passOn();
        }
    }

    /** On the loop: the wake that another thread has asked for, unless it has been taken. */
    void takeWake() {
        if (wakeAsked.getAndSet(false)) {
            run();
        }
    }

    /** Somebody else's turn. */
    private void passOn() {
        if (wakeAsked.getAndSet(false)) {
            gate.wakeNext();
        }
    }

    /** Weight of the operation that waits first; 0 where none does. */
    int nextWeight() {
        Operation head;
        while ((head = parked.peek()) != null && head.isFinished()) {
            // Cancelled while it waited.
            parked.remove();
        }
        return head == null ? 0 : head.weight(limit);
    }

    /**
     * This lane's turn: lets through as many as fit, up to its share while others wait. At least one, where it fits, so
     * that lanes that all have their share take turns instead of leaving room unused.
     */
    @Override
    public void run() {
        awaiting = false;
        int passed = 0;
        int weight;
        while ((weight = nextWeight()) > 0) {
            boolean mayPass = passed == 0 || !gate.isContended() || held < gate.share(limit);
            if (!mayPass || !gate.tryAcquire(this, weight, limit)) {
                if (passed == 0 && ++turnsMissed >= PATIENCE_TURNS) {
                    gate.reserve(this);
                }
                await();
                return;
            }
            held += weight;
            passed++;
            turnsMissed = 0;
            gate.unreserve(this);
            Operation operation = parked.remove();
            operation.passed(this, weight);
            context.stage(operation);
        }
        gate.unreserve(this);
        // What is left of the room belongs to whoever waits next.
        if (gate.isContended()) {
            gate.wakeNext();
        }
    }

    /** Takes out everything that waits, for a context that closes. */
    void drainParked(ArrayDeque<Operation> into) {
        into.addAll(parked);
        parked.clear();
        if (waitsReserved(false)) {
            awaiting = false;
        }
        gate.unreserve(this);
    }

    void close() {
        assert parked.isEmpty() && held == 0 : "parked=" + parked.size() + " held=" + held;
        gate.leave();
        closed = true;
        // After the mark that it is closed: a wake that does not see it yet is seen here.
        passOn();
    }
}
