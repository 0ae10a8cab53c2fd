package io.nettyaio.handler;

import io.netty.channel.Channel;
import io.netty.util.Attribute;
import io.netty.util.AttributeKey;

/**
 * Stops a channel's reads while anything that it feeds has enough, a full sink or a context above its high water mark:
 * {@code autoRead} off, and on again. Give {@link #listener()} to each sink. Loop-confined to the channel's loop.
 *
 * <p>Whoever else turns {@code autoRead} off and on does so at cross-purposes; a channel whose {@code autoRead} is off when
 * the first sink fills is left alone. So all handlers of a channel use the one that {@link #of} gives.
 */
public final class ReadThrottle {

    private static final AttributeKey<ReadThrottle> KEY =
            AttributeKey.valueOf(ReadThrottle.class, ReadThrottle.class.getSimpleName());

    private final Channel channel;
    private int full;
    private boolean stopped;

    /** For a channel whose handlers have no other; see {@link #of}. */
    public ReadThrottle(Channel channel) {
        this.channel = channel;
    }

    /** The channel's own, which all its handlers share. */
    public static ReadThrottle of(Channel channel) {
        Attribute<ReadThrottle> attribute = channel.attr(KEY);
        ReadThrottle there = attribute.get();
        if (there != null) {
            return there;
        }
        ReadThrottle made = new ReadThrottle(channel);
        ReadThrottle first = attribute.setIfAbsent(made);
        return first == null ? made : first;
    }

    /** For one sink more. */
    public AioFileSink.WritabilityListener listener() {
        return writable -> hold(!writable);
    }

    /** Stops reads as a full sink does, until the same is called with {@code false}. */
    public void hold(boolean on) {
        full += on ? 1 : -1;
        update();
    }

    /** Whether it keeps the channel from reading. */
    public boolean isStopped() {
        return stopped;
    }

    private void update() {
        if (full > 0 && !stopped && channel.config().isAutoRead()) {
            stopped = true;
            channel.config().setAutoRead(false);
        } else if (full == 0 && stopped) {
            stopped = false;
            channel.config().setAutoRead(true);
        }
    }
}
