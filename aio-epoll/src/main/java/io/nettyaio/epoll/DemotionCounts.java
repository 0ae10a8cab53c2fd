package io.nettyaio.epoll;

import io.nettyaio.metrics.AioContexts;
import io.nettyaio.metrics.AioMeasurements;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** How often, and why, one context's operations have been moved off the loop. It is rare. Written by the loop. */
final class DemotionCounts {

    /** Why operations are moved off the loop. */
    enum Reason {
        /** A system call has held up the loop for longer than its budget: the device's operations, for a while. */
        BUDGET("budget"),
        /** Attempts have answered EAGAIN several times in a row: one file's operations, for some of them. */
        WOULD_BLOCK("would_block"),
        /** The file system does not know RWF_NOWAIT: a mount's operations, for good. */
        UNSUPPORTED("unsupported");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    private static final class Count implements AioMeasurements.Demotions {
        private final String device;
        private final Reason reason;
        private final AtomicLong count = new AtomicLong();

        Count(String device, Reason reason) {
            this.device = device;
            this.reason = reason;
        }

        @Override
        public String device() {
            return device;
        }

        @Override
        public String reason() {
            return reason.text();
        }

        @Override
        public long count() {
            return count.getOpaque();
        }
    }

    private final EpollAioContext context;
    private final List<Count> counts = new CopyOnWriteArrayList<>();

    DemotionCounts(EpollAioContext context) {
        this.context = context;
    }

    /**
     * Counts one, and tells the flight recorder.
     *
     * @param nanos how long, where that is known from the start; else 0
     */
    void count(String device, Reason reason, long nanos) {
        FlightEvents.demotion(context.name(), device, reason.text(), nanos);
        for (Count one : counts) {
            if (one.reason == reason && one.device.equals(device)) {
                one.count.setOpaque(one.count.getPlain() + 1);
                return;
            }
        }
        Count first = new Count(device, reason);
        first.count.setOpaque(1);
        counts.add(first);
        AioContexts.changed();
    }

    List<? extends AioMeasurements.Demotions> counts() {
        return counts;
    }
}
