package io.nettyaio;

import io.netty.util.concurrent.FastThreadLocal;

/**
 * Which threads are those of event loops that do I/O, and so must not wait. For engines.
 *
 * <p><b>Threading.</b> Concerns the calling thread.
 */
public final class LoopThreads {

    private static final FastThreadLocal<Boolean> MARKED = new FastThreadLocal<>();

    private LoopThreads() {}

    /** This thread is a loop's, from now on. */
    public static void mark() {
        MARKED.set(true);
    }

    /** Whether this thread is a loop's. */
    public static boolean isOne() {
        return MARKED.isSet();
    }
}
