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
 * makes the log. Whatever goes wrong, the promise is settled, and the directory given back. On the loop.
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
    /** Who is told of segments from now on. */
    private Segments.@Nullable Waiter next;

    Starting(AioContext aio, LogConfig config, Opened opened, Promise<WriteAheadLog> promise) {
        this.aio = aio;
        this.config = config;
        this.opened = opened;
        this.promise = promise;
        LogContents contents = opened.contents();
        segments = new Segments(opened.directory(), config, contents.log(), contents.nextSegment(), this);
    }

    void run() {
        Segment next = opened.next();
        if (next != null) {
            segments.adopt(next);
        }
        var unused = segments.recycle(opened.contents().oldSegments()).whenComplete((removed, failed) -> {
            if (failed != null) {
                LOGGER.warn(
                        "cannot remove old segments of {}: the next opening tries again", config.directory(), failed);
            }
            Segment current = opened.current();
            if (current != null) {
                begin(current);
            } else {
                waiting = true;
                segments.prepare();
            }
        });
    }

    @Override
    public void segmentSettled() {
        if (next != null) {
            next.segmentSettled();
        } else if (waiting) {
            waiting = false;
            Throwable failure = segments.failure();
            if (failure == null) {
                begin(segments.takeOnly());
            } else {
                giveBack(null, failure);
            }
        }
    }

    private void begin(Segment current) {
        WriteAheadLog log;
        try {
            log = new WriteAheadLog(aio, config, opened, segments, current);
        } catch (RuntimeException | Error unexpected) {
            giveBack(current, unexpected);
            return;
        }
        next = log.segmentWaiter();
        log.begin(promise);
    }

    private void giveBack(@Nullable Segment current, Throwable why) {
        opened.lastBlock().release();
        CompletionStage<Void> done = current == null
                ? CompletableFuture.completedFuture(null)
                : current.file().close().toCompletionStage();
        var unused = done.thenCompose(closed -> segments.close())
                .thenCompose(closed -> opened.directory().close())
                .thenCompose(closed -> opened.lock().release(aio.eventLoop()))
                .whenComplete((closed, thrown) -> promise.tryFailure(why));
    }
}
