package io.nettyaio.epoll;

import io.nettyaio.AioRoute;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/**
 * The events of {@link FlightEvents}, apart from it so that they are loaded only where the flight recorder is. Their times
 * are those the engine has measured anyhow, so all but {@link Drain} are instants with a timespan.
 */
// The flight recorder reads the fields.
@SuppressWarnings("UnusedVariable")
final class FlightEventTypes {

    private FlightEventTypes() {}

    @Name("io.nettyaio.SlowOperation")
    @Label("Slow Operation")
    @Description("An operation took longer than AioConfig.slowOperation; recorded where AioConfig.metrics is true")
    @Category({"Netty AIO"})
    @StackTrace(false)
    private static final class SlowOperation extends Event {
        @Label("Context")
        @Nullable
        String context;

        @Label("Operation")
        @Nullable
        String operation;

        @Label("Path")
        @Nullable
        String path;

        @Label("Class")
        @Nullable
        String ioClass;

        @Label("Route")
        @Nullable
        String route;

        @Label("Bytes")
        @DataAmount
        long bytes;

        @Label("Total")
        @Timespan
        long total;

        @Label("Device")
        @Description("The part of it with the device or in a system call")
        @Timespan
        long device;
    }

    @Name("io.nettyaio.SlowSubmit")
    @Label("Slow Submit")
    @Description("io_submit held up the loop for longer than AioConfig.loopBudget")
    @Category({"Netty AIO"})
    @StackTrace(false)
    private static final class SlowSubmit extends Event {
        @Label("Context")
        @Nullable
        String context;

        @Label("Submitted")
        int submitted;

        @Label("Took")
        @Timespan
        long took;
    }

    @Name("io.nettyaio.RouteDemotion")
    @Label("Route Demotion")
    @Description("Operations are moved off the loop")
    @Category({"Netty AIO"})
    @StackTrace(false)
    private static final class RouteDemotion extends Event {
        @Label("Context")
        @Nullable
        String context;

        @Label("Device")
        @Nullable
        String device;

        @Label("Reason")
        @Description("budget, would_block or unsupported")
        @Nullable
        String reason;

        @Label("For")
        @Description("How long; 0 where that is not known from the start")
        @Timespan
        long forNanos;
    }

    @Name("io.nettyaio.QueueFull")
    @Label("Queue Full")
    @Description("The first operation in a row that a context has turned away")
    @Category({"Netty AIO"})
    @StackTrace(false)
    private static final class QueueFull extends Event {
        @Label("Context")
        @Nullable
        String context;

        @Label("Operation")
        @Nullable
        String operation;

        @Label("Path")
        @Nullable
        String path;

        @Label("Pending")
        int pending;

        @Label("Pending Bytes")
        @DataAmount
        long pendingBytes;
    }

    @Name("io.nettyaio.LoopStall")
    @Label("Loop Stall")
    @Description("A loop took longer than AioConfig.stallThreshold to come back to its selector")
    @Category({"Netty AIO"})
    @StackTrace(false)
    private static final class LoopStall extends Event {
        @Label("Context")
        @Nullable
        String context;

        @Label("Loop Thread")
        @Nullable
        String loopThread;

        @Label("Took")
        @Timespan
        long took;

        @Label("Stack")
        @Description("What the loop's thread was doing when it was noticed")
        @Nullable
        String stack;
    }

    @Name("io.nettyaio.Drain")
    @Label("Drain")
    @Description("A context has closed: from the refusal of new operations until all is given back")
    @Category({"Netty AIO"})
    @StackTrace(false)
    private static final class Drain extends Event {
        @Label("Context")
        @Nullable
        String context;

        @Label("Pending")
        int pending;

        @Label("In Flight")
        int inFlight;

        @Label("Loop Shuts Down")
        boolean loopShutsDown;
    }

    static void slowOperation(String context, Operation operation, long totalNanos, long deviceNanos) {
        SlowOperation event = new SlowOperation();
        if (event.shouldCommit()) {
            AioRoute route = operation.route();
            event.context = context;
            event.operation = operation.name();
            event.path = operation.path();
            event.ioClass = operation.ioClass().name();
            event.route = route == null ? null : route.name();
            event.bytes = operation.movedBytes();
            event.total = totalNanos;
            event.device = deviceNanos;
            event.commit();
        }
    }

    static void slowSubmit(String context, int submitted, long nanos) {
        SlowSubmit event = new SlowSubmit();
        if (event.shouldCommit()) {
            event.context = context;
            event.submitted = submitted;
            event.took = nanos;
            event.commit();
        }
    }

    static void demotion(String context, String device, String reason, long nanos) {
        RouteDemotion event = new RouteDemotion();
        if (event.shouldCommit()) {
            event.context = context;
            event.device = device;
            event.reason = reason;
            event.forNanos = nanos;
            event.commit();
        }
    }

    static void queueFull(String context, String operation, @Nullable String path, int pending, long pendingBytes) {
        QueueFull event = new QueueFull();
        if (event.shouldCommit()) {
            event.context = context;
            event.operation = operation;
            event.path = path;
            event.pending = pending;
            event.pendingBytes = pendingBytes;
            event.commit();
        }
    }

    static void stall(String context, String thread, long nanos, String stack) {
        LoopStall event = new LoopStall();
        if (event.shouldCommit()) {
            event.context = context;
            event.loopThread = thread;
            event.took = nanos;
            event.stack = stack;
            event.commit();
        }
    }

    static Runnable drainBegins(String context, int pending, int inFlight, boolean loopShutsDown) {
        Drain event = new Drain();
        event.context = context;
        event.pending = pending;
        event.inFlight = inFlight;
        event.loopShutsDown = loopShutsDown;
        event.begin();
        return event::commit;
    }
}
