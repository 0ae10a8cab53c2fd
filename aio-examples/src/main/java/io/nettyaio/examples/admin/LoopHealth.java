package io.nettyaio.examples.admin;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.nettyaio.AioContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whether event loops respond, and their contexts are open and have kernel AIO. A loop that does not run a task within a
 * second is ill.
 *
 * <p>Each loop has one task of this at most, however often and by whomever it is asked: who asks while one waits already
 * waits for the same, and not at all where that has waited for its second.
 */
public final class LoopHealth implements HealthSource {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final List<Pulse> pulses = new ArrayList<>();

    /**
     * Of a group's loops.
     *
     * @param loops    the group
     * @param contexts those that its loops have
     */
    public LoopHealth(Iterable<? extends EventExecutor> loops, List<AioContext> contexts) {
        for (EventExecutor loop : loops) {
            AioContext own = contexts.stream()
                    .filter(context -> context.eventLoop() == loop)
                    .findFirst()
                    .orElse(null);
            pulses.add(new Pulse(loop, own));
        }
    }

    @Override
    public void examine(Diagnosis diagnosis) throws InterruptedException {
        List<Beat> beats = new ArrayList<>();
        pulses.forEach(pulse -> beats.add(pulse.feel()));
        for (Beat beat : beats) {
            beat.examine(diagnosis);
        }
    }

    /** Of one loop. */
    private static final class Pulse {

        private final EventExecutor loop;
        private final @Nullable AioContext context;
        private @Nullable Beat last;

        Pulse(EventExecutor loop, @Nullable AioContext context) {
            this.loop = loop;
            this.context = context;
        }

        synchronized Beat feel() {
            Beat beat = last;
            if (beat == null || beat.isOver()) {
                beat = new Beat(loop, context);
                last = beat;
                beat.begin();
            }
            return beat;
        }
    }

    /** A task on a loop. */
    private static final class Beat {

        private final EventExecutor loop;
        private final @Nullable AioContext context;
        private final long begunNanos = System.nanoTime();
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile boolean refused;

        Beat(EventExecutor loop, @Nullable AioContext context) {
            this.loop = loop;
            this.context = context;
        }

        void begin() {
            try {
                loop.execute(done::countDown);
            } catch (RejectedExecutionException loopIsGone) {
                refused = true;
                done.countDown();
            }
        }

        boolean isOver() {
            return done.getCount() == 0;
        }

        void examine(Diagnosis diagnosis) throws InterruptedException {
            long left = PATIENCE_NANOS - (System.nanoTime() - begunNanos);
            boolean responds = done.await(Math.max(0, left), TimeUnit.NANOSECONDS);
            String name = name(loop);
            if (refused) {
                diagnosis.down(name + " has ended");
            } else if (!responds) {
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNanos);
                diagnosis.down(name + " has not responded for " + millis + " ms");
            } else if (context == null) {
                return;
            } else if (context.state() != AioContext.State.OPEN) {
                diagnosis.down("the AIO context of " + name + " is " + context.state());
            } else {
                Throwable cause = context.kernelAioUnavailabilityCause();
                if (cause != null) {
                    diagnosis.degraded(name + " goes without kernel AIO: " + cause.getMessage());
                }
            }
        }

        private static String name(EventExecutor loop) {
            return loop instanceof SingleThreadEventExecutor single
                    ? "event loop " + single.threadProperties().name()
                    : "an event loop";
        }
    }
}
