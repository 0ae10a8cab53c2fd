package io.nettyaio.examples.cat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioPipe;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.examples.CommandException;
import io.nettyaio.examples.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code aio cat [FILE...]}: writes files, one after the other, to standard output. */
@Command(
        name = "cat",
        description =
                "Writes the FILEs, or standard input, to standard output, through pipes and files on one event loop.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all has been written",
            "1:a FILE could not be read, or the output not be written; stderr says which",
            "2:it was called wrongly",
            "130:it was stopped by SIGINT (Ctrl-C)",
            "141:nobody reads the output any more (SIGPIPE)",
            "143:it was stopped by SIGTERM",
        })
public final class CatCommand implements Callable<Integer> {

    private static final String STANDARD_INPUT = "-";
    private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");
    private static final int FAILED = 1;
    /** 128 and the number of SIGPIPE, by which cat(1) ends then. */
    private static final int BROKEN_PIPE = 141;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(
            paramLabel = "FILE",
            arity = "0..*",
            description = "What to write; standard input where none is given, or for '-'.")
    private List<String> operands = List.of();

    @Override
    public Integer call() throws CommandException, InterruptedException {
        Throwable unavailable = EpollAio.unavailabilityCause();
        if (unavailable != null) {
            throw new CommandException(
                    "asynchronous I/O is not available here: " + unavailable.getMessage()
                            + "; it needs Linux on x86-64 or ARM64",
                    unavailable);
        }
        // Not shut down in order: what is written is written, and the process ends.
        AioContext aio = EpollAio.context(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()).next());
        Future<AioPipe> output = aio.standardOutput().await();
        if (!output.isSuccess()) {
            throw new CommandException("standard output: " + CatError.describe(output.cause()), output.cause());
        }
        return write(aio, output.getNow());
    }

    private int write(AioContext aio, AioPipe output) throws InterruptedException {
        int code = 0;
        for (String operand : operands.isEmpty() ? List.of(STANDARD_INPUT) : operands) {
            try {
                writeOne(aio, operand, output);
            } catch (CatError failed) {
                if (failed.isBrokenPipe()) {
                    return BROKEN_PIPE;
                }
                complain(String.valueOf(failed.getMessage()));
                code = FAILED;
                if (failed.isOfOutput()) {
                    break;
                }
            }
        }
        return code;
    }

    private void writeOne(AioContext aio, String operand, AioPipe output) throws CatError, InterruptedException {
        boolean standard = operand.equals(STANDARD_INPUT);
        if (isOutput(standard ? Path.of("/proc/self/fd/0") : Path.of(operand))) {
            throw CatError.of(operand, "input file is output file");
        }
        try (Input input = standard ? Input.standard(aio) : Input.open(aio, operand)) {
            Future<?> copied = input.copyTo(output).await();
            if (!copied.isSuccess()) {
                throw CatError.copying(operand, copied.cause());
            }
        }
    }

    /** A file that is written to its own end would never come to it. */
    private static boolean isOutput(Path input) {
        try {
            return Files.isRegularFile(STANDARD_OUTPUT)
                    && Files.isRegularFile(input)
                    && Files.isSameFile(input, STANDARD_OUTPUT);
        } catch (IOException unknown) {
            // Opening it will say what is wrong.
            return false;
        }
    }

    private void complain(String message) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(spec.qualifiedName() + ": " + message);
        err.flush();
    }

    /** What could not be done, and to what. */
    static final class CatError extends Exception {

        private static final long serialVersionUID = 1L;
        private static final int EPIPE = 32;

        private final boolean ofOutput;

        private CatError(String message, boolean ofOutput, @Nullable Throwable cause) {
            super(message, cause);
            this.ofOutput = ofOutput;
        }

        static CatError of(String operand, String what) {
            return new CatError(operand + ": " + what, false, null);
        }

        static CatError opening(String operand, Throwable cause) {
            return new CatError(operand + ": " + describe(cause), false, cause);
        }

        /** Reading or writing has failed; which of the two, the operation's name tells. */
        static CatError copying(String operand, Throwable cause) {
            boolean output = cause instanceof AioException failure
                    && (failure.operation().equals("write") || failure.errno() == EPIPE);
            String where = output ? "write error" : operand;
            return new CatError(where + ": " + describe(cause), output, cause);
        }

        boolean isOfOutput() {
            return ofOutput;
        }

        boolean isBrokenPipe() {
            return getCause() instanceof AioException failure && failure.errno() == EPIPE;
        }

        /** As cat(1) says it, where that is known. */
        static String describe(Throwable cause) {
            if (!(cause instanceof AioException failure)) {
                return String.valueOf(cause.getMessage());
            }
            return switch (failure.errnoName()) {
                case "ENOENT" -> "No such file or directory";
                case "EACCES" -> "Permission denied";
                case "EISDIR" -> "Is a directory";
                case "ENOTDIR" -> "Not a directory";
                case "EBADF" -> "Bad file descriptor";
                case "EIO" -> "Input/output error";
                case "ELOOP" -> "Too many levels of symbolic links";
                case "ENOSPC" -> "No space left on device";
                case "ENAMETOOLONG" -> "File name too long";
                default -> String.valueOf(failure.getMessage());
            };
        }
    }
}
