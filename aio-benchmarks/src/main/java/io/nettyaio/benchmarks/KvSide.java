package io.nettyaio.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** One of the servers of the kv case: its process, its directory, and what was measured of it. */
final class KvSide implements AutoCloseable {

    private static final long START_SECONDS = 30;
    private static final long FIRST_REQUESTS = 2000;

    private final String name;
    private final Path directory;
    private final Process process;
    private final int port;
    private final Map<String, List<RedisBenchmark.Outcome>> outcomes = new HashMap<>();
    /** Requests per second, as it was last time: how many there have to be for a given time. */
    private final Map<String, Double> rates = new HashMap<>();

    private KvSide(String name, Path directory, int port, List<String> command)
            throws IOException, InterruptedException {
        this.name = name;
        this.directory = directory;
        this.port = port;
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("server.out").toFile())
                .start();
        Stop.lastResort(process::destroyForcibly);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!accepts()) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                String said = Files.readString(directory.resolve("server.out"));
                close();
                throw new BenchException(name + " does not start: " + said);
            }
            Stop.sleep(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    /** Ours, in a JVM of its own. */
    static KvSide ours(List<String> options) throws IOException, InterruptedException {
        Path directory = newDirectory("kv");
        int port = freePort();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (Runtime.version().feature() >= 23) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.nettyaio.examples.Aio", "kv"));
        command.addAll(List.of("--dir", directory.resolve("log").toString(), "--port", Integer.toString(port)));
        command.addAll(options);
        return new KvSide("aio", directory, port, command);
    }

    /** Redis, which syncs before it replies. */
    static KvSide redis() throws IOException, InterruptedException {
        Path directory = newDirectory("redis");
        int port = freePort();
        return new KvSide(
                "redis",
                directory,
                port,
                List.of(
                        "redis-server",
                        "--bind",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(port),
                        "--dir",
                        directory.toString(),
                        "--appendonly",
                        "yes",
                        "--appendfsync",
                        "always",
                        "--save",
                        ""));
    }

    private static Path newDirectory(String of) throws IOException {
        return Files.createTempDirectory(Programs.buildDirectory(), "bench-" + of + '-');
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    String name() {
        return name;
    }

    Path directory() {
        return directory;
    }

    /** Runs without keeping what is found, which makes the server warm and its rate known. */
    void warmUp(String test, int connections, long nanos) throws IOException, InterruptedException {
        String key = key(test, connections);
        RedisBenchmark.Outcome first = RedisBenchmark.run(port, test, connections, FIRST_REQUESTS);
        rates.put(key, first.rate());
        rates.put(key, run(test, connections, nanos).rate());
    }

    /** Runs for about this long. */
    void measure(String label, String test, int connections, long nanos) throws IOException, InterruptedException {
        RedisBenchmark.Outcome outcome = run(test, connections, nanos);
        rates.put(key(test, connections), outcome.rate());
        outcomes.computeIfAbsent(label, any -> new ArrayList<>()).add(outcome);
    }

    private RedisBenchmark.Outcome run(String test, int connections, long nanos)
            throws IOException, InterruptedException {
        double rate = rates.getOrDefault(key(test, connections), 1000.0);
        long requests = Math.max(200, (long) (rate * nanos / 1e9));
        return RedisBenchmark.run(port, test, connections, requests);
    }

    private static String key(String test, int connections) {
        return test + connections;
    }

    /** Something to be run. */
    interface Run {
        void run() throws IOException, InterruptedException;
    }

    /** Runs something while other connections send SETs. */
    void whileSets(int connections, Run what) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(RedisBenchmark.command(port, "set", connections, 1_000_000));
        command.addAll(List.of("-l", "-q"));
        Process load = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Stop.lastResort(load::destroyForcibly);
        try {
            what.run();
        } finally {
            load.destroyForcibly().waitFor();
        }
    }

    /** The middle of what the rounds have found. */
    Report.Figure median(String label, ToDoubleFunction<RedisBenchmark.Outcome> figure) {
        List<RedisBenchmark.Outcome> all = outcomes.getOrDefault(label, List.of());
        double[] sorted = all.stream().mapToDouble(figure).sorted().toArray();
        if (sorted.length == 0) {
            throw new IllegalArgumentException("not run: " + label);
        }
        int middle = sorted.length / 2;
        double value = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Report.Figure(name, value);
    }

    Map<String, List<RedisBenchmark.Outcome>> outcomes() {
        return outcomes;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            Progress.say("could not delete " + directory + ": " + e);
        }
    }
}
