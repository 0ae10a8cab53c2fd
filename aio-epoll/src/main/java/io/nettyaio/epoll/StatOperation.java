package io.nettyaio.epoll;

import io.nettyaio.AioStat;
import org.jspecify.annotations.Nullable;

/**
 * {@code statx(2)} of an open file.
 *
 * @param <V> what of it is wanted
 */
abstract class StatOperation<V> extends HelperOperation<V> {

    private final EpollAioFile file;
    private @Nullable AioStat stat;

    StatOperation(EpollAioFile file, String name) {
        super(file.context(), name, file.path(), file);
        this.file = file;
    }

    @Override
    long work() {
        try {
            stat = Statx.of(context().syscalls(), file.handle().fd()).stat();
            return 0;
        } catch (Statx.Refused refused) {
            return -refused.errno();
        }
    }

    final AioStat stat() {
        AioStat known = stat;
        if (known == null) {
            throw new IllegalStateException("not done");
        }
        return known;
    }
}
