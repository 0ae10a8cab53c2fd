package io.nettyaio.epoll;

import io.nettyaio.AioOpenOption;
import java.util.Set;

/** Open options as bits, by the numbering that {@code open_flags} of {@code aio.c} turns into the architecture's flags. */
final class OpenFlags {

    private static final int READ_ONLY = 1;
    private static final int WRITE_ONLY = 1 << 1;
    private static final int READ_WRITE = 1 << 2;
    private static final int APPEND = 1 << 3;
    private static final int CREATE = 1 << 4;
    private static final int EXCLUSIVE = 1 << 5;
    private static final int TRUNCATE = 1 << 6;
    private static final int DIRECT = 1 << 7;
    private static final int DSYNC = 1 << 8;
    private static final int SYNC = 1 << 9;
    private static final int DIRECTORY = 1 << 10;
    private static final int NOFOLLOW = 1 << 11;
    private static final int NOATIME = 1 << 12;

    private OpenFlags() {}

    static int of(Set<AioOpenOption> options) {
        boolean write = options.contains(AioOpenOption.WRITE) || options.contains(AioOpenOption.APPEND);
        boolean read = options.contains(AioOpenOption.READ) || !write;
        int bits = write ? (read ? READ_WRITE : WRITE_ONLY) : READ_ONLY;
        for (AioOpenOption option : options) {
            bits |= switch (option) {
                case READ, WRITE -> 0;
                case APPEND -> APPEND;
                case CREATE -> CREATE;
                case CREATE_NEW -> CREATE | EXCLUSIVE;
                case TRUNCATE -> TRUNCATE;
                case DIRECT -> DIRECT;
                case DSYNC -> DSYNC;
                case SYNC -> SYNC;
                case DIRECTORY -> DIRECTORY;
                case NOFOLLOW -> NOFOLLOW;
                case NOATIME -> NOATIME;
            };
        }
        return bits;
    }

    static boolean reads(int bits) {
        return (bits & WRITE_ONLY) == 0;
    }

    static boolean isDirect(int bits) {
        return (bits & DIRECT) != 0;
    }

    static boolean isAppend(int bits) {
        return (bits & APPEND) != 0;
    }

    /** Whether it opens for nothing but reading through the page cache, and has no other wish than to get the right file. */
    static boolean onlyReads(int bits) {
        return (bits & ~(DIRECTORY | NOFOLLOW)) == READ_ONLY;
    }

    /** Whether it makes a file, or fails. */
    static boolean createsNew(int bits) {
        return (bits & EXCLUSIVE) != 0;
    }

    /** Whether opening alone may change something. */
    static boolean changes(int bits) {
        return (bits & (CREATE | TRUNCATE)) != 0;
    }
}
