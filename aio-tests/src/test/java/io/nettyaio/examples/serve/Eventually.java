package io.nettyaio.examples.serve;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for what comes about on other threads. */
final class Eventually {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private Eventually() {}

    /** Repeats an assertion until it holds, for 20 s at most. */
    static <T> T holds(Callable<T> assertion) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return assertion.call();
            } catch (AssertionError e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
                Thread.sleep(5);
            }
        }
    }
}
