package io.nettyaio.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A block device that reads no faster than it is let: {@code blkio.throttle.read_bps_device} of the control groups. */
final class SlowDevice implements AutoCloseable {

    private static final Path LIMIT = Path.of("/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device");

    private final String device;

    private SlowDevice(String device) {
        this.device = device;
    }

    /** The device that a directory lies on. */
    static SlowDevice of(Path directory, long bytesPerSecond) throws Exception {
        Need.root();
        Need.that(Files.isWritable(LIMIT), "needs control groups of version 1, to slow down a disk: " + LIMIT);
        Need.that(
                Files.readAllLines(Path.of("/proc/self/cgroup")).stream().anyMatch(line -> line.endsWith(":blkio:/")),
                "needs to be in the root control group of blkio, where the limit is");
        String device = Shell.run("mountpoint", "-d", Shell.run("stat", "-c", "%m", directory.toString()));
        SlowDevice slow = new SlowDevice(device);
        slow.limit(bytesPerSecond);
        return slow;
    }

    private void limit(long bytesPerSecond) throws IOException {
        Files.writeString(LIMIT, device + " " + bytesPerSecond + "\n", StandardOpenOption.WRITE);
    }

    @Override
    public void close() throws IOException {
        limit(0);
    }

    @Override
    public String toString() {
        return device;
    }
}
