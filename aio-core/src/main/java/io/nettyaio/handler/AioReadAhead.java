package io.nettyaio.handler;

/**
 * How far a file is read ahead of whoever takes its chunks. The window is what has been asked for and not been taken: it
 * starts at {@code minChunks}, doubles whenever the taker finds the next chunk not ready, up to {@code maxChunks}, and
 * halves when at least half of it has lain ready all the time that two windows' worth of chunks took. So a slow peer
 * costs {@code minChunks * chunkBytes} of memory, and a fast one {@code maxChunks * chunkBytes}, however long the file.
 *
 * @param chunkBytes bytes of a chunk, from {@value #LEAST_CHUNK_BYTES} to {@value #MOST_CHUNK_BYTES}
 * @param minChunks  chunks of the smallest window, at least 1
 * @param maxChunks  chunks of the largest window, at least {@code minChunks}, at most {@value #MOST_CHUNKS}
 */
public record AioReadAhead(int chunkBytes, int minChunks, int maxChunks) {

    /** The smallest chunk, in bytes: a page. */
    public static final int LEAST_CHUNK_BYTES = 4096;

    /** The largest chunk, in bytes. */
    public static final int MOST_CHUNK_BYTES = 64 << 20;

    /** The largest window, in chunks. */
    public static final int MOST_CHUNKS = 1024;

    /** Chunks of 64 KiB, windows of 2 to 16 of them. */
    public static final AioReadAhead DEFAULT = new AioReadAhead(64 << 10, 2, 16);

    /**
     * Checks the bounds.
     *
     * @throws IllegalArgumentException where one does not hold; the message names it
     */
    public AioReadAhead {
        check(chunkBytes >= LEAST_CHUNK_BYTES && chunkBytes <= MOST_CHUNK_BYTES, "chunkBytes", chunkBytes);
        check(minChunks >= 1 && minChunks <= MOST_CHUNKS, "minChunks", minChunks);
        check(maxChunks >= minChunks && maxChunks <= MOST_CHUNKS, "maxChunks", maxChunks);
    }

    private static void check(boolean holds, String name, int value) {
        if (!holds) {
            throw new IllegalArgumentException(name + "=" + value + ": expected chunkBytes from " + LEAST_CHUNK_BYTES
                    + " to " + MOST_CHUNK_BYTES + " and 1 <= minChunks <= maxChunks <= " + MOST_CHUNKS);
        }
    }
}
