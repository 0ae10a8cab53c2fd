package io.nettyaio;

/**
 * An eventfd that becomes readable when an operation completes, for an epoll loop that is not Netty's or, passed over a
 * Unix socket ({@code SCM_RIGHTS}), for another process. Made by {@link AioContext#exportEventFd}.
 *
 * <p><b>Ownership.</b> The caller's, to be closed by {@link #close()}, whether or not the operation is done; or, after
 * {@link #detach()}, by whatever has taken the number. The library signals through a descriptor of its own of the same
 * eventfd, so that closing this one at any moment is safe. Closing does not affect the operation.
 *
 * <p><b>Threading.</b> Any thread.
 */
public interface AioEventFd extends AutoCloseable {

    /**
     * The descriptor's number. Non-blocking and close-on-exec. Its counter becomes 1, once; whoever shares the eventfd may
     * read it, and must neither write to it nor make it blocking.
     *
     * @throws IllegalStateException where it is closed or detached
     */
    int fd();

    /**
     * Gives the descriptor up: from here on it is the caller's to close by {@code close(2)}.
     *
     * @throws IllegalStateException where it is closed or detached
     */
    int detach();

    /** Closes the descriptor, unless it is closed or detached. */
    @Override
    void close();
}
