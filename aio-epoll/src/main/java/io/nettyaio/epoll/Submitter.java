package io.nettyaio.epoll;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.IntConsumer;

/**
 * Hands prepared slots to the kernel: {@code io_submit(2)}, a bounded batch for each tick. Loop-confined.
 *
 * <p>What the kernel answers: how many it took, of which it stopped at the first it would not take. That one's errno only
 * shows when it comes first, so the call is repeated from there: EAGAIN means later, anything else concerns this one
 * operation, and the rest goes on.
 *
 * <p>A slot is IN_FLIGHT before the call, since its operation may complete inside of it.
 */
final class Submitter implements AutoCloseable {

    /** Is told of each call. */
    interface CallListener {

        /**
         * A call has been made.
         *
         * @param answer how many it took, or {@code -errno}
         */
        void called(int answer, long nanos);
    }

    private final IntConsumer inFlight;
    private final CallListener listener;
    private final Syscalls syscalls;
    private final Preemption preemption;
    private final long aioContext;
    private final IocbTable iocbs;
    private final int batchLimit;
    private final long budgetNanos;
    private final ArrayDeque<Slot> prepared = new ArrayDeque<>();
    private final Slot[] batch;
    private final NativeMemory pointers;
    private final ByteBuffer pointerBuffer;
    private final ArrayDeque<Operation> refused = new ArrayDeque<>();
    private final ArrayDeque<Integer> refusals = new ArrayDeque<>();

    private long calls;
    private long longestNanos;

    /**
     * @param inFlight    is told how many are handed to the kernel, or, negative, were not taken
     * @param listener    is told of each call
     * @param batchLimit  operations in one call
     * @param budgetNanos time of one call that devices are not told of
     */
    Submitter(
            IntConsumer inFlight,
            CallListener listener,
            Syscalls syscalls,
            Preemption preemption,
            long aioContext,
            IocbTable iocbs,
            int batchLimit,
            long budgetNanos) {
        this.inFlight = inFlight;
        this.listener = listener;
        this.syscalls = syscalls;
        this.preemption = preemption;
        this.aioContext = aioContext;
        this.iocbs = iocbs;
        this.batchLimit = batchLimit;
        this.budgetNanos = budgetNanos;
        batch = new Slot[batchLimit];
        pointers = new NativeMemory((long) batchLimit * Long.BYTES, Long.BYTES);
        pointerBuffer = pointers.buffer();
    }

    long calls() {
        return calls;
    }

    long longestNanos() {
        return longestNanos;
    }

    boolean isEmpty() {
        return prepared.isEmpty();
    }

    void add(Slot slot) {
        prepared.add(slot);
    }

    /** Takes a slot out again, where it waits here. */
    void remove(Slot slot) {
        prepared.remove(slot);
    }

    /**
     * Submits one batch.
     *
     * @return false where the kernel lacks resources: to be tried again when something has completed
     */
    boolean submit() {
        int count = 0;
        while (count < batchLimit && !prepared.isEmpty()) {
            Slot slot = prepared.remove();
            slot.transition(Slot.State.PREPARED, Slot.State.IN_FLIGHT);
            pointerBuffer.putLong(count * Long.BYTES, iocbs.iocbAddress(slot.index()));
            batch[count++] = slot;
        }
        inFlight.accept(count);
        int done = 0;
        boolean resources = true;
        while (done < count && resources) {
            int answer = call(done, count);
            if (answer > 0) {
                done += answer;
            } else if (answer == 0 || answer == -Errno.EAGAIN) {
                resources = false;
            } else if (answer != -Errno.EINTR) {
                refuse(batch[done++], -answer);
            }
        }
        putBack(done, count);
        // Only now: completing one may start others.
        while (!refused.isEmpty()) {
            int errno = refusals.remove();
            refused.remove().ringReturned(-errno);
        }
        return resources;
    }

    private int call(int from, int to) {
        long began = System.nanoTime();
        preemption.begins(began);
        int answer = syscalls.ioSubmit(aioContext, to - from, pointers.address() + (long) from * Long.BYTES);
        long ended = System.nanoTime();
        long nanos = ended - began;
        calls++;
        listener.called(answer, nanos);
        if (nanos > longestNanos) {
            longestNanos = nanos;
        }
        if (nanos > budgetNanos) {
            heldUp(from, from + answer, nanos, ended);
        }
        return answer;
    }

    /** Tells each device that the kernel took operations for. */
    private void heldUp(int from, int to, long nanos, long ended) {
        DeviceLane last = null;
        for (int i = from; i < to; i++) {
            Operation operation = batch[i].operation();
            DeviceLane lane = operation == null ? null : operation.deviceLane();
            if (lane != null && lane != last) {
                lane.spent(nanos, ended);
                last = lane;
            }
        }
    }

    private void refuse(Slot slot, int errno) {
        slot.transition(Slot.State.IN_FLIGHT, Slot.State.COMPLETED);
        inFlight.accept(-1);
        Operation operation = slot.operation();
        if (operation != null) {
            refused.add(operation);
            refusals.add(errno);
        }
    }

    private void putBack(int from, int to) {
        for (int i = to - 1; i >= from; i--) {
            batch[i].transition(Slot.State.IN_FLIGHT, Slot.State.PREPARED);
            prepared.addFirst(batch[i]);
        }
        inFlight.accept(from - to);
    }

    /**
     * Takes back what has not been submitted yet.
     *
     * @return false where the kernel has it
     */
    boolean withdraw(Slot slot) {
        return prepared.remove(slot);
    }

    /** What has not been submitted yet, for a context that closes. */
    void drainPrepared(ArrayDeque<Operation> into) {
        for (Slot slot : prepared) {
            Operation operation = slot.operation();
            if (operation != null) {
                into.add(operation);
            }
        }
        prepared.clear();
    }

    @Override
    public void close() {
        pointers.close();
    }
}
