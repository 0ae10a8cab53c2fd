package io.nettyaio;

import io.netty.util.concurrent.Future;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt of an {@link AioOperation} has come to: done, to be tried again, or under way elsewhere. Carries the
 * bytes it has moved (or whatever the operation counts), which the library adds up.
 */
public final class AioStep {

    /** What comes next. */
    public enum Kind {
        /** Nothing: the operation is done. */
        DONE,
        /** Another attempt, at once or when something has happened. */
        RETRY,
        /** A result, from something that is under way elsewhere. */
        PENDING
    }

    private final Kind kind;
    private final long bytes;
    private final @Nullable Future<?> future;

    private AioStep(Kind kind, long bytes, @Nullable Future<?> future) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes=" + bytes + " is negative; throw where an attempt has failed");
        }
        this.kind = kind;
        this.bytes = bytes;
        this.future = future;
    }

    /**
     * The operation is done.
     *
     * @param bytes what this attempt has moved
     */
    public static AioStep done(long bytes) {
        return new AioStep(Kind.DONE, bytes, null);
    }

    /**
     * There is more to do: another attempt, after those who wait for the same helpers or the same tick.
     *
     * @param bytes what this attempt has moved
     */
    public static AioStep retry(long bytes) {
        return new AioStep(Kind.RETRY, bytes, null);
    }

    /**
     * There is more to do, but not before something has happened: a descriptor has become ready, a timer has run out,
     * another operation is done. Meanwhile the operation holds neither a slot nor a helper.
     *
     * @param bytes what this attempt has moved
     * @param when  another attempt is made when this succeeds; the operation fails with it. Cancelled with the operation
     */
    public static AioStep retry(long bytes, Future<?> when) {
        return new AioStep(Kind.RETRY, bytes, Objects.requireNonNull(when, "when"));
    }

    /**
     * The attempt has started something that goes on without it.
     *
     * @param bytes  what this attempt has moved
     * @param result the rest, in bytes; the operation is done, or fails, with it. Cancelled with the operation
     */
    public static AioStep pending(long bytes, Future<? extends Number> result) {
        return new AioStep(Kind.PENDING, bytes, Objects.requireNonNull(result, "result"));
    }

    /** What comes next. */
    public Kind kind() {
        return kind;
    }

    /** What the attempt has moved. */
    public long bytes() {
        return bytes;
    }

    /** What is waited for before the next attempt, or for the result; {@code null} where nothing is. */
    public @Nullable Future<?> future() {
        return future;
    }

    @Override
    public String toString() {
        return kind + "(bytes=" + bytes + (future == null ? ")" : ", future=" + future + ')');
    }
}
