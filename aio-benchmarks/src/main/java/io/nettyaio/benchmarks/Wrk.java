package io.nettyaio.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** {@code wrk}: the load, from outside of this JVM. */
final class Wrk implements AutoCloseable {

    private static final int CONNECTIONS = 32;

    private final Path script;

    Wrk() throws IOException, InterruptedException {
        try {
            // Without arguments it says how it is called, and exits with 1.
            Programs.run(List.of("wrk", "--version"));
        } catch (IOException e) {
            throw new BenchException("wrk is needed: install it, for example with 'apt-get install wrk'", e);
        }
        script = Files.createTempFile("bench", ".lua");
        try (InputStream in = Objects.requireNonNull(Wrk.class.getResourceAsStream("files.lua"))) {
            Files.write(script, in.readAllBytes());
        }
    }

    /**
     * What it saw.
     *
     * @param micros how long it ran
     * @param p50    latency in microseconds, as the others
     */
    record Result(long requests, long micros, long errors, long p50, long p99, long p999) {

        double requestsPerSecond() {
            return requests * 1e6 / micros;
        }
    }

    /**
     * Asks for random files.
     *
     * @param once whether for no file twice: it ends before its time then
     */
    Result run(InetSocketAddress server, int seconds, long seed, boolean once)
            throws IOException, InterruptedException {
        String output = Programs.require(List.of(
                        "wrk",
                        "-t1",
                        "-c" + CONNECTIONS,
                        "-d" + seconds + "s",
                        "--timeout",
                        "30s",
                        "-s",
                        script.toString(),
                        "http://" + server.getHostString() + ":" + server.getPort() + "/",
                        "--",
                        Integer.toString(HttpSite.FILES),
                        Long.toString(seed),
                        once ? "each" : "any"))
                .output();
        Map<String, Long> fields = new HashMap<>();
        String line = output.lines()
                .filter(text -> text.startsWith("result "))
                .findFirst()
                .orElseThrow(() -> new BenchException("wrk: " + output));
        for (String field : line.substring("result ".length()).split(" ", -1)) {
            int equals = field.indexOf('=');
            fields.put(field.substring(0, equals), Long.valueOf(field.substring(equals + 1)));
        }
        return new Result(
                fields.getOrDefault("requests", 0L),
                fields.getOrDefault("micros", 0L),
                fields.getOrDefault("errors", 0L),
                fields.getOrDefault("p50", 0L),
                fields.getOrDefault("p99", 0L),
                fields.getOrDefault("p999", 0L));
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(script);
    }
}
