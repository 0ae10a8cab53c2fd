package io.nettyaio.examples.cp;

/**
 * How a {@link CopyJob} copies, and how much of it at once.
 *
 * @param recursive        directories are copied, with what is in them, and symbolic links as links
 * @param direct           both sides are opened with O_DIRECT
 * @param sync             files and directories are made durable before and after they get their names
 * @param preserveTimes    times of last access and modification are kept too
 * @param filesInFlight    files and links that are copied at once
 * @param bytesInFlight    buffers that hold data read and not yet written, in bytes
 * @param chunkBytes       what is read at once; a power of two from 4096 on, and not more than bytesInFlight
 * @param chunksInFlight   how many chunks of a file are on their way
 */
public record CopyOptions(
        boolean recursive,
        boolean direct,
        boolean sync,
        boolean preserveTimes,
        int filesInFlight,
        int bytesInFlight,
        int chunkBytes,
        int chunksInFlight) {

    private static final int FILES = 32;
    private static final int BYTES = 16 << 20;
    private static final int CHUNK = 256 << 10;
    private static final int CHUNKS = 8;
    private static final int SMALLEST_CHUNK = 4096;

    /** Checks the limits. */
    public CopyOptions {
        if (filesInFlight < 1 || chunksInFlight < 1) {
            throw new IllegalArgumentException("filesInFlight=" + filesInFlight + " and chunksInFlight="
                    + chunksInFlight + " have to be 1 or more");
        }
        if (chunkBytes < SMALLEST_CHUNK || Integer.bitCount(chunkBytes) != 1 || chunkBytes > bytesInFlight) {
            throw new IllegalArgumentException("chunkBytes=" + chunkBytes + " has to be a power of two from "
                    + SMALLEST_CHUNK + " to bytesInFlight=" + bytesInFlight);
        }
    }

    /** A plain copy of single files. */
    public static CopyOptions defaults() {
        return new CopyOptions(false, false, false, false, FILES, BYTES, CHUNK, CHUNKS);
    }

    /** As this, with another {@link #recursive}. */
    public CopyOptions withRecursive(boolean value) {
        return new CopyOptions(
                value, direct, sync, preserveTimes, filesInFlight, bytesInFlight, chunkBytes, chunksInFlight);
    }

    /** As this, with another {@link #direct}. */
    public CopyOptions withDirect(boolean value) {
        return new CopyOptions(
                recursive, value, sync, preserveTimes, filesInFlight, bytesInFlight, chunkBytes, chunksInFlight);
    }

    /** As this, with another {@link #sync}. */
    public CopyOptions withSync(boolean value) {
        return new CopyOptions(
                recursive, direct, value, preserveTimes, filesInFlight, bytesInFlight, chunkBytes, chunksInFlight);
    }

    /** As this, with another {@link #preserveTimes}. */
    public CopyOptions withPreserveTimes(boolean value) {
        return new CopyOptions(
                recursive, direct, sync, value, filesInFlight, bytesInFlight, chunkBytes, chunksInFlight);
    }

    /** As this, with other limits. */
    public CopyOptions withLimits(int files, int bytes, int chunk, int chunks) {
        return new CopyOptions(recursive, direct, sync, preserveTimes, files, bytes, chunk, chunks);
    }
}
