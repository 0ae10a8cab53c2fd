package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioEventFd;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioSignal;

/** Completions that are told to somebody who is not a listener: an eventfd of the caller's, a signal's receiver. */
final class Notices {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Notices.class);

    /** {@code fcntl(2)}: F_DUPFD_CLOEXEC. */
    private static final int F_DUPFD_CLOEXEC = 1030;

    private Notices() {}

    // ---- eventfd -------------------------------------------------------------------------------------------------

    /**
     * Two descriptors of one eventfd: the caller may close its own whenever it likes, and the number may be another file's
     * by the time the operation completes.
     */
    static AioEventFd export(Syscalls syscalls, Future<?> operation) throws AioException {
        int fd = syscalls.eventFd();
        if (fd < 0) {
            throw Failures.system(-fd, "exportEventFd", null, 0);
        }
        int own = syscalls.fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (own < 0) {
            syscalls.close(fd);
            throw Failures.system(-own, "exportEventFd", null, 0);
        }
        whenDone(operation, () -> {
            int answer = syscalls.eventFdSignal(own);
            syscalls.close(own);
            if (answer < 0) {
                LOGGER.warn("an exported eventfd was full: whoever shares it has written to it");
            }
        });
        return new ExportedEventFd(syscalls, fd);
    }

    private static final class ExportedEventFd implements AioEventFd {
        private final Syscalls syscalls;
        private int fd;

        ExportedEventFd(Syscalls syscalls, int fd) {
            this.syscalls = syscalls;
            this.fd = fd;
        }

        @Override
        public synchronized int fd() {
            if (fd < 0) {
                throw new IllegalStateException("the eventfd is closed or detached; export another");
            }
            return fd;
        }

        @Override
        public synchronized int detach() {
            int mine = fd();
            fd = -1;
            return mine;
        }

        @Override
        public synchronized void close() {
            if (fd >= 0) {
                int mine = fd;
                fd = -1;
                syscalls.close(mine);
            }
        }
    }

    // ---- signal --------------------------------------------------------------------------------------------------

    static AioFuture<Void> signal(EpollAioContext context, Future<?> operation, AioSignal signal) {
        AioPromise<Void> queued = context.newPromise();
        whenDone(operation, () -> {
            if (queued.isDone()) {
                // Called off.
                return;
            }
            int answer = context.syscalls()
                    .queueSignal(signal.processId(), signal.threadId(), signal.number(), signal.value());
            if (answer >= 0) {
                queued.trySuccess(null);
            } else {
                queued.tryFailure(failure(-answer, signal));
            }
        });
        return queued;
    }

    private static AioException failure(int errno, AioSignal signal) {
        String detail = switch (errno) {
            case Errno.EAGAIN ->
                "the receiver's user has RLIMIT_SIGPENDING signals queued; raise it (ulimit -i), have the"
                        + " receiver take them, and signal again";
            case Errno.ESRCH -> "there is no such process or thread";
            case Errno.EPERM -> "the receiver belongs to another user";
            default -> Errno.explain(errno);
        };
        return new AioException(
                AioException.Kind.SYSTEM, errno, Errno.name(errno), "signal", null, 0, detail + ": " + signal);
    }

    /** At once where it is done: then a listener would need an executor that may have ended. */
    private static void whenDone(Future<?> operation, Runnable notice) {
        if (operation.isDone()) {
            notice.run();
        } else {
            operation.addListener(done -> notice.run());
        }
    }
}
