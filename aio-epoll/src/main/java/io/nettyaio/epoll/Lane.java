package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One context's way through a {@link Gate} for one class: the operations that wait for permits, in order, and the count of
 * those held. Loop-confined, but for {@link #wake()} and {@link #releaseHandedOver}.
 */
final class Lane implements Runnable {

    /** Turns in a row without room for the first that waits, before all room is kept for it. */
    private static final int PATIENCE_TURNS = 8;

    private final EpollAioContext context;
    private final Gate gate;
    private final ClassQueue queue;
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

    /** Of the operation that waits first, for other loops to see whether it is its turn. */
    private volatile int firstWeight = 1;

    private volatile int firstUnits = 1;

    /** Whether it does not rest, since its context closes, which is not to take longer for that. */
    private volatile boolean hurried;

    private volatile boolean closed;

    Lane(EpollAioContext context, Gate gate, AioClass ioClass, int limit) {
        this.context = context;
        this.gate = gate;
        this.queue = gate.queueOf(ioClass);
        this.limit = limit;
        queue.lanes().incrementAndGet();
    }

    Gate gate() {
        return gate;
    }

    ClassQueue queue() {
        return queue;
    }

    int limit() {
        return limit;
    }

    int parked() {
        return parked.size();
    }

    /** May a newcomer, or a further one of those that wait, take permits, as far as the class's other lanes go? */
    private boolean isWithinShare() {
        return !queue.isContended() || held < gate.share(queue, limit);
    }

    /**
     * Takes the permits for an operation.
     *
     * @param weight requests it makes of the device
     * @param units  how busy it keeps the device, beside the operations of other classes
     * @return false where it has to wait: it is parked, and staged anew once it holds its permits
     */
    boolean acquire(Operation operation, int weight, int units) {
        assert context.inEventLoop();
        if (context.isClosing()) {
            hurried = true;
        }
        if (parked.isEmpty() && isWithinShare() && gate.tryAcquire(this, weight, units)) {
            held += weight;
            return true;
        }
        parked.add(operation);
        await();
        return false;
    }

    void release(int weight, int units) {
        assert context.inEventLoop();
        held -= weight;
        gate.release(queue, weight, units);
    }

    /** On the loop: permits that somebody else will give back, by {@link #releaseHandedOver}. */
    void handOver(int weight) {
        assert context.inEventLoop();
        held -= weight;
    }

    /** From any thread, also after the lane has closed. */
    void releaseHandedOver(int weight, int units) {
        gate.release(queue, weight, units);
    }

    private void await() {
        if (!awaiting) {
            Operation first = first();
            if (first != null) {
                first.weigh();
            }
            firstWeight = first == null ? 1 : first.weight(limit);
            firstUnits = first == null ? 1 : first.units();
            awaiting = true;
            hurried = context.isClosing();
            gate.await(this);
        }
    }

    /** From any thread. */
    boolean isHurried() {
        return hurried;
    }

    /** From any thread. */
    int firstWeight() {
        return firstWeight;
    }

    /** From any thread. */
    int firstUnits() {
        return firstUnits;
    }

    /** From any thread. */
    boolean isWaitingReserved() {
        return waitsReserved.get();
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

    /** The operation that waits first; {@code null} where none does. */
    private @Nullable Operation first() {
        Operation head;
        while ((head = parked.peek()) != null && head.isFinished()) {
            // Cancelled while it waited.
            parked.remove();
        }
        return head;
    }

    /**
     * This lane's turn: lets through as many as fit, up to its share while others wait. At least one, where it fits, so
     * that lanes that all have their share take turns instead of leaving room unused.
     */
    @Override
    public void run() {
        awaiting = false;
        int passed = 0;
        Operation operation;
        while ((operation = first()) != null) {
            operation.weigh();
            int weight = operation.weight(limit);
            int units = operation.units();
            boolean mayPass = passed == 0 || isWithinShare();
            if (!mayPass || !gate.tryAcquire(this, weight, units)) {
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
            parked.remove();
            operation.passed(this, weight, units);
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
        queue.lanes().decrementAndGet();
        closed = true;
        // After the mark that it is closed: a wake that does not see it yet is seen here.
        passOn();
    }
}
