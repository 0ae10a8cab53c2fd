package io.nettyaio.examples.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The block device below a file system, by {@code /sys/dev/block}. A number of -1 could not be found out.
 *
 * @param number            major and minor, as {@code "254:1"}
 * @param name              as {@code "vda1"}
 * @param nrRequests        requests its queue holds: in flight above that, io_submit(2) blocks
 * @param scheduler         the one in force, as {@code "none"}
 * @param rotational        whether it is a disk that turns
 * @param maxRequestBytes   the longest request
 * @param logicalBlockBytes what direct I/O has to be aligned to at least
 */
public record BlockDevice(
        String number,
        String name,
        long nrRequests,
        String scheduler,
        boolean rotational,
        long maxRequestBytes,
        long logicalBlockBytes) {

    /** Of a mount; {@code null} where it has none that can be told, as overlayfs and what comes over a network. */
    static @Nullable BlockDevice of(HostFiles files, MountPoint mount) {
        String number = mount.deviceMajor() + ":" + mount.deviceMinor();
        if (mount.deviceMajor() == 0) {
            // A file system that spans devices (btrfs) has a number of its own; its source says where it lies.
            if (!mount.source().startsWith("/dev/")) {
                return null;
            }
            String found = numberOf(Path.of(mount.source()));
            if (found == null) {
                return null;
            }
            number = found;
        }
        return read(files, number);
    }

    private static @Nullable BlockDevice read(HostFiles files, String number) {
        Path real;
        try {
            real = files.root().resolve("sys/dev/block").resolve(number).toRealPath();
        } catch (IOException hidden) {
            return null;
        }
        // A partition has no queue of its own; its disk does, one directory up.
        Path parent = real.getParent();
        Path queue = Files.isDirectory(real.resolve("queue")) || parent == null
                ? real.resolve("queue")
                : parent.resolve("queue");
        HostFiles at = new HostFiles(queue);
        long kibibytes = at.number("max_sectors_kb").orElse(-1);
        return new BlockDevice(
                number,
                String.valueOf(real.getFileName()),
                at.number("nr_requests").orElse(-1),
                chosen(at.line("scheduler")),
                at.number("rotational").orElse(0) == 1,
                kibibytes < 0 ? -1 : kibibytes << 10,
                at.number("logical_block_size").orElse(-1));
    }

    /** The one in brackets. */
    private static String chosen(@Nullable String schedulers) {
        if (schedulers == null) {
            return "unknown";
        }
        int from = schedulers.indexOf('[');
        int to = schedulers.indexOf(']');
        return from >= 0 && to > from ? schedulers.substring(from + 1, to) : schedulers;
    }

    private static @Nullable String numberOf(Path special) {
        try {
            long device = ((Number) Files.getAttribute(special, "unix:rdev")).longValue();
            // makedev(3), as the C libraries of Linux pack it.
            long major = (device >>> 8 & 0xFFF) | (device >>> 32 & 0xFFFFF000L);
            long minor = (device & 0xFF) | (device >>> 12 & 0xFFFFFF00L);
            return major == 0 ? null : major + ":" + minor;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
            return null;
        }
    }
}
