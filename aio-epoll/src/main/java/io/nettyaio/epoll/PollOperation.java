package io.nettyaio.epoll;

import io.nettyaio.AioPollEvents;
import io.nettyaio.AioRoute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code poll(2)} of one descriptor: IOCB_CMD_POLL on the operation's slot, or epoll on a duplicate. The latter where the
 * kernel's is not sound, has no slot to spare, or refuses: it cannot wait in two of the kernel's queues at once (EINVAL), as
 * what is open for reading and writing may need.
 *
 * <p>A poll in the kernel that is cancelled, or whose pipe or context closes, is taken back by {@code io_cancel(2)}. Its
 * event comes all the same, and only then the slot is used anew.
 */
final class PollOperation extends HelperOperation<Integer> {

    private static final int ALWAYS = AioPollEvents.ERR | AioPollEvents.HUP;

    private final EpollAioContext context;
    private final int descriptor;
    private final int events;
    private final @Nullable PipeHandle pipe;
    private boolean inKernel;
    private boolean kernelRefuses;
    private @Nullable EpollWatch watch;
    private @Nullable Throwable endCause;

    PollOperation(EpollAioContext context, int descriptor, int events, @Nullable PipeHandle pipe) {
        super(context, "poll", Polls.describe(descriptor, pipe), null);
        this.context = context;
        this.descriptor = descriptor;
        this.events = events;
        this.pipe = pipe;
        if (!Polls.areValid(events)) {
            refuse(Failures.argument(
                    Errno.EINVAL,
                    name(),
                    path(),
                    "events=" + AioPollEvents.toString(events) + ": name some of AioPollEvents, and nothing else"));
        }
    }

    @Nullable
    PipeHandle pipe() {
        return pipe;
    }

    // ---- on its way ----------------------------------------------------------------------------------------------

    @Override
    void submit() {
        if (isCancelled()) {
            finish(null);
            return;
        }
        if (pipe != null && pipe.isClosing()) {
            fail(Failures.pipeClosed(name(), path()));
            return;
        }
        int type = context.syscalls().fileType(descriptor);
        if (type < 0) {
            fail(Failures.system(-type, name(), path(), 0));
        } else if (suitsKernel(type) && !kernelRefuses && context.polls().mayGoToKernel()) {
            pollByKernel();
        } else {
            giveBack();
            pollByEpoll(type);
        }
    }

    /**
     * Whether the kernel's poll can be relied on for it. What has no type is an anonymous inode: eventfd, timerfd and their
     * like. A signalfd's readiness is about the signals of whoever looks at it, and kernel AIO has a kernel thread look.
     */
    private boolean suitsKernel(int type) {
        return type == Statx.S_IFIFO || type == Statx.S_IFSOCK || (type == 0 && !isSignalFd());
    }

    private boolean isSignalFd() {
        try {
            // Of procfs, which waits for nothing.
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString()
                    .contains("[signalfd]");
        } catch (IOException unknown) {
            return true;
        }
    }

    private void pollByKernel() {
        toKernel();
        if (slot() != null) {
            inKernel = true;
            context.polls().countInKernel(1);
            context.polls().add(this);
        }
    }

    @Override
    void prepare(Slot in) {
        context.iocbs().prepare(in.index(), in.data(), IocbTable.POLL, descriptor, events, 0, 0, 0);
    }

    private void pollByEpoll(int type) {
        routed(AioRoute.READINESS);
        int own = context.syscalls().fcntl(descriptor, PipeDescriptor.F_DUPFD_CLOEXEC, 0);
        if (own < 0) {
            fail(Failures.system(-own, name(), path(), 0));
            return;
        }
        EpollWatch made = new EpollWatch(context, own) {
            @Override
            void ready(int ready) {
                became(ready);
            }
        };
        watch = made;
        context.polls().add(this);
        context.elsewhere(this);
        if (!made.watch(events)) {
            fail(refusal(type));
        }
    }

    /** epoll takes neither files nor devices that are always ready (EPERM); anything else it only lacks room for. */
    private Throwable refusal(int type) {
        boolean unpollable =
                type == Statx.S_IFREG || type == Statx.S_IFDIR || type == Statx.S_IFBLK || type == Statx.S_IFCHR;
        return unpollable
                ? Failures.argument(
                        Errno.EPERM,
                        name(),
                        path(),
                        "a file, directory or such device is always ready and cannot be waited for; read or write it")
                : Failures.system(Errno.ENOMEM, name(), path(), 0);
    }

    private void became(int ready) {
        int of = ready & (events | ALWAYS);
        if (of != 0 && !isFinished()) {
            super.complete(of);
        }
    }

    @Override
    void complete(long result) {
        leaveKernel();
        if (endCause != null) {
            fail(endCause);
        } else if (isCancelled()) {
            finish(null);
        } else if (result > 0) {
            super.complete(result);
        } else {
            // Not this way. What is wrong with the descriptor, the other one says, too.
            kernelRefuses = true;
            submit();
        }
    }

    @Override
    protected Integer value(long result) {
        // The kernel's own adds what it has been woken by, as POLLRDNORM.
        return (int) result & (events | ALWAYS);
    }

    // ---- before its time -----------------------------------------------------------------------------------------

    @Override
    void cancelledMeanwhile() {
        takeBack(null);
    }

    /** What it waits on is closed. */
    void end(Throwable cause) {
        if (!isFinished()) {
            takeBack(cause);
        }
    }

    private void takeBack(@Nullable Throwable cause) {
        Slot mine = slot();
        KernelAio kernel = context.kernel();
        if (mine == null || kernel == null || mine.state() == Slot.State.PREPARED) {
            if (mine != null && kernel != null) {
                boolean unused = kernel.submitter().withdraw(mine);
            }
            finish(cause);
        } else if (mine.state() == Slot.State.IN_FLIGHT) {
            endCause = cause;
            kernel.cancel(mine);
        }
    }

    @Override
    void settle(@Nullable Throwable cause) {
        leaveKernel();
        context.polls().remove(this);
        EpollWatch made = watch;
        if (made != null) {
            watch = null;
            made.unwatch();
            // On a helper: where its owner has closed it meanwhile, this is the last one, and may take time.
            context.start(new CloseOperation(context, made.number(), Polls.describe(descriptor, pipe), null));
        }
        super.settle(cause);
    }

    private void leaveKernel() {
        if (inKernel) {
            inKernel = false;
            context.polls().countInKernel(-1);
        }
    }
}
