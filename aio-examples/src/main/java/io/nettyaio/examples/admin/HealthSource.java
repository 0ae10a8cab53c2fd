package io.nettyaio.examples.admin;

/**
 * A part of a server that can be ill.
 *
 * <p><b>Threading.</b> Called by a thread of the admin port that may wait for a second or so, by several at once.
 */
@FunctionalInterface
public interface HealthSource {

    /**
     * Looks at it.
     *
     * @param diagnosis told what is wrong
     */
    void examine(Diagnosis diagnosis) throws InterruptedException;
}
