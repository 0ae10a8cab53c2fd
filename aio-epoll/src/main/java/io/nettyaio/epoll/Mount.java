package io.nettyaio.epoll;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What has been learnt of one mount in one mode (buffered or direct): which operations its file system does without
 * blocking. Shared by all contexts of the process. Found out by a real operation when the first file is opened, and
 * corrected by what later operations answer.
 *
 * <p>The fields are hints: written and read with opaque access, since a stale one costs a detour and nothing else.
 */
final class Mount {

    static final long TMPFS = 0x01021994L;
    static final long OVERLAYFS = 0x794c7630L;
    private static final Set<Long> LOCAL = Set.of(
            TMPFS,
            0xEF53L, // ext2, ext3, ext4
            0x58465342L, // xfs
            0x9123683EL, // btrfs
            0xF2F52010L); // f2fs

    private static final int UNKNOWN = 0;
    private static final int YES = 1;
    private static final int NO = 2;

    private static final ConcurrentMap<String, Mount> BY_KEY = new ConcurrentHashMap<>();

    private final long fileSystemType;
    private final AtomicInteger nowaitRead = new AtomicInteger();
    private final AtomicInteger nowaitWrite = new AtomicInteger();
    private final AtomicInteger kernelSync = new AtomicInteger();

    private Mount(long fileSystemType) {
        this.fileSystemType = fileSystemType;
    }

    static Mount of(long mountId, int major, int minor, long fileSystemType, boolean direct) {
        String key = mountId + "/" + major + ":" + minor + "/" + Long.toHexString(fileSystemType)
                + (direct ? "/direct" : "/buffered");
        return BY_KEY.computeIfAbsent(key, unused -> new Mount(fileSystemType));
    }

    /** For tests, which want one that has learnt nothing. */
    static Mount unlearnt(long fileSystemType) {
        return new Mount(fileSystemType);
    }

    boolean isOverlay() {
        return fileSystemType == OVERLAYFS;
    }

    boolean isMemory() {
        return fileSystemType == TMPFS;
    }

    /** Whether it asks no other machine and no other program: what it has in memory it has. */
    boolean asksNobody() {
        return LOCAL.contains(fileSystemType);
    }

    /** Whether nobody has found out yet if reads know RWF_NOWAIT. */
    boolean needsProbe() {
        return nowaitRead.getOpaque() == UNKNOWN;
    }

    /** Whether RWF_NOWAIT is worth a try: the file system has not said no. */
    boolean knowsNowait(boolean write) {
        return (write ? nowaitWrite : nowaitRead).getOpaque() != NO;
    }

    void learnNowait(boolean write, boolean known) {
        (write ? nowaitWrite : nowaitRead).setOpaque(known ? YES : NO);
    }

    boolean knowsKernelSync() {
        return kernelSync.getOpaque() != NO;
    }

    void refuseKernelSync() {
        kernelSync.setOpaque(NO);
    }
}
