package io.nettyaio.examples.top;

import java.net.URI;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Whose admin port is looked at.
 *
 * @param host a name or address; one of IPv6 in brackets
 * @param port the TCP port
 */
record Target(String host, int port) {

    private static final String LOOPBACK = "127.0.0.1";
    private static final int MAX_PORT = 65_535;

    /** {@code PORT} or {@code HOST:PORT}. */
    static final class Converter implements ITypeConverter<Target> {
        @Override
        public Target convert(String value) {
            int colon = value.lastIndexOf(':');
            try {
                int port = Integer.parseInt(value.substring(colon + 1));
                String host = colon < 0 ? LOOPBACK : value.substring(0, colon);
                Target target = new Target(host, port);
                if (port >= 1 && port <= MAX_PORT && target.uri("/").getHost() != null) {
                    return target;
                }
            } catch (IllegalArgumentException notOne) {
                // said below
            }
            throw new TypeConversionException("'" + value + "' is not PORT or HOST:PORT");
        }
    }

    URI uri(String path) {
        return URI.create("http://" + host + ':' + port + path);
    }

    @Override
    public String toString() {
        return host + ':' + port;
    }
}
