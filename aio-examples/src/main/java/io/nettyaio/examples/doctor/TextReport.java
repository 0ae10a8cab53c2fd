package io.nettyaio.examples.doctor;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Lays out what the doctor has found for people. */
final class TextReport {

    private final PrintWriter out;

    TextReport(PrintWriter out) {
        this.out = out;
    }

    void print(DoctorReport report) {
        machine(report.machine());
        report.places().forEach(this::place);
        out.println();
        if (report.findings().isEmpty()) {
            out.println("nothing to remedy");
        } else {
            report.findings().forEach(out::println);
        }
        out.flush();
    }

    private void fact(String name, @Nullable Object value) {
        out.printf(Locale.ROOT, "  %-14s%s%n", name, value);
    }

    private void machine(MachineReport machine) {
        out.println("machine");
        fact("kernel", machine.kernel() + ", " + machine.architecture());
        fact("processors", machine.processors() + ", " + machine.cpu());
        fact("Java", machine.jdk() + ", Netty " + machine.netty());
        fact("user", machine.user());
        fact("container", machine.container() == null ? "none that shows" : machine.container());
        fact("seccomp", machine.seccompMode());
        fact("engine", machine.engine() == null ? "available" : machine.engine());
        if (machine.engine() == null) {
            fact("kernel AIO", machine.kernelAio() == null ? "available" : machine.kernelAio());
        }
        fact(
                "AIO limit",
                "fs.aio-nr=" + known(machine.aioNr()) + " of fs.aio-max-nr=" + known(machine.aioMaxNr())
                        + "; each loop asks for " + machine.queueDepth());
        fact("open files", machine.openFiles() == Long.MAX_VALUE ? "no limit" : known(machine.openFiles()));
    }

    private static String known(long number) {
        return number < 0 ? "unknown" : Long.toString(number);
    }

    private void place(PlaceReport place) {
        out.println();
        out.println(place.path());
        if (place.fileSystem() != null) {
            fact(
                    "file system",
                    place.fileSystem() + " of " + place.source() + " at " + place.mountPoint() + " ("
                            + place.mountOptions() + "), "
                            + (place.freeBytes() < 0 ? "unknown" : (place.freeBytes() >> 20) + " MiB") + " free");
        }
        BlockDevice device = place.device();
        if (device != null) {
            fact(
                    "device",
                    device.name() + " (" + device.number() + "), nr_requests=" + known(device.nrRequests())
                            + ", scheduler " + device.scheduler() + (device.rotational() ? ", rotational" : ""));
        }
        if (place.routes().isEmpty()) {
            return;
        }
        fact(
                "alignment",
                place.alignmentBytes() == 0 ? "no direct I/O here" : place.alignmentBytes() + " bytes for direct I/O");
        out.println();
        out.printf(Locale.ROOT, "  %-27s%-15s%9s  %s%n", "operation", "route", "µs", "why");
        for (RouteReport route : place.routes()) {
            out.printf(
                    Locale.ROOT,
                    "  %-27s%-15s%9s  %s%n",
                    route.operation(),
                    route.route() == null ? "-" : route.route(),
                    route.route() == null ? "-" : Long.toString(route.micros()),
                    route.why());
        }
        if (place.measurement() != null) {
            measurement(place.measurement());
        }
        if (!place.settings().isEmpty()) {
            settings(place);
        }
    }

    private void measurement(Measurement measured) {
        out.println();
        out.printf(
                Locale.ROOT,
                "  random %s reads of %d bytes, file of %d MiB; longest io_submit %d µs%n",
                measured.direct() ? "direct" : "buffered",
                measured.blockBytes(),
                measured.fileBytes() >> 20,
                measured.longestSubmitMicros());
        out.printf(Locale.ROOT, "  %-7s%12s%10s%10s%10s%n", "depth", "reads/s", "p50 µs", "p99 µs", "max µs");
        int knee = measured.knee().depth();
        for (Measurement.Step step : measured.steps()) {
            out.printf(
                    Locale.ROOT,
                    "  %-7d%,12.0f%10d%10d%10d%s%n",
                    step.depth(),
                    step.operationsPerSecond(),
                    step.p50Micros(),
                    step.p99Micros(),
                    step.maxMicros(),
                    step.depth() == knee ? "  <" : "");
        }
    }

    private void settings(PlaceReport place) {
        out.println();
        out.println("  recommended: "
                + place.settings().stream().map(Setting::option).collect(Collectors.joining(" ")));
        for (Setting setting : place.settings()) {
            out.println("    " + setting.name() + '=' + setting.value() + " (now " + setting.now() + "): "
                    + setting.reason());
        }
    }
}
