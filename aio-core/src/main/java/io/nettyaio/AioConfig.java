package io.nettyaio;

import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.TimeUnit;

/**
 * The limits and policies of a context; immutable. {@link #defaults()} reads the system properties
 * {@code io.nettyaio.*} once; a {@link #builder()} starts from it.
 *
 * <p>Every queue and every pool of an engine has its bound here.
 */
public final class AioConfig {

    private static final String PREFIX = "io.nettyaio.";
    private static final int MAX_QUEUE_DEPTH = 65_536;
    private static final long LEAST_STALL_NANOS = 1_000_000;

    private static final class Defaults {
        static final AioConfig INSTANCE = new Builder().build();
    }

    private final boolean kernelAio;
    private final int queueDepth;
    private final int pendingOperations;
    private final long pendingBytes;
    private final AioOverloadPolicy overloadPolicy;
    private final AioWaterMark waterMark;
    private final int submitBatch;
    private final int completionsPerWakeup;
    private final int inlineReadBytes;
    private final int inlineBytesPerTick;
    private final int kernelTransferBytes;
    private final double deviceShare;
    private final int unknownDeviceDepth;
    private final long deviceLatencyGoalNanos;
    private final long loopBudgetNanos;
    private final int helperThreads;
    private final int collectorThreads;
    private final int helperQueue;
    private final long helperIdleNanos;
    private final AioSyncPolicy syncPolicy;
    private final ByteBufAllocator allocator;
    private final boolean metrics;
    private final long slowOperationNanos;
    private final long stallThresholdNanos;

    private AioConfig(Builder builder) {
        kernelAio = builder.kernelAio;
        queueDepth = builder.queueDepth;
        pendingOperations = builder.pendingOperations;
        pendingBytes = builder.pendingBytes;
        overloadPolicy = builder.overloadPolicy;
        waterMark = builder.waterMark;
        submitBatch = builder.submitBatch;
        completionsPerWakeup = builder.completionsPerWakeup;
        inlineReadBytes = builder.inlineReadBytes;
        inlineBytesPerTick = builder.inlineBytesPerTick;
        kernelTransferBytes = builder.kernelTransferBytes;
        deviceShare = builder.deviceShare;
        unknownDeviceDepth = builder.unknownDeviceDepth;
        deviceLatencyGoalNanos = builder.deviceLatencyGoalNanos;
        loopBudgetNanos = builder.loopBudgetNanos;
        helperThreads = builder.helperThreads;
        collectorThreads = builder.collectorThreads;
        helperQueue = builder.helperQueue;
        helperIdleNanos = builder.helperIdleNanos;
        syncPolicy = builder.syncPolicy;
        allocator = builder.allocator;
        metrics = builder.metrics;
        slowOperationNanos = builder.slowOperationNanos;
        stallThresholdNanos = builder.stallThresholdNanos;
    }

    /** What the system properties say, or else the built-in values. */
    public static AioConfig defaults() {
        return Defaults.INSTANCE;
    }

    /** A builder that starts from {@link #defaults()}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Whether kernel AIO is used; {@code false} leaves everything to helpers. */
    public boolean kernelAio() {
        return kernelAio;
    }

    /** Operations in flight at once, and so slots and eventfds of a context at most. */
    public int queueDepth() {
        return queueDepth;
    }

    /** Operations started and not completed at most; what becomes of a further one says {@link #overloadPolicy()}. */
    public int pendingOperations() {
        return pendingOperations;
    }

    /**
     * Bytes of the transfers started and not completed, at most; what becomes of a further transfer says
     * {@link #overloadPolicy()}. One that is longer than this by itself is taken when no other is pending.
     */
    public long pendingBytes() {
        return pendingBytes;
    }

    /** What becomes of an operation for which there is no room. */
    public AioOverloadPolicy overloadPolicy() {
        return overloadPolicy;
    }

    /** When {@link AioContext#isSubmittable()} turns false, and true again. */
    public AioWaterMark waterMark() {
        return waterMark;
    }

    /** Operations in one {@code io_submit(2)}, and NOWAIT attempts in one tick, at most. */
    public int submitBatch() {
        return submitBatch;
    }

    /**
     * Completions that are run for one wakeup at most, before the loop's other work gets its turn; fewer where they take
     * longer than {@link #loopBudgetNanos()}.
     */
    public int completionsPerWakeup() {
        return completionsPerWakeup;
    }

    /** Longest buffered read that is tried on the loop, in bytes; a longer one goes to a helper. */
    public int inlineReadBytes() {
        return inlineReadBytes;
    }

    /** Bytes copied from the page cache on the loop in one tick, at most. */
    public int inlineBytesPerTick() {
        return inlineBytesPerTick;
    }

    /** Longest direct transfer that is submitted from the loop, in bytes; a helper submits a longer one. */
    public int kernelTransferBytes() {
        return kernelTransferBytes;
    }

    /** Share of a block device's {@code nr_requests} that all contexts together keep in flight. */
    public double deviceShare() {
        return deviceShare;
    }

    /** Operations in flight on a file system whose block device cannot be told (overlayfs, network), at most. */
    public int unknownDeviceDepth() {
        return unknownDeviceDepth;
    }

    /**
     * How long the device may take for an operation, in nanoseconds; 0 for no goal. Where its operations take longer on
     * average, fewer of them are in flight at once, so that the rest waits where it is ordered and can be cancelled.
     */
    public long deviceLatencyGoalNanos() {
        return deviceLatencyGoalNanos;
    }

    /**
     * Longest time one system call may take on the loop before its device's operations move to helpers for a while. After
     * as long, give or take one operation, a tick or a wakeup leaves the rest to the next iteration of the loop, which
     * looks after its sockets first.
     */
    public long loopBudgetNanos() {
        return loopBudgetNanos;
    }

    /** Helper threads at most, shared by all contexts with the same limits. */
    public int helperThreads() {
        return helperThreads;
    }

    /**
     * Threads at most, for each device, that wait for reads whose read-in the loop has started. They tell the loop when
     * the first of many has come in, and fetch what is late.
     */
    public int collectorThreads() {
        return collectorThreads;
    }

    /** Jobs waiting for a helper thread at most; further ones wait in their context. */
    public int helperQueue() {
        return helperQueue;
    }

    /** How long a helper or collector thread stays without work, in nanoseconds. */
    public long helperIdleNanos() {
        return helperIdleNanos;
    }

    /** Which way a sync takes. */
    public AioSyncPolicy syncPolicy() {
        return syncPolicy;
    }

    /** Allocates what {@link AioFile#read(long, int)} returns for files that need no alignment. */
    public ByteBufAllocator allocator() {
        return allocator;
    }

    /**
     * Whether operations are counted and timed, for {@link io.nettyaio.metrics.AioMetrics} and the flight recorder's event
     * of a slow operation. While it is false no clock is read for it.
     */
    public boolean metrics() {
        return metrics;
    }

    /** How long an operation takes before the flight recorder is told, in nanoseconds; where {@link #metrics()} is true. */
    public long slowOperationNanos() {
        return slowOperationNanos;
    }

    /**
     * How long the loop may take to come back to its selector, in nanoseconds, before a watcher logs the stack of what holds
     * it up; 0 for no watcher.
     */
    public long stallThresholdNanos() {
        return stallThresholdNanos;
    }

    @Override
    public String toString() {
        return "AioConfig(kernelAio=" + kernelAio + ", queueDepth=" + queueDepth + ", pendingOperations="
                + pendingOperations + ", pendingBytes=" + pendingBytes + ", overloadPolicy=" + overloadPolicy
                + ", waterMark=" + waterMark + ", submitBatch=" + submitBatch + ", completionsPerWakeup="
                + completionsPerWakeup + ", inlineReadBytes=" + inlineReadBytes + ", inlineBytesPerTick="
                + inlineBytesPerTick + ", kernelTransferBytes=" + kernelTransferBytes + ", deviceShare="
                + deviceShare + ", unknownDeviceDepth=" + unknownDeviceDepth + ", deviceLatencyGoalNanos="
                + deviceLatencyGoalNanos + ", loopBudgetNanos="
                + loopBudgetNanos + ", helperThreads=" + helperThreads + ", collectorThreads="
                + collectorThreads + ", helperQueue=" + helperQueue + ", helperIdleNanos=" + helperIdleNanos
                + ", syncPolicy=" + syncPolicy + ", metrics=" + metrics + ", slowOperationNanos=" + slowOperationNanos
                + ", stallThresholdNanos=" + stallThresholdNanos + ')';
    }

    /** Collects the settings of an {@link AioConfig}. Each setter throws {@link IllegalArgumentException} out of range. */
    public static final class Builder {

        private boolean kernelAio = Boolean.parseBoolean(System.getProperty(PREFIX + "kernelAio", "true"));
        private int queueDepth = property("queueDepth", 512, 1, MAX_QUEUE_DEPTH);
        private int pendingOperations = property("pendingOperations", 65_536, 1, Integer.MAX_VALUE);
        private long pendingBytes = property("pendingMebibytes", 1024, 1, Integer.MAX_VALUE) * (1L << 20);
        private AioOverloadPolicy overloadPolicy =
                AioOverloadPolicy.valueOf(System.getProperty(PREFIX + "overloadPolicy", AioOverloadPolicy.FAIL.name()));
        private AioWaterMark waterMark = AioWaterMark.DEFAULT;
        private int submitBatch = property("submitBatch", 64, 1, 4096);
        private int completionsPerWakeup = property("completionsPerWakeup", 256, 1, Integer.MAX_VALUE);
        private int inlineReadBytes = property("inlineReadBytes", 256 * 1024, 0, Integer.MAX_VALUE);
        private int inlineBytesPerTick = property("inlineBytesPerTick", 1024 * 1024, 1, Integer.MAX_VALUE);
        private int kernelTransferBytes = property("kernelTransferBytes", 256 * 1024, 0, Integer.MAX_VALUE);
        private double deviceShare = property("deviceSharePercent", 50, 1, 100) / 100.0;
        private int unknownDeviceDepth = property("unknownDeviceDepth", 64, 1, MAX_QUEUE_DEPTH);
        private long deviceLatencyGoalNanos =
                TimeUnit.MICROSECONDS.toNanos(property("deviceLatencyGoalMicros", 0, 0, Integer.MAX_VALUE));
        private long loopBudgetNanos =
                TimeUnit.MICROSECONDS.toNanos(property("loopBudgetMicros", 1000, 1, Integer.MAX_VALUE));
        private int helperThreads = property("helperThreads", 16, 1, 1024);
        private int collectorThreads = property("collectorThreads", 2, 1, 1024);
        private int helperQueue = property("helperQueue", 4096, 2, 1 << 20);
        private long helperIdleNanos =
                TimeUnit.MILLISECONDS.toNanos(property("helperIdleMillis", 5000, 1, Integer.MAX_VALUE));
        private AioSyncPolicy syncPolicy =
                AioSyncPolicy.valueOf(System.getProperty(PREFIX + "syncPolicy", AioSyncPolicy.HELPER.name()));
        private ByteBufAllocator allocator = ByteBufAllocator.DEFAULT;
        private boolean metrics = Boolean.getBoolean(PREFIX + "metrics");
        private long slowOperationNanos =
                TimeUnit.MILLISECONDS.toNanos(property("slowOperationMillis", 100, 1, Integer.MAX_VALUE));
        private long stallThresholdNanos =
                TimeUnit.MILLISECONDS.toNanos(property("stallMillis", 0, 0, Integer.MAX_VALUE));

        private Builder() {}

        private static int property(String name, int otherwise, int least, int most) {
            return check(PREFIX + name, Integer.getInteger(PREFIX + name, otherwise), least, most);
        }

        private static int check(String name, int value, int least, int most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException(name + "=" + value + ": must be from " + least + " to " + most);
            }
            return value;
        }

        /** {@link AioConfig#kernelAio()}; default true, property {@code io.nettyaio.kernelAio}. */
        public Builder kernelAio(boolean use) {
            kernelAio = use;
            return this;
        }

        /** {@link AioConfig#queueDepth()}; default 512. Counts against {@code fs.aio-max-nr}. */
        public Builder queueDepth(int operations) {
            queueDepth = check("queueDepth", operations, 1, MAX_QUEUE_DEPTH);
            return this;
        }

        /** {@link AioConfig#pendingOperations()}; default 65,536. */
        public Builder pendingOperations(int operations) {
            pendingOperations = check("pendingOperations", operations, 1, Integer.MAX_VALUE);
            return this;
        }

        /** {@link AioConfig#pendingBytes()}; default 1 GiB, property {@code io.nettyaio.pendingMebibytes}. */
        public Builder pendingBytes(long bytes) {
            if (bytes < 1) {
                throw new IllegalArgumentException("pendingBytes=" + bytes + ": must be at least 1");
            }
            pendingBytes = bytes;
            return this;
        }

        /** {@link AioConfig#overloadPolicy()}; default {@link AioOverloadPolicy#FAIL}. */
        public Builder overloadPolicy(AioOverloadPolicy policy) {
            overloadPolicy = policy;
            return this;
        }

        /** {@link AioConfig#waterMark()}; default {@link AioWaterMark#DEFAULT}. */
        public Builder waterMark(AioWaterMark marks) {
            waterMark = marks;
            return this;
        }

        /** {@link AioConfig#submitBatch()}; default 64. */
        public Builder submitBatch(int operations) {
            submitBatch = check("submitBatch", operations, 1, 4096);
            return this;
        }

        /** {@link AioConfig#completionsPerWakeup()}; default 256. */
        public Builder completionsPerWakeup(int completions) {
            completionsPerWakeup = check("completionsPerWakeup", completions, 1, Integer.MAX_VALUE);
            return this;
        }

        /** {@link AioConfig#inlineReadBytes()}; default 256 KiB; 0 leaves every buffered read to helpers. */
        public Builder inlineReadBytes(int bytes) {
            inlineReadBytes = check("inlineReadBytes", bytes, 0, Integer.MAX_VALUE);
            return this;
        }

        /** {@link AioConfig#inlineBytesPerTick()}; default 1 MiB. */
        public Builder inlineBytesPerTick(int bytes) {
            inlineBytesPerTick = check("inlineBytesPerTick", bytes, 1, Integer.MAX_VALUE);
            return this;
        }

        /** {@link AioConfig#kernelTransferBytes()}; default 256 KiB. */
        public Builder kernelTransferBytes(int bytes) {
            kernelTransferBytes = check("kernelTransferBytes", bytes, 0, Integer.MAX_VALUE);
            return this;
        }

        /** {@link AioConfig#deviceShare()}; default 0.5; more than 0, at most 1. */
        public Builder deviceShare(double share) {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("deviceShare=" + share + ": must be more than 0 and at most 1");
            }
            deviceShare = share;
            return this;
        }

        /** {@link AioConfig#unknownDeviceDepth()}; default 64. */
        public Builder unknownDeviceDepth(int operations) {
            unknownDeviceDepth = check("unknownDeviceDepth", operations, 1, MAX_QUEUE_DEPTH);
            return this;
        }

        /** {@link AioConfig#deviceLatencyGoalNanos()}; default 0, no goal. The smallest of a device's users counts. */
        public Builder deviceLatencyGoal(long duration, TimeUnit unit) {
            long nanos = unit.toNanos(duration);
            if (nanos < 0) {
                throw new IllegalArgumentException("deviceLatencyGoal=" + duration + ": must not be negative");
            }
            deviceLatencyGoalNanos = nanos;
            return this;
        }

        /** {@link AioConfig#loopBudgetNanos()}; default 1 ms. */
        public Builder loopBudget(long duration, TimeUnit unit) {
            long nanos = unit.toNanos(duration);
            if (nanos <= 0) {
                throw new IllegalArgumentException("loopBudget=" + duration + ": must be more than 0");
            }
            loopBudgetNanos = nanos;
            return this;
        }

        /** {@link AioConfig#helperThreads()}; default 16. */
        public Builder helperThreads(int threads) {
            helperThreads = check("helperThreads", threads, 1, 1024);
            return this;
        }

        /** {@link AioConfig#collectorThreads()}; default 2. */
        public Builder collectorThreads(int threads) {
            collectorThreads = check("collectorThreads", threads, 1, 1024);
            return this;
        }

        /** {@link AioConfig#helperQueue()}; default 4096. */
        public Builder helperQueue(int jobs) {
            helperQueue = check("helperQueue", jobs, 2, 1 << 20);
            return this;
        }

        /** {@link AioConfig#helperIdleNanos()}; default 5 s. */
        public Builder helperIdle(long duration, TimeUnit unit) {
            long nanos = unit.toNanos(duration);
            if (nanos <= 0) {
                throw new IllegalArgumentException("helperIdle=" + duration + ": must be more than 0");
            }
            helperIdleNanos = nanos;
            return this;
        }

        /** {@link AioConfig#syncPolicy()}; default {@link AioSyncPolicy#HELPER}. */
        public Builder syncPolicy(AioSyncPolicy policy) {
            syncPolicy = policy;
            return this;
        }

        /** {@link AioConfig#allocator()}; default {@link ByteBufAllocator#DEFAULT}. */
        public Builder allocator(ByteBufAllocator buffers) {
            allocator = buffers;
            return this;
        }

        /** {@link AioConfig#metrics()}; default false, property {@code io.nettyaio.metrics}. */
        public Builder metrics(boolean count) {
            metrics = count;
            return this;
        }

        /** {@link AioConfig#slowOperationNanos()}; default 100 ms, property {@code io.nettyaio.slowOperationMillis}. */
        public Builder slowOperation(long duration, TimeUnit unit) {
            long nanos = unit.toNanos(duration);
            if (nanos <= 0) {
                throw new IllegalArgumentException("slowOperation=" + duration + ": must be more than 0");
            }
            slowOperationNanos = nanos;
            return this;
        }

        /**
         * {@link AioConfig#stallThresholdNanos()}; default 0, off; property {@code io.nettyaio.stallMillis}. The watcher has
         * the loop answer four times in this time, also when it is idle.
         */
        public Builder stallThreshold(long duration, TimeUnit unit) {
            long nanos = unit.toNanos(duration);
            if (nanos < 0 || (nanos > 0 && nanos < LEAST_STALL_NANOS)) {
                throw new IllegalArgumentException(
                        "stallThreshold=" + duration + ": must be at least 1 ms, or 0 for no watcher");
            }
            stallThresholdNanos = nanos;
            return this;
        }

        /** The settings as they are now. */
        public AioConfig build() {
            return new AioConfig(this);
        }
    }
}
