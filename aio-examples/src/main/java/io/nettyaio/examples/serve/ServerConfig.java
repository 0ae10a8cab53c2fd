package io.nettyaio.examples.serve;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a {@link FileServer} listens, and its limits; immutable. */
public final class ServerConfig {

    private static final int MAX_PORT = 65_535;
    private static final int NO_ADMIN_PORT = -1;

    private final Builder values;

    private ServerConfig(Builder builder) {
        values = builder.copy();
    }

    /** Port 8080 on the loopback address, plain text, nothing but reading. */
    public static ServerConfig defaults() {
        return builder().build();
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts from these. */
    public Builder with() {
        return values.copy();
    }

    /** The address to listen on, as a name or a number. */
    public String bind() {
        return values.bind;
    }

    /** The TCP port; 0 for any free one. */
    public int port() {
        return values.port;
    }

    /** Event loops; 0 for one for each processor. */
    public int loops() {
        return values.loops;
    }

    /** Certificate and key, or {@code null} for plain text. */
    public @Nullable TlsIdentity tls() {
        return values.tls;
    }

    /** Whether PUT and the form of a directory's page may write files. */
    public boolean upload() {
        return values.upload;
    }

    /** Whether a directory without an index is answered with a page. */
    public boolean listing() {
        return values.listing;
    }

    /** The longest body of an upload. */
    public long bodyBytes() {
        return values.bodyBytes;
    }

    /** The longest header of a request; its first line may have half of it. */
    public int headerBytes() {
        return values.headerBytes;
    }

    /** Connections at once; more of them wait in the kernel's queue. */
    public int connections() {
        return values.connections;
    }

    /** Requests at once on a connection of HTTP/2. */
    public int streams() {
        return values.streams;
    }

    /** How long a connection may go without a byte in either direction, or a header may take. */
    public Duration idle() {
        return values.idle;
    }

    /** How long {@link FileServer#close()} lets responses in flight go on before it cuts them. */
    public Duration grace() {
        return values.grace;
    }

    /** Files kept open, on all loops together; 0 for none. */
    public int openFiles() {
        return values.openFiles;
    }

    /** How long what is known of a path is relied on. */
    public Duration revalidate() {
        return values.revalidate;
    }

    /** Where requests are logged: {@code -} for standard output, {@code null} for nowhere. */
    public @Nullable Path accessLog() {
        return values.accessLog;
    }

    /** The admin port, on the loopback address: 0 for any free one, -1 for none. */
    public int adminPort() {
        return values.adminPort;
    }

    /** Whether there is to be an admin port. */
    boolean hasAdminPort() {
        return values.adminPort != NO_ADMIN_PORT;
    }

    /** Sets values one by one. */
    public static final class Builder {

        private String bind = "127.0.0.1";
        private int port = 8080;
        private int loops;
        private @Nullable TlsIdentity tls;
        private boolean upload;
        private boolean listing = true;
        private long bodyBytes = 1L << 30;
        private int headerBytes = 16 * 1024;
        private int connections = 1024;
        private int streams = 100;
        private Duration idle = Duration.ofSeconds(60);
        private Duration grace = Duration.ofSeconds(5);
        private int openFiles = 4096;
        private Duration revalidate = Duration.ofSeconds(1);
        private @Nullable Path accessLog;
        private int adminPort = NO_ADMIN_PORT;

        private Builder() {}

        private Builder copy() {
            Builder copy = new Builder();
            copy.bind = bind;
            copy.port = port;
            copy.loops = loops;
            copy.tls = tls;
            copy.upload = upload;
            copy.listing = listing;
            copy.bodyBytes = bodyBytes;
            copy.headerBytes = headerBytes;
            copy.connections = connections;
            copy.streams = streams;
            copy.idle = idle;
            copy.grace = grace;
            copy.openFiles = openFiles;
            copy.revalidate = revalidate;
            copy.accessLog = accessLog;
            copy.adminPort = adminPort;
            return copy;
        }

        /** See {@link ServerConfig#bind()}. */
        public Builder bind(String address) {
            bind = address;
            return this;
        }

        /** See {@link ServerConfig#port()}. */
        public Builder port(int number) {
            port = (int) check("port", number, 0, MAX_PORT);
            return this;
        }

        /** See {@link ServerConfig#loops()}. */
        public Builder loops(int count) {
            loops = (int) check("loops", count, 0, 1024);
            return this;
        }

        /** See {@link ServerConfig#tls()}. */
        public Builder tls(@Nullable TlsIdentity identity) {
            tls = identity;
            return this;
        }

        /** See {@link ServerConfig#upload()}. */
        public Builder upload(boolean on) {
            upload = on;
            return this;
        }

        /** See {@link ServerConfig#listing()}. */
        public Builder listing(boolean on) {
            listing = on;
            return this;
        }

        /** See {@link ServerConfig#bodyBytes()}. */
        public Builder bodyBytes(long most) {
            bodyBytes = check("body", most, 0, Long.MAX_VALUE);
            return this;
        }

        /** See {@link ServerConfig#headerBytes()}. */
        public Builder headerBytes(int most) {
            headerBytes = (int) check("header", most, 512, 1 << 20);
            return this;
        }

        /** See {@link ServerConfig#connections()}. */
        public Builder connections(int most) {
            connections = (int) check("connections", most, 1, 1 << 20);
            return this;
        }

        /** See {@link ServerConfig#streams()}. */
        public Builder streams(int most) {
            streams = (int) check("streams", most, 1, 10_000);
            return this;
        }

        /** See {@link ServerConfig#idle()}. */
        public Builder idle(Duration most) {
            if (most.isNegative() || most.isZero()) {
                throw new IllegalArgumentException("idle=" + most + ": must be more than 0");
            }
            idle = most;
            return this;
        }

        /** See {@link ServerConfig#grace()}. */
        public Builder grace(Duration most) {
            if (most.isNegative()) {
                throw new IllegalArgumentException("grace=" + most + ": must not be negative");
            }
            grace = most;
            return this;
        }

        /** See {@link ServerConfig#openFiles()}. */
        public Builder openFiles(int most) {
            openFiles = (int) check("open-files", most, 0, 1_000_000);
            return this;
        }

        /** See {@link ServerConfig#revalidate()}. */
        public Builder revalidate(Duration after) {
            if (after.isNegative()) {
                throw new IllegalArgumentException("revalidate=" + after + ": must not be negative");
            }
            revalidate = after;
            return this;
        }

        /** See {@link ServerConfig#accessLog()}. */
        public Builder accessLog(@Nullable Path file) {
            accessLog = file;
            return this;
        }

        /** See {@link ServerConfig#adminPort()}. */
        public Builder adminPort(int number) {
            adminPort = (int) check("admin-port", number, NO_ADMIN_PORT, MAX_PORT);
            return this;
        }

        /** The configuration. */
        public ServerConfig build() {
            return new ServerConfig(this);
        }

        private static long check(String name, long value, long least, long most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException(name + "=" + value + ": must be from " + least + " to " + most);
            }
            return value;
        }
    }
}
