package io.nettyaio.epoll;

/**
 * The system calls an engine makes, each as in {@link Native}: the result, or {@code -errno}. An interface so that tests
 * can script what a kernel rarely says.
 */
interface Syscalls {

    /** The real ones. */
    Syscalls NATIVE = new NativeSyscalls();

    long ioSetup(int events);

    int ioDestroy(long context);

    int ioSubmit(long context, int count, long iocbs);

    int ioGetEvents(long context, int count, long events);

    int ioCancel(long context, long iocb);

    int eventFd();

    int eventFdSignal(int fd);

    int fcntl(int fd, int command, int argument);

    int queueSignal(int process, int thread, int number, long value);

    int openAt(int directory, long path, int options, int mode);

    int openBeneath(int directory, long path, int options, int mode);

    int openCached(int directory, long path, int options, int statxMask, long statx);

    int close(int fd);

    long pread(int fd, long address, long length, long offset, int flags);

    long preadv(int fd, long iovecs, int count, long offset, int flags);

    long pwritev(int fd, long iovecs, int count, long offset, int flags);

    int fsync(int fd, boolean dataOnly);

    int syncRange(int fd, long offset, long length);

    int readAhead(int fd, long offset, long length);

    int fallocate(int fd, long offset, long length);

    int ftruncate(int fd, long length);

    long endOf(int fd);

    int statx(int fd, int mask, long buffer);

    long fileSystemType(int fd);

    int rename(int directory, long source, long target, boolean noReplace);

    int unlink(int from, long path, boolean directory);

    int mkdir(long path, int mode);

    int symlink(long target, long link);

    int readlink(long path, long buffer, int length);

    int getdents(int fd, long buffer, int length);

    int statxPath(long path, boolean follow, int mask, long buffer);

    int fchmod(int fd, int mode);

    int futimens(int fd, long accessed, int accessedNanos, long modified, int modifiedNanos);

    long seekData(int fd, long offset, boolean hole);

    int fileType(int fd);

    long contextSwitches();

    int pipe(long fds);

    int makeFifo(long path, int mode);

    long read(int fd, long address, long length);

    long write(int fd, long address, long length);

    long splice(int from, long fromOffset, int to, long toOffset, long length, int flags);

    int poll(int fd, int events);
}
