package io.nettyaio.handler;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A range of a file, cut into chunks that are asked for ahead of their taker, as {@link AioReadAhead} says, and taken in
 * the order of the file.
 *
 * <pre>
 *   taken          window: asked for, and not taken         not asked for
 *  ├──────────────┼───────┬───────┬───────┬───────┬────────┼──────────────┤
 *  begin          takenTo  ready   pending ready            askedTo        end
 * </pre>
 *
 * Chunks may become ready in any order. {@link #poll()} takes the first or answers {@code null}; then, and only then,
 * {@code onReady} is called once the first has become ready or has failed.
 *
 * <p>Loop-confined. A chunk that is ready is owned here until it is taken; one that is pending is the library's, and
 * {@link #close()} leaves it to the library by cancelling it.
 *
 * @param <T> what a chunk is
 */
final class ReadAhead<T> {

    /** Where chunks come from. */
    interface Source<T> {

        /** Asks for a chunk; completes on the loop, not inside the call. Cancelled, it gives back what it would give. */
        Future<? extends T> ask(long offsetBytes, int lengthBytes);

        /** How long it is: less than was asked for where the file ends before. */
        int lengthBytes(T chunk);

        /** Gives back a chunk that nobody takes. */
        void release(T chunk);

        /** Whether it takes more than the one chunk that is wanted next. */
        default boolean isSubmittable() {
            return true;
        }

        /** Whether it has been ready for too long to be good: then it is released and asked for again. */
        default boolean isStale(T chunk, long readyNanos) {
            return false;
        }
    }

    /** A chunk that has been asked for. */
    private static final class Asked<T> {
        final Future<? extends T> future;
        long readyNanos;

        Asked(Future<? extends T> future) {
            this.future = future;
        }
    }

    private static final int ENODATA = 61;
    private static final int PAGE_BYTES = 4096;

    private final Source<T> source;
    private final AioReadAhead settings;
    private final String path;
    private final Runnable onReady;
    private final long beginBytes;
    private final long endBytes;
    private final ArrayDeque<Asked<T>> asked = new ArrayDeque<>();

    private long takenTo;
    private long askedTo;
    private int window;
    private long limit = Long.MAX_VALUE;
    /** Chunks taken since the window was last looked at, and the fewest that were ready then. */
    private int takenOfPeriod;

    private int fewestReady = Integer.MAX_VALUE;
    /** The chunk that was last waited for: waiting twice for one says no more than once. */
    private long waitedFor = -1;

    private boolean waiting;
    private boolean closed;
    private @Nullable Throwable failure;

    /**
     * A range from which nothing has been asked.
     *
     * @param path    of the file, for errors
     * @param onReady called on the loop, see above
     */
    ReadAhead(
            Source<T> source,
            String path,
            long offsetBytes,
            long lengthBytes,
            AioReadAhead settings,
            Runnable onReady) {
        checkRange(offsetBytes, lengthBytes);
        this.source = source;
        this.path = path;
        this.settings = settings;
        this.onReady = onReady;
        beginBytes = offsetBytes;
        endBytes = offsetBytes + lengthBytes;
        takenTo = offsetBytes;
        askedTo = offsetBytes;
        window = settings.minChunks();
    }

    static void checkRange(long offsetBytes, long lengthBytes) {
        if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes > Long.MAX_VALUE - lengthBytes) {
            throw new IllegalArgumentException("offsetBytes=" + offsetBytes + " lengthBytes=" + lengthBytes
                    + ": expected a range of a file, both 0 or more");
        }
    }

    /** No more than so many chunks are to be asked for and taken from now on. */
    void limit(long chunks) {
        limit = chunks;
    }

    /** Whether everything has been taken. */
    boolean isDone() {
        return takenTo == endBytes;
    }

    boolean isClosed() {
        return closed;
    }

    long lengthBytes() {
        return endBytes - beginBytes;
    }

    long endBytes() {
        return endBytes;
    }

    long takenBytes() {
        return takenTo - beginBytes;
    }

    int windowChunks() {
        return window;
    }

    /** Starts to read ahead, where that has not happened. */
    void start() {
        fill();
    }

    /** Whether {@link #poll()} would have something, if only a failure. */
    boolean isReady() {
        Asked<T> first = asked.peek();
        return failure != null || (first != null && first.future.isDone());
    }

    /** Has {@code onReady} called when the first chunk is ready, though nobody has polled in vain. */
    void whenReady() {
        waiting = true;
    }

    /** What {@link #poll()} would throw; {@code null} where it would not. */
    @Nullable
    Throwable peekFailure() {
        Asked<T> first = asked.peek();
        if (failure != null || first == null || !first.future.isDone()) {
            return failure;
        }
        if (!first.future.isSuccess()) {
            return first.future.cause();
        }
        int length = source.lengthBytes(first.future.getNow());
        return length == chunkLength(takenTo) ? null : shrunk(takenTo + length);
    }

    /**
     * The next chunk, for the caller to release.
     *
     * @return {@code null} where it is not ready, or where there is none any more
     * @throws Exception why it cannot be had: what the read failed with, or that the file has shrunk; the same each time
     */
    @Nullable
    T poll() throws Exception {
        if (failure != null) {
            throw thrown(failure);
        }
        if (isDone()) {
            return null;
        }
        if (closed) {
            throw new IllegalStateException(path + ": the input was closed at " + takenBytes() + " of " + lengthBytes()
                    + " bytes; close it after the write's future is done");
        }
        fill();
        Asked<T> first = asked.element();
        if (!first.future.isDone()) {
            await();
            return null;
        }
        if (!first.future.isSuccess()) {
            throw thrown(fail(first.future.cause()));
        }
        T chunk = first.future.getNow();
        int expected = chunkLength(takenTo);
        int length = source.lengthBytes(chunk);
        if (length != expected) {
            asked.remove();
            source.release(chunk);
            throw thrown(fail(shrunk(takenTo + length)));
        }
        if (source.isStale(chunk, first.readyNanos)) {
            askAgain(chunk);
            return null;
        }
        asked.remove();
        takenTo += length;
        limit--;
        adapt();
        fill();
        return chunk;
    }

    /** Gives everything back. What is still being read, the library releases when the kernel is done with it. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        waiting = false;
        Asked<T> each;
        while ((each = asked.poll()) != null) {
            if (!each.future.cancel(false) && each.future.isSuccess()) {
                source.release(each.future.getNow());
            }
        }
    }

    private void fill() {
        while (!closed && asked.size() < Math.min(mostAhead(), limit) && askedTo < endBytes) {
            int length = chunkLength(askedTo);
            asked.add(ask(askedTo, length));
            askedTo += length;
        }
    }

    /**
     * While the context has enough to do, no more than what is wanted next: nobody needs to be told when that is over, since
     * the next poll looks again.
     */
    private int mostAhead() {
        return source.isSubmittable() ? window : 1;
    }

    private Asked<T> ask(long offset, int length) {
        Asked<T> chunk = new Asked<>(source.ask(offset, length));
        chunk.future.addListener(done -> arrived(chunk));
        return chunk;
    }

    private void arrived(Asked<T> chunk) {
        chunk.readyNanos = System.nanoTime();
        if (waiting && isReady()) {
            waiting = false;
            onReady.run();
        }
    }

    private void await() {
        waiting = true;
        // The very first is waited for whatever the window.
        if (waitedFor != takenTo && takenTo != beginBytes && source.isSubmittable()) {
            window = Math.min(2 * window, settings.maxChunks());
            newPeriod();
            fill();
        }
        waitedFor = takenTo;
    }

    private void askAgain(T chunk) {
        asked.remove();
        source.release(chunk);
        asked.addFirst(ask(takenTo, chunkLength(takenTo)));
        waiting = true;
    }

    /** A chunk has been taken: half a window that was ready all the time was not needed. */
    private void adapt() {
        int ready = 0;
        for (Asked<T> each : asked) {
            if (each.future.isDone()) {
                ready++;
            }
        }
        fewestReady = Math.min(fewestReady, ready);
        takenOfPeriod++;
        if (takenOfPeriod >= 2 * window) {
            if (fewestReady >= window / 2) {
                window = Math.max(window / 2, settings.minChunks());
            }
            newPeriod();
        }
    }

    private void newPeriod() {
        takenOfPeriod = 0;
        fewestReady = Integer.MAX_VALUE;
    }

    /** The first chunk ends on a page's border, so that no page is read twice. */
    private int chunkLength(long offset) {
        long most = settings.chunkBytes() - (offset & (PAGE_BYTES - 1));
        return (int) Math.min(most, endBytes - offset);
    }

    private Throwable fail(Throwable cause) {
        failure = cause;
        close();
        return cause;
    }

    /** An Error, which a future may fail with, is thrown as it is. */
    private static Exception thrown(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof Exception exception ? exception : new IllegalStateException(cause);
    }

    /** The file ends before the range does. */
    AioException shrunk(long actualEnd) {
        return new AioException(
                AioException.Kind.SHRUNK,
                ENODATA,
                "ENODATA",
                "read",
                path,
                takenBytes(),
                "the file has shrunk while it was being sent: expectedSize>=" + endBytes + " actualSize<=" + actualEnd
                        + "; replace a file by rename(2) instead of truncating it under its readers");
    }
}
