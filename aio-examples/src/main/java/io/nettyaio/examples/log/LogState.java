package io.nettyaio.examples.log;

/** What a log does with appends. */
public enum LogState {
    /** Takes them. */
    OPEN,
    /** Refuses them for want of room on the disk. Tries again by itself, and is {@link #OPEN} again when there is room. */
    FULL,
    /**
     * Refuses them for good: a write or a sync has failed, and nobody knows what of the batch is on the disk. A later
     * sync that succeeds would prove nothing, since the kernel reports such an error once. Open the log anew.
     */
    READ_ONLY,
    /** Is closing, or closed. */
    CLOSED
}
