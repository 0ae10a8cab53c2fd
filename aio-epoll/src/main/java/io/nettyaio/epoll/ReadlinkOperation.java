package io.nettyaio.epoll;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** {@code readlink(2)}. */
final class ReadlinkOperation extends PathOperation<Path> {

    /** PATH_MAX: no link says more. */
    private static final int MOST_BYTES = 4096;

    private @Nullable Path target;

    ReadlinkOperation(EpollAioContext context, Path link) {
        super(context, "readlink", link.toString(), link);
    }

    @Override
    long call(Syscalls syscalls, long address) {
        try (NativeMemory memory = new NativeMemory(MOST_BYTES, Long.BYTES)) {
            int length = syscalls.readlink(address, memory.address(), MOST_BYTES);
            if (length > 0) {
                byte[] bytes = new byte[length];
                memory.buffer().get(bytes);
                target = NativePath.of(bytes);
            }
            return length;
        }
    }

    @Override
    protected @Nullable Path value(long result) {
        return target;
    }
}
