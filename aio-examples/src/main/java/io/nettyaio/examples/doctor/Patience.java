package io.nettyaio.examples.doctor;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import java.util.concurrent.TimeUnit;

/**
 * How the command's own thread waits for operations: not forever where a disk does not answer, and no longer than until the
 * user wants an end.
 *
 * <p><b>Threading.</b> {@link #stop()} from any thread, the rest on the command's.
 */
final class Patience {

    private static final long SECONDS = 20;

    private volatile boolean stopped;

    /** The user has asked for an end. */
    static final class StoppedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        StoppedException() {
            super("stopped", null, false, false);
        }
    }

    /** The disk has not answered in time. */
    static final class NoAnswerException extends Exception {

        private static final long serialVersionUID = 1L;

        NoAnswerException(String what) {
            super(what + " has not come back within " + SECONDS + " s");
        }
    }

    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    /** Between two steps. */
    void check() {
        if (stopped) {
            throw new StoppedException();
        }
    }

    /**
     * The result of an operation. The operation itself is not called off by a stop: it ends by itself or with its context.
     *
     * @throws AioException      where it has failed
     * @throws NoAnswerException where it takes too long; it is cancelled then
     */
    <V> V get(String what, Future<V> future) throws AioException, NoAnswerException, InterruptedException {
        if (!future.await(SECONDS, TimeUnit.SECONDS)) {
            future.cancel(false);
            throw new NoAnswerException(what);
        }
        if (!future.isSuccess()) {
            Throwable cause = future.cause();
            if (cause instanceof AioException failure) {
                throw failure;
            }
            throw new IllegalStateException(what + " has failed unexpectedly", cause);
        }
        return future.getNow();
    }
}
