package io.nettyaio.epoll;

import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A system call on an open file that a helper makes.
 *
 * @param <V> the type of its result; without a {@link #value} of its own, nothing
 */
class FileOperation<V extends @Nullable Object> extends HelperOperation<V> {

    private final EpollAioFile file;
    private final ToLongFunction<Syscalls> call;

    FileOperation(EpollAioFile file, String name, ToLongFunction<Syscalls> call) {
        super(file.context(), name, file.path(), file);
        this.file = file;
        this.call = call;
    }

    final EpollAioFile file() {
        return file;
    }

    final void check(boolean valid, String arguments) {
        if (!valid) {
            refuse(Failures.argument(Errno.EINVAL, name(), file.path(), arguments + " is out of range"));
        }
    }

    @Override
    long work() {
        long result;
        do {
            result = call.applyAsLong(context().syscalls());
        } while (result == -Errno.EINTR);
        return result;
    }

    @Override
    protected @Nullable V value(long result) {
        return null;
    }
}
