package io.nettyaio.benchmarks;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * Runs a benchmark. Results go to standard output, one line for each comparison; progress goes to standard error.
 *
 * <p>Exit codes: 0 when the case has run, whether or not its goals are met; 1 when it failed; 2 for a wrong command
 * line; 143 after SIGTERM and 130 after SIGINT, with everything taken down that the case had set up.
 */
@Command(
        name = "bench",
        description = "Measures netty-aio side by side with what one would use otherwise.",
        footer = "%nEach line ends in ratio=<ours over the other>. A missed goal is no error.",
        subcommands = {
            NullCase.class,
            DirectReadCase.class,
            ColdReadCase.class,
            StallCase.class,
            HttpCase.class,
            PipeCase.class,
            KvCase.class,
            MetricsCase.class
        },
        synopsisSubcommandLabel = "CASE")
public final class Bench {

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    @SuppressWarnings("unused") // picocli looks at the option, not at the field
    private boolean help;

    private Bench() {}

    /** The program. */
    public static void main(String[] args) {
        // Warnings on standard error, and no more, whichever logging library is on the class path.
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        int exitCode = CommandLine.ExitCode.SOFTWARE;
        try {
            exitCode = new CommandLine(new Bench())
                    .setExecutionExceptionHandler(Bench::report)
                    .execute(args);
        } catch (LinkageError e) {
            Progress.say("a native library cannot be loaded; Linux with epoll is needed: " + e);
        } finally {
            Stop.finished();
        }
        System.exit(exitCode);
    }

    private static int report(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        if (failure instanceof Stop.StoppedException) {
            command.getErr().println("stopped");
        } else if (failure instanceof BenchException) {
            command.getErr().println(command.getCommandName() + ": " + failure.getMessage());
        } else {
            failure.printStackTrace(command.getErr());
        }
        return CommandLine.ExitCode.SOFTWARE;
    }
}
