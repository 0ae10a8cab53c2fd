package io.nettyaio.examples.top;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;

/** Lays out what has happened between two scrapes: the server, its loops, its classes of operations. */
final class TopFrame {

    private static final String OPERATIONS = "aio_operations_total";
    private static final String OPERATION_BYTES = "aio_operation_bytes_total";
    private static final String LATENCY = "aio_operation_latency_histogram_total";
    private static final String WAIT = "aio_operation_wait_histogram_total";
    private static final String REQUESTS = "aio_serve_requests_seconds";

    private static final double MEDIAN = 0.5;
    private static final double P99 = 0.99;
    private static final double MIB = 1 << 20;
    private static final double PERCENT = 100;
    private static final double MICROS = 1e6;

    private final Rates rates;
    private final Scrape now;
    private final List<AttributedString> lines = new ArrayList<>();

    private TopFrame(Rates rates) {
        this.rates = rates;
        now = rates.now();
    }

    /**
     * The lines of a frame.
     *
     * @param target whose it is
     * @param rates  of the last interval
     */
    static List<AttributedString> of(Target target, Rates rates) {
        TopFrame frame = new TopFrame(rates);
        frame.head(target);
        frame.serve();
        frame.kv();
        frame.engine();
        frame.loops();
        frame.classes();
        return frame.lines;
    }

    /** The lines where there is nothing to show. */
    static List<AttributedString> failure(Target target, String why) {
        return List.of(
                styled("aio top " + target, AttributedStyle.BOLD),
                styled(why, AttributedStyle.DEFAULT.foreground(AttributedStyle.RED)),
                styled("trying again each second; q quits", AttributedStyle.DEFAULT.faint()));
    }

    private static AttributedString styled(String text, AttributedStyle style) {
        return new AttributedString(text, style);
    }

    private void line(String format, Object... arguments) {
        lines.add(new AttributedString(String.format(Locale.ROOT, format, arguments)));
    }

    private void title(String format, Object... arguments) {
        lines.add(AttributedString.EMPTY);
        lines.add(styled(String.format(Locale.ROOT, format, arguments), AttributedStyle.INVERSE));
    }

    private void head(Target target) {
        long uptime = (long) now.sum("process_uptime_seconds");
        lines.add(styled(
                String.format(
                        Locale.ROOT,
                        "aio top %s, up %d:%02d:%02d",
                        target,
                        uptime / 3600,
                        uptime / 60 % 60,
                        uptime % 60),
                AttributedStyle.BOLD));
        int color = now.health().startsWith("UP")
                ? AttributedStyle.GREEN
                : now.health().startsWith("DEGRADED") ? AttributedStyle.YELLOW : AttributedStyle.RED;
        lines.add(styled("health  " + now.health(), AttributedStyle.DEFAULT.foreground(color)));
        Predicate<Sample> heap = sample -> sample.label("area").equals("heap");
        line(
                "jvm     heap %.0f of %.0f MiB, GC %.1f %%, CPU %.1f %%, %.0f threads, %.0f of %.0f files",
                now.sum("jvm_memory_used_bytes", heap) / MIB,
                now.sum("jvm_memory_committed_bytes", heap) / MIB,
                rates.perSecond("jvm_gc_pause_seconds_sum") * PERCENT,
                now.sum("process_cpu_usage") * PERCENT,
                now.sum("jvm_threads_live_threads"),
                now.sum("process_files_open_files"),
                now.sum("process_files_max_files"));
    }

    private void serve() {
        if (!now.has("aio_serve_connections")) {
            return;
        }
        line(
                "serve   %,.1f requests/s, %.1f MiB/s, %.0f connections, p50 %s, p99 %s, %,.1f failures/s",
                rates.perSecond(REQUESTS + "_count"),
                rates.perSecond("aio_serve_sent_bytes_total") / MIB,
                now.sum("aio_serve_connections"),
                time(rates.percentile(REQUESTS + "_bucket", any -> true, MEDIAN)),
                time(rates.percentile(REQUESTS + "_bucket", any -> true, P99)),
                rates.perSecond(
                        REQUESTS + "_count",
                        sample -> !sample.label("status").equals("2xx")
                                && !sample.label("status").equals("3xx")));
    }

    private void kv() {
        if (!now.has("aio_kv_commands_total")) {
            return;
        }
        line(
                "kv      %,.1f commands/s, %,.1f syncs/s, %,.1f records/s, %,.0f keys, %.1f MiB, %.0f connections, %,.1f errors/s%s",
                rates.perSecond("aio_kv_commands_total"),
                rates.perSecond("aio_kv_log_syncs_total"),
                rates.perSecond("aio_kv_log_records_total"),
                now.sum("aio_kv_keys"),
                now.sum("aio_kv_used_bytes") / MIB,
                now.sum("aio_kv_connections"),
                rates.perSecond("aio_kv_errors_total"),
                now.sum("aio_kv_log_writable") == 0 ? ", THE LOG TAKES NO CHANGES" : "");
    }

    /** What all loops share. */
    private void engine() {
        StringBuilder helpers = new StringBuilder();
        for (String pool : labels("pool", "aio_helper_threads")) {
            Predicate<Sample> of = sample -> sample.label("pool").equals(pool);
            helpers.append(String.format(
                    Locale.ROOT,
                    ", %s %.0f (%.0f queued)",
                    pool,
                    now.sum("aio_helper_threads", of),
                    now.sum("aio_helper_queued_jobs", of)));
        }
        line(
                "aio     %,.0f of %,.0f requests of the machine, %.0f demotions%s",
                now.sum("aio_machine_requests"),
                now.sum("aio_machine_max_requests"),
                now.sum("aio_demotions_total"),
                helpers);
    }

    /** One line for each event loop that has a context. */
    private void loops() {
        title(
                "%-24s %10s %9s %8s %7s %7s %9s %7s %11s",
                "loop", "ops/s", "MiB/s", "pending", "kernel", "helper", "submit/s", "batch", "longest");
        for (String name : labels("context", "aio_pending_operations")) {
            Predicate<Sample> of = sample -> sample.label("context").equals(name);
            double submits = rates.perSecond("aio_submit_time_seconds_count", of);
            double submitted = rates.perSecond("aio_submit_operations_total", of);
            line(
                    "%-24s %,10.0f %9.1f %,8.0f %7.0f %7.0f %,9.0f %7.1f %11s",
                    clipped(name, 24),
                    rates.perSecond(OPERATIONS, of),
                    rates.perSecond(OPERATION_BYTES, of) / MIB,
                    now.sum("aio_pending_operations", of),
                    now.sum("aio_in_flight_operations", of.and(by("kernel"))),
                    now.sum("aio_in_flight_operations", of.and(by("helper"))),
                    submits,
                    submits == 0 ? 0 : submitted / submits,
                    time(Math.max(
                            now.greatest("aio_submit_longest_seconds", of),
                            now.greatest("aio_nowait_longest_seconds", of))));
        }
    }

    private static Predicate<Sample> by(String whom) {
        return sample -> sample.label("by").equals(whom);
    }

    /** One line for each kind of operation of each class. */
    private void classes() {
        title(
                "%-14s %-12s %10s %9s %9s %9s %9s %8s  %s",
                "class", "kind", "ops/s", "MiB/s", "p50", "p99", "wait p99", "failed/s", "routes");
        for (String ioClass : labels("class", OPERATIONS)) {
            for (String kind : labels("kind", OPERATIONS)) {
                Predicate<Sample> of = sample -> sample.label("class").equals(ioClass)
                        && sample.label("kind").equals(kind);
                if (now.sum(OPERATIONS, of) > 0) {
                    operations(ioClass, kind, of);
                }
            }
        }
    }

    private void operations(String ioClass, String kind, Predicate<Sample> of) {
        line(
                "%-14s %-12s %,10.0f %9.1f %9s %9s %9s %,8.0f  %s",
                clipped(ioClass, 14),
                clipped(kind, 12),
                rates.perSecond(OPERATIONS, of),
                rates.perSecond(OPERATION_BYTES, of) / MIB,
                time(rates.percentile(LATENCY, of, MEDIAN)),
                time(rates.percentile(LATENCY, of, P99)),
                time(rates.percentile(WAIT, of, P99)),
                rates.perSecond(
                        OPERATIONS, of.and(sample -> !sample.label("outcome").equals("ok"))),
                routes(of));
    }

    /** Which ways they have taken, the most frequent first. */
    private String routes(Predicate<Sample> of) {
        TreeMap<String, Double> grown = new TreeMap<>();
        double total = 0;
        for (String route : labels("route", OPERATIONS)) {
            double growth = rates.growth(
                    OPERATIONS, of.and(sample -> sample.label("route").equals(route)));
            if (growth > 0) {
                grown.put(route, growth);
                total += growth;
            }
        }
        double all = total;
        return grown.entrySet().stream()
                .sorted(Comparator.comparing(entry -> -entry.getValue()))
                .map(entry -> String.format(Locale.ROOT, "%s %.0f%%", entry.getKey(), PERCENT * entry.getValue() / all))
                .collect(Collectors.joining(", "));
    }

    private Iterable<String> labels(String label, String metric) {
        TreeSet<String> values = new TreeSet<>();
        now.of(metric).forEach(sample -> values.add(sample.label(label)));
        return values;
    }

    /** With a unit that fits; a hyphen where there is none. */
    static String time(double seconds) {
        double micros = seconds * MICROS;
        if (Double.isNaN(seconds) || micros <= 0) {
            return "-";
        }
        if (micros < 1000) {
            return String.format(Locale.ROOT, "%.0f µs", micros);
        }
        return micros < MICROS
                ? String.format(Locale.ROOT, "%.1f ms", micros / 1000)
                : String.format(Locale.ROOT, "%.1f s", seconds);
    }

    private static String clipped(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most - 1) + '…';
    }
}
