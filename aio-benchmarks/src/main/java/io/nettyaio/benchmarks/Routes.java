package io.nettyaio.benchmarks;

import io.nettyaio.AioContext;
import io.nettyaio.AioContextStats;
import java.util.concurrent.TimeUnit;

/** Says which ways a context's operations took, and whether its loop was held up: what explains a figure that surprises. */
final class Routes {

    private Routes() {}

    static String describe(String side, AioContext context) {
        AioContextStats stats = context.stats();
        Throwable unavailable = context.kernelAioUnavailabilityCause();
        return side + ": inline=" + stats.completedInline() + " kernel=" + stats.completedKernel() + " helper="
                + stats.completedHelper() + " demotions=" + stats.demotions() + " longest_io_submit_us="
                + TimeUnit.NANOSECONDS.toMicros(stats.longestSubmitNanos()) + " longest_nowait_us="
                + TimeUnit.NANOSECONDS.toMicros(stats.longestNowaitNanos())
                + (unavailable == null ? "" : "; without kernel AIO: " + unavailable.getMessage());
    }
}
