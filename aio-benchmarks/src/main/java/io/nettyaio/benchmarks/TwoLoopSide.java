package io.nettyaio.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.netty.util.concurrent.Promise;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A side of two loops, one at each end. What has come through is counted at the near one, on whose thread everything here
 * runs but {@link #run}.
 */
abstract class TwoLoopSide implements Side {

    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final long DRAIN_SECONDS = 10;

    private final String name;
    final Loop near = new Loop();
    final Loop far = new Loop();
    final PipeCase.Traffic traffic;

    private @Nullable Promise<Sample> counted;
    private @Nullable Throwable failure;
    private boolean stopping;
    private long bytes;
    private long startedNanos;
    private long cpuStartedNanos;

    TwoLoopSide(String name, PipeCase.Traffic traffic) {
        this.name = name;
        this.traffic = traffic;
    }

    /** Starts the traffic; on the near loop. */
    abstract void begin();

    /** Has the far end stop to send; on the near loop, where that has to be asked for. */
    abstract void stop();

    /**
     * So many bytes have arrived.
     *
     * @return whether to go on
     */
    final boolean arrived(long count) {
        bytes += count;
        return !stopping;
    }

    final void failed(@Nullable Throwable cause) {
        if (failure == null && cause != null) {
            failure = cause;
        }
    }

    private void startCounting(Promise<Sample> whenCounted) {
        counted = whenCounted;
        stopping = false;
        bytes = 0;
        cpuStartedNanos = PROCESS.getProcessCpuTime();
        startedNanos = System.nanoTime();
        begin();
    }

    private void stopCounting() {
        long elapsedNanos = System.nanoTime() - startedNanos;
        long cpuNanos = PROCESS.getProcessCpuTime() - cpuStartedNanos;
        long operations = traffic == PipeCase.Traffic.STREAM ? bytes / PipeCase.BLOCK_BYTES : bytes;
        stopping = true;
        stop();
        if (counted != null && failure == null) {
            counted.setSuccess(new Sample(operations, elapsedNanos, cpuNanos, Sample.UNKNOWN));
        } else if (counted != null) {
            counted.setFailure(failure);
        }
    }

    @Override
    public final Sample run(Load load) throws Exception {
        Promise<Sample> whenCounted = near.eventLoop().newPromise();
        near.eventLoop().execute(() -> startCounting(whenCounted));
        try {
            Stop.sleep(load.nanos());
        } finally {
            near.eventLoop().execute(this::stopCounting);
        }
        if (!whenCounted.await(DRAIN_SECONDS, TimeUnit.SECONDS)) {
            throw new BenchException(name + ": the loop does not answer");
        }
        if (!whenCounted.isSuccess()) {
            throw new BenchException(name + ": the traffic failed", whenCounted.cause());
        }
        awaitQuiet();
        return whenCounted.getNow();
    }

    /** Waits until what was still under way has come through, so that the next run begins with nothing there. */
    abstract void awaitQuiet() throws Exception;

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final boolean inJvm() {
        return true;
    }

    @Override
    public void close() {
        near.close();
        far.close();
    }
}
