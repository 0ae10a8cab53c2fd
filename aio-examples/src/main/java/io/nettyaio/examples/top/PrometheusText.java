package io.nettyaio.examples.top;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text format of Prometheus, version 0.0.4, and as much of OpenMetrics as looks the same. A line that cannot be read
 * is left out: another server's exporter is no reason to show nothing.
 */
final class PrometheusText {

    private final String line;
    private int at;

    private PrometheusText(String line) {
        this.line = line;
    }

    /** All samples, in order. */
    static List<Sample> parse(String text) {
        List<Sample> samples = new ArrayList<>();
        text.lines().forEach(line -> {
            Sample sample = line.startsWith("#") ? null : new PrometheusText(line).sample();
            if (sample != null) {
                samples.add(sample);
            }
        });
        return samples;
    }

    /** {@code name{label="value",...} value [timestamp]}. */
    private @Nullable Sample sample() {
        String name = upTo("{ \t");
        if (name.isEmpty() || at == line.length()) {
            return null;
        }
        Map<String, String> labels = Map.of();
        if (line.charAt(at) == '{') {
            at++;
            Map<String, String> read = labels();
            if (read == null) {
                return null;
            }
            labels = read;
        }
        skipBlanks();
        Double value = number(upTo(" \t"));
        return value == null ? null : new Sample(name, labels, value);
    }

    private @Nullable Map<String, String> labels() {
        Map<String, String> labels = new LinkedHashMap<>();
        while (true) {
            skipBlanks();
            if (take('}')) {
                return labels;
            }
            String label = upTo("=").strip();
            if (!take('=') || !take('"')) {
                return null;
            }
            String value = quoted();
            if (value == null) {
                return null;
            }
            labels.put(label, value);
            skipBlanks();
            if (!take(',') && (at == line.length() || line.charAt(at) != '}')) {
                return null;
            }
        }
    }

    private @Nullable String quoted() {
        StringBuilder value = new StringBuilder();
        while (at < line.length()) {
            char c = line.charAt(at++);
            if (c == '"') {
                return value.toString();
            }
            if (c == '\\' && at < line.length()) {
                char escaped = line.charAt(at++);
                value.append(escaped == 'n' ? '\n' : escaped);
            } else {
                value.append(c);
            }
        }
        return null;
    }

    private static @Nullable Double number(String text) {
        return switch (text) {
            case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> {
                try {
                    yield Double.valueOf(text);
                } catch (NumberFormatException other) {
                    yield null;
                }
            }
        };
    }

    private String upTo(String ends) {
        int from = at;
        while (at < line.length() && ends.indexOf(line.charAt(at)) < 0) {
            at++;
        }
        return line.substring(from, at);
    }

    private void skipBlanks() {
        while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
            at++;
        }
    }

    private boolean take(char wanted) {
        if (at < line.length() && line.charAt(at) == wanted) {
            at++;
            return true;
        }
        return false;
    }
}
