package io.nettyaio.examples;

import io.nettyaio.examples.cat.CatCommand;
import io.nettyaio.examples.cp.CpCommand;
import io.nettyaio.examples.doctor.DoctorCommand;
import io.nettyaio.examples.kv.KvCommand;
import io.nettyaio.examples.logtool.LogCommand;
import io.nettyaio.examples.serve.ServeCommand;
import io.nettyaio.examples.top.TopCommand;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/**
 * The top command of the examples: {@code aio COMMAND}.
 *
 * <p>Exit codes, the same for every command: 0 success; 1 the command failed, one sentence on stderr says why; 2 it was
 * called wrongly; 128 + n it was ended by signal n.
 */
@Command(
        name = "aio",
        description = "Servers and tools built on netty-aio.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            ServeCommand.class,
            KvCommand.class,
            LogCommand.class,
            CpCommand.class,
            CatCommand.class,
            DoctorCommand.class,
            TopCommand.class,
            HelpCommand.class
        })
public final class Aio {

    private Aio() {}

    /**
     * Runs a command and exits with its code.
     *
     * @param args the command's name and its arguments
     */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The command line that {@link #main} runs. */
    static CommandLine commandLine() {
        return new CommandLine(new Aio()).setExecutionExceptionHandler((failure, command, parsed) -> {
            report(failure, command);
            return command.getCommandSpec().exitCodeOnExecutionException();
        });
    }

    private static void report(Exception failure, CommandLine command) {
        PrintWriter err = command.getErr();
        String name = command.getCommandSpec().qualifiedName();
        if (failure instanceof CommandException) {
            err.println(name + ": " + failure.getMessage());
        } else {
            err.println(name + ": this is a bug, please report it with what follows");
            failure.printStackTrace(err);
        }
        err.flush();
    }
}
