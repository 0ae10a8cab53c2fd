package io.nettyaio;

/** Which way fsync and fdatasync take. */
public enum AioSyncPolicy {
    /**
     * A helper thread calls {@code fdatasync(2)}. The default: it costs a loop nothing, whatever is dirty.
     */
    HELPER,
    /**
     * {@code IOCB_CMD_FDSYNC} by kernel AIO. Spares the helper thread where little is dirty; with hundreds of MiB
     * dirty, the kernel's worker may take the loop's CPU for milliseconds. Falls back to a helper where the kernel does
     * not know it.
     */
    KERNEL
}
