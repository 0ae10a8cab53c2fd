package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what has to come, and fails where it does not. */
final class Await {

    static final long SECONDS = 10;

    private Await() {}

    static void until(String what, BooleanSupplier condition) {
        until(() -> what, condition);
    }

    static void until(Supplier<String> what, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNanos > 0 || Thread.currentThread().isInterrupted()) {
                throw new AssertionError("has not come: " + what.get());
            }
            LockSupport.parkNanos(50_000);
        }
    }

    static void latch(CountDownLatch latch, String what) {
        try {
            if (!latch.await(SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("has not come: " + what + ", missing " + latch.getCount());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting: " + what, interrupted);
        }
    }

    /** The value of a future that succeeds. */
    static <V> V value(Future<V> future) {
        Throwable cause = outcome(future);
        if (cause != null) {
            throw new AssertionError("failed: " + cause, cause);
        }
        return future.getNow();
    }

    /** Why a future fails. */
    static Throwable failure(Future<?> future) {
        Throwable cause = outcome(future);
        if (cause == null) {
            throw new AssertionError("succeeded with " + future.getNow());
        }
        return cause;
    }

    /** Waits until it is settled. */
    static Throwable outcome(Future<?> future) {
        try {
            future.get(SECONDS, TimeUnit.SECONDS);
            return null;
        } catch (TimeoutException late) {
            throw new AssertionError("has not settled: " + future, late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting: " + future, interrupted);
        } catch (ExecutionException failed) {
            return failed.getCause();
        } catch (CancellationException cancelled) {
            return cancelled;
        }
    }
}
