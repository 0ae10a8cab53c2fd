package io.nettyaio.examples.admin;

import java.util.List;

/**
 * How a server is.
 *
 * @param status  in a word
 * @param reasons why it is not {@link Status#UP}, the gravest first
 */
public record Health(Status status, List<String> reasons) {

    /** In a word; the order is of gravity. */
    public enum Status {
        /** All is well. */
        UP,
        /** It serves, though not as it could. */
        DEGRADED,
        /** It does not serve, or not all that it should: who watches over it restarts it. */
        DOWN
    }

    public Health {
        reasons = List.copyOf(reasons);
    }
}
