package io.nettyaio.tests;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another process, which hears of completions: {@code receiver.c}, compiled on first use. */
final class Receiver implements AutoCloseable {

    private final Process process;
    private final BufferedReader lines;

    private Receiver(Process process) {
        this.process = process;
        lines = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts it, and waits until it is ready. */
    static Receiver start(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(NativeProgram.of("receiver").toString()));
        command.addAll(List.of(arguments));
        Receiver receiver = new Receiver(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        String ready = receiver.line();
        if (!ready.startsWith("ready")) {
            throw new IOException("the receiver says " + ready);
        }
        return receiver;
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
