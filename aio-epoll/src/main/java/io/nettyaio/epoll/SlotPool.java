package io.nettyaio.epoll;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The slots of a context: made when they are needed, up to the queue depth, and kept. Loop-confined. */
final class SlotPool {

    private static final EpollIoOps EDGE_TRIGGERED = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLET);

    private final EpollAioContext context;
    private final IoEventLoop loop;
    private final Syscalls syscalls;
    private final IocbTable iocbs;
    private final Slot[] slots;
    private final int[] free;
    private int freeCount;
    private int made;
    private final ArrayDeque<Operation> waiting = new ArrayDeque<>();

    SlotPool(EpollAioContext context, IoEventLoop loop, Syscalls syscalls, IocbTable iocbs, int capacity) {
        this.context = context;
        this.loop = loop;
        this.syscalls = syscalls;
        this.iocbs = iocbs;
        slots = new Slot[capacity];
        free = new int[capacity];
    }

    int made() {
        return made;
    }

    int freeCount() {
        return freeCount;
    }

    int waiting() {
        return waiting.size();
    }

    Slot get(int index) {
        return slots[index];
    }

    boolean holds(int index) {
        return index >= 0 && index < made;
    }

    /**
     * Gives an operation a slot.
     *
     * @return {@code null} where the operation has to wait, and is staged anew when one is free; or has failed, since
     *     there is no slot and none can be made
     */
    @Nullable
    Slot acquire(Operation operation) {
        if (freeCount == 0 && made < slots.length) {
            int errno = make();
            if (errno != 0 && freeCount == made) {
                operation.fail(Failures.system(errno, operation.name(), operation.path(), 0));
                return null;
            }
        }
        if (freeCount == 0) {
            waiting.add(operation);
            return null;
        }
        Slot slot = slots[free[--freeCount]];
        slot.acquire(operation);
        return slot;
    }

    /** Takes a slot back; it goes to the operation that waits longest, or is free. */
    void release(Slot slot) {
        slot.release();
        Operation next;
        do {
            next = waiting.poll();
        } while (next != null && next.isFinished());
        if (next == null) {
            free[freeCount++] = slot.index();
        } else {
            slot.acquire(next);
            next.gotSlot(slot);
            context.stage(next);
        }
    }

    /**
     * Makes a slot more.
     *
     * @return 0, or the error number
     */
    int make() {
        int fd = syscalls.eventFd();
        if (fd < 0) {
            return -fd;
        }
        Slot slot = new Slot(context, made, fd);
        // A drain looks by itself; and the loop, or its epoll instance, may be gone.
        if (!context.closer().isDraining() && !register(slot)) {
            syscalls.close(fd);
            return Errno.ENOMEM;
        }
        iocbs.bind(made, fd);
        slots[made] = slot;
        free[freeCount++] = made;
        made++;
        return 0;
    }

    private boolean register(Slot slot) {
        Future<IoRegistration> registering = loop.register(slot);
        // On the loop's own thread it is done at once.
        if (!registering.isSuccess()) {
            return false;
        }
        IoRegistration registration = registering.getNow();
        try {
            registration.submit(EDGE_TRIGGERED);
        } catch (RuntimeException refused) {
            // epoll_ctl(2): ENOSPC, fs.epoll.max_user_watches.
            registration.cancel();
            return false;
        }
        slot.registered(registration);
        return true;
    }

    void drainWaiting(ArrayDeque<Operation> into) {
        into.addAll(waiting);
        waiting.clear();
    }

    /** Takes the slots from the loop and closes their eventfds; none may be in use. */
    void close() {
        if (freeCount != made) {
            throw new IllegalStateException("slots=" + made + " free=" + freeCount + ": closed while in use");
        }
        for (int i = 0; i < made; i++) {
            slots[i].deregister();
            syscalls.close(slots[i].eventFd());
        }
        made = 0;
        freeCount = 0;
    }
}
