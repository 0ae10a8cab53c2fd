package io.nettyaio.epoll;

import io.nettyaio.AioException;
import io.nettyaio.AioPollEvents;
import org.jspecify.annotations.Nullable;

/** One end of a splice: a pipe in its queue, a file, or a duplicate of a socket. */
final class SpliceEnd {

    private static final String SOCKET = "socket";

    private final @Nullable PipeHandle pipe;
    private final @Nullable EpollAioFile file;
    private final long offsetBytes;
    private final boolean write;
    private int socket = -1;
    private @Nullable EpollWatch socketWatch;
    private PipeQueue.@Nullable Entry entry;

    private SpliceEnd(
            @Nullable PipeHandle pipe, @Nullable EpollAioFile file, int socket, long offsetBytes, boolean write) {
        this.pipe = pipe;
        this.file = file;
        this.socket = socket;
        this.offsetBytes = offsetBytes;
        this.write = write;
    }

    static SpliceEnd pipe(PipeHandle pipe, boolean write) {
        return new SpliceEnd(pipe, null, -1, 0, write);
    }

    static SpliceEnd file(EpollAioFile file, long offsetBytes, boolean write) {
        return new SpliceEnd(null, file, -1, offsetBytes, write);
    }

    static SpliceEnd socket(int socket, boolean write) {
        return new SpliceEnd(null, null, socket, 0, write);
    }

    @Nullable
    PipeHandle pipe() {
        return pipe;
    }

    @Nullable
    EpollAioFile file() {
        return file;
    }

    /** Whether the kernel may take its time over it, whatever the flags: what is not a pipe and not a socket. */
    boolean needsHelper() {
        return file != null || (pipe != null && !pipe.descriptor().isPipe());
    }

    boolean isPipe() {
        return pipe != null && pipe.descriptor().isPipe();
    }

    String path() {
        return pipe != null ? pipe.path() : file != null ? file.path() : SOCKET + ':' + socket;
    }

    int fd() {
        EpollWatch watched = socketWatch;
        if (watched != null) {
            return watched.number();
        }
        return pipe != null ? pipe.number() : file != null ? file.handle().fd() : socket;
    }

    /** Where the next byte is, for {@code splice(2)}; negative for what has no offsets, or one of its own. */
    long offset(long doneBytes) {
        return file == null ? -1 : offsetBytes + doneBytes;
    }

    /**
     * On the loop: takes its place in the pipe's queue, or a duplicate of the socket.
     *
     * @return why that cannot be, or {@code null}
     */
    @Nullable
    AioException enter(PipeOperation operation) {
        if (pipe != null) {
            if (pipe.isClosing()) {
                return Failures.pipeClosed(operation.name(), pipe.path());
            }
            PipeQueue queue = pipe.queue(write);
            if (queue == null) {
                return Failures.argument(
                        Errno.EBADF, operation.name(), path(), write ? "not open for writing" : "not open for reading");
            }
            entry = new PipeQueue.Entry(operation);
            queue.add(entry);
        } else if (file == null) {
            return takeSocket(operation);
        }
        return null;
    }

    private @Nullable AioException takeSocket(PipeOperation operation) {
        Syscalls syscalls = operation.context().syscalls();
        int flags = syscalls.fcntl(socket, PipeDescriptor.F_GETFL, 0);
        if (flags < 0) {
            return Failures.system(-flags, operation.name(), path(), 0);
        }
        if ((flags & PipeDescriptor.O_NONBLOCK) == 0) {
            return Failures.argument(
                    Errno.EINVAL,
                    operation.name(),
                    path(),
                    "the socket is in blocking mode, in which splice would hold up the loop; set O_NONBLOCK, as Netty"
                            + " does for its channels");
        }
        int own = syscalls.fcntl(socket, PipeDescriptor.F_DUPFD_CLOEXEC, 0);
        if (own < 0) {
            return Failures.system(-own, operation.name(), path(), 0);
        }
        socketWatch = new EpollWatch(operation.context(), own) {
            @Override
            void ready(int events) {
                operation.woken();
                operation.drive(false);
            }
        };
        return null;
    }

    /** Whether nothing stands before it in its pipe's queue. */
    boolean isTurn() {
        PipeQueue.Entry mine = entry;
        if (mine == null) {
            return true;
        }
        PipeQueue in = mine.queue();
        return in == null || in.isFirst(mine);
    }

    /** The queue it stands in, if it is one of a pipe. */
    @Nullable
    PipeQueue queue() {
        return entry == null ? null : entry.queue();
    }

    /** Has epoll tell when it is ready; what is a file needs no such thing. */
    @Nullable
    AioException await(PipeOperation operation, long doneBytes) {
        if (pipe != null && pipe.descriptor().kind() != PipeDescriptor.Kind.FILE) {
            return pipe.await(operation.name(), doneBytes);
        }
        EpollWatch watched = socketWatch;
        if (watched != null && !watched.watch(write ? AioPollEvents.OUT : AioPollEvents.IN)) {
            return Failures.system(Errno.ENOMEM, operation.name(), path(), doneBytes);
        }
        return null;
    }

    void leave(PipeOperation operation) {
        PipeQueue.Entry mine = entry;
        PipeQueue in = mine == null ? null : mine.queue();
        if (in != null && mine != null) {
            in.remove(mine);
            if (pipe != null) {
                pipe.left();
            }
        }
        EpollWatch watched = socketWatch;
        if (watched != null) {
            socketWatch = null;
            watched.unwatch();
            operation.context().start(new CloseOperation(operation.context(), watched.number(), path(), null));
        }
    }
}
