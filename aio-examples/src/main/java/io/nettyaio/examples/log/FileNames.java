package io.nettyaio.examples.log;

import java.util.Locale;

/** What a log's files are called: {@code <id>.segment}, {@code <sequence>.snapshot}, and {@code .tmp} until they are whole. */
final class FileNames {

    static final String LOCK = "lock";
    static final String TEMPORARY = ".tmp";

    private static final String SEGMENT = ".segment";
    private static final String SNAPSHOT = ".snapshot";
    private static final int DIGITS = 16;

    private FileNames() {}

    static String segment(long id) {
        return String.format(Locale.ROOT, "%016x%s", id, SEGMENT);
    }

    static String snapshot(long sequence) {
        return String.format(Locale.ROOT, "%016x%s", sequence, SNAPSHOT);
    }

    /** A segment's id; -1 where the name is not a segment's. */
    static long segmentId(String name) {
        return number(name, SEGMENT);
    }

    /** A snapshot's sequence; -1 where the name is not a snapshot's. */
    static long snapshotSequence(String name) {
        return number(name, SNAPSHOT);
    }

    /** Whether a file was still being made. */
    static boolean isTemporary(String name) {
        return name.endsWith(SEGMENT + TEMPORARY) || name.endsWith(SNAPSHOT + TEMPORARY);
    }

    private static long number(String name, String ending) {
        if (name.length() != DIGITS + ending.length() || !name.endsWith(ending)) {
            return -1;
        }
        try {
            return Long.parseLong(name, 0, DIGITS, 16);
        } catch (NumberFormatException notOurs) {
            return -1;
        }
    }
}
