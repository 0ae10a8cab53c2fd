package io.nettyaio.epoll;

import io.nettyaio.AioConfig;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The helper threads that all contexts with the same limits share, and the gate of their queue: many loops do not make
 * many threads. Threads end when idle; what stays behind is this small object, one for each set of limits in use.
 */
final class SharedHelpers {

    private record Limits(int threads, int queue, long idleNanos) {}

    private static final ConcurrentMap<Limits, SharedHelpers> BY_LIMITS = new ConcurrentHashMap<>();
    /** For io_destroy and the closing of descriptors that nobody waits for, which pass no gate. */
    private static final int UNGATED = 1024;

    private final HelperPool pool;
    private final Gate gate = new Gate();

    private SharedHelpers(Limits limits) {
        pool = new HelperPool("aio-helper", limits.threads(), limits.queue() + UNGATED, limits.idleNanos());
    }

    static SharedHelpers of(AioConfig config) {
        return BY_LIMITS.computeIfAbsent(
                new Limits(config.helperThreads(), config.helperQueue(), config.helperIdleNanos()), SharedHelpers::new);
    }

    HelperPool pool() {
        return pool;
    }

    Gate gate() {
        return gate;
    }
}
