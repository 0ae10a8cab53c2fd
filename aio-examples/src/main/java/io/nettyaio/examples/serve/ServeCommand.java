package io.nettyaio.examples.serve;

import io.nettyaio.examples.CommandException;
import io.nettyaio.examples.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code aio serve DIR}: serves a directory by HTTP until it is told to stop. */
@Command(
        name = "serve",
        description = "Serves the files in a directory by HTTP/1.1, disk and sockets on the same event loops.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "1:it cannot start; a sentence on stderr says why",
            "2:it was called wrongly",
            "130:it was stopped by SIGINT (Ctrl-C)",
            "143:it was stopped by SIGTERM",
        },
        footer = {
            "",
            "When it is stopped it takes no more connections, lets responses in flight go on for the time of --grace,"
                    + " and cuts what is left.",
        })
public final class ServeCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "The directory to serve.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path directory;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "N",
            defaultValue = "8080",
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
            defaultValue = "0",
            description = "Event loops, 0 for two per processor (default: ${DEFAULT-VALUE}).")
    private int loops;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "How long responses in flight may go on when it is told to stop (default: ${DEFAULT-VALUE}).")
    private int graceSeconds;

    @Override
    public Integer call() throws CommandException, InterruptedException {
        ServerConfig config = config();
        try (FileServer server = FileServer.start(directory, config)) {
            // The JVM ends by the signal's own code when the hook has returned.
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "aio-serve-stop"));
            PrintWriter out = spec.commandLine().getOut();
            out.println("serving " + directory + " at " + server.url());
            out.flush();
            server.awaitClosed();
            return 0;
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    private ServerConfig config() {
        try {
            return ServerConfig.defaults()
                    .withBind(bind)
                    .withPort(port)
                    .withLoops(loops)
                    .withGrace(Duration.ofSeconds(graceSeconds));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
