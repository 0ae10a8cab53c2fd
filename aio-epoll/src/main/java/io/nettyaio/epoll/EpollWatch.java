package io.nettyaio.epoll;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor whose readiness the loop's epoll instance tells: registered when somebody first has to wait for it, once,
 * edge-triggered. Adding it tells what is ready by then, so that no edge is missed by whoever has met EAGAIN before.
 *
 * <p>epoll knows a descriptor by its number and by what it stands for, and registering one twice takes the first one's
 * events away. So the descriptor is nobody else's: our own, or a duplicate. Loop-confined.
 */
abstract class EpollWatch implements EpollIoHandle {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(EpollWatch.class);

    private final EpollAioContext context;
    private final FileDescriptor descriptor;
    private @Nullable IoRegistration registration;

    EpollWatch(EpollAioContext context, int fd) {
        this.context = context;
        this.descriptor = new FileDescriptor(fd);
    }

    final EpollAioContext context() {
        return context;
    }

    final int number() {
        return descriptor.intValue();
    }

    final boolean isWatched() {
        return registration != null;
    }

    /**
     * Registers it, unless it is.
     *
     * @param events of {@code epoll_ctl(2)}
     * @return false where that is refused: the descriptor cannot be waited for (EPERM), or the user has too many watches
     *     (ENOSPC, fs.epoll.max_user_watches), or the loop shuts down
     */
    final boolean watch(int events) {
        if (registration != null) {
            return true;
        }
        Future<IoRegistration> registering = context.eventLoop().register(this);
        // On the loop's own thread it is done at once.
        if (!registering.isSuccess()) {
            return false;
        }
        IoRegistration made = registering.getNow();
        try {
            made.submit(EpollIoOps.valueOf(events).with(EpollIoOps.EPOLLET));
        } catch (RuntimeException refused) {
            made.cancel();
            return false;
        }
        registration = made;
        return true;
    }

    /** Takes it out of epoll, which has to come before its close: others may keep open what it stands for. */
    final void unwatch() {
        IoRegistration made = registration;
        registration = null;
        if (made != null) {
            try {
                made.cancel();
            } catch (RejectedExecutionException loopIsGone) {
                // And its epoll instance with it.
            }
        }
    }

    /** On the loop: these events are, at least. */
    abstract void ready(int events);

    @Override
    public final FileDescriptor fd() {
        return descriptor;
    }

    /** Never throws: the loop would sleep for a second, and others in its batch would lose their edge. */
    @Override
    public final void handle(IoRegistration from, IoEvent event) {
        try {
            if (registration != null) {
                ready(((EpollIoEvent) event).ops().value());
            }
        } catch (Throwable unexpected) {
            LOGGER.error("an event of fd={} failed in a way the engine should have handled", number(), unexpected);
        }
    }

    /** The loop shuts down and has dropped its registrations. */
    @Override
    public final void close() {
        context.loopDropsHandles();
    }
}
