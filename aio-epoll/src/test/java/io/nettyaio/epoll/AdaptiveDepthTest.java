package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdaptiveDepthTest {

    private static final int LIMIT = 128;
    private static final long GOAL = 1_000_000;

    private final AdaptiveDepth depth = new AdaptiveDepth();
    private long now;

    /** A window's operations, of a device that takes so long for each. */
    private void window(long nanos, int inFlight) {
        for (int i = 0; i < 32; i++) {
            now += 100_000;
            depth.ended(nanos, inFlight, LIMIT, GOAL, now);
        }
    }

    /** A device that serves one after the other: the more are in flight, the longer each takes. */
    private int settle(long serviceNanos, int windows) {
        for (int i = 0; i < windows; i++) {
            int inFlight = depth.of(LIMIT);
            window(inFlight * serviceNanos, inFlight);
        }
        return depth.of(LIMIT);
    }

    @Test
    void shouldHoldNothingBackWhenTheGoalIsKept() {
        assertThat(settle(GOAL / 2 / LIMIT, 50)).isEqualTo(LIMIT);
    }

    @Test
    void shouldFindTheDepthThatKeepsTheGoalWhenTheDeviceIsSlow() {
        // 20 at once take just the goal.
        assertThat(settle(GOAL / 20, 100)).isBetween(14, 20);
    }

    @Test
    void shouldRiseAgainWhenTheDeviceIsQuickAgain() {
        assertThat(settle(GOAL / 4, 100)).isLessThan(5);
        assertThat(settle(GOAL / 1000, 200)).isEqualTo(LIMIT);
    }

    @Test
    void shouldStayAboveTheLeastWhenTheGoalIsOutOfReach() {
        assertThat(settle(100 * GOAL, 100)).isEqualTo(AdaptiveDepth.LEAST);
    }

    @Test
    void shouldNotRiseWhenTheDepthWasNotUsed() {
        int found = settle(GOAL / 20, 100);
        for (int i = 0; i < 100; i++) {
            window(GOAL / 100, 1);
        }
        assertThat(depth.of(LIMIT)).isEqualTo(found);
    }

    @Test
    void shouldGoByTheSmallestGoalWhenSeveralAsk() {
        for (int i = 0; i < 100; i++) {
            int inFlight = depth.of(LIMIT);
            for (int j = 0; j < 32; j++) {
                now += 100_000;
                depth.ended(inFlight * GOAL / 20, inFlight, LIMIT, j == 0 ? GOAL / 2 : 10 * GOAL, now);
            }
        }
        assertThat(depth.of(LIMIT)).isBetween(6, 10);
    }
}
