package io.nettyaio.metrics;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The contexts of this process that are open, with what they measure. For engines, which say when one comes and goes, and
 * for those who export figures.
 *
 * <p><b>Threading.</b> Any thread, loops among them: nothing here waits.
 */
public final class AioContexts {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(AioContexts.class);
    private static final ConcurrentMap<AioContext, AioMeasurements> OPEN = new ConcurrentHashMap<>();
    private static final List<Runnable> LISTENERS = new CopyOnWriteArrayList<>();

    private AioContexts() {}

    /** A context has begun. */
    public static void opened(AioContext context, AioMeasurements measurements) {
        OPEN.put(context, measurements);
        changed();
    }

    /** It has ended. */
    public static void closed(AioContext context) {
        if (OPEN.remove(context) != null) {
            changed();
        }
    }

    /** A context measures something that it has not measured before. */
    public static void changed() {
        for (Runnable listener : LISTENERS) {
            try {
                listener.run();
            } catch (Throwable thrown) {
                // The engine is in the middle of an operation, which is not to be lost to it.
                LOGGER.warn("a listener to contexts threw", thrown);
            }
        }
    }

    /** Those there are now. */
    public static Map<AioContext, AioMeasurements> open() {
        return Map.copyOf(OPEN);
    }

    /**
     * Has a listener run after each change, until it is removed.
     *
     * @param listener runs on whichever thread makes the change, often a loop's: it must not wait, and not throw
     */
    public static void addListener(Runnable listener) {
        LISTENERS.add(listener);
    }

    /** Takes a listener back. */
    public static void removeListener(Runnable listener) {
        LISTENERS.remove(listener);
    }
}
