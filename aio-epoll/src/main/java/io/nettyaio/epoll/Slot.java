package io.nettyaio.epoll;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.unix.FileDescriptor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A place in flight: an eventfd that is registered with the loop's epoll instance once, edge-triggered, and never read,
 * and an iocb that signals it. Reused for one operation after another.
 *
 * <pre>
 * FREE ──acquire──► PREPARED ──submit──► IN_FLIGHT ──completion──► COMPLETED ──release──► FREE
 *                     ▲  │                   │                         │
 *                     │  └────refused────────┼─────────────────────────┤   (the kernel did not take it)
 *                     └───────EAGAIN─────────┘                         │
 *                     └──────────────────another route─────────────────┘
 * </pre>
 *
 * <p>A wakeup is a hint: {@link #handle} only tells the context to look. Loop-confined.
 */
final class Slot implements EpollIoHandle {

    enum State {
        FREE,
        PREPARED,
        IN_FLIGHT,
        COMPLETED
    }

    private final EpollAioContext context;
    private final int index;
    private final int eventFd;
    private final FileDescriptor descriptor;
    private @Nullable IoRegistration registration;
    private @Nullable Operation operation;
    private State state = State.FREE;
    private int generation;

    Slot(EpollAioContext context, int index, int eventFd) {
        this.context = context;
        this.index = index;
        this.eventFd = eventFd;
        this.descriptor = new FileDescriptor(eventFd);
    }

    int index() {
        return index;
    }

    int eventFd() {
        return eventFd;
    }

    /** What a completion carries: index and generation. */
    long data() {
        return ((long) generation << 32) | index;
    }

    static int indexOf(long data) {
        return (int) data;
    }

    State state() {
        return state;
    }

    @Nullable
    Operation operation() {
        return operation;
    }

    void acquire(Operation by) {
        transition(State.FREE, State.PREPARED);
        operation = by;
    }

    void release() {
        if (state != State.COMPLETED && state != State.PREPARED) {
            throw new IllegalStateException(
                    "slot=" + index + " generation=" + generation + " state=" + state + ": released while in flight");
        }
        state = State.FREE;
        operation = null;
        generation++;
    }

    /** Goes on with the same operation: a further completion belongs to a further generation. */
    void again() {
        transition(State.COMPLETED, State.PREPARED);
        generation++;
    }

    void transition(State from, State to) {
        // Always on: a slot in the wrong state means that the kernel may write where it must not.
        if (state != from) {
            throw new IllegalStateException("slot=" + index + " generation=" + generation + " state=" + state
                    + ": cannot go from " + from + " to " + to);
        }
        state = to;
    }

    void registered(IoRegistration with) {
        registration = with;
    }

    void deregister() {
        if (registration != null) {
            try {
                registration.cancel();
            } catch (RejectedExecutionException loopIsGone) {
                // And its epoll instance with it.
            }
        }
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    /** Never throws: the loop would sleep for a second, and others in its batch would lose their edge. */
    @Override
    public void handle(IoRegistration from, IoEvent event) {
        context.wakeup();
    }

    /** The loop shuts down and has dropped its registrations. */
    @Override
    public void close() {
        context.loopDropsHandles();
    }
}
