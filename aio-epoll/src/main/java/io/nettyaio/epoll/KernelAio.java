package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A kernel AIO context ({@code io_setup(2)}) with its two ends: what goes in, and what comes back through the ring.
 * Loop-confined, but for {@link #submitOne}.
 */
final class KernelAio {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(KernelAio.class);
    private static final int REAPED_AT_ONCE = 128;

    private final EpollAioContext context;
    private final Syscalls syscalls;
    private final long aioContext;
    private final IocbTable iocbs;
    private final Submitter submitter;
    private final Reaper reaper;
    private final long[] events = new long[REAPED_AT_ONCE * CompletionRing.LONGS_PER_EVENT];
    /** Those of {@link #events} that have been taken from the ring, and not been completed. */
    private int nextEvent;

    private int endOfEvents;
    private int inFlight;

    KernelAio(EpollAioContext context, Syscalls syscalls, long aioContext, IocbTable iocbs, AioConfig config) {
        this.context = context;
        this.syscalls = syscalls;
        this.aioContext = aioContext;
        this.iocbs = iocbs;
        submitter = new Submitter(
                this::countInFlight,
                this::submitted,
                syscalls,
                context.preemption(),
                aioContext,
                iocbs,
                config.submitBatch(),
                config.loopBudgetNanos());
        reaper = new Reaper(syscalls, aioContext, Reaper.ringOf(aioContext), REAPED_AT_ONCE);
    }

    /** Why {@code io_setup(2)} answered an error, with the remedy. */
    static UnsupportedOperationException refusal(int errno, int queueDepth) {
        String remedy = switch (errno) {
            case Errno.EAGAIN ->
                "the machine's share of kernel AIO is used up: fs.aio-nr=" + sysctl("aio-nr")
                        + " of fs.aio-max-nr=" + sysctl("aio-max-nr") + ", queueDepth=" + queueDepth
                        + "; raise it (sysctl -w fs.aio-max-nr=1048576) or lower AioConfig.queueDepth";
            case Errno.ENOSYS -> "the kernel is built without CONFIG_AIO, or a sandbox hides it";
            case Errno.EPERM, Errno.EACCES ->
                "a sandbox (seccomp) forbids it; allow io_setup, io_submit,"
                        + " io_getevents and io_destroy, as Docker's default profile does";
            default -> Errno.explain(errno);
        };
        return new UnsupportedOperationException("io_setup: " + Errno.name(errno) + ": " + remedy);
    }

    /** What a sysctl below {@code fs} says; {@code "?"} where it cannot be read. */
    static String sysctl(String name) {
        // Not readString: that asks for one byte at a time where the size is 0, and a sysctl gives its first alone
        // then.
        try (Stream<String> lines = Files.lines(Path.of("/proc/sys/fs", name))) {
            return lines.findFirst().orElse("?");
        } catch (IOException unreadable) {
            return "?";
        }
    }

    /** Whether the ring is known to hold nothing. */
    boolean isRingEmpty() {
        return inFlight == 0 || (nextEvent == endOfEvents && reaper.isEmpty());
    }

    int inFlight() {
        return inFlight;
    }

    void countInFlight(int more) {
        inFlight += more;
    }

    Submitter submitter() {
        return submitter;
    }

    private void submitted(int taken, long nanos) {
        Recorder recorder = context.recorder();
        if (recorder != null) {
            recorder.submitted(taken, nanos);
        }
        if (nanos > context.config().loopBudgetNanos()) {
            FlightEvents.slowSubmit(context.name(), Math.max(0, taken), nanos);
        }
    }

    boolean submit() {
        boolean resources = submitter.submit();
        if (!resources) {
            reaper.useSystemCallOnce();
        }
        return resources;
    }

    /** On a helper: {@code io_submit(2)} of one slot. The kernel's context may be used from any thread. */
    int submitOne(Slot slot) {
        int taken;
        do {
            taken = syscalls.ioSubmit(aioContext, 1, iocbs.pointerAddress(slot.index()));
        } while (taken == -Errno.EINTR);
        return taken;
    }

    /**
     * Takes a poll that is in flight back from the kernel: {@code io_cancel(2)}, which answers EINPROGRESS where it does
     * and EINVAL where the poll is over. Either way the event comes, and the slot is in use until then.
     */
    void cancel(Slot slot) {
        int answer = syscalls.ioCancel(aioContext, iocbs.iocbAddress(slot.index()));
        LOGGER.trace("io_cancel of slot={}: {}", slot.index(), answer);
    }

    /** Completes what the ring holds, as much as one turn may. */
    void reap(TurnBudget turn) {
        while (!turn.isExhausted()) {
            if (nextEvent == endOfEvents) {
                nextEvent = 0;
                endOfEvents = reaper.reap(events, inFlight);
                if (endOfEvents == 0) {
                    return;
                }
            }
            int at = CompletionRing.LONGS_PER_EVENT * nextEvent++;
            completed(events[at], events[at + 1]);
            turn.ran();
        }
    }

    private void completed(long data, long result) {
        SlotPool slots = context.slots();
        int index = Slot.indexOf(data);
        Slot slot = slots.holds(index) ? slots.get(index) : null;
        if (slot == null || slot.data() != data || slot.state() != Slot.State.IN_FLIGHT) {
            LOGGER.error("a completion for nothing in flight: data={} result={} slot={}; ignored", data, result, slot);
            return;
        }
        slot.transition(Slot.State.IN_FLIGHT, Slot.State.COMPLETED);
        inFlight--;
        Operation operation = slot.operation();
        if (operation != null) {
            operation.ringReturned(result);
        }
    }

    /** Nothing is in flight any more: from here on nobody reads the ring, so that {@code io_destroy(2)} may unmap it. */
    void close() {
        if (inFlight != 0) {
            throw new IllegalStateException("inFlight=" + inFlight + ": closed while the kernel holds buffers");
        }
        reaper.close();
        submitter.close();
    }

    /** On a helper: {@code io_destroy(2)}, which may block. */
    void destroy() {
        int answer = syscalls.ioDestroy(aioContext);
        if (answer < 0) {
            LOGGER.warn("io_destroy: {}", Errno.name(-answer));
        }
    }
}
