package io.nettyaio.examples.doctor;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a directory lies on, by {@code /proc/self/mountinfo}; see {@code proc_pid_mountinfo(5)}.
 *
 * @param type        of the file system, as {@code "ext4"}
 * @param source      what is mounted, as {@code "/dev/vda1"}
 * @param mountPoint  where it is mounted
 * @param options     of the mount and of the file system
 * @param deviceMajor of {@code st_dev}; 0 where the file system has no block device of its own number
 * @param deviceMinor of {@code st_dev}
 */
record MountPoint(String type, String source, String mountPoint, String options, int deviceMajor, int deviceMinor) {

    private static final int DEVICE = 2;
    private static final int POINT = 4;
    private static final int OPTIONS = 5;

    /** Where a path lies: the last one mounted of the longest that begin it. */
    static @Nullable MountPoint of(HostFiles files, Path realPath) {
        MountPoint found = null;
        for (String line : files.lines("proc/self/mountinfo")) {
            MountPoint mount = parse(line);
            if (mount != null
                    && realPath.startsWith(mount.mountPoint)
                    && (found == null || mount.mountPoint.length() >= found.mountPoint.length())) {
                found = mount;
            }
        }
        return found;
    }

    static @Nullable MountPoint parse(String line) {
        // A number of optional fields in the middle ends with a hyphen.
        String[] halves = line.split(" - ", 2);
        if (halves.length < 2) {
            return null;
        }
        List<String> first = List.of(halves[0].split(" ", -1));
        List<String> second = List.of(halves[1].split(" ", -1));
        if (first.size() <= OPTIONS || second.size() < 2) {
            return null;
        }
        String[] device = first.get(DEVICE).split(":", 2);
        if (device.length < 2) {
            return null;
        }
        return new MountPoint(
                second.get(0),
                unescaped(second.get(1)),
                unescaped(first.get(POINT)),
                first.get(OPTIONS),
                (int) HostFiles.parse(device[0]).orElse(0),
                (int) HostFiles.parse(device[1]).orElse(0));
    }

    /** Blank, tab, newline and backslash stand there as octal numbers. */
    private static String unescaped(String field) {
        return field.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }

    boolean isMemory() {
        return type.equals("tmpfs") || type.equals("ramfs");
    }

    boolean isOverlay() {
        return type.equals("overlay");
    }
}
