package io.nettyaio.examples.serve;

import io.nettyaio.examples.CommandException;
import io.nettyaio.examples.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code aio serve DIR}: serves a directory by HTTP until it is told to stop. */
@Command(
        name = "serve",
        description =
                "Serves the files in a directory by HTTP/1.1 and HTTP/2, disk and sockets on the same event loops.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:it was stopped, by SIGTERM or SIGINT (Ctrl-C)",
            "1:it cannot start; a sentence on stderr says why",
            "2:it was called wrongly",
        },
        footer = {
            "",
            "When it is stopped it takes no more connections, lets responses in flight go on for the time of --grace,"
                    + " and cuts what is left.",
        })
public final class ServeCommand implements Callable<Integer> {

    private static final ServerConfig DEFAULTS = ServerConfig.defaults();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "The directory to serve.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path directory;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "N",
            description = "TCP port, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port = DEFAULTS.port();

    @Option(
            names = {"-b", "--bind"},
            paramLabel = "ADDR",
            description = "Address to listen on (default: ${DEFAULT-VALUE}, for this machine only).")
    private String bind = DEFAULTS.bind();

    @Option(
            names = "--loops",
            paramLabel = "N",
            description = "Event loops, 0 for one per processor (default: ${DEFAULT-VALUE}).")
    private int loops = DEFAULTS.loops();

    @Option(names = "--tls", description = "TLS with a certificate that is made now and signed by itself.")
    private boolean tls;

    @ArgGroup(exclusive = false)
    private @Nullable Identity identity;

    /** Both or neither. */
    private static final class Identity {

        @Option(
                names = "--cert",
                paramLabel = "FILE",
                required = true,
                description = "TLS with this certificate and its chain, PEM.")
        private @Nullable Path certificate;

        @Option(
                names = "--key",
                paramLabel = "FILE",
                required = true,
                description = "The certificate's private key, PEM (PKCS#8).")
        private @Nullable Path key;
    }

    @Option(
            names = "--upload",
            description =
                    "Take files by PUT and by the form of a directory's page. Anybody who reaches it can write then.")
    private boolean upload;

    @Option(
            names = "--listing",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Show what is in directories without index.html (default: ${DEFAULT-VALUE}).")
    private boolean listing;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description = "Log requests to this file, - for standard output (default: no log).")
    private @Nullable Path accessLog;

    @Option(
            names = "--max-header",
            paramLabel = "BYTES",
            description =
                    "Longest header of a request; its first line may have half of it (default: ${DEFAULT-VALUE}).")
    private int headerBytes = DEFAULTS.headerBytes();

    @Option(
            names = "--max-body",
            paramLabel = "BYTES",
            description = "Longest body of an upload (default: ${DEFAULT-VALUE}).")
    private long bodyBytes = DEFAULTS.bodyBytes();

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "Connections at once; more wait (default: ${DEFAULT-VALUE}).")
    private int connections = DEFAULTS.connections();

    @Option(
            names = "--max-streams",
            paramLabel = "N",
            description = "Requests at once on a connection of HTTP/2 (default: ${DEFAULT-VALUE}).")
    private int streams = DEFAULTS.streams();

    @Option(
            names = "--idle",
            paramLabel = "SECONDS",
            description = "How long a connection may stand still, or a request's header may take"
                    + " (default: ${DEFAULT-VALUE}).")
    private int idleSeconds = (int) DEFAULTS.idle().toSeconds();

    @Option(
            names = "--open-files",
            paramLabel = "N",
            description = "Files kept open, on all loops together (default: ${DEFAULT-VALUE}).")
    private int openFiles = DEFAULTS.openFiles();

    @Option(
            names = "--revalidate",
            paramLabel = "MILLIS",
            description = "How long what is known of a path is relied on (default: ${DEFAULT-VALUE}).")
    private int revalidateMillis = (int) DEFAULTS.revalidate().toMillis();

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            description = "How long responses in flight may go on when it is told to stop (default: ${DEFAULT-VALUE}).")
    private int graceSeconds = (int) DEFAULTS.grace().toSeconds();

    @Option(
            names = "--admin-port",
            paramLabel = "N",
            description = "Also answer /metrics (for Prometheus) and /health on this port of 127.0.0.1, 0 for any free"
                    + " one (default: no such port).")
    private @Nullable Integer adminPort;

    @Override
    public Integer call() throws CommandException, InterruptedException {
        ServerConfig config = config();
        try (FileServer server = FileServer.start(directory, config)) {
            // Being told to stop is how it ends, no failure: without halt the JVM would end by the signal's own code.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "aio-serve-stop"));
            PrintWriter out = spec.commandLine().getOut();
            out.println("serving " + directory + " at " + server.url());
            if (server.adminUrl() != null) {
                out.println("admin at " + server.adminUrl());
            }
            out.flush();
            server.awaitClosed();
            return 0;
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void stop(FileServer server) {
        server.close();
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private ServerConfig config() {
        try {
            ServerConfig.Builder config = DEFAULTS.with()
                    .bind(bind)
                    .port(port)
                    .loops(loops)
                    .tls(tls())
                    .upload(upload)
                    .listing(listing)
                    .accessLog(accessLog)
                    .headerBytes(headerBytes)
                    .bodyBytes(bodyBytes)
                    .connections(connections)
                    .streams(streams)
                    .idle(Duration.ofSeconds(idleSeconds))
                    .openFiles(openFiles)
                    .revalidate(Duration.ofMillis(revalidateMillis))
                    .grace(Duration.ofSeconds(graceSeconds));
            if (adminPort != null) {
                if (adminPort < 0) {
                    throw new IllegalArgumentException("admin-port=" + adminPort + ": must be from 0 to 65535");
                }
                config.adminPort(adminPort);
            }
            return config.build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private @Nullable TlsIdentity tls() {
        if (identity != null) {
            return new TlsIdentity(identity.certificate, identity.key);
        }
        return tls ? TlsIdentity.selfSigned() : null;
    }
}
