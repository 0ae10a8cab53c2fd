package io.nettyaio.handler;

import io.netty.channel.Channel;

/**
 * Stops a channel's reads while any of the sinks that it feeds is full: {@code autoRead} off, and on again. Give
 * {@link #listener()} to each sink. Loop-confined to the channel's loop.
 *
 * <p>Whoever else turns {@code autoRead} off and on does so at cross-purposes; a channel whose {@code autoRead} is off when
 * the first sink fills is left alone.
 */
public final class ReadThrottle {

    private final Channel channel;
    private int full;
    private boolean stopped;

    /** For a channel. */
    public ReadThrottle(Channel channel) {
        this.channel = channel;
    }

    /** For one sink more. */
    public AioFileSink.WritabilityListener listener() {
        return writable -> {
            full += writable ? -1 : 1;
            update();
        };
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
