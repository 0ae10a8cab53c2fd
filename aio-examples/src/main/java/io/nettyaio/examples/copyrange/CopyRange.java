package io.nettyaio.examples.copyrange;

import io.nettyaio.AioOperation;
import io.nettyaio.AioStep;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Copies a range of one file into another without bringing it into this process: {@code FileChannel.transferTo}, which is
 * {@code copy_file_range(2)} on recent JDKs (with blocks shared where the file system can) and {@code sendfile(2)} on 17.
 *
 * <p>An attempt copies one chunk, so that a cancel or a deadline takes effect between two, and others get their turn with
 * the helpers. The value is the number of bytes copied: fewer than asked only at the end of the source.
 */
public final class CopyRange implements AioOperation<Long> {

    private static final long CHUNK_BYTES = 8 << 20;

    private final Path source;
    private final long sourceOffsetBytes;
    private final Path target;
    private final long targetOffsetBytes;
    private final long lengthBytes;
    private @Nullable FileChannel from;
    private @Nullable FileChannel to;

    /**
     * To be submitted once.
     *
     * @param source            what is read
     * @param sourceOffsetBytes where in it
     * @param target            what is written; made where it is not there
     * @param targetOffsetBytes where in it
     * @param lengthBytes       how much, at most
     */
    public CopyRange(Path source, long sourceOffsetBytes, Path target, long targetOffsetBytes, long lengthBytes) {
        if (sourceOffsetBytes < 0 || targetOffsetBytes < 0 || lengthBytes < 0) {
            throw new IllegalArgumentException("sourceOffset=" + sourceOffsetBytes + " targetOffset="
                    + targetOffsetBytes + " length=" + lengthBytes + ": none may be negative");
        }
        this.source = source;
        this.sourceOffsetBytes = sourceOffsetBytes;
        this.target = target;
        this.targetOffsetBytes = targetOffsetBytes;
        this.lengthBytes = lengthBytes;
    }

    @Override
    public String name() {
        return "copyRange";
    }

    @Override
    public String path() {
        return target.toString();
    }

    @Override
    public AioStep submit(long bytesDone) throws IOException {
        if (from == null) {
            from = FileChannel.open(source, StandardOpenOption.READ);
        }
        if (to == null) {
            to = FileChannel.open(target, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        }
        FileChannel in = from;
        FileChannel out = to;
        long chunk = Math.min(CHUNK_BYTES, lengthBytes - bytesDone);
        out.position(targetOffsetBytes + bytesDone);
        long copied = chunk == 0 ? 0 : in.transferTo(sourceOffsetBytes + bytesDone, chunk, out);
        boolean done = copied == 0 || bytesDone + copied == lengthBytes;
        return done ? AioStep.done(copied) : AioStep.retry(copied);
    }

    @Override
    public Long complete(long bytesDone) {
        return bytesDone;
    }

    @Override
    public void release() {
        close(from);
        close(to);
    }

    private static void close(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }
}
