package io.nettyaio.benchmarks;

import java.net.InetSocketAddress;

/** One of the servers that are compared, with one loop or worker. */
interface HttpServerSide extends AutoCloseable {

    /** As it appears in the results. */
    String name();

    /** Whether it runs in this JVM, and so needs warming up. */
    boolean inJvm();

    /** Where it listens. */
    InetSocketAddress address();

    @Override
    void close();
}
