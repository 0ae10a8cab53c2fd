package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioClass;
import io.nettyaio.AioFile;
import io.nettyaio.AioOperation;
import io.nettyaio.AioRoute;
import io.nettyaio.AioStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An operation of the user's. Attempts are made on a helper, or on the loop as it sends off what is staged; in between it
 * holds nothing, and waits staged or, for what is not the context's, elsewhere.
 *
 * @param <V> the type of its value
 */
final class UserOperation<V extends @Nullable Object> extends Operation {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(UserOperation.class);

    /** A file it uses; the epoch is there where it changes the file. */
    private record Use(EpollAioFile file, boolean external, WriteBarrier.@Nullable Epoch epoch) {}

    private final AioOperation<V> user;
    private final String name;
    private final @Nullable String path;
    private final boolean inline;
    private final AioPromise<V> promise;
    private final List<Use> uses = new ArrayList<>();
    private long bytesDone;
    /** An attempt has been made, so that there may be something to release. */
    private boolean attempted;

    private boolean released;
    private @Nullable AioStep step;
    private @Nullable Exception thrown;
    private @Nullable Future<?> awaited;
    private @Nullable V value;

    UserOperation(EpollAioContext context, AioOperation<V> user) {
        super(context);
        this.user = user;
        name = user.name();
        path = user.path();
        AioRoute route = user.route();
        if (route != AioRoute.HELPER && route != AioRoute.INLINE) {
            throw new IllegalArgumentException(name + ": route=" + route
                    + "; an operation of your own takes HELPER, or INLINE if it never blocks");
        }
        inline = route == AioRoute.INLINE;
        promise = context.<V>newPromise().of(this);
        List<AioFile> changes = user.changes();
        for (AioFile file : user.uses()) {
            use(file, changes.contains(file));
        }
        for (AioFile file : changes) {
            if (uses.stream().noneMatch(use -> use.file() == file)) {
                use(file, true);
            }
        }
    }

    private void use(AioFile file, boolean changes) {
        if (file.context() != context()) {
            refuse(Failures.argument(
                    Errno.EINVAL, name, file.path(), "the file belongs to another event loop; use file.on(eventLoop)"));
            return;
        }
        EpollAioFile own = DeadlineFile.unwrap(file);
        boolean external = own.operationCalled(this);
        boolean counts = changes && !isRefused();
        uses.add(new Use(own, external, counts ? own.handle().writes().enter() : null));
    }

    AioPromise<V> promise() {
        return promise;
    }

    @Override
    String name() {
        return name;
    }

    /** The names are the user's, and as many as they like. */
    @Override
    String kind() {
        return "user";
    }

    @Override
    AioClass ioClass() {
        return uses.isEmpty() ? super.ioClass() : uses.get(0).file().ioClass();
    }

    @Override
    long movedBytes() {
        return bytesDone;
    }

    @Override
    @Nullable
    String path() {
        return path;
    }

    @Override
    void started() {
        for (Use use : uses) {
            use.file().operationStarted(use.external());
        }
    }

    @Override
    boolean gives(AioPromise<?> to) {
        return to == promise;
    }

    @Override
    boolean isCancelled() {
        return promise.isDone();
    }

    // ---- attempts ------------------------------------------------------------------------------------------------

    @Override
    void submit() {
        if (isCancelled()) {
            finish(null);
        } else if (inline) {
            routed(AioRoute.INLINE);
            attempt();
            complete(0);
        } else if (passDevice(uses.isEmpty() ? null : uses.get(0).file().deviceLane())) {
            toHelper(AioRoute.HELPER);
        }
    }

    @Override
    long work() {
        attempt();
        return 0;
    }

    private void attempt() {
        attempted = true;
        boolean last = true;
        try {
            AioStep now = Objects.requireNonNull(user.submit(bytesDone), "submit() has returned null");
            step = now;
            bytesDone += now.bytes();
            last = now.kind() == AioStep.Kind.DONE;
        } catch (Exception failed) {
            thrown = failed;
        } finally {
            if (last) {
                release();
            }
        }
    }

    private void release() {
        released = true;
        try {
            user.release();
        } catch (Exception failed) {
            LOGGER.warn("{} {}: release() threw", name, path, failed);
        }
    }

    /** The attempt is over. */
    @Override
    void complete(long unused) {
        AioStep now = step;
        step = null;
        if (isCancelled() || context().isClosing()) {
            // It will not be waited for, and is cancelled as if it had been.
            awaited = now == null ? null : now.future();
        }
        if (isCancelled()) {
            finish(null);
        } else if (thrown != null) {
            fail(thrown);
        } else if (now == null) {
            throw new IllegalStateException("no attempt was made");
        } else if (now.kind() == AioStep.Kind.DONE) {
            done();
        } else if (context().isClosing()) {
            fail(Failures.contextClosed(name, path, bytesDone));
        } else {
            goOn(now);
        }
    }

    private void goOn(AioStep now) {
        giveBack();
        Future<?> until = now.future();
        if (until == null) {
            context().stage(this);
            return;
        }
        awaited = until;
        context().elsewhere(this);
        boolean pending = now.kind() == AioStep.Kind.PENDING;
        until.addListener(done -> arrived(until, pending));
    }

    /** What it waited for has come. From any thread. */
    private void arrived(Future<?> what, boolean pending) {
        if (!context().inEventLoop()) {
            // Where the loop has ended, its context has failed this operation when it closed.
            boolean unused = context().execute(() -> arrived(what, pending));
            return;
        }
        if (isFinished()) {
            return;
        }
        awaited = null;
        context().noLongerElsewhere(this);
        Throwable cause = what.cause();
        if (cause != null) {
            fail(cause);
        } else if (!pending) {
            context().stage(this);
        } else {
            // AioStep.pending takes nothing but numbers.
            bytesDone += ((Number) what.getNow()).longValue();
            done();
        }
    }

    private void done() {
        try {
            value = user.complete(bytesDone);
        } catch (Exception failed) {
            fail(failed);
            return;
        }
        finish(null);
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    // V is nullable exactly where complete() gives null.
    @SuppressWarnings("NullAway")
    @Override
    void settle(@Nullable Throwable cause) {
        if (attempted && !released) {
            releaseLater();
        }
        for (Use use : uses) {
            if (use.epoch() != null) {
                use.file().handle().writes().exit(use.epoch());
            }
        }
        Future<?> waitedFor = awaited;
        awaited = null;
        promise.routed(route());
        V result = value;
        value = null;
        if (cause != null) {
            promise.tryFailure(cause);
        } else if (!promise.trySuccess(result) && result != null) {
            discard(result);
        }
        for (Use use : uses) {
            use.file().operationEnded();
        }
        if (waitedFor != null) {
            waitedFor.cancel(false);
        }
    }

    private void releaseLater() {
        if (inline) {
            release();
        } else {
            context().onHelper(this::release);
        }
    }

    private void discard(V unwanted) {
        try {
            user.discard(unwanted);
        } catch (RuntimeException failed) {
            LOGGER.warn("{} {}: discard() threw", name, path, failed);
        }
    }
}
