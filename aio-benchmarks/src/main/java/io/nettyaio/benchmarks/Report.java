package io.nettyaio.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prints a case's comparisons as they come, and keeps them for the JSON file. */
final class Report {

    private final RunOptions options;
    private final Map<String, Object> machine;
    private final List<Map<String, Object>> comparisons = new ArrayList<>();
    private final List<Map<String, Object>> measurements = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * A report.
     *
     * @param options of the case
     * @param place   what the case reads or writes: its file system is among the facts
     */
    Report(RunOptions options, Path place) {
        this.options = options;
        this.machine = MachineFacts.collect(place);
    }

    /** One of the two sides of a comparison. */
    record Figure(String name, double value) {}

    /** Something the reader has to know. */
    void note(String note) {
        notes.add(note);
        System.out.println(options.caseName() + " note: " + note);
    }

    /** Keeps the raw samples; only the JSON file shows them. */
    void samples(Rounds.Results results) {
        results.samples()
                .forEach((side, samples) -> samples.forEach(sample -> {
                    Map<String, Object> entry = new LinkedHashMap<>();
                    entry.put("depth", results.depth());
                    entry.put("side", side);
                    entry.put("operations", sample.operations());
                    entry.put("elapsedNanos", sample.elapsedNanos());
                    entry.put("cpuNanos", sample.cpuNanos());
                    if (sample.allocatedBytes() != Sample.UNKNOWN) {
                        entry.put("allocatedBytes", sample.allocatedBytes());
                    }
                    measurements.add(entry);
                }));
    }

    /** A measurement of another shape, for the JSON file. */
    void measurement(Map<String, Object> entry) {
        measurements.add(entry);
    }

    /**
     * Prints one line.
     *
     * @param depth   reads in flight; 0 where the case has no such thing
     * @param measure what is compared, its unit last
     * @param ours    our figure
     * @param other   the other's
     * @param goal    what the ratio should be, or {@code null}
     */
    void compare(int depth, String measure, Figure ours, Figure other, @Nullable Goal goal) {
        double ratio = ours.value() / other.value();
        Map<String, Object> entry = new LinkedHashMap<>();
        StringBuilder line = new StringBuilder(options.caseName());
        if (depth > 0) {
            entry.put("depth", depth);
            line.append(" depth=").append(depth);
        }
        entry.put("measure", measure);
        entry.put("ours", ours);
        entry.put("other", other);
        entry.put("ratio", ratio);
        line.append(" measure=").append(measure);
        line.append(' ').append(ours.name()).append('=').append(number(ours.value()));
        line.append(' ').append(other.name()).append('=').append(number(other.value()));
        if (goal != null) {
            boolean met = goal.metBy(ratio);
            entry.put("goal", goal.toString());
            entry.put("met", met);
            line.append(' ').append(goal).append(met ? " met" : " missed");
        }
        comparisons.add(entry);
        System.out.println(line.append(" ratio=").append(String.format(Locale.ROOT, "%.3f", ratio)));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 1000 ? "%.0f" : "%.2f", value);
    }

    /** Writes the JSON file where one was asked for. */
    void write() throws IOException {
        Path file = options.json();
        if (file == null) {
            return;
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("case", options.caseName());
        all.put("rounds", options.rounds());
        all.put("seconds", options.nanos() / 1e9);
        all.put("machine", machine);
        all.put("notes", notes);
        all.put("comparisons", comparisons);
        all.put("measurements", measurements);
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), all);
    }
}
