package io.nettyaio.examples.doctor;

import static io.nettyaio.AioRoute.COLLECT;
import static io.nettyaio.AioRoute.HELPER;
import static io.nettyaio.AioRoute.HELPER_SUBMIT;
import static io.nettyaio.AioRoute.INLINE;
import static io.nettyaio.AioRoute.KERNEL;
import static io.nettyaio.examples.doctor.RouteReport.Kind.BUFFERED_READ_HIT;
import static io.nettyaio.examples.doctor.RouteReport.Kind.BUFFERED_READ_MISS;
import static io.nettyaio.examples.doctor.RouteReport.Kind.DIRECT_EXTENDING_WRITE;
import static io.nettyaio.examples.doctor.RouteReport.Kind.DIRECT_OVERWRITE;
import static io.nettyaio.examples.doctor.RouteReport.Kind.DIRECT_READ;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.nettyaio.AioConfig;
import io.nettyaio.AioRoute;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.Patterns;
import io.nettyaio.tests.TestFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the doctor says of real directories. */
@Timeout(60)
class DoctorIT {

    private static final Duration MEASURE = Duration.ofMillis(250);

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static DoctorReport examine(Duration measure, Path... directories) throws InterruptedException {
        try (Doctor doctor = Doctor.open(measure)) {
            return doctor.examine(
                    List.of(directories).stream().map(Path::toString).toList());
        }
    }

    private static PlaceReport place(DoctorReport report) {
        assertThat(report.places()).hasSize(1);
        return report.places().get(0);
    }

    private static List<Finding> findings(DoctorReport report, Path about) {
        return report.findings().stream()
                .filter(finding -> finding.subject().equals(about.toString()))
                .toList();
    }

    /** A busy machine may exceed the loop's budget while it is measured. */
    private static List<Finding> lasting(List<Finding> findings) {
        return findings.stream()
                .filter(finding -> !finding.message().contains("longer than its budget"))
                .toList();
    }

    private static Map<RouteReport.Kind, AioRoute> routes(PlaceReport place) {
        return place.routes().stream()
                .filter(route -> route.route() != null)
                .collect(Collectors.toMap(RouteReport::operation, RouteReport::route));
    }

    private static void checkMeasurement(PlaceReport place) {
        Measurement measured = place.measurement();
        assertThat(measured).isNotNull();
        assertThat(measured.steps()).hasSizeGreaterThan(4).allSatisfy(step -> {
            assertThat(step.operationsPerSecond()).isPositive();
            assertThat(step.p50Micros()).isLessThanOrEqualTo(step.p99Micros());
            assertThat(step.p99Micros()).isLessThanOrEqualTo(step.maxMicros());
        });
        assertThat(place.settings()).extracting(Setting::name).contains("queueDepth");
        assertThat(place.settings())
                .allSatisfy(setting -> assertThat(setting.value()).isPositive());
    }

    @Test
    void shouldFindEveryRouteOfExt4() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        DoctorReport report = examine(MEASURE, directory);
        PlaceReport place = place(report);
        assertThat(place.fileSystem()).isEqualTo("ext4");
        assertThat(place.mountPoint()).isEqualTo(directory.getParent().toString());
        assertThat(place.device()).isNotNull();
        assertThat(place.device().name()).startsWith("loop");
        assertThat(place.device().nrRequests()).isPositive();
        assertThat(place.alignmentBytes()).isIn(512, 4096);
        assertThat(report.machine().kernelAio()).isNull();
        assertThat(place.routes()).extracting(RouteReport::operation).containsExactly(RouteReport.Kind.values());
        Map<RouteReport.Kind, AioRoute> routes = routes(place);
        assertThat(routes)
                .containsEntry(DIRECT_READ, KERNEL)
                .containsEntry(DIRECT_OVERWRITE, KERNEL)
                .containsEntry(DIRECT_EXTENDING_WRITE, HELPER_SUBMIT)
                .containsEntry(BUFFERED_READ_MISS, COLLECT)
                .containsEntry(BUFFERED_READ_HIT, INLINE);
        assertThat(routes.values()).filteredOn(HELPER::equals).hasSize(5);
        checkMeasurement(place);
        assertThat(place.measurement().direct()).isTrue();
        assertThat(lasting(findings(report, directory))).isEmpty();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void shouldSayThatTmpfsIsMemory() throws Exception {
        Path directory = TestFileSystem.TMPFS.newDirectory();
        DoctorReport report = examine(MEASURE, directory);
        PlaceReport place = place(report);
        assertThat(place.fileSystem()).isEqualTo("tmpfs");
        assertThat(place.device()).isNull();
        assertThat(routes(place)).doesNotContainKey(BUFFERED_READ_MISS).containsEntry(BUFFERED_READ_HIT, HELPER);
        assertThat(routes(place).values()).containsOnly(HELPER);
        checkMeasurement(place);
        assertThat(lasting(findings(report, directory))).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Finding.Level.ADVICE);
            assertThat(finding.message()).contains("memory");
        });
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void shouldAdviseAVolumeInsteadOfOverlayfs() throws Exception {
        Path directory = TestFileSystem.OVERLAY.newDirectory();
        DoctorReport report = examine(MEASURE, directory);
        PlaceReport place = place(report);
        assertThat(place.fileSystem()).isEqualTo("overlay");
        assertThat(place.device()).as("which it is cannot be told").isNull();
        assertThat(routes(place))
                .containsEntry(DIRECT_READ, KERNEL)
                .containsEntry(DIRECT_OVERWRITE, HELPER_SUBMIT)
                .containsEntry(BUFFERED_READ_MISS, HELPER)
                .containsEntry(BUFFERED_READ_HIT, HELPER);
        assertThat(place.routes())
                .filteredOn(route -> route.operation() == BUFFERED_READ_HIT)
                .extracting(RouteReport::why)
                .singleElement()
                .asString()
                .contains("overlay does not know RWF_NOWAIT");
        checkMeasurement(place);
        assertThat(lasting(findings(report, directory)))
                .singleElement()
                .extracting(Finding::remedy)
                .asString()
                .contains("volume");
        assertThat(directory).isEmptyDirectory();
    }

    /** The whole machine's share of kernel AIO is taken, by contexts of this JVM. */
    @Test
    void shouldNameTheSysctlWhenAioMaxNrIsUsedUp() throws Exception {
        int most = 65_536;
        int loops = 32;
        var group = aio.watch(new MultiThreadIoEventLoopGroup(loops, EpollIoHandler.newFactory()));
        int made = 0;
        for (int depth = most; depth >= 16 && made < loops; made++) {
            var context = aio.watch(EpollAio.context(
                    group.next(), aio.config().queueDepth(depth).build()));
            if (context.kernelAioUnavailabilityCause() != null) {
                depth /= 2;
            }
        }
        assertThat(AioConfig.defaults().queueDepth()).isGreaterThanOrEqualTo(16);
        Path directory = TestFileSystem.EXT4.newDirectory();
        DoctorReport report = examine(Duration.ZERO, directory);
        assertThat(report.machine().kernelAio()).contains("EAGAIN");
        assertThat(report.healthy()).isFalse();
        assertThat(findings(report, Path.of("machine"))).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Finding.Level.PROBLEM);
            assertThat(finding.message()).contains("fs.aio-nr=").contains("fs.aio-max-nr=");
            assertThat(finding.remedy()).contains("sysctl -w fs.aio-max-nr=").contains("queueDepth");
        });
        assertThat(routes(place(report))).containsEntry(DIRECT_READ, HELPER).containsEntry(BUFFERED_READ_HIT, INLINE);
        assertThat(place(report).measurement()).as("not asked for").isNull();
    }

    @Test
    void shouldFindWhatStandsInTheWay() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        Path missing = directory.resolve("none");
        Path file = Files.createFile(directory.resolve("file"));
        Path beneath = file.resolve("below");
        Path circle = Files.createSymbolicLink(directory.resolve("circle"), directory.resolve("circle"));
        Path readOnly = TestFileSystem.readOnly(directory);
        DoctorReport report = examine(MEASURE, missing, file, beneath, circle, readOnly);
        assertThat(report.healthy()).isFalse();
        checkRefused(report, missing, "there is no such directory", "mkdir");
        checkRefused(report, file, "is not a directory", "lies in");
        checkRefused(report, beneath, "is not a directory", "lies in");
        checkRefused(report, circle, "circle", "links");
        checkRefused(report, readOnly, "read-only", "remount,rw");
        assertThat(report.places().get(4).fileSystem()).as("known all the same").isEqualTo("ext4");
        assertThat(report.places())
                .allSatisfy(place -> assertThat(place.routes()).isEmpty());
    }

    private static void checkRefused(DoctorReport report, Path path, String message, String remedy) {
        assertThat(findings(report, path)).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Finding.Level.PROBLEM);
            assertThat(finding.message()).contains(message);
            assertThat(finding.remedy()).contains(remedy);
            assertThat(finding.toString()).doesNotContain("\n").doesNotContain("Exception");
        });
    }

    @Test
    void shouldSayThatTheDiskIsFull() throws Exception {
        Path small = TestFileSystem.small(16);
        fill(small.resolve("full"));
        DoctorReport report = examine(MEASURE, small);
        checkRefused(report, small, "no room left", "free some space");
        try (var left = Files.list(small)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsOnly("full", "lost+found");
        }
    }

    private static void fill(Path file) {
        try {
            Patterns.file(file, 1, 1 << 30);
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }
}
