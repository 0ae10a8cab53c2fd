package io.nettyaio.metrics;

/** How an operation has ended. */
public enum AioOutcome {
    /** As it should. */
    OK("ok"),
    /** A system call has failed, or the operation's own code. */
    FAILED("failed"),
    /** Its future was cancelled. */
    CANCELLED("cancelled"),
    /** Its deadline has passed. */
    DEADLINE("deadline"),
    /** It was turned away before anything was asked of the kernel: wrong arguments, a full queue, something closed. */
    REFUSED("refused");

    private final String text;

    AioOutcome(String text) {
        this.text = text;
    }

    /** As it stands in the tag {@code outcome}. */
    public String text() {
        return text;
    }
}
