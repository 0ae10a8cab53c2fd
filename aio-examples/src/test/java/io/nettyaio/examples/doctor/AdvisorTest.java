package io.nettyaio.examples.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioConfig;
import io.nettyaio.AioRoute;
import io.nettyaio.examples.doctor.Measurement.Step;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From figures to settings. */
@Timeout(10)
class AdvisorTest {

    private static final MountPoint EXT4 = new MountPoint("ext4", "/dev/vda", "/", "rw", 254, 0);

    private static MachineReport machine(@Nullable String kernelAio, long aioNr, long aioMaxNr) {
        return new MachineReport(
                "Linux 6.1",
                "amd64",
                "a CPU",
                2,
                "a JVM",
                "4.2",
                "me",
                null,
                "off",
                null,
                kernelAio,
                aioNr,
                aioMaxNr,
                9999,
                512);
    }

    private static BlockDevice device(long nrRequests) {
        return new BlockDevice("254:0", "vda", nrRequests, "none", false, 1 << 20, 512);
    }

    private static Advisor advisor(MachineReport machine, @Nullable BlockDevice device) {
        return new Advisor(machine, AioConfig.builder().build(), EXT4, device);
    }

    /** So many reads at once take so long, on a device that carries out {@code parallel} at once in 100 µs each. */
    private static Measurement measured(int parallel, int deepest) {
        List<Step> steps = new ArrayList<>();
        for (int depth : DepthMeasurement.depths(deepest)) {
            double micros = 100.0 * Math.max(1, (double) depth / parallel);
            steps.add(new Step(depth, depth * 1e6 / micros, micros, (long) micros, (long) micros, (long) micros));
        }
        return new Measurement(true, 4096, 64 << 20, steps, 100, 0);
    }

    private static Map<String, Long> values(List<Setting> settings) {
        return settings.stream().collect(Collectors.toMap(Setting::name, Setting::value));
    }

    @Test
    void shouldFollowTheDeviceWhenItIsSaturated() {
        Advisor advisor = advisor(machine(null, 0, 65_536), device(256));
        assertThat(advisor.deviceLimit()).isEqualTo(128);
        Measurement measured = measured(16, 128);
        assertThat(measured.knee().depth()).isEqualTo(16);
        assertThat(values(advisor.settings(measured)))
                .isEqualTo(Map.of("queueDepth", 64L, "deviceLatencyGoalMicros", 200L));
    }

    @Test
    void shouldAllowMoreWhenThroughputStillGrows() {
        assertThat(values(advisor(machine(null, 0, 65_536), device(256)).settings(measured(1000, 128))))
                .isEqualTo(Map.of("queueDepth", 512L, "deviceSharePercent", 75L));
        Advisor unknown = advisor(machine(null, 0, 65_536), null);
        assertThat(unknown.deviceLimit()).isEqualTo(64);
        assertThat(values(unknown.settings(measured(1000, 64))))
                .isEqualTo(Map.of("queueDepth", 256L, "unknownDeviceDepth", 128L));
    }

    @Test
    void shouldKeepToWhatAioMaxNrLeaves() {
        assertThat(values(advisor(machine(null, 65_336, 65_536), device(256)).settings(measured(64, 128))))
                .containsEntry("queueDepth", 100L);
    }

    @Test
    void shouldHaveThreadsWhenThereIsNoKernelAio() {
        assertThat(values(advisor(machine("io_setup: EPERM", 0, 65_536), device(256))
                        .settings(measured(32, 128))))
                .containsEntry("helperThreads", 32L);
    }

    @Test
    void shouldAdviseWhenReadsTakeADetour() {
        RouteReport hit =
                new RouteReport(RouteReport.Kind.BUFFERED_READ_HIT, AioRoute.HELPER, 9, "zfs does not know RWF_NOWAIT");
        RouteReport direct = new RouteReport(RouteReport.Kind.DIRECT_READ, AioRoute.HELPER_SUBMIT, 9, "it may wait");
        RouteReport write = new RouteReport(RouteReport.Kind.BUFFERED_WRITE, AioRoute.HELPER, 9, "always");
        RouteReport untried = new RouteReport(RouteReport.Kind.DIRECT_READ, null, 0, "no O_DIRECT");
        List<Finding> findings = new ArrayList<>();
        advisor(machine(null, 0, 1), device(256)).judge("/d", List.of(hit, direct, write, untried), findings);
        assertThat(findings)
                .hasSize(2)
                .allSatisfy(finding -> assertThat(finding.level()).isEqualTo(Finding.Level.ADVICE));
        assertThat(findings.get(0).toString())
                .isEqualTo("advice: /d: buffered read, hit goes by HELPER: zfs does not know RWF_NOWAIT"
                        + " => keep data that has to be read fast on ext4 or xfs");
        findings.clear();
        advisor(machine(null, 0, 1), device(32)).judge("/d", List.of(write), findings);
        assertThat(findings)
                .singleElement()
                .satisfies(finding -> assertThat(finding.remedy()).contains("/254:0/queue/nr_requests"));
    }

    @Test
    void shouldLayOutWhatWasFound() {
        Measurement measured = measured(16, 128);
        Advisor advisor = advisor(machine(null, 0, 65_536), device(256));
        PlaceReport place = new PlaceReport(
                "/data",
                "ext4",
                "/dev/vda",
                "/",
                "rw",
                1 << 30,
                device(256),
                512,
                List.of(new RouteReport(RouteReport.Kind.DIRECT_READ, AioRoute.KERNEL, 70, "it comes back at once")),
                measured,
                advisor.settings(measured));
        DoctorReport report = new DoctorReport(machine(null, 0, 65_536), List.of(place), List.of());
        StringWriter text = new StringWriter();
        new TextReport(new PrintWriter(text)).print(report);
        assertThat(text.toString())
                .contains("ext4 of /dev/vda at / (rw), 1024 MiB free")
                .containsPattern("direct read +KERNEL +70  it comes back at once")
                .containsPattern("\n  16 +160,000 +100 +100 +100  <\n")
                .contains("recommended: -Dio.nettyaio.queueDepth=64 -Dio.nettyaio.deviceLatencyGoalMicros=200")
                .endsWith("nothing to remedy" + System.lineSeparator());
        assertThat(report.healthy()).isTrue();
    }
}
