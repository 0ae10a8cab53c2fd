package io.nettyaio;

/** The way an operation takes from the event loop to its completion. */
public enum AioRoute {
    /** Done on the loop without waiting: the page cache held the data ({@code preadv2(2)} with {@code RWF_NOWAIT}). */
    INLINE,
    /** Kernel AIO from the loop: {@code io_submit(2)}, completed through the ring and the operation's eventfd. */
    KERNEL,
    /**
     * The page cache did not hold the data, and the attempt on the loop has started the read-in. Once it has come in, it
     * is taken from the page cache: on the loop, by trying again, where the loop is awake or another read's return tells
     * it; else by a collector thread that waits for it.
     */
    COLLECT,
    /** Kernel AIO whose {@code io_submit(2)} may block, and is therefore called by a helper thread. */
    HELPER_SUBMIT,
    /** A blocking system call on a helper thread. */
    HELPER,
    /** Done on the loop without waiting, on a pipe; what was not ready has waited for its epoll event. */
    READINESS
}
