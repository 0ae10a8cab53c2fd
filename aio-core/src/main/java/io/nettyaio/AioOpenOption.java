package io.nettyaio;

/** How a file is opened; the flags of {@code open(2)}. {@code O_CLOEXEC} is always set. */
public enum AioOpenOption {
    /** Open for reading. The default where neither this nor {@link #WRITE} nor {@link #APPEND} is given. */
    READ,
    /** Open for writing. */
    WRITE,
    /**
     * {@code O_APPEND}: open for writing, every write goes to the end of the file. Since the kernel then ignores the
     * offset of a write, {@link AioFile#write} is refused on such a file; use {@link AioFile#append}.
     */
    APPEND,
    /** {@code O_CREAT}: create the file where it does not exist. */
    CREATE,
    /** {@code O_CREAT|O_EXCL}: create the file, fail with EEXIST where it exists. */
    CREATE_NEW,
    /** {@code O_TRUNC}: cut an existing file to length 0. */
    TRUNCATE,
    /**
     * {@code O_DIRECT}: past the page cache. Memory, offset and length of each transfer must be multiples of
     * {@link AioFile#alignment()}; {@link AioFile#read(long, int)} takes any and aligns for you.
     */
    DIRECT,
    /** {@code O_DSYNC}: each write is durable when it completes, as by fdatasync. */
    DSYNC,
    /** {@code O_SYNC}: each write is durable when it completes, as by fsync. */
    SYNC,
    /** {@code O_DIRECTORY}: fail with ENOTDIR unless it is a directory. */
    DIRECTORY,
    /** {@code O_NOFOLLOW}: fail with ELOOP where the last part of the path is a symbolic link. */
    NOFOLLOW,
    /** {@code O_NOATIME}: reads do not update the access time; the file's owner or root only, else EPERM. */
    NOATIME
}
