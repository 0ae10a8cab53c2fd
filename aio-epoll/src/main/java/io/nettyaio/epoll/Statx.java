package io.nettyaio.epoll;

import io.nettyaio.AioStat;
import java.nio.ByteBuffer;
import java.time.Instant;

/** {@code struct statx} of {@code <linux/stat.h>}: made by a {@code statx(2)}, on a helper. */
final class Statx {

    static final int S_IFMT = 0xF000;
    static final int S_IFIFO = 0x1000;
    static final int S_IFCHR = 0x2000;
    static final int S_IFDIR = 0x4000;
    static final int S_IFBLK = 0x6000;
    static final int S_IFREG = 0x8000;
    static final int S_IFSOCK = 0xC000;

    /** Its length. */
    static final int BYTES = 256;

    private static final int MASK = 0;
    private static final int NLINK = 16;
    private static final int UID = 20;
    private static final int GID = 24;
    private static final int MODE = 28;
    private static final int INO = 32;
    private static final int SIZE = 40;
    private static final int BLOCKS = 48;
    private static final int ATIME = 64;
    private static final int CTIME = 96;
    private static final int MTIME = 112;
    private static final int RDEV_MAJOR = 128;
    private static final int RDEV_MINOR = 132;
    private static final int DEV_MAJOR = 136;
    private static final int DEV_MINOR = 140;
    private static final int MNT_ID = 144;
    private static final int DIO_MEM_ALIGN = 152;
    private static final int DIO_OFFSET_ALIGN = 156;

    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_MNT_ID = 0x1000;
    private static final int STATX_DIOALIGN = 0x2000;

    /** What is asked of a file that is opened. */
    static final int MASK_OF_FILE = STATX_BASIC_STATS | STATX_MNT_ID | STATX_DIOALIGN;

    private final int mask;
    private final AioStat stat;
    private final int rdevMajor;
    private final int rdevMinor;
    private final long mountId;
    private final int dioAlignment;

    private Statx(ByteBuffer from) {
        mask = from.getInt(MASK);
        stat = new AioStat(
                from.getShort(MODE) & 0xFFFF,
                from.getLong(SIZE),
                from.getLong(BLOCKS),
                from.getLong(INO),
                from.getInt(DEV_MAJOR),
                from.getInt(DEV_MINOR),
                from.getInt(NLINK),
                from.getInt(UID),
                from.getInt(GID),
                time(from, ATIME),
                time(from, MTIME),
                time(from, CTIME));
        rdevMajor = from.getInt(RDEV_MAJOR);
        rdevMinor = from.getInt(RDEV_MINOR);
        mountId = (mask & STATX_MNT_ID) != 0 ? from.getLong(MNT_ID) : -1;
        dioAlignment =
                (mask & STATX_DIOALIGN) != 0 ? Math.max(from.getInt(DIO_MEM_ALIGN), from.getInt(DIO_OFFSET_ALIGN)) : 0;
    }

    private static Instant time(ByteBuffer from, int at) {
        return Instant.ofEpochSecond(from.getLong(at), from.getInt(at + Long.BYTES));
    }

    /** Thrown by {@link #of} with the error number. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final int errno;

        private Refused(int errno) {
            super(Errno.name(errno), null, false, false);
            this.errno = errno;
        }

        int errno() {
            return errno;
        }
    }

    static Statx of(Syscalls syscalls, int fd) throws Refused {
        try (NativeMemory memory = new NativeMemory(BYTES, Long.BYTES)) {
            int result = syscalls.statx(fd, MASK_OF_FILE, memory.address());
            return of(memory, result);
        }
    }

    /** What a call has left at the beginning of a buffer in native order. */
    static Statx in(ByteBuffer filled) {
        return new Statx(filled);
    }

    /** Of a path: the address of a NUL-terminated string. */
    static Statx ofPath(Syscalls syscalls, long path, boolean follow) throws Refused {
        try (NativeMemory memory = new NativeMemory(BYTES, Long.BYTES)) {
            return of(memory, syscalls.statxPath(path, follow, STATX_BASIC_STATS, memory.address()));
        }
    }

    private static Statx of(NativeMemory memory, int result) throws Refused {
        if (result < 0) {
            throw new Refused(-result);
        }
        return new Statx(memory.buffer());
    }

    AioStat stat() {
        return stat;
    }

    int type() {
        return stat.mode() & S_IFMT;
    }

    int rdevMajor() {
        return rdevMajor;
    }

    int rdevMinor() {
        return rdevMinor;
    }

    /** As in {@code /proc/self/mountinfo}; -1 before Linux 5.8. */
    long mountId() {
        return mountId;
    }

    /** What memory and offsets of direct I/O must be multiples of; 0 where the file system does not say. */
    int dioAlignment() {
        return dioAlignment;
    }
}
