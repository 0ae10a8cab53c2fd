package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Where changes go: the write-ahead log as the {@link Journal} sees it. A test's stands still and fails when it is told to.
 *
 * <p><b>Threading.</b> The store loop, both ways.
 */
interface ChangeLog {

    /** Hears what becomes of changes; in the order they were appended, never inside {@link #append}. */
    interface Listener {

        /** The change is as durable as was asked for. */
        void committed(Change change);

        /**
         * The change, and with it all that were appended later, is not known to be durable; or was refused.
         *
         * @param cause why
         */
        void failed(Change change, Throwable cause);
    }

    /** Why no changes are taken at present, as a sentence for clients; {@code null} where they are. */
    @Nullable
    String refusal();

    /** Whether changes should go on now; else so much is under way, here or on the disk, that clients have to wait. */
    boolean isWritable();

    /** The longest change. */
    int maxChangeBytes();

    /**
     * Appends a change.
     *
     * @param operations what {@link Operations} has written; lent, and unchanged afterwards
     * @param change     given to the listener when its fate is known
     */
    void append(ByteBuf operations, Change change);
}
