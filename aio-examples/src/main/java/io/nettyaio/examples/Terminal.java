package io.nettyaio.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether a standard stream is a terminal. {@code System.console()} says so of input and output together, and from Java 22
 * on no longer even that; so the descriptor's device is looked up among the kernel's terminal drivers.
 */
public final class Terminal {

    private static final Path DRIVERS = Path.of("/proc/tty/drivers");
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;

    private static final int S_IFMT = 0xF000;
    private static final int S_IFCHR = 0x2000;
    private static final int MAJOR_COLUMN = 2;
    private static final int MINOR_COLUMN = 3;

    private Terminal() {}

    /** Whether standard output is one. May block. */
    public static boolean isStandardOutput() {
        return isTerminal(STANDARD_OUTPUT);
    }

    /** Whether standard error is one. May block. */
    public static boolean isStandardError() {
        return isTerminal(STANDARD_ERROR);
    }

    private static boolean isTerminal(int number) {
        try {
            Path descriptor = DESCRIPTORS.resolve(Integer.toString(number));
            int mode = (int) Files.getAttribute(descriptor, "unix:mode");
            long device = (long) Files.getAttribute(descriptor, "unix:rdev");
            return (mode & S_IFMT) == S_IFCHR && isTerminal(device, Files.readAllLines(DRIVERS));
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    /**
     * Whether a device is a terminal.
     *
     * @param device  {@code st_rdev}, as the C library packs it
     * @param drivers lines of {@code /proc/tty/drivers}: name, device, major, minor or a range of them, type
     */
    static boolean isTerminal(long device, List<String> drivers) {
        long major = (device >>> 8 & 0xFFF) | (device >>> 32 & 0xFFFFF000L);
        long minor = (device & 0xFF) | (device >>> 12 & 0xFFFFFF00L);
        for (String driver : drivers) {
            String[] columns = driver.strip().split("\\s+", -1);
            if (columns.length > MINOR_COLUMN && columns[MAJOR_COLUMN].equals(Long.toString(major))) {
                String[] range = columns[MINOR_COLUMN].split("-", 2);
                if (minor >= Long.parseLong(range[0]) && minor <= Long.parseLong(range[range.length - 1])) {
                    return true;
                }
            }
        }
        return false;
    }
}
