package io.nettyaio.examples.doctor;

import io.netty.util.Version;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds out what the machine gives, and what is wrong with it. */
final class MachineExam {

    private static final String STATUS = "proc/self/status";
    /** Descriptors for everything but eventfds: jars, sockets, files. */
    private static final int OTHER_FILES = 512;

    private static final int SUGGESTED_AIO_MAX_NR = 1_048_576;
    private static final int[] FIRST_NOWAIT_KERNEL = {4, 14};

    private final HostFiles files;
    private final Map<String, String> environment;
    private final int queueDepth;
    private final long aioNr;

    /**
     * Looks at once at what the doctor's own contexts are going to change.
     *
     * @param environment variables of this process
     * @param queueDepth  what a context asks for
     */
    MachineExam(HostFiles files, Map<String, String> environment, int queueDepth) {
        this.files = files;
        this.environment = environment;
        this.queueDepth = queueDepth;
        aioNr = files.number("proc/sys/fs/aio-nr").orElse(-1);
    }

    /**
     * The facts.
     *
     * @param engine    why the library cannot run; {@code null} where it can
     * @param kernelAio why kernel AIO has been refused; {@code null} where it has not
     */
    MachineReport report(@Nullable Throwable engine, @Nullable Throwable kernelAio) {
        Version netty = Version.identify().get("netty-common");
        String cpu = files.field("proc/cpuinfo", "model name");
        return new MachineReport(
                System.getProperty("os.name") + ' ' + System.getProperty("os.version"),
                System.getProperty("os.arch"),
                cpu == null ? "unknown" : cpu,
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vm.name") + ' ' + System.getProperty("java.runtime.version"),
                netty == null ? "unknown" : netty.artifactVersion(),
                System.getProperty("user.name"),
                container(),
                seccompMode(),
                engine == null ? null : engine.getMessage(),
                kernelAio == null ? null : kernelAio.getMessage(),
                aioNr,
                files.number("proc/sys/fs/aio-max-nr").orElse(-1),
                openFiles(),
                queueDepth);
    }

    @Nullable
    String container() {
        if (files.exists(".dockerenv")) {
            return "docker (/.dockerenv)";
        }
        if (files.exists("run/.containerenv")) {
            return "podman (/run/.containerenv)";
        }
        if (environment.containsKey("KUBERNETES_SERVICE_HOST")) {
            return "kubernetes (KUBERNETES_SERVICE_HOST)";
        }
        String named = environment.get("container"); // systemd-nspawn, LXC and podman set it
        if (named != null && !named.isEmpty()) {
            return named + " (variable container)";
        }
        for (String line : files.lines("proc/self/cgroup")) {
            for (String kind : List.of("docker", "kubepods", "containerd", "libpod", "lxc")) {
                if (line.contains(kind)) {
                    return kind + " (/proc/self/cgroup)";
                }
            }
        }
        return null;
    }

    String seccompMode() {
        String mode = files.field(STATUS, "Seccomp");
        return switch (mode == null ? "" : mode) {
            case "0" -> "off";
            case "1" -> "strict";
            case "2" -> "filter";
            default -> "unknown";
        };
    }

    private long openFiles() {
        for (String line : files.lines("proc/self/limits")) {
            if (line.startsWith("Max open files")) {
                String soft = line.substring("Max open files".length()).strip().split("\\s+", 2)[0];
                return soft.equals("unlimited")
                        ? Long.MAX_VALUE
                        : HostFiles.parse(soft).orElse(-1);
            }
        }
        return -1;
    }

    /** What is wrong with it. */
    static void judge(MachineReport machine, List<Finding> findings) {
        if (machine.engine() != null) {
            findings.add(Finding.problem(
                    Finding.MACHINE,
                    "the library cannot run here: " + machine.engine(),
                    "run it on Linux on x86_64 or aarch64, with Netty's native epoll transport on the class path"));
            return;
        }
        long needed = (long) machine.processors() * machine.queueDepth();
        long room = machine.aioMaxNr() - machine.aioNr();
        if (machine.kernelAio() != null) {
            findings.add(Finding.problem(Finding.MACHINE, what(machine.kernelAio()), kernelAioRemedy(machine)));
        } else if (machine.aioNr() >= 0 && machine.aioMaxNr() >= 0 && room < needed) {
            findings.add(Finding.problem(
                    Finding.MACHINE,
                    "fs.aio-nr=" + machine.aioNr() + " of fs.aio-max-nr=" + machine.aioMaxNr() + " leaves no room for "
                            + machine.processors() + " event loops of queueDepth=" + machine.queueDepth()
                            + ": the last of them go without kernel AIO",
                    aioMaxNrRemedy(machine)));
        }
        if (machine.openFiles() >= 0 && machine.openFiles() < needed + OTHER_FILES) {
            findings.add(Finding.problem(
                    Finding.MACHINE,
                    "at most " + machine.openFiles() + " open files, and " + machine.processors()
                            + " event loops of queueDepth=" + machine.queueDepth() + " may need " + needed
                            + " for eventfds alone",
                    "ulimit -n " + 2 * (needed + OTHER_FILES) + ", or LimitNOFILE= of the service"));
        }
        if (isBefore(machine.kernel(), FIRST_NOWAIT_KERNEL)) {
            findings.add(Finding.advice(
                    Finding.MACHINE,
                    machine.kernel() + " does not know RWF_NOWAIT for reads: they all go to helper threads",
                    "run it on a kernel of 4.14 or later"));
        }
    }

    /** The cause without its remedy, which follows a semicolon. */
    private static String what(String cause) {
        int semicolon = cause.indexOf("; ");
        return "kernel AIO is refused, file operations go to helper threads: "
                + (semicolon < 0 ? cause : cause.substring(0, semicolon));
    }

    private static String kernelAioRemedy(MachineReport machine) {
        String cause = String.valueOf(machine.kernelAio());
        boolean filtered = machine.seccompMode().equals("filter");
        if (cause.contains("EAGAIN")) {
            return aioMaxNrRemedy(machine);
        }
        if (cause.contains("EPERM") || cause.contains("EACCES") || (cause.contains("ENOSYS") && filtered)) {
            return "allow io_setup, io_submit, io_getevents, io_cancel and io_destroy in the seccomp profile"
                    + (machine.container() == null ? "" : ", as the default profiles of Docker and containerd do");
        }
        if (cause.contains("ENOSYS")) {
            return "run it on a kernel with CONFIG_AIO=y";
        }
        if (cause.contains("AioConfig.kernelAio")) {
            return "leave out -Dio.nettyaio.kernelAio=false";
        }
        return "see io_setup(2)";
    }

    private static String aioMaxNrRemedy(MachineReport machine) {
        long doubled = 2 * (Math.max(0, machine.aioNr()) + (long) machine.processors() * machine.queueDepth());
        return "sysctl -w fs.aio-max-nr=" + Math.max(SUGGESTED_AIO_MAX_NR, doubled)
                + (machine.container() == null ? "" : " on the host")
                + ", or lower queueDepth (-Dio.nettyaio.queueDepth=...)";
    }

    /** @param kernel as {@code "Linux 6.18.5-generic"} */
    static boolean isBefore(String kernel, int[] version) {
        String[] numbers = kernel.replaceFirst("^\\D*", "").split("\\D+", 3);
        if (numbers.length < 2) {
            return false;
        }
        long major = HostFiles.parse(numbers[0]).orElse(Long.MAX_VALUE);
        long minor = HostFiles.parse(numbers[1]).orElse(Long.MAX_VALUE);
        return major < version[0] || (major == version[0] && minor < version[1]);
    }
}
