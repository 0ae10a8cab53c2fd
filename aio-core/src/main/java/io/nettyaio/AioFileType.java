package io.nettyaio;

/** What kind of file a name leads to: the type bits of {@code st_mode}, see {@code inode(7)}. */
public enum AioFileType {
    /** A regular file. */
    REGULAR(0x8),
    /** A directory. */
    DIRECTORY(0x4),
    /** A symbolic link, itself and not what it points to. */
    SYMBOLIC_LINK(0xA),
    /** A block device. */
    BLOCK_DEVICE(0x6),
    /** A character device. */
    CHARACTER_DEVICE(0x2),
    /** A named pipe. */
    FIFO(0x1),
    /** A Unix domain socket. */
    SOCKET(0xC),
    /** The file system does not say in its directories; {@link AioContext#lstat} finds out. */
    UNKNOWN(0);

    private static final int SHIFT = 12;
    private static final AioFileType[] TYPES = values();

    private final int bits;

    AioFileType(int bits) {
        this.bits = bits;
    }

    /**
     * The type that a mode tells.
     *
     * @param mode {@code st_mode}
     */
    public static AioFileType ofMode(int mode) {
        int bits = (mode >>> SHIFT) & 0xF;
        for (AioFileType type : TYPES) {
            if (type.bits == bits) {
                return type;
            }
        }
        return UNKNOWN;
    }
}
