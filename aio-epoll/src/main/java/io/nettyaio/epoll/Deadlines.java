package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of a context's operations: a binary heap whose entries know their place in it, so that an operation that
 * is done takes its own out, and one timer of the loop, for the earliest. The timer is left alone when the earliest goes;
 * it then finds nothing and sets itself anew. So deadlines that are always met cost a timer once in their length.
 *
 * <p>What has passed is also looked for before a tick sends anything off: an operation past its deadline is not submitted
 * because the loop was late; and a drain, where the loop runs no timers, keeps deadlines by its ticks.
 *
 * <p>Loop-confined, but for {@link #set}.
 */
final class Deadlines {

    /** Settling many runs as many listeners: the loop looks after its sockets in between. */
    static final int EXPIRED_AT_ONCE = 256;

    private static final class Deadline implements GenericFutureListener<Future<Object>> {
        private final Deadlines of;
        private final AioPromise<?> promise;
        private final Duration timeout;
        private final long atNanos;
        private int index = -1;

        Deadline(Deadlines of, AioPromise<?> promise, Duration timeout, long atNanos) {
            this.of = of;
            this.promise = promise;
            this.timeout = timeout;
            this.atNanos = atNanos;
        }

        /** The operation is done, in time or not. */
        @Override
        public void operationComplete(Future<Object> done) {
            // Not on the loop where that has ended: nobody looks at the heap any more then.
            if (index >= 0 && of.context.inEventLoop()) {
                of.removeAt(index);
            }
        }
    }

    private final EpollAioContext context;
    private final Runnable timerTask = this::timer;
    private final TurnTask moreTurn;
    private final TurnBudget turnBudget;
    private Deadline[] heap = new Deadline[16];
    private int size;
    private @Nullable Future<?> timer;
    private long timerAtNanos;

    Deadlines(EpollAioContext context) {
        this.context = context;
        moreTurn = new TurnTask(context.eventLoop(), this::timer, () -> size = 0);
        turnBudget = new TurnBudget(context.config().loopBudgetNanos());
    }

    /** How many there are. */
    int size() {
        return size;
    }

    /** From any thread: the promise fails at that time, if it is not done. */
    void set(AioPromise<?> promise, Duration timeout, long atNanos) {
        if (context.inEventLoop()) {
            add(promise, timeout, atNanos);
        } else {
            // Where the loop has ended, so has the operation.
            boolean unused = context.execute(() -> add(promise, timeout, atNanos));
        }
    }

    @SuppressWarnings("unchecked") // a listener takes any future's result
    private void add(AioPromise<?> promise, Duration timeout, long atNanos) {
        if (promise.isDone()) {
            return;
        }
        Deadline deadline = new Deadline(this, promise, timeout, atNanos);
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        siftUp(size++, deadline);
        ((Future<Object>) promise).addListener(deadline);
        arm();
    }

    /**
     * Fails what is past its deadline.
     *
     * @return whether nothing is left that is
     */
    boolean expireDue() {
        if (size == 0) {
            return true;
        }
        long now = System.nanoTime();
        turnBudget.begin(EXPIRED_AT_ONCE, now);
        while (!turnBudget.isExhausted()) {
            if (size == 0 || heap[0].atNanos - now > 0) {
                return true;
            }
            Deadline due = heap[0];
            removeAt(0);
            boolean unused = due.promise.expire(due.timeout);
            turnBudget.ran();
        }
        return size == 0 || heap[0].atNanos - now > 0;
    }

    /** Everything has settled: nothing is left for the timer to find. */
    void close() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void timer() {
        timer = null;
        boolean all = expireDue();
        if (all) {
            arm();
        } else {
            moreTurn.afterSockets();
        }
        context.closer().closeIfIdle();
    }

    private void arm() {
        if (size == 0 || context.closer().isDraining()) {
            return;
        }
        long at = heap[0].atNanos;
        if (timer != null) {
            if (timerAtNanos - at <= 0) {
                return;
            }
            timer.cancel(false);
        }
        timerAtNanos = at;
        try {
            timer = context.eventLoop().schedule(timerTask, at - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException loopShutsDown) {
            // The drain looks.
            timer = null;
        }
    }

    // ---- the heap ------------------------------------------------------------------------------------------------

    private void removeAt(int index) {
        heap[index].index = -1;
        Deadline last = heap[--size];
        heap[size] = null;
        if (index < size) {
            siftDown(index, last);
            if (heap[index] == last) {
                siftUp(index, last);
            }
        }
    }

    private void siftUp(int from, Deadline deadline) {
        int at = from;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (deadline.atNanos - heap[parent].atNanos >= 0) {
                break;
            }
            put(at, heap[parent]);
            at = parent;
        }
        put(at, deadline);
    }

    private void siftDown(int from, Deadline deadline) {
        int at = from;
        int child;
        while ((child = 2 * at + 1) < size) {
            if (child + 1 < size && heap[child + 1].atNanos - heap[child].atNanos < 0) {
                child++;
            }
            if (deadline.atNanos - heap[child].atNanos <= 0) {
                break;
            }
            put(at, heap[child]);
            at = child;
        }
        put(at, deadline);
    }

    private void put(int at, Deadline deadline) {
        heap[at] = deadline;
        deadline.index = at;
    }
}
