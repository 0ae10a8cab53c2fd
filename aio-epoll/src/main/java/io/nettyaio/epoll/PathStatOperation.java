package io.nettyaio.epoll;

import io.nettyaio.AioStat;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** {@code statx(2)} of a path. */
final class PathStatOperation extends PathOperation<AioStat> {

    private final boolean follow;
    private @Nullable AioStat stat;

    /** @param follow whether a symbolic link at the end of the path is followed */
    PathStatOperation(EpollAioContext context, Path path, boolean follow) {
        super(context, follow ? "stat" : "lstat", path.toString(), path);
        this.follow = follow;
    }

    @Override
    long call(Syscalls syscalls, long address) {
        try {
            stat = Statx.ofPath(syscalls, address, follow).stat();
            return 0;
        } catch (Statx.Refused refused) {
            return -refused.errno();
        }
    }

    @Override
    protected @Nullable AioStat value(long result) {
        return stat;
    }
}
