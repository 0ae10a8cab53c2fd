package io.nettyaio.examples.kv;

import io.netty.util.NetUtil;
import io.nettyaio.AioConfig;
import io.nettyaio.examples.CommandException;
import io.nettyaio.examples.Version;
import io.nettyaio.examples.log.LogDurability;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code aio kv --dir D}: serves a keyspace by Redis's protocol until it is told to stop. */
@Command(
        name = "kv",
        description =
                "A durable key-value server that speaks Redis's protocol, log and sockets on the same event loop.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:a client has sent SHUTDOWN",
            "1:it cannot start; a sentence on stderr says why",
            "2:it was called wrongly",
            "130:it was stopped by SIGINT (Ctrl-C)",
            "143:it was stopped by SIGTERM",
        },
        footer = {
            "",
            "When it is stopped it runs no more commands, makes the log durable, tells its clients so, and ends.",
        })
public final class KvCommand implements Callable<Integer> {

    private static final String PASSWORD_VARIABLE = "AIO_KV_PASSWORD";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = {"-d", "--dir"},
            paramLabel = "DIR",
            required = true,
            description = "Where the log lies; made where it is missing.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path directory;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "N",
            defaultValue = "6379",
            description = "TCP port, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = {"-b", "--bind"},
            paramLabel = "ADDR",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE}, for this machine only).")
    private String bind = "";

    @Option(
            names = "--loops",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Event loops. One does everything; of more, the first has keys and log, the others the sockets"
                            + " (default: ${DEFAULT-VALUE}).")
    private int loops;

    @Option(
            names = "--appendfsync",
            paramLabel = "WHEN",
            defaultValue = "always",
            converter = DurabilityConverter.class,
            description =
                    "When a write is acknowledged. always: it is on the disk. everysec, no: it has been handed to"
                            + " the kernel, which is told to sync it within a second, or is not told (default: ${DEFAULT-VALUE}).")
    private LogDurability durability = LogDurability.ALWAYS;

    @Option(
            names = "--requirepass",
            paramLabel = "PASSWORD",
            description = "What clients have to AUTH with. Others on this machine can read it here: rather use the next"
                    + " option, or the variable " + PASSWORD_VARIABLE + ".")
    private @Nullable String password;

    @Option(names = "--requirepass-file", paramLabel = "FILE", description = "A file whose first line is the password.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--maxmemory",
            paramLabel = "BYTES",
            converter = BytesConverter.class,
            description = "What keys and values may take, with k, m or g for KiB, MiB, GiB; beyond, commands that need"
                    + " more are refused. 0 for no limit (default: half of the heap).")
    private @Nullable Long maxMemoryBytes;

    @Option(
            names = "--maxclients",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Connections at once (default: ${DEFAULT-VALUE}).")
    private int maxClients;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "0",
            description = "Closes a client that has been silent for so long; 0 for never (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds;

    @Option(names = "--direct", description = "Write the log past the page cache (O_DIRECT).")
    private boolean direct;

    @Option(
            names = "--compact-after",
            paramLabel = "BYTES",
            defaultValue = "64m",
            converter = BytesConverter.class,
            description = "Make a snapshot when the log is longer than the last snapshot by so much"
                    + " (default: ${DEFAULT-VALUE}).")
    private long compactBytes;

    @Option(
            names = "--segment-size",
            paramLabel = "BYTES",
            defaultValue = "64m",
            converter = BytesConverter.class,
            description = "Size of the log's files, written in full before they are used; at least 32m"
                    + " (default: ${DEFAULT-VALUE}).")
    private long segmentBytes;

    @Option(
            names = "--admin-port",
            paramLabel = "N",
            description = "Also answer /metrics (for Prometheus) and /health on this port of 127.0.0.1, 0 for any free"
                    + " one (default: no such port).")
    private @Nullable Integer adminPort;

    /** {@code always}, {@code everysec}, {@code no}. */
    static final class DurabilityConverter implements ITypeConverter<LogDurability> {
        @Override
        public LogDurability convert(String value) {
            return switch (value) {
                case "always" -> LogDurability.ALWAYS;
                case "everysec" -> LogDurability.EVERY_SECOND;
                case "no" -> LogDurability.NEVER;
                default -> throw new TypeConversionException("'" + value + "' is not always, everysec or no");
            };
        }
    }

    /** Bytes, with a unit. */
    static final class BytesConverter implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            String lower = value.toLowerCase(Locale.ROOT);
            String digits = lower.replaceFirst("(?<=\\d)(k|m|g)b?$", "");
            int shift = digits.length() == lower.length() ? 0 : 10 * (1 + "kmg".indexOf(lower.charAt(digits.length())));
            try {
                return Math.multiplyExact(Long.parseLong(digits), 1L << shift);
            } catch (NumberFormatException | ArithmeticException e) {
                throw new TypeConversionException("'" + value + "' is not a number of bytes such as 100m");
            }
        }
    }

    @Override
    public Integer call() throws CommandException, InterruptedException {
        KvConfig config = config();
        try (KvServer server = KvServer.start(config)) {
            // The JVM ends by the signal's own code when the hook has returned.
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "aio-kv-stop"));
            PrintWriter out = spec.commandLine().getOut();
            out.println("READY " + NetUtil.toSocketAddressString(server.address()) + ", keys in " + directory
                    + "; try: redis-cli -p " + server.address().getPort());
            if (server.adminUrl() != null) {
                out.println("admin at " + server.adminUrl());
            }
            out.flush();
            server.awaitShutdown();
            return 0;
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    private KvConfig config() throws CommandException {
        long memory = maxMemoryBytes == null ? Runtime.getRuntime().maxMemory() / 2 : maxMemoryBytes;
        try {
            KvConfig.Builder config = KvConfig.builder(directory)
                    .bind(bind)
                    .port(port)
                    .loops(loops)
                    .durability(durability)
                    .password(password())
                    .maxMemoryBytes(memory)
                    .maxClients(maxClients)
                    .timeout(Duration.ofSeconds(timeoutSeconds))
                    .direct(direct)
                    .compactBytes(compactBytes)
                    .segmentBytes(Math.toIntExact(segmentBytes));
            if (adminPort != null) {
                if (adminPort < 0) {
                    throw new IllegalArgumentException("admin-port=" + adminPort + ": must be from 0 to 65535");
                }
                config.adminPort(adminPort)
                        .aio(AioConfig.builder().metrics(true).build());
            }
            return config.build();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Password password() throws CommandException {
        String fromVariable = System.getenv(PASSWORD_VARIABLE);
        if (password != null) {
            return Password.of(password);
        }
        if (passwordFile != null) {
            try {
                return Password.of(Files.readString(passwordFile, StandardCharsets.UTF_8)
                        .lines()
                        .findFirst()
                        .orElse(""));
            } catch (IOException e) {
                throw new CommandException(
                        "cannot read the password from " + passwordFile + ": " + e.getMessage()
                                + "; name a file that this user can read",
                        e);
            }
        }
        return fromVariable == null ? Password.none() : Password.of(fromVariable);
    }
}
