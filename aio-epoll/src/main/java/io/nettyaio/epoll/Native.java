package io.nettyaio.epoll;

import io.netty.util.internal.NativeLibraryLoader;
import java.io.FileDescriptor;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The functions of {@code aio.c}: one for each system call, which answers its result or {@code -errno}. Memory is given
 * as addresses; a {@code path} is the address of a NUL-terminated string.
 */
final class Native {

    /** The same number stands in {@code aio.c}. */
    private static final int VERSION = 9;

    // Kept as Netty keeps its own: who asks later gets the first cause.
    @SuppressWarnings("StaticAssignmentOfThrowable")
    private static final @Nullable Throwable UNAVAILABILITY_CAUSE = load();

    private Native() {}

    static @Nullable Throwable unavailabilityCause() {
        return UNAVAILABILITY_CAUSE;
    }

    private static @Nullable Throwable load() {
        String os = System.getProperty("os.name", "");
        if (!os.toLowerCase(Locale.ROOT).startsWith("linux")) {
            return new UnsupportedOperationException("netty-aio needs Linux; this is " + os);
        }
        String arch = System.getProperty("os.arch", "");
        String suffix = switch (arch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "aarch_64";
            default -> "";
        };
        if (suffix.isEmpty()) {
            return new UnsupportedOperationException(
                    "netty-aio has no native library for " + arch + "; x86_64 and aarch64 are supported");
        }
        String library = "nettyaio_epoll_" + suffix;
        try {
            NativeLibraryLoader.load(library, Native.class.getClassLoader());
            if (version() != VERSION) {
                return new UnsatisfiedLinkError(library + " has version " + version() + ", aio-epoll needs " + VERSION
                        + ": another aio-epoll jar stands on the class path; remove it");
            }
            return null;
        } catch (Throwable cause) {
            return new UnsupportedOperationException(
                    "the native library " + library + " cannot be loaded: is aio-epoll's jar built for " + arch
                            + ", and is java.io.tmpdir writable and not mounted noexec?"
                            + " (-Dio.netty.native.workdir=DIR chooses another directory)",
                    cause);
        }
    }

    static native int version();

    /** {@code io_setup(2)}: the context, which is also the address of its ring. */
    static native long ioSetup(int events);

    /** {@code io_destroy(2)}: blocks until nothing is in flight. */
    static native int ioDestroy(long context);

    /** {@code io_submit(2)}: how many of the iocbs that {@code iocbs} points to were taken. */
    static native int ioSubmit(long context, int count, long iocbs);

    /** {@code io_getevents(2)} that does not wait. */
    static native int ioGetEvents(long context, int count, long events);

    /** {@code io_cancel(2)}: takes a poll back; its event comes all the same. */
    static native int ioCancel(long context, long iocb);

    /** {@code eventfd2(2)} with EFD_CLOEXEC and EFD_NONBLOCK. */
    static native int eventFd();

    /** Adds one to an eventfd. */
    static native int eventFdSignal(int fd);

    /** {@code fcntl(2)} with a number. */
    static native int fcntl(int fd, int command, int argument);

    /** {@code rt_sigqueueinfo(2)}, or, where the thread is not 0, {@code rt_tgsigqueueinfo(2)}; with SI_QUEUE. */
    static native int queueSignal(int process, int thread, int number, long value);

    /** {@code openat(2)}; options are bits of {@link OpenFlags}; a negative directory is the current one. */
    static native int openAt(int directory, long path, int options, int mode);

    /** {@code openat2(2)} with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS. */
    static native int openBeneath(int directory, long path, int options, int mode);

    /**
     * As {@link #openBeneath}, with RESOLVE_CACHED and RESOLVE_NO_XDEV: EAGAIN where it is not all in the kernel's memory.
     * And {@code statx(2)} of what it has opened.
     */
    static native int openCached(int directory, long path, int options, int statxMask, long statx);

    /** {@code close(2)}. */
    static native int close(int fd);

    /** {@code preadv2(2)} of one segment. */
    static native long pread(int fd, long address, long length, long offset, int flags);

    /** {@code preadv2(2)}. */
    static native long preadv(int fd, long iovecs, int count, long offset, int flags);

    /** {@code pwritev2(2)}. */
    static native long pwritev(int fd, long iovecs, int count, long offset, int flags);

    /** {@code fdatasync(2)} or {@code fsync(2)}. */
    static native int fsync(int fd, boolean dataOnly);

    /** {@code sync_file_range(2)} with all three flags. */
    static native int syncRange(int fd, long offset, long length);

    /** {@code readahead(2)}. */
    static native int readAhead(int fd, long offset, long length);

    /** {@code fallocate(2)}, mode 0. */
    static native int fallocate(int fd, long offset, long length);

    /** {@code ftruncate(2)}. */
    static native int ftruncate(int fd, long length);

    /** {@code lseek(2)} with SEEK_END: the length of a block device too. */
    static native long endOf(int fd);

    /** {@code statx(2)} of the descriptor. */
    static native int statx(int fd, int mask, long buffer);

    /** {@code fstatfs(2)}: {@code f_type}. */
    static native long fileSystemType(int fd);

    /** {@code renameat2(2)}, with RENAME_NOREPLACE or without flags; a negative directory is the current one. */
    static native int rename(int directory, long source, long target, boolean noReplace);

    /** {@code unlinkat(2)}, with AT_REMOVEDIR for a directory; {@code from} as the directory of the others. */
    static native int unlink(int from, long path, boolean directory);

    /** {@code mkdirat(2)}. */
    static native int mkdir(long path, int mode);

    /** {@code symlinkat(2)}. */
    static native int symlink(long target, long link);

    /** {@code readlinkat(2)}: the length of the target, which is not terminated. */
    static native int readlink(long path, long buffer, int length);

    /** {@code getdents64(2)}: how many bytes of entries the buffer holds. */
    static native int getdents(int fd, long buffer, int length);

    /** {@code statx(2)} of a path; follows a symbolic link at its end or not. */
    static native int statxPath(long path, boolean follow, int mask, long buffer);

    /** {@code fchmod(2)}. */
    static native int fchmod(int fd, int mode);

    /** {@code futimens(3)}: seconds and nanoseconds. */
    static native int futimens(int fd, long accessed, int accessedNanos, long modified, int modifiedNanos);

    /** {@code lseek(2)} with SEEK_HOLE or SEEK_DATA. Moves the descriptor's own offset, which nothing here uses. */
    static native long seekData(int fd, long offset, boolean hole);

    /** {@code statx(2)}: S_IFMT of the descriptor, as the kernel has it in memory. */
    static native int fileType(int fd);

    /** {@code pipe2(2)} with O_CLOEXEC and O_NONBLOCK: the read end and the write end, two ints. */
    static native int pipe(long fds);

    /** {@code mkfifo(3)}. */
    static native int makeFifo(long path, int mode);

    /** {@code read(2)}. */
    static native long read(int fd, long address, long length);

    /** {@code write(2)}. */
    static native long write(int fd, long address, long length);

    /** {@code splice(2)}; a negative offset stands for none. */
    static native long splice(int from, long fromOffset, int to, long toOffset, long length, int flags);

    /** {@code poll(2)} that does not wait: the events that are. */
    static native int poll(int fd, int events);

    /**
     * {@code getrusage(2)} of the thread: how often it has given up its CPU by itself, {@code ru_nvcsw}, in the upper half,
     * and how often it was put aside, {@code ru_nivcsw}, in the lower.
     */
    static native long contextSwitches();

    /** {@code posix_memalign(3)}, zeroed. */
    static native long allocate(long alignment, long length);

    /** {@code free(3)}. */
    static native void release(long address);

    /** A direct buffer over memory that somebody else owns. */
    static native ByteBuffer wrap(long address, long length);

    /** The address of a direct buffer's element 0. */
    static native long addressOf(ByteBuffer buffer);

    /** Gives a descriptor of the JDK's a number, without any system call. */
    static native void setDescriptor(FileDescriptor descriptor, int fd);
}
