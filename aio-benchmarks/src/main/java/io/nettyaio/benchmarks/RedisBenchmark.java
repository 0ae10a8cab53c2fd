package io.nettyaio.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code redis-benchmark}: a client that is neither side's, and takes little of the machine. */
final class RedisBenchmark {

    private static final Pattern RATE = Pattern.compile("throughput summary: ([0-9.]+) requests per second");
    private static final Pattern PERCENTILE = Pattern.compile("([0-9.]+)% <= ([0-9.]+) milliseconds");
    private static final int VALUE_BYTES = 100;
    private static final int KEYS = 100_000;

    private RedisBenchmark() {}

    /**
     * What a run has found.
     *
     * @param rate requests per second
     * @param p50  of the time to a reply, in milliseconds
     * @param p99  the same
     * @param p999 the same
     */
    record Outcome(double rate, double p50, double p99, double p999) {}

    /** So many requests from so many connections, of 100 bytes on any of 100,000 keys. */
    static List<String> command(int port, String test, int connections, long requests) {
        return List.of(
                "redis-benchmark",
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-t",
                test,
                "-c",
                Integer.toString(connections),
                "-n",
                Long.toString(requests),
                "-d",
                Integer.toString(VALUE_BYTES),
                "-r",
                Integer.toString(KEYS));
    }

    static Outcome run(int port, String test, int connections, long requests) throws IOException, InterruptedException {
        String output =
                Programs.require(command(port, test, connections, requests)).output();
        Matcher rate = RATE.matcher(output);
        if (!rate.find()) {
            throw new BenchException("redis-benchmark did not say its rate: "
                    + output.substring(Math.max(0, output.length() - 500)).strip());
        }
        return new Outcome(
                Double.parseDouble(rate.group(1)),
                percentile(output, 50),
                percentile(output, 99),
                percentile(output, 99.9));
    }

    /** The first of the distribution's lines that covers it. */
    private static double percentile(String output, double wanted) {
        List<String> seen = new ArrayList<>();
        Matcher line = PERCENTILE.matcher(output);
        while (line.find()) {
            if (Double.parseDouble(line.group(1)) >= wanted) {
                return Double.parseDouble(line.group(2));
            }
            seen.add(line.group());
        }
        throw new BenchException(String.format(Locale.ROOT, "redis-benchmark shows no p%s: %s", wanted, seen));
    }
}
