package io.nettyaio.epoll;

import org.jspecify.annotations.Nullable;

/**
 * Tells the JDK's flight recorder, where the JVM has one: of a runtime image without the module {@code jdk.jfr} nothing is
 * asked. An event nobody records costs a look at a flag.
 *
 * <p><b>Threading.</b> Any thread.
 */
final class FlightEvents {

    private static final boolean PRESENT =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private FlightEvents() {}

    static void slowOperation(String context, Operation operation, long totalNanos, long deviceNanos) {
        if (PRESENT) {
            FlightEventTypes.slowOperation(context, operation, totalNanos, deviceNanos);
        }
    }

    static void slowSubmit(String context, int submitted, long nanos) {
        if (PRESENT) {
            FlightEventTypes.slowSubmit(context, submitted, nanos);
        }
    }

    static void demotion(String context, String device, String reason, long nanos) {
        if (PRESENT) {
            FlightEventTypes.demotion(context, device, reason, nanos);
        }
    }

    static void queueFull(String context, String operation, @Nullable String path, int pending, long pendingBytes) {
        if (PRESENT) {
            FlightEventTypes.queueFull(context, operation, path, pending, pendingBytes);
        }
    }

    static void stall(String context, String thread, long nanos, String stack) {
        if (PRESENT) {
            FlightEventTypes.stall(context, thread, nanos, stack);
        }
    }

    /**
     * A context begins to close.
     *
     * @return to be run when it has
     */
    static @Nullable Runnable drainBegins(String context, int pending, int inFlight, boolean loopShutsDown) {
        return PRESENT ? FlightEventTypes.drainBegins(context, pending, inFlight, loopShutsDown) : null;
    }
}
