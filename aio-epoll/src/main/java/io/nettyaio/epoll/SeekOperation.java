package io.nettyaio.epoll;

/** {@code lseek(2)} with SEEK_DATA or SEEK_HOLE. */
final class SeekOperation extends FileOperation<Long> {

    /** No file is that long, so no call answers it. */
    private static final long NONE = Long.MAX_VALUE;

    SeekOperation(EpollAioFile file, long offsetBytes, boolean hole) {
        super(
                file,
                hole ? "nextHole" : "nextData",
                syscalls -> syscalls.seekData(file.handle().fd(), offsetBytes, hole));
        check(offsetBytes >= 0, "offset=" + offsetBytes);
    }

    @Override
    long work() {
        long result = super.work();
        return result == -Errno.ENXIO ? NONE : result;
    }

    @Override
    protected Long value(long result) {
        return result == NONE ? -1L : result;
    }
}
