package io.nettyaio.examples.log;

/** What has to be true of a record before its append is acknowledged. */
public enum LogDurability {
    /** It is on the disk: the sync that covers it has succeeded. Survives a power loss. */
    ALWAYS,
    /** It has been handed to the kernel, and is synced within a second. Survives the end of the process. */
    EVERY_SECOND,
    /** It has been handed to the kernel, and is synced with whatever else is. Survives the end of the process. */
    NEVER
}
