package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioConfig;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;

/**
 * A block device, or a file system whose device cannot be told, as all contexts of the process share it: its gate and
 * the threads that collect its reads.
 *
 * <p>Above {@code nr_requests} in flight {@code io_submit(2)} blocks for hundreds of milliseconds, RWF_NOWAIT or not; so
 * what all loops have in flight stays below a share of it.
 */
final class Device {

    /** What {@code max_sectors_kb} is taken for where it cannot be read. */
    private static final int DEFAULT_REQUEST_BYTES = 512 * 1024;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Device.class);
    private static final ConcurrentMap<String, Device> BY_NUMBER = new ConcurrentHashMap<>();

    private final String number;
    private final int nrRequests;
    private final int requestBytes;
    private final int logicalBlockBytes;
    private final Gate gate = new Gate();
    private final HelperPool collectors;

    private Device(String number, int nrRequests, int requestBytes, int logicalBlockBytes, AioConfig config) {
        this.number = number;
        this.nrRequests = nrRequests;
        this.requestBytes = requestBytes;
        this.logicalBlockBytes = logicalBlockBytes;
        // Whoever collects holds a permit of the gate, so the queue never fills.
        int capacity = Math.max(nrRequests, AioConfig.defaults().unknownDeviceDepth()) + config.unknownDeviceDepth();
        collectors =
                new HelperPool("aio-collect-" + number, config.collectorThreads(), capacity, config.helperIdleNanos());
    }

    /**
     * The device of that number. Reads sysfs: for helper threads only.
     *
     * @param mountId of the file, as in {@code /proc/self/mountinfo}: a file system that spans devices (btrfs) has a number
     *                of its own, and its mount's source says where it lies
     * @param config  its number of collector threads counts where this is the first to ask
     */
    static Device of(int major, int minor, long mountId, AioConfig config) {
        String number = major == 0 ? behind(major + ":" + minor, mountId) : major + ":" + minor;
        return BY_NUMBER.computeIfAbsent(number, unseen -> probe(unseen, config));
    }

    /** The block device that a mount without one names as its source; the number itself where it names none. */
    private static String behind(String number, long mountId) {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
            String prefix = mountId + " ";
            String source = mounts.filter(line -> line.startsWith(prefix))
                    .map(line -> line.substring(line.indexOf(" - ") + 3).split(" ", -1))
                    .filter(fields -> fields.length > 1 && fields[1].startsWith("/dev/"))
                    .map(fields -> fields[1])
                    .findFirst()
                    .orElse("");
            if (source.isEmpty()) {
                return number;
            }
            long rdev = ((Number) Files.getAttribute(Path.of(source), "unix:rdev")).longValue();
            // makedev(3) as the C libraries of Linux encode it.
            long major = ((rdev >>> 8) & 0xfff) | ((rdev >>> 32) & ~0xfffL);
            long minor = (rdev & 0xff) | ((rdev >>> 12) & ~0xffL);
            return major == 0 ? number : major + ":" + minor;
        } catch (IOException | RuntimeException unreadable) {
            LOGGER.debug("{}: no source in mountinfo", number, unreadable);
            return number;
        }
    }

    private static Device probe(String number, AioConfig config) {
        Path block = Path.of("/sys/dev/block", number);
        try {
            if (Files.exists(block)) {
                // A partition has no queue of its own; its disk does, one directory up once the link is resolved.
                Path real = block.toRealPath();
                Path queue = real.resolve("queue");
                if (!Files.isDirectory(queue)) {
                    Path disk = real.getParent();
                    queue = disk == null ? queue : disk.resolve("queue");
                }
                int requests = readInt(queue.resolve("nr_requests"));
                int kibibytes = readInt(queue.resolve("max_sectors_kb"));
                int blockBytes = readInt(queue.resolve("logical_block_size"));
                if (requests > 0 && kibibytes > 0 && blockBytes > 0) {
                    return new Device(number, requests, kibibytes * 1024, blockBytes, config);
                }
            }
        } catch (IOException | NumberFormatException unreadable) {
            LOGGER.debug("{}: no queue limits in sysfs", number, unreadable);
        }
        return new Device(number, 0, DEFAULT_REQUEST_BYTES, AlignedByteBufAllocator.PAGE_BYTES, config);
    }

    private static int readInt(Path file) throws IOException {
        return Integer.parseInt(Files.readString(file).trim());
    }

    String number() {
        return number;
    }

    Gate gate() {
        return gate;
    }

    /** How much a context with these limits may see in flight here. */
    int limit(AioConfig config) {
        if (nrRequests == 0) {
            return config.unknownDeviceDepth();
        }
        return Math.max(1, (int) (nrRequests * config.deviceShare()));
    }

    /** Requests that a transfer makes of the device, at least. */
    int weight(long lengthBytes, int limit) {
        long requests = 1 + (lengthBytes - 1) / requestBytes;
        return (int) Math.max(1, Math.min(requests, limit));
    }

    /** What direct I/O on it must be aligned to, where the file itself does not say. */
    int logicalBlockBytes() {
        return logicalBlockBytes;
    }

    HelperPool collectors() {
        return collectors;
    }
}
