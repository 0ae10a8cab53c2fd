package io.nettyaio.examples.doctor;

/** Who hears how far a place is. */
@FunctionalInterface
interface Progress {

    /** For those who do not want to know. */
    Progress NONE = (what, share) -> {};

    /**
     * Somewhat further.
     *
     * @param what  is being done
     * @param share of it, from 0 to 1
     */
    void step(String what, double share);
}
