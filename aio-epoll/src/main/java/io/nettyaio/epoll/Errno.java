package io.nettyaio.epoll;

/** Error numbers of {@code errno(3)}; the same on x86_64 and aarch64. */
final class Errno {

    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int ENXIO = 6;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EFAULT = 14;
    static final int EEXIST = 17;
    static final int EXDEV = 18;
    static final int ENOTDIR = 20;
    static final int EISDIR = 21;
    static final int EINVAL = 22;
    static final int EMFILE = 24;
    static final int ESPIPE = 29;
    static final int EPIPE = 32;
    static final int ENOSYS = 38;
    static final int EOPNOTSUPP = 95;
    static final int ECANCELED = 125;

    private Errno() {}

    /** The symbolic name, {@code "E<number>"} where this library does not know it. */
    static String name(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case ESRCH -> "ESRCH";
            case EINTR -> "EINTR";
            case EIO -> "EIO";
            case ENXIO -> "ENXIO";
            case EBADF -> "EBADF";
            case EAGAIN -> "EAGAIN";
            case ENOMEM -> "ENOMEM";
            case EACCES -> "EACCES";
            case EFAULT -> "EFAULT";
            case 16 -> "EBUSY";
            case EEXIST -> "EEXIST";
            case EXDEV -> "EXDEV";
            case 19 -> "ENODEV";
            case ENOTDIR -> "ENOTDIR";
            case EISDIR -> "EISDIR";
            case EINVAL -> "EINVAL";
            case 23 -> "ENFILE";
            case EMFILE -> "EMFILE";
            case 26 -> "ETXTBSY";
            case 27 -> "EFBIG";
            case 28 -> "ENOSPC";
            case ESPIPE -> "ESPIPE";
            case 30 -> "EROFS";
            case 31 -> "EMLINK";
            case EPIPE -> "EPIPE";
            case 36 -> "ENAMETOOLONG";
            case ENOSYS -> "ENOSYS";
            case 39 -> "ENOTEMPTY";
            case 40 -> "ELOOP";
            case 61 -> "ENODATA";
            case 75 -> "EOVERFLOW";
            case EOPNOTSUPP -> "EOPNOTSUPP";
            case 110 -> "ETIMEDOUT";
            case 116 -> "ESTALE";
            case 117 -> "EUCLEAN";
            case 122 -> "EDQUOT";
            case ECANCELED -> "ECANCELED";
            default -> "E" + errno;
        };
    }

    /** What it means to the user, with the remedy where there is one. */
    static String explain(int errno) {
        return switch (errno) {
            case EPERM -> "operation not permitted: by the file's owner, its attributes or a sandbox";
            case ENOENT -> "no such file or directory";
            case EIO -> "the device failed; see the kernel log (dmesg)";
            case EBADF -> "the file is not open for this; open it with READ or WRITE as needed";
            case EAGAIN -> "the kernel lacks resources at the moment; try again";
            case ENOMEM -> "the kernel is out of memory";
            case EACCES -> "permission denied on the file or a directory of its path";
            case EFAULT -> "the buffer's memory cannot be accessed";
            case 16 -> "it is in use: a mount point, or a device that somebody holds";
            case EEXIST -> "the file exists";
            case EXDEV -> "the path leads out of the directory, or both paths lie on different file systems";
            case 20 -> "a part of the path is not a directory";
            case EISDIR -> "it is a directory";
            case EINVAL -> "the kernel or the file system does not take these arguments";
            case 23 -> "too many open files on this machine; raise fs.file-max";
            case EMFILE -> "too many open files in this process; raise its limit (ulimit -n)";
            case 26 -> "the file is a program that is running";
            case 27 -> "the file would be larger than the file system or ulimit -f allows";
            case 28 -> "no space left on the device";
            case 30 -> "the file system is mounted read-only";
            case EPIPE -> "nobody reads any more: the other end is closed";
            case 36 -> "a part of the path is too long";
            case ENOSYS -> "the kernel or a sandbox does not know this system call";
            case 39 -> "the directory is not empty";
            case 40 -> "too many symbolic links, or a symbolic link where none is followed";
            case EOPNOTSUPP -> "the file system or the kind of file does not support this";
            case 116 -> "the file is gone from its server";
            case 117 -> "the file system is damaged; check it";
            case 122 -> "disk quota exceeded";
            case ECANCELED -> "cancelled";
            default -> "see errno(3)";
        };
    }
}
