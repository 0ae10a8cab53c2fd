package io.nettyaio.benchmarks;

/** One of the ways that are compared. */
interface Side extends AutoCloseable {

    /** Size of each read. */
    int BLOCK_BYTES = 4096;

    /** As it appears in the results. */
    String name();

    /** Whether it runs in this JVM, and so needs warming up. */
    boolean inJvm();

    /** Reads for the time given. Ends early when the file is used up. */
    Sample run(Load load) throws Exception;

    @Override
    void close();

    /**
     * What to do.
     *
     * @param depth reads in flight
     * @param nanos how long
     * @param seed  of the order of reads: the same for all sides of a round
     */
    record Load(int depth, long nanos, long seed) {}
}
