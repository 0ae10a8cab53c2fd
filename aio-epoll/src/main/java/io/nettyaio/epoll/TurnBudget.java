package io.nettyaio.epoll;

/**
 * How much of what users have a part in, as the listeners of completions, one turn may run before the loop looks after its
 * sockets: so many, and for so long. The clock is looked at after the first, the second, the fourth and each eighth: most
 * are a fraction of what that costs, and those that are not are found out early. Loop-confined.
 */
final class TurnBudget {

    private static final int LOOKED_AT_EACH = 8;

    private final long nanos;
    private int most;
    private int ran;
    private int nextLook;
    private long begunNanos;
    private boolean exhausted;

    TurnBudget(long nanos) {
        this.nanos = nanos;
    }

    /** A turn begins. */
    void begin(int most, long nowNanos) {
        this.most = most;
        begunNanos = nowNanos;
        ran = 0;
        nextLook = 1;
        exhausted = most <= 0;
    }

    /** One has run. */
    void ran() {
        ran++;
        if (ran >= most) {
            exhausted = true;
        } else if (ran == nextLook) {
            nextLook += Math.min(ran, LOOKED_AT_EACH);
            exhausted = System.nanoTime() - begunNanos >= nanos;
        }
    }

    /** How many have run in this turn. */
    int count() {
        return ran;
    }

    /** Whether the turn is over: what is left is for the next one. */
    boolean isExhausted() {
        return exhausted;
    }
}
