package io.nettyaio;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operation of your own, in the split that all of this library's operations have: {@link #submit} makes an attempt,
 * {@link #complete} turns the result into a value. Started by {@link AioContext#submit(AioOperation)}, it is what a read
 * is: it counts as pending, waits its turn for a helper, ends with its context, and has an {@link AioFuture} that can be
 * cancelled, given a deadline and waited for.
 *
 * <p><b>Threading.</b> One call at a time, each after the one before. {@link #submit} and {@link #release} run on a helper
 * thread ({@link AioRoute#HELPER}, where they may block) or on the event loop ({@link AioRoute#INLINE}, where they must
 * not); everything else on the event loop, where it must not block.
 *
 * <p><b>Cancelling.</b> A cancelled operation, or one past its deadline, gets no further attempt; one that has not had its
 * first never gets it. An attempt that runs goes on to its end. Then, and whatever else ends it, {@link #release} is
 * called if there was an attempt.
 *
 * <p><b>Closing.</b> When the context closes, an attempt under way is carried out and then ends the operation with
 * {@link AioException.Kind#CLOSED} unless it was the last. One that waits, be it for another attempt or for what is pending
 * elsewhere, fails at once, and what it waits for is cancelled: memory that this still uses is for {@link #release} to
 * look after.
 *
 * @param <V> the type of the value
 */
public interface AioOperation<V extends @Nullable Object> {

    /** What it is called in messages, as {@code "copyRange"}. */
    String name();

    /** The path it concerns; {@code null} where there is none. */
    default @Nullable String path() {
        return null;
    }

    /**
     * Where attempts are made: {@link AioRoute#HELPER}, as is the default, or {@link AioRoute#INLINE} for those that never
     * block, as a system call on a non-blocking descriptor.
     */
    default AioRoute route() {
        return AioRoute.HELPER;
    }

    /**
     * Open files of the same context that it uses: they stay open until it has ended. On a helper it counts against the
     * device of the first of them.
     */
    default List<AioFile> uses() {
        return List.of();
    }

    /** Those of the {@linkplain #uses() files it uses} that it changes: a sync started after it covers it. */
    default List<AioFile> changes() {
        return List.of();
    }

    /**
     * Makes an attempt, or goes on where the last one has stopped.
     *
     * @param bytesDone what all attempts so far have moved
     * @return what this one has come to
     * @throws Exception what the operation fails with
     */
    AioStep submit(long bytesDone) throws Exception;

    /**
     * On the event loop: makes the value of an operation that is done. Not called for one that has failed or that nobody
     * waits for any more.
     *
     * @param bytesDone what all attempts have moved
     * @throws Exception what the operation fails with
     */
    V complete(long bytesDone) throws Exception;

    /**
     * Gives back what the attempts have opened or allocated. Called once, after the last attempt, where there was one; before
     * the future completes, unless that was cancelled, timed out, or failed while no attempt ran. What it throws is logged.
     */
    default void release() {}

    /** On the event loop: the value that {@link #complete} has just made is nobody's, since the future was cancelled. */
    default void discard(V value) {}
}
