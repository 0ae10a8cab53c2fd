package io.nettyaio.examples.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.nettyaio.examples.Version;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code aio doctor [PATH...]}: what this machine and these directories give, and every remedy. */
@Command(
        name = "doctor",
        description = "Says what this machine and these directories give to asynchronous file I/O: which route each"
                + " operation takes and why, how fast the disk is at which depth, what to set, and what to remedy.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:nothing needs a remedy; there may be advice",
            "1:something needs a remedy; a line that begins with 'problem:' says what and how",
            "2:it was called wrongly",
            "130:it was stopped by SIGINT (Ctrl-C)",
            "143:it was stopped by SIGTERM",
        },
        footer = {
            "",
            "It works on a file of up to 64 MiB in each directory, whose name it takes away before it writes to it: when it"
                    + " ends, however that is, the file is gone. Each operation has five turns; shown are the route of"
                    + " the last and the time of the median.",
        })
public final class DoctorCommand implements Callable<Integer> {

    private static final double MOST_SECONDS = 600;
    private static final long STOP_SECONDS = 10;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "PATH",
            defaultValue = ".",
            description = "Directories where files are going to lie (default: this one).")
    private List<String> paths = List.of();

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "How long the disk is measured in each directory, 0 for not at all"
                    + " (default: ${DEFAULT-VALUE}).")
    private double seconds = 2;

    @Option(names = "--json", description = "Print it as JSON.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        check();
        CountDownLatch ended = new CountDownLatch(1);
        DoctorReport report;
        try (Doctor doctor = Doctor.open(Duration.ofNanos((long) (seconds * 1e9)));
                ProgressBars bars = new ProgressBars()) {
            // The JVM ends by the signal's own code when the hook has returned.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(doctor, ended), "aio-doctor-stop"));
            report = doctor.examine(paths, bars::next);
        } catch (Patience.StoppedException stopped) {
            return 1; // nobody hears it: the JVM is ending by the signal's code
        } finally {
            ended.countDown();
        }
        print(report);
        return report.healthy() ? 0 : 1;
    }

    private void check() {
        if (!(seconds >= 0 && seconds <= MOST_SECONDS)) {
            throw new ParameterException(spec.commandLine(), "--seconds must be from 0 to " + (int) MOST_SECONDS);
        }
        for (String path : paths) {
            try {
                Path unused = Path.of(path);
            } catch (InvalidPathException e) {
                throw new ParameterException(
                        spec.commandLine(),
                        "'" + e.getInput() + "' cannot be a path in the encoding of this locale; set LC_ALL=C.UTF-8",
                        e);
            }
        }
    }

    private static void stop(Doctor doctor, CountDownLatch ended) {
        doctor.stop();
        try {
            // Its file may still have a name.
            boolean unused = ended.await(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void print(DoctorReport report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            try {
                out.println(new ObjectMapper()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .writeValueAsString(report));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("the report is no JSON", e);
            }
            out.flush();
        } else {
            new TextReport(out).print(report);
        }
    }
}
