package io.nettyaio.examples.doctor;

import io.nettyaio.AioConfig;
import io.nettyaio.AioRoute;
import io.nettyaio.examples.doctor.Measurement.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes recommendations of what has been found out about a directory. */
final class Advisor {

    private static final int LEAST_QUEUE_DEPTH = 64;
    private static final int MOST_HELPERS = 64;
    /** Room for operations that do not go to the device: opens, syncs, other files. */
    private static final int ROOM_FACTOR = 4;

    private static final int MORE_SHARE_PERCENT = 75;
    private static final int FEW_REQUESTS = 64;

    private final MachineReport machine;
    private final AioConfig config;
    private final @Nullable MountPoint mount;
    private final @Nullable BlockDevice device;

    Advisor(MachineReport machine, AioConfig config, @Nullable MountPoint mount, @Nullable BlockDevice device) {
        this.machine = machine;
        this.config = config;
        this.mount = mount;
        this.device = device;
    }

    /** How many reads may be in flight on the device at once, by the settings in force. */
    int deviceLimit() {
        if (device == null || device.nrRequests() <= 0) {
            return config.unknownDeviceDepth();
        }
        return (int) Math.max(1, device.nrRequests() * config.deviceShare());
    }

    /** What to set. */
    List<Setting> settings(Measurement measured) {
        List<Setting> settings = new ArrayList<>();
        Step knee = measured.knee();
        settings.add(queueDepth(knee));
        if (measured.direct() && knee.depth() == measured.deepest().depth() && knee.depth() * 2 > deviceLimit()) {
            settings.add(moreInFlight(knee));
        }
        if (measured.direct() && measured.deepest().meanMicros() > 2 * knee.meanMicros()) {
            long goal = rounded((long) (2 * knee.meanMicros()));
            settings.add(new Setting(
                    "deviceLatencyGoalMicros",
                    goal,
                    TimeUnit.NANOSECONDS.toMicros(config.deviceLatencyGoalNanos()),
                    "beyond depth " + knee.depth() + " more in flight only waits in the device; twice the mean latency"
                            + " there keeps the queue where it can be ordered"));
        }
        if (machine.kernelAio() != null && knee.depth() > config.helperThreads()) {
            settings.add(new Setting(
                    "helperThreads",
                    Math.min(MOST_HELPERS, knee.depth()),
                    config.helperThreads(),
                    "without kernel AIO each operation in flight needs a thread"));
        }
        return settings;
    }

    private Setting queueDepth(Step knee) {
        int wanted = Integer.highestOneBit(Math.max(1, ROOM_FACTOR * knee.depth() - 1)) << 1;
        int depth = Math.max(LEAST_QUEUE_DEPTH, wanted);
        String reason = String.format(
                Locale.ROOT,
                "depth %d gives %,.0f reads/s, nearly the most there is; room for %d times that",
                knee.depth(),
                knee.operationsPerSecond(),
                ROOM_FACTOR);
        long room = (machine.aioMaxNr() - machine.aioNr()) / machine.processors();
        if (machine.aioMaxNr() > 0 && machine.kernelAio() == null && room > 0 && depth > room) {
            depth = (int) room;
            reason = "what fs.aio-max-nr leaves for each of " + machine.processors() + " loops";
        }
        return new Setting("queueDepth", depth, config.queueDepth(), reason);
    }

    private Setting moreInFlight(Step knee) {
        String reason = "operations per second still grow at depth " + knee.depth() + ", the most that is allowed";
        if (device == null || device.nrRequests() <= 0) {
            return new Setting("unknownDeviceDepth", 2L * knee.depth(), config.unknownDeviceDepth(), reason);
        }
        return new Setting("deviceSharePercent", MORE_SHARE_PERCENT, Math.round(config.deviceShare() * 100), reason);
    }

    /** To one digit. */
    private static long rounded(long micros) {
        long unit = 1;
        while (micros / unit >= 10) {
            unit *= 10;
        }
        return Math.max(1, (micros + unit - 1) / unit * unit);
    }

    /** What to say of the routes that were found. */
    void judge(String subject, List<RouteReport> routes, List<Finding> findings) {
        if (mount != null && mount.isMemory()) {
            findings.add(Finding.advice(
                    subject,
                    mount.type() + " is memory: every operation is a copy by a helper thread, and nothing is durable",
                    "keep what has to last on ext4 or xfs"));
            return;
        }
        if (mount != null && mount.isOverlay()) {
            findings.add(Finding.advice(
                    subject,
                    "overlayfs does not know RWF_NOWAIT: buffered reads go to helper threads, cached or not",
                    "keep data on a volume of its own (docker run -v, or a persistent volume) on ext4 or xfs"));
            return;
        }
        for (RouteReport route : routes) {
            boolean slow = switch (route.operation()) {
                case BUFFERED_READ_HIT -> route.route() == AioRoute.HELPER;
                case DIRECT_READ ->
                    machine.kernelAio() == null && route.route() != null && route.route() != AioRoute.KERNEL;
                default -> false;
            };
            if (slow) {
                findings.add(Finding.advice(
                        subject,
                        route.operation() + " goes by " + route.route() + ": " + route.why(),
                        "keep data that has to be read fast on ext4 or xfs"));
            }
        }
        if (device != null && device.nrRequests() > 0 && device.nrRequests() < FEW_REQUESTS) {
            findings.add(Finding.advice(
                    subject,
                    device.name() + " queues " + device.nrRequests() + " requests only",
                    "echo 256 > /sys/dev/block/" + device.number() + "/queue/nr_requests, where the driver allows it"));
        }
    }

    /** What to say of the measurement. */
    void judge(String subject, Measurement measured, List<Finding> findings) {
        if (measured.demotions() > 0) {
            findings.add(Finding.advice(
                    subject,
                    "a system call on the loop took longer than its budget of "
                            + TimeUnit.NANOSECONDS.toMicros(config.loopBudgetNanos()) + " µs, "
                            + measured.demotions() + " time(s), the longest io_submit "
                            + measured.longestSubmitMicros() + " µs",
                    "measure again while the machine is idle; if it stays so, lower deviceSharePercent"));
        }
    }
}
