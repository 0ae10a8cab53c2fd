package io.nettyaio.examples.log;

import org.jspecify.annotations.Nullable;

/** Hears of what a log's callers have to act on. On the log's event loop. */
public interface LogListener {

    /**
     * The log has changed its state.
     *
     * @param state the new one
     * @param cause why, where the state is {@link LogState#FULL} or {@link LogState#READ_ONLY}
     */
    default void stateChanged(LogState state, @Nullable LogException cause) {}

    /**
     * {@link WriteAheadLog#isWritable()} has changed: stop taking requests, or go on.
     *
     * @param writable what it is now
     */
    default void writabilityChanged(boolean writable) {}
}
