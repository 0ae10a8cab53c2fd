package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/**
 * An operation that is one blocking system call on a helper: stat, truncate, close and their like.
 *
 * @param <V> the type of its result
 */
abstract class HelperOperation<V extends @Nullable Object> extends Operation {

    private final String name;
    private final @Nullable String path;
    private final AioPromise<V> promise;
    private final @Nullable EpollAioFile view;
    private final boolean external;
    private WriteBarrier.@Nullable Epoch epoch;
    private @Nullable V value;

    /**
     * @param view the file it goes through, which then stays open for it; {@code null} where there is none
     */
    HelperOperation(EpollAioContext context, String name, @Nullable String path, @Nullable EpollAioFile view) {
        super(context);
        this.name = name;
        this.path = path;
        this.view = view;
        this.promise = context.<V>newPromise().of(this);
        this.external = view != null && view.operationCalled(this);
    }

    @Override
    void started() {
        if (view != null) {
            view.operationStarted(external);
        }
    }

    AioPromise<V> promise() {
        return promise;
    }

    /** Counts it among what a later sync has to wait for. */
    HelperOperation<V> changesFile(FileHandle handle) {
        if (!isRefused()) {
            epoch = handle.writes().enter();
        }
        return this;
    }

    @Override
    String name() {
        return name;
    }

    @Override
    AioClass ioClass() {
        return view == null ? super.ioClass() : view.ioClass();
    }

    @Override
    @Nullable
    String path() {
        return path;
    }

    @Override
    void submit() {
        if (isCancelled()) {
            finish(null);
            return;
        }
        toHelper(AioRoute.HELPER);
    }

    /** On the loop: the value of a call that went well. */
    protected abstract @Nullable V value(long result);

    @Override
    void complete(long result) {
        if (result < 0) {
            fail(Failures.system((int) -result, name, path, 0));
            return;
        }
        value = value(result);
        finish(null);
    }

    @Override
    void settle(@Nullable Throwable cause) {
        if (epoch != null && view != null) {
            view.handle().writes().exit(epoch);
        }
        promise.routed(route());
        if (cause != null) {
            promise.tryFailure(cause);
        } else if (!promise.isDone()) {
            // V is nullable exactly where value() gives null.
            @SuppressWarnings("NullAway")
            V result = value;
            if (!promise.trySuccess(result)) {
                unwanted(result);
            }
        } else {
            unwanted(value);
        }
        if (view != null) {
            view.operationEnded();
        }
    }

    /** The result of an operation that was cancelled meanwhile. */
    protected void unwanted(@Nullable V result) {}

    @Override
    boolean gives(AioPromise<?> to) {
        return to == promise;
    }

    @Override
    boolean isCancelled() {
        return promise.isDone();
    }
}
