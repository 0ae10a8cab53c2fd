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

    /** What kind of file it is. */
    public AioFileType type() {
        return AioFileType.ofMode(mode);
    }

    /** Whether it is a regular file. */
    public boolean isRegularFile() {
        return type() == AioFileType.REGULAR;
    }

    /** Whether it is a directory. */
    public boolean isDirectory() {
        return type() == AioFileType.DIRECTORY;
    }

    /** Whether it is a symbolic link; only {@link AioContext#lstat} finds one. */
    public boolean isSymbolicLink() {
        return type() == AioFileType.SYMBOLIC_LINK;
    }

    /**
     * Whether both are of the same file: same device, same inode.
     *
     * @param other what is known of another path or file
     */
    public boolean isSameFile(AioStat other) {
        return inode == other.inode && deviceMajor == other.deviceMajor && deviceMinor == other.deviceMinor;
    }

    /** The permission bits, as for {@code chmod(2)}. */
    public int permissions() {
        return mode & 07777;
    }
}
