package io.nettyaio.examples.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Facts of a machine that is made of files, and what is to be done about them. */
@Timeout(10)
class MachineExamTest {

    private static final int DEPTH = 512;

    @TempDir
    private Path root;

    @BeforeEach
    void furnish() throws IOException {
        write("proc/sys/fs/aio-nr", "0\n");
        write("proc/sys/fs/aio-max-nr", "1048576\n");
        write("proc/self/status", "Name:\tjava\nSeccomp:\t0\nSeccomp_filters:\t0\n");
        write(
                "proc/self/limits",
                "Limit Soft Limit Hard Limit Units\nMax open files            1048576   1048576   files\n");
        write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private MachineReport report(String kernelAio) {
        return new MachineExam(new HostFiles(root), Map.of(), DEPTH)
                .report(null, kernelAio == null ? null : new UnsupportedOperationException(kernelAio));
    }

    private static List<Finding> judged(MachineReport machine) {
        List<Finding> findings = new ArrayList<>();
        MachineExam.judge(machine, findings);
        return findings;
    }

    @Test
    void shouldFindNothingWhenAllIsWell() {
        MachineReport machine = report(null);
        assertThat(machine.aioMaxNr()).isEqualTo(1_048_576);
        assertThat(machine.openFiles()).isEqualTo(1_048_576);
        assertThat(machine.cpu()).isEqualTo("Some CPU");
        assertThat(machine.seccompMode()).isEqualTo("off");
        assertThat(machine.container()).isNull();
        assertThat(judged(machine)).isEmpty();
    }

    @Test
    void shouldNotFailWhenNothingCanBeRead() {
        MachineReport machine =
                new MachineExam(new HostFiles(root.resolve("none")), Map.of(), DEPTH).report(null, null);
        assertThat(machine.aioNr()).isEqualTo(-1);
        assertThat(machine.openFiles()).isEqualTo(-1);
        assertThat(machine.seccompMode()).isEqualTo("unknown");
        assertThat(judged(machine)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "io_setup: EAGAIN: the machine's share is used up; raise it, 0, sysctl -w fs.aio-max-nr=1048576",
        "io_setup: EPERM: a sandbox (seccomp) forbids it; allow io_setup, 2, seccomp profile",
        "io_setup: ENOSYS: without CONFIG_AIO or a sandbox hides it, 2, seccomp profile",
        "io_setup: ENOSYS: without CONFIG_AIO or a sandbox hides it, 0, CONFIG_AIO=y",
        "AioConfig.kernelAio is false (io.nettyaio.kernelAio), 0, leave out -Dio.nettyaio.kernelAio=false",
    })
    void shouldNameRemedyWhenKernelAioIsRefused(String cause, String seccomp, String remedy) throws IOException {
        write("proc/self/status", "Seccomp:\t" + seccomp + "\n");
        assertThat(judged(report(cause))).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Finding.Level.PROBLEM);
            assertThat(finding.message()).contains(cause.split(";", 2)[0]);
            assertThat(finding.remedy()).contains(remedy);
        });
    }

    @Test
    void shouldFindThatTheLastLoopsGetNoKernelAio() throws IOException {
        write("proc/sys/fs/aio-nr", "65000\n");
        write("proc/sys/fs/aio-max-nr", "65536\n");
        MachineReport machine = new MachineExam(new HostFiles(root), Map.of(), 65_536).report(null, null);
        assertThat(judged(machine)).anySatisfy(finding -> {
            assertThat(finding.message()).contains("fs.aio-nr=65000 of fs.aio-max-nr=65536 leaves no room");
            assertThat(finding.remedy()).startsWith("sysctl -w fs.aio-max-nr=1048576");
        });
    }

    @Test
    void shouldFindThatEventfdsMayNotFit() throws IOException {
        write("proc/self/limits", "Max open files            512      4096     files\n");
        assertThat(judged(report(null)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.remedy()).startsWith("ulimit -n "));
    }

    @ParameterizedTest
    @CsvSource({"Linux 4.13.0, true", "Linux 3.10, true", "Linux 4.14.1-x, false", "Linux 6.18.5, false", "Linux, false"
    })
    void shouldCompareKernels(String kernel, boolean before) {
        assertThat(MachineExam.isBefore(kernel, new int[] {4, 14})).isEqualTo(before);
    }

    @Test
    void shouldTellContainersApart() throws IOException {
        assertThat(new MachineExam(new HostFiles(root), Map.of("container", "lxc"), DEPTH).container())
                .startsWith("lxc");
        assertThat(new MachineExam(new HostFiles(root), Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1"), DEPTH)
                        .container())
                .startsWith("kubernetes");
        write("proc/self/cgroup", "12:cpu:/kubepods/burstable/pod1\n");
        assertThat(report(null).container()).startsWith("kubepods");
        write("run/.containerenv", "");
        assertThat(report(null).container()).startsWith("podman");
        write(".dockerenv", "");
        assertThat(report(null).container()).startsWith("docker");
    }
}
