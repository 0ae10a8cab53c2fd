package io.nettyaio.epoll;

/** The kernel's own system calls. Not final: a test overrides the one it scripts. */
class NativeSyscalls implements Syscalls {

    @Override
    public long ioSetup(int events) {
        return Native.ioSetup(events);
    }

    @Override
    public int ioDestroy(long context) {
        return Native.ioDestroy(context);
    }

    @Override
    public int ioSubmit(long context, int count, long iocbs) {
        return Native.ioSubmit(context, count, iocbs);
    }

    @Override
    public int ioGetEvents(long context, int count, long events) {
        return Native.ioGetEvents(context, count, events);
    }

    @Override
    public int ioCancel(long context, long iocb) {
        return Native.ioCancel(context, iocb);
    }

    @Override
    public int eventFd() {
        return Native.eventFd();
    }

    @Override
    public int eventFdSignal(int fd) {
        return Native.eventFdSignal(fd);
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        return Native.fcntl(fd, command, argument);
    }

    @Override
    public int queueSignal(int process, int thread, int number, long value) {
        return Native.queueSignal(process, thread, number, value);
    }

    @Override
    public int openAt(int directory, long path, int options, int mode) {
        return Native.openAt(directory, path, options, mode);
    }

    @Override
    public int openBeneath(int directory, long path, int options, int mode) {
        return Native.openBeneath(directory, path, options, mode);
    }

    @Override
    public int openCached(int directory, long path, int options, int statxMask, long statx) {
        return Native.openCached(directory, path, options, statxMask, statx);
    }

    @Override
    public int close(int fd) {
        return Native.close(fd);
    }

    @Override
    public long pread(int fd, long address, long length, long offset, int flags) {
        return Native.pread(fd, address, length, offset, flags);
    }

    @Override
    public long preadv(int fd, long iovecs, int count, long offset, int flags) {
        return Native.preadv(fd, iovecs, count, offset, flags);
    }

    @Override
    public long pwritev(int fd, long iovecs, int count, long offset, int flags) {
        return Native.pwritev(fd, iovecs, count, offset, flags);
    }

    @Override
    public int fsync(int fd, boolean dataOnly) {
        return Native.fsync(fd, dataOnly);
    }

    @Override
    public int syncRange(int fd, long offset, long length) {
        return Native.syncRange(fd, offset, length);
    }

    @Override
    public int readAhead(int fd, long offset, long length) {
        return Native.readAhead(fd, offset, length);
    }

    @Override
    public int fallocate(int fd, long offset, long length) {
        return Native.fallocate(fd, offset, length);
    }

    @Override
    public int ftruncate(int fd, long length) {
        return Native.ftruncate(fd, length);
    }

    @Override
    public long endOf(int fd) {
        return Native.endOf(fd);
    }

    @Override
    public int statx(int fd, int mask, long buffer) {
        return Native.statx(fd, mask, buffer);
    }

    @Override
    public long fileSystemType(int fd) {
        return Native.fileSystemType(fd);
    }

    @Override
    public int rename(int directory, long source, long target, boolean noReplace) {
        return Native.rename(directory, source, target, noReplace);
    }

    @Override
    public int unlink(int from, long path, boolean directory) {
        return Native.unlink(from, path, directory);
    }

    @Override
    public int mkdir(long path, int mode) {
        return Native.mkdir(path, mode);
    }

    @Override
    public int symlink(long target, long link) {
        return Native.symlink(target, link);
    }

    @Override
    public int readlink(long path, long buffer, int length) {
        return Native.readlink(path, buffer, length);
    }

    @Override
    public int getdents(int fd, long buffer, int length) {
        return Native.getdents(fd, buffer, length);
    }

    @Override
    public int statxPath(long path, boolean follow, int mask, long buffer) {
        return Native.statxPath(path, follow, mask, buffer);
    }

    @Override
    public int fchmod(int fd, int mode) {
        return Native.fchmod(fd, mode);
    }

    @Override
    public int futimens(int fd, long accessed, int accessedNanos, long modified, int modifiedNanos) {
        return Native.futimens(fd, accessed, accessedNanos, modified, modifiedNanos);
    }

    @Override
    public long seekData(int fd, long offset, boolean hole) {
        return Native.seekData(fd, offset, hole);
    }

    @Override
    public int fileType(int fd) {
        return Native.fileType(fd);
    }

    @Override
    public long contextSwitches() {
        return Native.contextSwitches();
    }

    @Override
    public int pipe(long fds) {
        return Native.pipe(fds);
    }

    @Override
    public int makeFifo(long path, int mode) {
        return Native.makeFifo(path, mode);
    }

    @Override
    public long read(int fd, long address, long length) {
        return Native.read(fd, address, length);
    }

    @Override
    public long write(int fd, long address, long length) {
        return Native.write(fd, address, length);
    }

    @Override
    public long splice(int from, long fromOffset, int to, long toOffset, long length, int flags) {
        return Native.splice(from, fromOffset, to, toOffset, length, flags);
    }

    @Override
    public int poll(int fd, int events) {
        return Native.poll(fd, events);
    }
}
