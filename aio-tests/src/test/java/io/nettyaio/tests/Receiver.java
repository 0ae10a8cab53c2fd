package io.nettyaio.tests;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Another process, which hears of completions: {@code receiver.c}, compiled on first use. */
final class Receiver implements AutoCloseable {

    private static @Nullable Path program;

    private final Process process;
    private final BufferedReader lines;

    private Receiver(Process process) {
        this.process = process;
        lines = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts it, and waits until it is ready. */
    static Receiver start(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program().toString()));
        command.addAll(List.of(arguments));
        Receiver receiver = new Receiver(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        String ready = receiver.line();
        if (!ready.startsWith("ready")) {
            throw new IOException("the receiver says " + ready);
        }
        return receiver;
    }

    private static synchronized Path program() throws Exception {
        if (program == null) {
            // Surefire and failsafe run in the module's directory.
            Path source = Path.of("src", "test", "native", "receiver.c").toAbsolutePath();
            Path made =
                    Files.createDirectories(Path.of("target").toAbsolutePath()).resolve("receiver");
            Shell.run(
                    "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-o", made.toString(), source.toString());
            program = made;
        }
        return program;
    }

    int pid() {
        return Math.toIntExact(process.pid());
    }

    /** What it prints next; it gives up by itself. */
    String line() throws IOException {
        String line = lines.readLine();
        return line == null ? "(the receiver has ended)" : line;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lines.close();
    }
}
