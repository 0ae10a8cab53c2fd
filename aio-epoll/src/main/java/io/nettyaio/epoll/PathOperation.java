package io.nettyaio.epoll;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A system call on one or two paths that a helper makes: rename, unlink, mkdir and their like.
 *
 * @param <V> the type of its result; without a {@link #value} of its own, nothing
 */
abstract class PathOperation<V extends @Nullable Object> extends HelperOperation<V> {

    /** A call on a path. */
    interface Call {
        long make(Syscalls syscalls, long path);
    }

    /** A call on two of them. */
    interface TwoPathsCall {
        long make(Syscalls syscalls, long source, long target);
    }

    private final Path path;

    /** @param text how a failure names what it concerns */
    PathOperation(EpollAioContext context, String name, String text, Path... paths) {
        super(context, name, text, null);
        this.path = paths[0];
        for (Path each : paths) {
            check(each);
        }
    }

    /** Without a result. */
    static PathOperation<Void> of(EpollAioContext context, String name, Path path, Call call) {
        return new PathOperation<Void>(context, name, path.toString(), path) {
            @Override
            long call(Syscalls syscalls, long address) {
                return call.make(syscalls, address);
            }
        };
    }

    /** Of two paths, without a result. */
    static PathOperation<Void> of(
            EpollAioContext context, String name, Path source, Path target, TwoPathsCall twoPathsCall) {
        return new PathOperation<Void>(context, name, source + " -> " + target, source, target) {
            @Override
            long call(Syscalls syscalls, long address) {
                ByteBuffer other = NativePath.terminated(target);
                try {
                    return twoPathsCall.make(syscalls, address, Native.addressOf(other));
                } finally {
                    Reference.reachabilityFence(other);
                }
            }
        };
    }

    private void check(Path each) {
        if (each.getFileSystem() != FileSystems.getDefault()) {
            refuse(Failures.foreignPath(name(), each));
        } else if (each.toString().isEmpty()) {
            refuse(Failures.argument(Errno.ENOENT, name(), path(), "the path is empty"));
        }
    }

    /**
     * On the helper: the system call.
     *
     * @param address the first path, with a NUL at its end
     */
    abstract long call(Syscalls syscalls, long address);

    @Override
    long work() {
        ByteBuffer name = NativePath.terminated(path);
        try {
            long address = Native.addressOf(name);
            long result;
            do {
                result = call(context().syscalls(), address);
            } while (result == -Errno.EINTR);
            return result;
        } finally {
            // The memory is the garbage collector's to free, and has to live until here.
            Reference.reachabilityFence(name);
        }
    }

    @Override
    protected @Nullable V value(long result) {
        return null;
    }
}
