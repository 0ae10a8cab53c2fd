package io.nettyaio.examples.cp;

import io.nettyaio.AioFile;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a file that hold data, one after the other; what lies between them are holes. Loop-confined, one question
 * at a time.
 */
final class Extents {

    /**
     * A part of a file.
     *
     * @param beginBytes where it begins
     * @param endBytes   where the next one, or the hole, begins
     */
    record Extent(long beginBytes, long endBytes) {}

    private final AioFile file;
    private final long sizeBytes;
    private final boolean sparse;
    private final int alignment;
    private long at;

    /**
     * @param sizeBytes nothing is looked for past it
     * @param sparse    whether to ask for holes; else the whole file is one extent
     * @param alignment what extents begin and end at multiples of, but for the end of the file: a power of two
     */
    Extents(AioFile file, long sizeBytes, boolean sparse, int alignment) {
        this.file = file;
        this.sizeBytes = sizeBytes;
        this.sparse = sparse;
        this.alignment = alignment;
    }

    /** The next extent; {@code null} where none follows. */
    CompletionStage<@Nullable Extent> next() {
        if (at >= sizeBytes) {
            return CompletableFuture.completedStage(null);
        }
        if (!sparse) {
            return CompletableFuture.completedStage(to(at, sizeBytes));
        }
        return file.nextData(at).toCompletionStage().thenCompose(data -> {
            if (data < 0 || data >= sizeBytes) {
                at = sizeBytes;
                return CompletableFuture.completedStage(null);
            }
            return file.nextHole(data).toCompletionStage().thenCompose(hole -> {
                long end = hole < 0 ? sizeBytes : Math.min(hole, sizeBytes);
                if (end <= data) {
                    // Somebody has punched out what was there a moment ago.
                    at = Math.max(data, at);
                    return hole < 0 ? CompletableFuture.completedStage(null) : next();
                }
                return CompletableFuture.completedStage(to(data, end));
            });
        });
    }

    /** Aligned outwards: at most the rest of a block that lies in the hole is written, as zeros. */
    private Extent to(long data, long end) {
        long begin = Math.max(at, data & -alignment);
        long aligned = (end + alignment - 1) & -alignment;
        at = Math.min(aligned, sizeBytes);
        return new Extent(begin, at);
    }
}
