package io.nettyaio.examples.cp;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.examples.CommandException;
import io.nettyaio.examples.Terminal;
import io.nettyaio.examples.Version;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code aio cp SRC... DST}: copies files and trees. */
@Command(
        name = "cp",
        description = "Copies a file to another name, or files and directories into a directory.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all is copied",
            "1:something is not copied; a sentence on stderr for each says what and why, the rest is copied",
            "2:it was called wrongly",
            "130:it was stopped by SIGINT (Ctrl-C)",
            "143:it was stopped by SIGTERM",
        },
        footer = {
            "",
            "Holes and permissions are kept, whatever the umask; owners, extended attributes and hard links are not. A"
                    + " file gets its name when it is complete, in place of what had that name: whatever happens, nobody"
                    + " sees half of one. With -r symbolic links are copied as links, without it they are followed."
                    + " Devices, FIFOs and sockets are neither copied nor replaced.",
        })
public final class CpCommand implements Callable<Integer> {

    private static final long STOP_SECONDS = 10;

    /** When to draw a progress bar. */
    enum Progress {
        /** When standard error is a terminal. */
        auto,
        always,
        never
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = {"-r", "-R", "--recursive"},
            description = "Copy directories with all that is in them.")
    private boolean recursive;

    @Option(
            names = {"-p", "--preserve-times"},
            description = "Keep the times of last access and modification.")
    private boolean preserveTimes;

    @Option(
            names = "--direct",
            description = "Read and write past the page cache (O_DIRECT); the file systems have to know that.")
    private boolean direct;

    @Option(
            names = "--sync",
            description = "Have the disk hold each file before it gets its name, and each name in the end (fsync).")
    private boolean sync;

    @Option(
            names = "--progress",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "Draw a progress bar on stderr: ${COMPLETION-CANDIDATES} (default: auto, on a terminal).")
    private Progress progress = Progress.auto;

    @Parameters(
            index = "0..*",
            arity = "2..*",
            paramLabel = "SRC... DST",
            hideParamSyntax = true,
            description = "What to copy, and where to.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<String> paths;

    @Override
    public Integer call() throws CommandException, InterruptedException {
        try {
            EpollAio.ensureAvailability();
        } catch (UnsatisfiedLinkError e) {
            throw new CommandException("asynchronous file I/O is not available here: " + e.getMessage(), e);
        }
        List<CopySource> sources = sources();
        CopyOptions options = CopyOptions.defaults()
                .withRecursive(recursive)
                .withDirect(direct)
                .withSync(sync)
                .withPreserveTimes(preserveTimes);
        EventLoopGroup group =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("aio-cp"), EpollIoHandler.newFactory());
        try (Report report = new Report(
                spec.commandLine().getErr(), spec.qualifiedName(), isDrawn(progress, Terminal.isStandardError()))) {
            return run(group, sources, options, report);
        } finally {
            group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    private List<CopySource> sources() throws CommandException {
        try {
            List<CopySource> sources = new ArrayList<>();
            for (String path : paths) {
                sources.add(CopySource.of(path));
            }
            return sources.subList(0, sources.size() - 1);
        } catch (InvalidPathException e) {
            throw new CommandException(
                    "'" + e.getInput() + "' cannot be a path in the encoding of this locale; set LC_ALL=C.UTF-8", e);
        }
    }

    private int run(EventLoopGroup group, List<CopySource> sources, CopyOptions options, Report report)
            throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        AtomicReference<@Nullable CopyResult> result = new AtomicReference<>();
        CopyJob job =
                CopyJob.start(EpollAio.context(group.next()), sources, paths.get(paths.size() - 1), options, report);
        job.done().whenComplete((copied, defect) -> {
            result.set(copied);
            ended.countDown();
        });
        // The JVM ends by the signal's own code when the hook has returned.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(job, ended, report), "aio-cp-stop"));
        report.printUntil(ended);
        CopyResult copied = result.get();
        return copied != null && copied.failures() == 0 ? 0 : 1;
    }

    private static void stop(CopyJob job, CountDownLatch ended, Report report) {
        job.stop();
        try {
            if (!ended.await(STOP_SECONDS, TimeUnit.SECONDS)) {
                report.failed("the disk does not answer; names that begin with .aio-cp- may be left in the target");
                report.printUntil(new CountDownLatch(0));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether there will be a progress bar. */
    static boolean isDrawn(Progress progress, boolean terminal) {
        return switch (progress) {
            case auto -> terminal;
            case always -> true;
            case never -> false;
        };
    }
}
