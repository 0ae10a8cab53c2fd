package io.nettyaio.epoll;

import org.jspecify.annotations.Nullable;

/**
 * The closes of one tick that hardly ever take long, which one helper makes together: waking a thread costs several times
 * what such a close does. The first leads. Loop-confined.
 */
final class CloseGroup {

    /** So that those behind a close that takes long after all are few. */
    private static final int MOST = 32;

    private @Nullable CloseOperation leader;

    /** Goes with the others of its tick. */
    void join(CloseOperation close) {
        if (leader == null) {
            leader = close;
        } else if (leader.lead(close) == MOST) {
            send();
        }
    }

    /** The tick ends. */
    void send() {
        CloseOperation first = leader;
        leader = null;
        if (first != null) {
            first.sendOff();
        }
    }
}
