package io.nettyaio.examples.cp;

import io.nettyaio.AioException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@link CompletionStage} leaves to be wished for. */
final class Stages {

    static final int ENOENT = 2;
    static final int EEXIST = 17;
    static final int EINVAL = 22;

    private Stages() {}

    /** A stage that has no value and is done. */
    static CompletionStage<@Nullable Void> done() {
        return CompletableFuture.completedStage(null);
    }

    /** What to do next depends on how it ended. */
    static <V extends @Nullable Object, R extends @Nullable Object> CompletionStage<R> then(
            CompletionStage<V> stage, BiFunction<@Nullable V, @Nullable Throwable, CompletionStage<R>> next) {
        return stage.handle((value, cause) -> next.apply(value, cause == null ? null : cause(cause)))
                .thenCompose(Function.identity());
    }

    /** Fails with what a stage failed with. */
    static <V extends @Nullable Object> CompletionStage<V> failed(Throwable cause) {
        return CompletableFuture.failedStage(cause);
    }

    /** What a stage failed with, without what stages wrap it in. */
    static Throwable cause(Throwable cause) {
        Throwable inner = cause;
        while (inner instanceof CompletionException && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    /** Whether it is this error of the system's. */
    static boolean isErrno(@Nullable Throwable cause, int errno) {
        return cause instanceof AioException failure
                && failure.errno() == errno
                && failure.kind() == AioException.Kind.SYSTEM;
    }
}
