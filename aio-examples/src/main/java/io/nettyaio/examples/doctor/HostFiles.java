package io.nettyaio.examples.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel says of itself in {@code /proc} and {@code /sys}. What cannot be read is taken for not there: a container
 * may hide any of it. A test puts files of its own in their place.
 *
 * @param root where {@code proc} and {@code sys} lie
 */
record HostFiles(Path root) {

    /** This machine's own. */
    static HostFiles ofThisMachine() {
        return new HostFiles(Path.of("/"));
    }

    boolean exists(String path) {
        return Files.exists(root.resolve(path));
    }

    List<String> lines(String path) {
        try {
            // Not readString: where the size is 0 that asks for one byte at a time, and a sysctl gives its first alone
            // then.
            return Files.readAllLines(root.resolve(path), StandardCharsets.ISO_8859_1);
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    /** The first line; {@code null} where there is none. */
    @Nullable
    String line(String path) {
        List<String> lines = lines(path);
        return lines.isEmpty() ? null : lines.get(0).strip();
    }

    /** The number that is the first line. */
    OptionalLong number(String path) {
        return parse(line(path));
    }

    /**
     * What follows a name and a colon.
     *
     * @param path a file of such lines, as {@code proc/self/status}
     * @param name before the colon
     */
    @Nullable
    String field(String path, String name) {
        for (String line : lines(path)) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
                return line.substring(colon + 1).strip();
            }
        }
        return null;
    }

    static OptionalLong parse(@Nullable String number) {
        if (number == null) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(number));
        } catch (NumberFormatException other) {
            return OptionalLong.empty();
        }
    }
}
