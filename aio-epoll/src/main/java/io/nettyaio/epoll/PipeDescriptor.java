package io.nettyaio.epoll;

/**
 * What is known of a descriptor that bytes stream through.
 *
 * @param fd            its number, which is nobody's but ours
 * @param path          for messages
 * @param kind          what it stands for
 * @param mode          how calls are made on it
 * @param readable      whether it is open for reading
 * @param writable      whether it is open for writing
 * @param awaitsWriter  whether it may be a FIFO's read end that no writer has opened yet
 */
record PipeDescriptor(
        int fd, String path, Kind kind, Mode mode, boolean readable, boolean writable, boolean awaitsWriter) {

    // fcntl(2); the same on x86_64 and aarch64, which aio.c asserts.
    static final int F_GETFL = 3;
    static final int F_DUPFD_CLOEXEC = 1030;
    static final int F_SETPIPE_SZ = 1031;
    static final int F_GETPIPE_SZ = 1032;
    static final int O_ACCMODE = 3;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_NONBLOCK = 04000;

    enum Kind {
        /** A pipe of our own. */
        OWN_PIPE,
        /** A FIFO, or a pipe that somebody else has made. */
        PIPE,
        SOCKET,
        /** A terminal, or another device that may wait for a peer. */
        CHARACTER,
        /** A file or a disk: never waits for a peer, only for the disk. */
        FILE
    }

    /** How calls are made; see {@link io.nettyaio.AioPipe} on blocking mode. */
    enum Mode {
        /** On the loop: it is O_NONBLOCK, and no other process has part in that. */
        NONBLOCKING,
        /** On the loop, each call with RWF_NOWAIT. */
        NOWAIT,
        /** On a helper, once it is ready. */
        HELPER_WHEN_READY,
        /** On a helper. */
        HELPER
    }

    boolean isPipe() {
        return kind == Kind.OWN_PIPE || kind == Kind.PIPE;
    }

    /**
     * Whether a short read means that it is empty, and a short write that it is full, as {@code epoll(7)} says. Of a pipe
     * of our own only: another process may write packets (O_DIRECT), which are read one by one.
     */
    boolean isShortWhenExhausted() {
        return kind == Kind.OWN_PIPE;
    }

    /** Whether {@code close(2)} may take time: what else than a pipe may have a disk or a peer behind it. */
    boolean closesOnHelper() {
        return kind != Kind.OWN_PIPE;
    }

    /** Another number for it, as it is. */
    PipeDescriptor withFd(int number) {
        return new PipeDescriptor(number, path, kind, mode, readable, writable, awaitsWriter);
    }

    static boolean reads(int statusFlags) {
        return (statusFlags & O_ACCMODE) != O_WRONLY;
    }

    static boolean writes(int statusFlags) {
        return (statusFlags & O_ACCMODE) != 0;
    }
}
