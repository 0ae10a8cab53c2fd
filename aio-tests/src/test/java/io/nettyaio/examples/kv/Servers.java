package io.nettyaio.examples.kv;

import io.nettyaio.tests.Need;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Server processes: ours and Redis's. */
final class Servers {

    private static final long START_MILLIS = 20_000;

    private Servers() {}

    /** A running server. */
    record Running(Process process, int port, Path output, Path errors) implements AutoCloseable {

        /** As SIGKILL does it. */
        void kill() {
            process.destroyForcibly().onExit().join();
        }

        String errorText() throws IOException {
            return Files.readString(errors);
        }

        @Override
        public void close() {
            kill();
        }
    }

    /** {@code aio kv} on a directory; returns when it is ready. */
    static Running kv(Path directory, String... options) throws IOException, InterruptedException {
        Process process = kvProcess(directory, List.of(), options);
        Running running = new Running(process, 0, outputOf(directory), errorsOf(directory));
        try {
            return new Running(process, readyPort(running), running.output(), running.errors());
        } catch (IOException | InterruptedException e) {
            running.close();
            throw e;
        }
    }

    /** {@code aio kv} that need not become ready. */
    static Process kvProcess(Path directory, List<String> jvm, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED"); // as the script does, here and below
        }
        if (Runtime.version().feature() >= 23) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        // Starts in half the time; none of these servers lives long.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx512m", "-ea"));
        command.addAll(jvm);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.nettyaio.examples.Aio", "kv"));
        command.addAll(List.of("--dir", directory.toString(), "--port", "0"));
        command.addAll(List.of(options));
        return new ProcessBuilder(command)
                .redirectOutput(outputOf(directory).toFile())
                .redirectError(errorsOf(directory).toFile())
                .start();
    }

    static Path outputOf(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".out");
    }

    static Path errorsOf(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".err");
    }

    private static int readyPort(Running running) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MILLIS);
        while (true) {
            String output = Files.readString(running.output());
            if (output.startsWith("READY ") && output.endsWith("\n")) {
                String address = output.split("[ ,]", 3)[1];
                return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            }
            if (!running.process().isAlive() || System.nanoTime() - deadline > 0) {
                throw new IOException("the server is not ready: " + output + running.errorText());
            }
            Thread.sleep(2);
        }
    }

    /** {@code redis-server}, all in memory; skips the test where it is not installed. */
    static Running redis(Path directory) throws IOException, InterruptedException {
        Need.that(isInstalled("redis-server"), "redis-server is not installed; apt-get install redis-server");
        int port = freePort();
        Path output = outputOf(directory);
        Process process = new ProcessBuilder(
                        "redis-server",
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--databases",
                        "1",
                        "--dir",
                        directory.toString())
                .redirectOutput(output.toFile())
                .redirectErrorStream(true)
                .start();
        Running running = new Running(process, port, output, output);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MILLIS);
        while (!accepts(port)) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                running.close();
                throw new IOException("redis-server is not ready: " + Files.readString(output));
            }
            Thread.sleep(5);
        }
        return running;
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Whether a program is on the path. */
    static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
