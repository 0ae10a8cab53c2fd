package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioPipe;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, on a helper, what an inherited descriptor is and how it can be used without O_NONBLOCK on what other processes
 * share; see {@link AioPipe} on blocking mode.
 */
final class InheritOperation extends HelperOperation<AioPipe> {

    private static final int MEMORY_MAJOR = 1;
    private static final int VIRTUAL_CONSOLE_MAJOR = 4;
    private static final int TTY_MAJOR = 5;
    private static final int TTY_LAST_MINOR = 1;
    private static final int PTS_FIRST_MAJOR = 136;
    private static final int PTS_LAST_MAJOR = 143;

    private final EpollAioContext context;
    private final int descriptor;
    private final boolean takesOver;
    private final String path;
    private @Nullable PipeDescriptor found;

    /** @param standardName of a standard stream, which is not taken over; {@code null} for what is */
    InheritOperation(EpollAioContext context, int descriptor, @Nullable String standardName) {
        super(context, "adoptPipe", standardName == null ? "descriptor " + descriptor : standardName, null);
        this.context = context;
        this.descriptor = descriptor;
        this.takesOver = standardName == null;
        this.path = standardName == null ? "descriptor " + descriptor : standardName;
        if (descriptor < 0) {
            refuse(Failures.argument(Errno.EBADF, name(), path, "a descriptor is not negative"));
        }
    }

    // ---- on a helper ---------------------------------------------------------------------------------------------

    @Override
    long work() {
        Syscalls syscalls = context.syscalls();
        int status = syscalls.fcntl(descriptor, PipeDescriptor.F_GETFL, 0);
        if (status < 0) {
            return status;
        }
        Statx statx;
        try {
            statx = Statx.of(syscalls, descriptor);
        } catch (Statx.Refused refused) {
            return -refused.errno();
        }
        PipeDescriptor.@Nullable Kind kind = switch (statx.type()) {
            case Statx.S_IFIFO -> PipeDescriptor.Kind.PIPE;
            case Statx.S_IFSOCK -> PipeDescriptor.Kind.SOCKET;
            case Statx.S_IFREG, Statx.S_IFBLK -> PipeDescriptor.Kind.FILE;
            case Statx.S_IFCHR ->
                statx.rdevMajor() == MEMORY_MAJOR ? PipeDescriptor.Kind.FILE : PipeDescriptor.Kind.CHARACTER;
            default -> null;
        };
        if (kind == null) {
            return statx.type() == Statx.S_IFDIR ? -Errno.EISDIR : -Errno.EOPNOTSUPP;
        }
        boolean opensAnew = kind == PipeDescriptor.Kind.PIPE || isTerminal(statx);
        int own = opensAnew ? openAnew(syscalls, status) : -1;
        PipeDescriptor.Mode mode = PipeDescriptor.Mode.NONBLOCKING;
        if (own < 0) {
            mode = sharedMode(kind);
            own = takesOver ? descriptor : syscalls.fcntl(descriptor, PipeDescriptor.F_DUPFD_CLOEXEC, 0);
            if (own < 0) {
                return own;
            }
        } else if (takesOver) {
            syscalls.close(descriptor);
        }
        found = new PipeDescriptor(
                own, path, kind, mode, PipeDescriptor.reads(status), PipeDescriptor.writes(status), false);
        return own;
    }

    /** Of the devices, opening a terminal anew gives the same one; opening a pty master, say, does not. */
    private static boolean isTerminal(Statx statx) {
        if (statx.type() != Statx.S_IFCHR) {
            return false;
        }
        int major = statx.rdevMajor();
        return major == VIRTUAL_CONSOLE_MAJOR
                || (major >= PTS_FIRST_MAJOR && major <= PTS_LAST_MAJOR)
                || (major == TTY_MAJOR && statx.rdevMinor() <= TTY_LAST_MINOR);
    }

    private static PipeDescriptor.Mode sharedMode(PipeDescriptor.Kind kind) {
        return switch (kind) {
            case FILE -> PipeDescriptor.Mode.HELPER;
            case CHARACTER -> PipeDescriptor.Mode.HELPER_WHEN_READY;
            default -> PipeDescriptor.Mode.NOWAIT;
        };
    }

    /** What it stands for, opened once more: with a blocking mode of its own, O_NONBLOCK from the start. */
    private int openAnew(Syscalls syscalls, int status) {
        Set<AioOpenOption> options = EnumSet.noneOf(AioOpenOption.class);
        if (PipeDescriptor.reads(status)) {
            options.add(AioOpenOption.READ);
        }
        if (PipeDescriptor.writes(status)) {
            options.add(AioOpenOption.WRITE);
        }
        ByteBuffer name = NativePath.terminated("/proc/self/fd/" + descriptor);
        try {
            return syscalls.openAt(-1, Native.addressOf(name), OpenFlags.of(options), 0);
        } finally {
            Reference.reachabilityFence(name);
        }
    }

    // ---- on the loop ---------------------------------------------------------------------------------------------

    @Override
    protected @Nullable AioPipe value(long result) {
        return found == null ? null : context.pipes().view(found);
    }

    /** Cancelled meanwhile; what was to be taken over has been. */
    @Override
    protected void unwanted(@Nullable AioPipe pipe) {
        if (pipe != null) {
            Future<?> unused = pipe.close();
        }
    }
}
