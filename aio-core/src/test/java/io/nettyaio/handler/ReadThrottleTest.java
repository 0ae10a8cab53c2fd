package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One channel's reads, and all that may stop them. */
class ReadThrottleTest {

    private final EmbeddedChannel channel = new EmbeddedChannel();

    @AfterEach
    void end() {
        channel.finishAndReleaseAll();
    }

    @Test
    void shouldReadAgainWhenTheLastIsWritableAgain() {
        ReadThrottle throttle = ReadThrottle.of(channel);
        AioFileSink.WritabilityListener first = throttle.listener();
        AioFileSink.WritabilityListener second = throttle.listener();
        first.writabilityChanged(false);
        second.writabilityChanged(false);
        assertThat(throttle.isStopped()).isTrue();
        assertThat(channel.config().isAutoRead()).isFalse();
        first.writabilityChanged(true);
        assertThat(channel.config().isAutoRead()).isFalse();
        second.writabilityChanged(true);
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    /** Two throttles would let each other's channel read: the second would leave it alone, and the first resume it. */
    @Test
    void shouldBeOneForEachChannel() {
        ReadThrottle throttle = ReadThrottle.of(channel);
        assertThat(ReadThrottle.of(channel)).isSameAs(throttle);
        EmbeddedChannel other = new EmbeddedChannel();
        assertThat(ReadThrottle.of(other)).isNotSameAs(throttle);
        other.finishAndReleaseAll();
    }

    @Test
    void shouldLeaveItAloneWhenSomebodyElseHasStoppedIt() {
        channel.config().setAutoRead(false);
        ReadThrottle throttle = ReadThrottle.of(channel);
        throttle.hold(true);
        throttle.hold(false);
        assertThat(throttle.isStopped()).isFalse();
        assertThat(channel.config().isAutoRead()).isFalse();
    }
}
