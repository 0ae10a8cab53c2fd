package io.nettyaio.examples.log;

import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioContext;
import io.nettyaio.examples.log.Opening.Opened;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The last part of opening a log, once its directory is in order: recycles segments, sees that there is one to go on in, and
 * makes the log. Whatever is thrown on the way, the promise is settled, and directory and lock are given back. On the loop.
 */
final class Starting implements Segments.Waiter {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Starting.class);

    private final AioContext aio;
    private final LogConfig config;
    private final Opened opened;
    private final Promise<WriteAheadLog> promise;
    private final Segments segments;
    /** The first segment is being made. */
    private boolean waiting;
    /** The segment to go on in, from the moment on that nobody else has it. */
    private @Nullable Segment current;

    private @Nullable WriteAheadLog log;

    Starting(AioContext aio, LogConfig config, Opened opened, Promise<WriteAheadLog> promise) {
        this.aio = aio;
        this.config = config;
        this.opened = opened;
        this.promise = promise;
        LogContents contents = opened.contents();
        current = opened.current();
        segments = new Segments(opened.directory(), config, contents.log(), contents.nextSegment(), this);
    }

    void run() {
        guarded(this::recycle);
    }

    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error unexpected) {
            WriteAheadLog made = log;
            if (made == null) {
                giveBack(unexpected);
            } else {
                made.close().addListener(closed -> promise.tryFailure(unexpected));
            }
        }
    }

    private void recycle() {
        Segment next = opened.next();
        if (next != null) {
            segments.adopt(next);
        }
        var unused = segments.recycle(opened.contents().oldSegments())
                .whenComplete((removed, failed) -> guarded(() -> recycled(failed)));
    }

    private void recycled(@Nullable Throwable failed) {
        if (failed != null) {
            LOGGER.warn("cannot remove old segments of {}: the next opening tries again", config.directory(), failed);
        }
        if (current != null) {
            begin(current);
        } else {
            waiting = true;
            segments.prepare();
        }
    }

    @Override
    public void segmentSettled() {
        WriteAheadLog made = log;
        if (made != null) {
            made.segmentWaiter().segmentSettled();
        } else if (waiting) {
            waiting = false;
            guarded(this::firstSegmentSettled);
        }
    }

    private void firstSegmentSettled() {
        Throwable failure = segments.failure();
        if (failure == null) {
            Segment first = segments.takeOnly();
            current = first;
            begin(first);
        } else {
            giveBack(failure);
        }
    }

    private void begin(Segment first) {
        WriteAheadLog made = new WriteAheadLog(aio, config, opened, segments, first);
        log = made;
        made.begin(promise);
    }

    /** Step by step, whatever becomes of the one before. */
    private void giveBack(Throwable why) {
        opened.lastBlock().release();
        Segment taken = current;
        CompletionStage<Void> closed = taken == null
                ? CompletableFuture.completedFuture(null)
                : taken.file().close().toCompletionStage();
        var unused = closed.handle((done, thrown) -> null)
                .thenCompose(none -> segments.close())
                .handle((done, thrown) -> null)
                .thenCompose(none -> opened.directory().close())
                .handle((done, thrown) -> null)
                .thenCompose(none -> opened.lock().release(aio.eventLoop()))
                .whenComplete((done, thrown) -> promise.tryFailure(why));
    }
}
