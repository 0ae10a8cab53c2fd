package io.nettyaio.examples.top;

import java.util.Map;

/**
 * A line of a scrape.
 *
 * @param name   of the metric, with its suffix
 * @param labels and their values
 * @param value  at that time
 */
record Sample(String name, Map<String, String> labels, double value) {

    /** The label's value, or nothing. */
    String label(String label) {
        return labels.getOrDefault(label, "");
    }
}
