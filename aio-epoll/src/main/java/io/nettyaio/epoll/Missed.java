package io.nettyaio.epoll;

/** An operation that the page cache did not hold all of, and whose read-in has been started; see {@link MissQueue}. */
interface Missed {

    /**
     * Tries once more, on the loop. Nothing of the caller's runs. Never throws.
     *
     * @return false where it has not come in yet; else {@link #retried()} is to be called
     */
    boolean retryOnLoop();

    /** Retries that have missed. */
    int retries();

    /** Ends, or goes another way, after a retry. Never throws. */
    void retried();

    /** Has a collector wait for it; {@link MissQueue#ended} is told of its end. Never throws. */
    void handToCollector();
}
