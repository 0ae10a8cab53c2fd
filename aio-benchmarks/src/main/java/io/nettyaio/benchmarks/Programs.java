package io.nettyaio.benchmarks;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs other programs: the C programs that the build puts beside the classes, and the system's. */
final class Programs {

    private static final long POLL_MILLIS = 100;

    private Programs() {}

    /**
     * What a program left behind.
     *
     * @param exitCode its exit code
     * @param output   its standard output
     * @param errors   its standard error
     */
    record Outcome(int exitCode, String output, String errors) {

        /** The fields of a line {@code name=number name=number ...}. */
        Map<String, Long> fields() {
            Map<String, Long> fields = new HashMap<>();
            for (String field : output.strip().split("\\s+", -1)) {
                int equals = field.indexOf('=');
                fields.put(field.substring(0, equals), Long.valueOf(field.substring(equals + 1)));
            }
            return fields;
        }
    }

    /** The build's output directory: where the C programs are, and on a disk, where {@code /tmp} may be a tmpfs. */
    static Path buildDirectory() {
        try {
            Path classes = Path.of(Programs.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return classes.resolveSibling("");
        } catch (URISyntaxException e) {
            throw new BenchException("where the classes come from", e);
        }
    }

    /** One of the C programs. */
    static Path ours(String name) {
        Path program = buildDirectory().resolve("native").resolve(name);
        if (!Files.isExecutable(program)) {
            throw new BenchException(program + " is missing: build it with 'mvn -pl aio-benchmarks -am package'");
        }
        return program;
    }

    /** Runs a program to its end. It is killed when the user asks for a stop. */
    static Outcome run(List<String> command) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("bench", ".err");
        Path output = Files.createTempFile("bench", ".out");
        // Into files: nobody has to read pipes while the program runs.
        Process process = new ProcessBuilder(command)
                .redirectError(errors.toFile())
                .redirectOutput(output.toFile())
                .start();
        try {
            process.getOutputStream().close();
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                Stop.check();
            }
            return new Outcome(process.exitValue(), text(output), text(errors));
        } finally {
            process.destroyForcibly().waitFor();
            Files.delete(errors);
            Files.delete(output);
        }
    }

    /** As {@link #run}, but anything other than exit code 0 is a failure. */
    static Outcome require(List<String> command) throws IOException, InterruptedException {
        Outcome outcome = run(command);
        if (outcome.exitCode() != 0) {
            // A signal to the whole process group ends the program too, perhaps before this JVM notices its own.
            Stop.sleep(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
            throw new BenchException(String.join(" ", command) + ": exit code " + outcome.exitCode() + ": "
                    + outcome.errors().strip());
        }
        return outcome;
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
