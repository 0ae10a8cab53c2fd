package io.nettyaio.examples.kv;

import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import io.nettyaio.examples.log.LogDurability;
import java.nio.file.Path;
import java.time.Duration;

/** How a {@link KvServer} listens, what it promises, and its limits. Immutable; made by {@link #builder}. */
public final class KvConfig {

    private static final int MIB = 1 << 20;
    private static final int NO_ADMIN_PORT = -1;
    /** The longest record of the log: what one command, or one transaction, may change. */
    static final int RECORD_BYTES = 16 * MIB;

    private static final int MOST_ARGUMENTS = 1 << 20;

    private final Builder from;

    private KvConfig(Builder from) {
        this.from = from;
        check(from.port >= 0 && from.port <= 65_535, "port=" + from.port + ": must be from 0 to 65535");
        check(
                from.adminPort >= NO_ADMIN_PORT && from.adminPort <= 65_535,
                "admin-port=" + from.adminPort + ": must be from 0 to 65535");
        check(from.loops >= 1 && from.loops <= 64, "loops=" + from.loops + ": must be from 1 to 64");
        check(from.maxMemoryBytes >= 0, "maxmemory=" + from.maxMemoryBytes + ": must be 0, for no limit, or more");
        check(from.maxClients >= 1, "maxclients=" + from.maxClients + ": must be at least 1");
        check(!from.timeout.isNegative(), "timeout=" + from.timeout + ": must be 0, for none, or more");
        check(
                from.bulkBytes >= 1024 && from.bulkBytes <= RECORD_BYTES - 64 * 1024,
                "bulkBytes=" + from.bulkBytes + ": must be from 1024 to " + (RECORD_BYTES - 64 * 1024));
        check(
                from.segmentBytes >= 2 * RECORD_BYTES,
                "segmentBytes=" + from.segmentBytes + ": must be at least " + 2 * RECORD_BYTES);
        check(
                from.outputPauseBytes >= 1024 && from.outputHardBytes >= from.outputPauseBytes,
                "outputPauseBytes=" + from.outputPauseBytes + ": must be from 1024 to outputHardBytes="
                        + from.outputHardBytes);
        check(from.compactBytes > 0, "compactBytes=" + from.compactBytes + ": must be more than 0");
    }

    private static void check(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException(message);
        }
    }

    /**
     * Starts from the defaults.
     *
     * @param directory where the log lies
     */
    public static Builder builder(Path directory) {
        return new Builder(directory);
    }

    /** Where the log lies. */
    public Path directory() {
        return from.directory;
    }

    /** The address to listen on. */
    public String bind() {
        return from.bind;
    }

    /** The TCP port; 0 for any free one. */
    public int port() {
        return from.port;
    }

    /** Event loops: the first one has the store. */
    public int loops() {
        return from.loops;
    }

    /** When a change is acknowledged. */
    public LogDurability durability() {
        return from.durability;
    }

    /** What clients have to give. */
    public Password password() {
        return from.password;
    }

    /** See {@link Builder#maxMemoryBytes}. */
    public long maxMemoryBytes() {
        return from.maxMemoryBytes;
    }

    /** Connections at once. */
    public int maxClients() {
        return from.maxClients;
    }

    /** How long a client may be silent; zero for as long as it likes. */
    public Duration timeout() {
        return from.timeout;
    }

    /** Whether the log is written past the page cache. */
    public boolean direct() {
        return from.direct;
    }

    /** See {@link Builder#compactBytes}. */
    public long compactBytes() {
        return from.compactBytes;
    }

    /** Size of a segment of the log. */
    public int segmentBytes() {
        return from.segmentBytes;
    }

    /** Replies that may be waiting before no more of a client's commands are run. */
    public int outputPauseBytes() {
        return from.outputPauseBytes;
    }

    /** The longest reply. */
    public int outputHardBytes() {
        return from.outputHardBytes;
    }

    /** See {@link Builder#aio}. */
    public AioConfig aio() {
        return from.aio;
    }

    /** See {@link Builder#ioClass}. */
    public AioClass ioClass() {
        return from.ioClass;
    }

    /** See {@link Builder#adminPort}. */
    public int adminPort() {
        return from.adminPort;
    }

    boolean hasAdminPort() {
        return from.adminPort != NO_ADMIN_PORT;
    }

    RequestParser.Limits limits() {
        return new RequestParser.Limits(from.bulkBytes, MOST_ARGUMENTS, from.bulkBytes);
    }

    /** Collects the settings. */
    public static final class Builder {

        private final Path directory;
        private String bind = "127.0.0.1";
        private int port = 6379;
        private int loops = 1;
        private LogDurability durability = LogDurability.ALWAYS;
        private Password password = Password.none();
        private long maxMemoryBytes;
        private int maxClients = 10_000;
        private Duration timeout = Duration.ZERO;
        private boolean direct;
        private long compactBytes = 64L * MIB;
        private int segmentBytes = 64 * MIB;
        private int bulkBytes = 15 * MIB;
        private int outputPauseBytes = MIB;
        private int outputHardBytes = 256 * MIB;
        private AioConfig aio = AioConfig.defaults();
        private AioClass ioClass = AioClass.DEFAULT;
        private int adminPort = NO_ADMIN_PORT;

        private Builder(Path directory) {
            this.directory = directory;
        }

        /** The address to listen on, as a name or a number. Default the loopback address. */
        public Builder bind(String address) {
            bind = address;
            return this;
        }

        /** The TCP port; 0 for any free one. Default 6379. */
        public Builder port(int number) {
            port = number;
            return this;
        }

        /** Event loops. One does everything; of more, the first has the store, the others the sockets. Default 1. */
        public Builder loops(int count) {
            loops = count;
            return this;
        }

        /** When a change is acknowledged. Default when it is on the disk. */
        public Builder durability(LogDurability value) {
            durability = value;
            return this;
        }

        /** What clients have to give. Default nothing. */
        public Builder password(Password value) {
            password = value;
            return this;
        }

        /** What keys and values may take, estimated; beyond, commands that need more are refused. 0, the default, for
         * no limit but the heap. */
        public Builder maxMemoryBytes(long bytes) {
            maxMemoryBytes = bytes;
            return this;
        }

        /** Connections at once. Default 10,000. */
        public Builder maxClients(int count) {
            maxClients = count;
            return this;
        }

        /** How long a client may be silent. Default as long as it likes. */
        public Builder timeout(Duration value) {
            timeout = value;
            return this;
        }

        /** Whether the log is written past the page cache. Default false. */
        public Builder direct(boolean yes) {
            direct = yes;
            return this;
        }

        /** How long the log may become, beyond the size of the newest snapshot, before a new one is made. Default
         * 64 MiB. */
        public Builder compactBytes(long bytes) {
            compactBytes = bytes;
            return this;
        }

        /** Size of a segment of the log. Default 64 MiB. */
        public Builder segmentBytes(int bytes) {
            segmentBytes = bytes;
            return this;
        }

        /** The longest argument, and the longest command. Default 15 MiB. */
        public Builder bulkBytes(int bytes) {
            bulkBytes = bytes;
            return this;
        }

        /** Replies that may be waiting before no more of a client's commands are run. Default 1 MiB. */
        public Builder outputPauseBytes(int bytes) {
            outputPauseBytes = bytes;
            return this;
        }

        /** The longest reply; a client that asks for a longer one is cut off. Default 256 MiB. */
        public Builder outputHardBytes(int bytes) {
            outputHardBytes = bytes;
            return this;
        }

        /** Limits of the disk's side of the store loop; above its high water mark clients that write wait. */
        public Builder aio(AioConfig value) {
            aio = value;
            return this;
        }

        /** What the log's writes belong to: their share of the device, and their limits. */
        public Builder ioClass(AioClass value) {
            ioClass = value;
            return this;
        }

        /**
         * The admin port, on the loopback address: 0 for any free one, -1, the default, for none. It shows what the library
         * counts for each operation where {@link #aio} has {@link AioConfig.Builder#metrics}.
         */
        public Builder adminPort(int number) {
            adminPort = number;
            return this;
        }

        private Builder copy() {
            Builder copy = new Builder(directory);
            copy.bind = bind;
            copy.port = port;
            copy.loops = loops;
            copy.durability = durability;
            copy.password = password;
            copy.maxMemoryBytes = maxMemoryBytes;
            copy.maxClients = maxClients;
            copy.timeout = timeout;
            copy.direct = direct;
            copy.compactBytes = compactBytes;
            copy.segmentBytes = segmentBytes;
            copy.bulkBytes = bulkBytes;
            copy.outputPauseBytes = outputPauseBytes;
            copy.outputHardBytes = outputHardBytes;
            copy.aio = aio;
            copy.ioClass = ioClass;
            copy.adminPort = adminPort;
            return copy;
        }

        /**
         * The settings as they are now.
         *
         * @throws IllegalArgumentException where one is out of its range
         */
        public KvConfig build() {
            return new KvConfig(copy());
        }
    }
}
