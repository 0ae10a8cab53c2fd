package io.nettyaio;

import java.time.Instant;

/**
 * What the file system knows about a file: {@code statx(2)}.
 *
 * @param mode       type and permission bits, {@code st_mode}
 * @param sizeBytes  length of the file
 * @param blocks     512-byte blocks allocated; less than the size where the file has holes
 * @param inode      number of the inode
 * @param deviceMajor major number of the device the file lies on
 * @param deviceMinor minor number of it
 * @param links      hard links
 * @param uid        owner
 * @param gid        group
 * @param accessed   time of the last access
 * @param modified   time of the last change of the contents
 * @param changed    time of the last change of the inode
 */
public record AioStat(
        int mode,
        long sizeBytes,
        long blocks,
        long inode,
        int deviceMajor,
        int deviceMinor,
        int links,
        int uid,
        int gid,
        Instant accessed,
        Instant modified,
        Instant changed) {

    private static final int S_IFMT = 0xF000;
    private static final int S_IFREG = 0x8000;
    private static final int S_IFDIR = 0x4000;

    /** Whether it is a regular file. */
    public boolean isRegularFile() {
        return (mode & S_IFMT) == S_IFREG;
    }

    /** Whether it is a directory. */
    public boolean isDirectory() {
        return (mode & S_IFMT) == S_IFDIR;
    }

    /** The permission bits, as for {@code chmod(2)}. */
    public int permissions() {
        return mode & 07777;
    }
}
