package io.nettyaio.examples.top;

import io.nettyaio.examples.CommandException;
import io.nettyaio.examples.Terminal;
import io.nettyaio.examples.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code aio top PORT}: what a running server does, each second. */
@Command(
        name = "top",
        description = "Shows what a running server does, each second, by its admin port (--admin-port of serve and kv):"
                + " its loops, and each class and kind of operation with rates, percentiles and routes.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:it was quit, by q or Ctrl-C, or has printed its one frame",
            "1:there is no server, or no terminal; a sentence on stderr says why",
            "2:it was called wrongly",
            "143:it was stopped by SIGTERM",
        },
        footer = {
            "",
            "Rates and percentiles are of the last interval. A server that goes away is waited for. Where standard output"
                    + " is no terminal, it prints one frame as --once does.",
        })
public final class TopCommand implements Callable<Integer> {

    private static final double MOST_SECONDS = 3600;
    private static final double LEAST_SECONDS = 0.1;
    private static final double MILLIS = 1e3;
    private static final long RESTORE_SECONDS = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(
            paramLabel = "[HOST:]PORT",
            converter = Target.Converter.class,
            description = "The server's admin port; of this machine where no host is named.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Target target;

    @Option(
            names = {"-d", "--delay"},
            paramLabel = "SECONDS",
            description = "From one frame to the next (default: ${DEFAULT-VALUE}).")
    private double delaySeconds = 1;

    @Option(names = "--once", description = "Print one frame, of one interval, as plain text.")
    private boolean once;

    @Override
    public Integer call() throws CommandException, InterruptedException {
        if (!(delaySeconds >= LEAST_SECONDS && delaySeconds <= MOST_SECONDS)) {
            throw new ParameterException(
                    spec.commandLine(), "--delay must be from " + LEAST_SECONDS + " to " + (int) MOST_SECONDS);
        }
        Scraper scraper = new Scraper(target);
        if (once || !Terminal.isStandardOutput()) {
            printOnce(scraper);
        } else {
            showUntilQuit(scraper);
        }
        return 0;
    }

    private long delayMillis() {
        return (long) (delaySeconds * MILLIS);
    }

    private void printOnce(Scraper scraper) throws CommandException, InterruptedException {
        try {
            Scrape first = scraper.scrape();
            Thread.sleep(delayMillis());
            PrintWriter out = spec.commandLine().getOut();
            TopFrame.of(target, new Rates(first, scraper.scrape())).forEach(out::println);
            out.flush();
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    private void showUntilQuit(Scraper scraper) throws CommandException, InterruptedException {
        CountDownLatch restored = new CountDownLatch(1);
        try (TopScreen screen =
                new TopScreen(TerminalBuilder.builder().system(true).build())) {
            // A terminal that is left in raw mode is of no use; the JVM ends by the signal's own code afterwards.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(screen, restored), "aio-top-stop"));
            show(scraper, screen);
        } catch (IOException e) {
            throw new CommandException(
                    "the terminal cannot be used: " + e.getMessage() + "; use --once for plain text", e);
        } finally {
            restored.countDown();
        }
    }

    private static void stop(TopScreen screen, CountDownLatch restored) {
        screen.quit();
        try {
            boolean unused = restored.await(RESTORE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void show(Scraper scraper, TopScreen screen) throws IOException, InterruptedException {
        @Nullable Scrape before = null;
        do {
            List<AttributedString> frame;
            try {
                Scrape now = scraper.scrape();
                frame = TopFrame.of(target, new Rates(before == null ? now : before, now));
                before = now;
            } catch (IOException noServer) {
                frame = TopFrame.failure(target, String.valueOf(noServer.getMessage()));
                before = null;
            }
            screen.show(frame);
        } while (!screen.isQuitWithin(delayMillis()));
    }
}
