package io.nettyaio.examples.serve;

import java.time.Duration;

/**
 * How a {@link FileServer} listens, and its limits; immutable.
 *
 * @param bind           the address to listen on, as a name or a number
 * @param port           the TCP port; 0 for any free one
 * @param loops          event loops; 0 for Netty's default, two for each processor
 * @param idleTimeout    how long a connection may go without a byte in either direction before it is closed
 * @param grace          how long {@link FileServer#close()} lets responses in flight go on before it cuts them
 * @param chunkBytes     how much of a file is read at once
 * @param windowChunks   chunks of a file that are in memory at once: being read, read, or not yet taken by the socket
 * @param queuedRequests pipelined requests that wait for their turn before the connection is no longer read from
 * @param bodyBytes      the longest request body that is skipped; a request with a longer one ends its connection
 */
public record ServerConfig(
        String bind,
        int port,
        int loops,
        Duration idleTimeout,
        Duration grace,
        int chunkBytes,
        int windowChunks,
        int queuedRequests,
        int bodyBytes) {

    private static final int MAX_PORT = 65_535;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException where one is out of range
     */
    public ServerConfig {
        check("port", port, 0, MAX_PORT);
        check("loops", loops, 0, 1024);
        check("chunkBytes", chunkBytes, 1, 1 << 20);
        check("windowChunks", windowChunks, 1, 1024);
        check("queuedRequests", queuedRequests, 1, 1 << 16);
        check("bodyBytes", bodyBytes, 0, Integer.MAX_VALUE);
        if (idleTimeout.isNegative() || idleTimeout.isZero()) {
            throw new IllegalArgumentException("idleTimeout=" + idleTimeout + ": must be more than 0");
        }
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace=" + grace + ": must not be negative");
        }
    }

    private static void check(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + "=" + value + ": must be from " + least + " to " + most);
        }
    }

    /** Port 8080 on the loopback address; 64 KiB chunks, two of them at once; 5 seconds of grace. */
    public static ServerConfig defaults() {
        return new ServerConfig(
                "127.0.0.1", 8080, 0, Duration.ofSeconds(60), Duration.ofSeconds(5), 64 * 1024, 2, 16, 64 * 1024);
    }

    /** The same, with another {@link #bind()}. */
    public ServerConfig withBind(String address) {
        return new ServerConfig(
                address, port, loops, idleTimeout, grace, chunkBytes, windowChunks, queuedRequests, bodyBytes);
    }

    /** The same, with another {@link #port()}. */
    public ServerConfig withPort(int number) {
        return new ServerConfig(
                bind, number, loops, idleTimeout, grace, chunkBytes, windowChunks, queuedRequests, bodyBytes);
    }

    /** The same, with another number of {@link #loops()}. */
    public ServerConfig withLoops(int count) {
        return new ServerConfig(
                bind, port, count, idleTimeout, grace, chunkBytes, windowChunks, queuedRequests, bodyBytes);
    }

    /** The same, with another {@link #idleTimeout()}. */
    public ServerConfig withIdleTimeout(Duration duration) {
        return new ServerConfig(
                bind, port, loops, duration, grace, chunkBytes, windowChunks, queuedRequests, bodyBytes);
    }

    /** The same, with another {@link #grace()}. */
    public ServerConfig withGrace(Duration duration) {
        return new ServerConfig(
                bind, port, loops, idleTimeout, duration, chunkBytes, windowChunks, queuedRequests, bodyBytes);
    }
}
