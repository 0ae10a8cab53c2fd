package io.nettyaio.examples.log;

import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Bounds what is done in the background to a share of the disk's time: after an operation that took t it pauses for
 * t * (100 - share) / share. A disk that the foreground keeps busy makes operations longer and so the pauses too.
 * Loop-confined.
 */
final class Pace {

    /** One slow operation is not to stop everything for minutes. */
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final EventLoop loop;
    private final int sharePercent;
    private final BooleanSupplier hurry;

    /**
     * @param hurry whether somebody waits for the outcome: then without pauses
     */
    Pace(EventLoop loop, int sharePercent, BooleanSupplier hurry) {
        this.loop = loop;
        this.sharePercent = sharePercent;
        this.hurry = hurry;
    }

    /** Runs an operation of the disk; its stage completes after the pause it owes. */
    CompletionStage<Void> run(Supplier<CompletionStage<?>> operation) {
        long began = System.nanoTime();
        return operation.get().thenCompose(unused -> pause(System.nanoTime() - began));
    }

    private CompletionStage<Void> pause(long busyNanos) {
        long pauseNanos = Math.min(busyNanos * (100 - sharePercent) / sharePercent, LONGEST_PAUSE_NANOS);
        if (pauseNanos == 0 || hurry.getAsBoolean()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> over = new CompletableFuture<>();
        var unused = loop.schedule(() -> over.complete(null), pauseNanos, TimeUnit.NANOSECONDS);
        return over;
    }
}
