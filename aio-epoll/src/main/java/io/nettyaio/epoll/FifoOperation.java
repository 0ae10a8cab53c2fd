package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioPipe;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Opens one end of a FIFO, on a helper, without waiting there: {@code fifo(7)} with O_NONBLOCK. A write end without a reader
 * is refused with ENXIO then. Nothing tells when a reader comes, short of a thread that blocks, so it is asked for again,
 * with the helper given back meanwhile.
 */
final class FifoOperation extends HelperOperation<AioPipe> {

    private static final long LONGEST_PAUSE_MILLIS = 20;
    private static final int DEFAULT_MODE = 0666;
    /** What no system call answers: it is no FIFO. */
    private static final long NO_FIFO = -4096;

    private final EpollAioContext context;
    private final String path;
    private final Set<AioOpenOption> options;
    private final int flags;
    private long pauseMillis = 1;

    FifoOperation(EpollAioContext context, String path, Set<AioOpenOption> options) {
        super(context, "openFifo", path, null);
        this.context = context;
        this.path = path;
        this.options = options;
        Set<AioOpenOption> plain = EnumSet.noneOf(AioOpenOption.class);
        plain.addAll(options);
        plain.remove(AioOpenOption.CREATE);
        plain.remove(AioOpenOption.CREATE_NEW);
        this.flags = OpenFlags.of(plain);
        if (path.isEmpty()) {
            refuse(Failures.argument(Errno.ENOENT, "openFifo", path, "the path is empty"));
        } else if (path.indexOf('\0') >= 0) {
            refuse(Failures.argument(Errno.EINVAL, "openFifo", path, "the path holds a NUL character"));
        }
    }

    private boolean writes() {
        return options.contains(AioOpenOption.WRITE);
    }

    private boolean reads() {
        return options.contains(AioOpenOption.READ) || !writes();
    }

    // ---- on a helper ---------------------------------------------------------------------------------------------

    @Override
    long work() {
        Syscalls syscalls = context.syscalls();
        ByteBuffer name = NativePath.terminated(path);
        try {
            long address = Native.addressOf(name);
            int refusal = create(syscalls, address);
            return refusal < 0 ? refusal : open(syscalls, address);
        } finally {
            Reference.reachabilityFence(name);
        }
    }

    private int create(Syscalls syscalls, long address) {
        boolean anew = options.contains(AioOpenOption.CREATE_NEW);
        if ((!anew && !options.contains(AioOpenOption.CREATE)) || pauseMillis > 1) {
            return 0;
        }
        int made = syscalls.makeFifo(address, DEFAULT_MODE);
        return made == -Errno.EEXIST && !anew ? 0 : made;
    }

    private long open(Syscalls syscalls, long address) {
        int fd;
        do {
            fd = syscalls.openAt(-1, address, flags, 0);
        } while (fd == -Errno.EINTR);
        if (fd == -Errno.ENXIO) {
            // A socket says that, too, and for ever.
            return isFifo() ? fd : NO_FIFO;
        }
        if (fd >= 0 && syscalls.fileType(fd) != Statx.S_IFIFO) {
            syscalls.close(fd);
            return NO_FIFO;
        }
        return fd;
    }

    private boolean isFifo() {
        try {
            int mode = (Integer) Files.getAttribute(Path.of(path), "unix:mode");
            return (mode & Statx.S_IFMT) == Statx.S_IFIFO;
        } catch (IOException gone) {
            return false;
        }
    }

    // ---- on the loop ---------------------------------------------------------------------------------------------

    @Override
    void complete(long result) {
        if (result == NO_FIFO) {
            fail(Failures.argument(
                    Errno.EINVAL,
                    name(),
                    path,
                    "it is no FIFO; make one with CREATE or mkfifo(1), or open it as a file"));
        } else if (result == -Errno.ENXIO && writes() && !isCancelled()) {
            awaitReader();
        } else {
            super.complete(result);
        }
    }

    private void awaitReader() {
        giveBack();
        if (context.isClosing()) {
            fail(Failures.contextClosed(name(), path, 0));
            return;
        }
        context.elsewhere(this);
        try {
            Future<?> unused =
                    context.eventLoop().schedule(() -> context.resume(this), pauseMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException loopIsGone) {
            fail(Failures.contextClosed(name(), path, 0));
        }
        pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
    }

    @Override
    protected AioPipe value(long result) {
        return context.pipes()
                .view(new PipeDescriptor(
                        (int) result,
                        path,
                        PipeDescriptor.Kind.PIPE,
                        PipeDescriptor.Mode.NONBLOCKING,
                        reads(),
                        writes(),
                        reads()));
    }

    @Override
    protected void unwanted(@Nullable AioPipe pipe) {
        if (pipe != null) {
            Future<?> unused = pipe.close();
        }
    }
}
