package io.nettyaio.examples.doctor;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.examples.doctor.Patience.NoAnswerException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Examines a directory. Whatever stands in the way becomes a finding.
 *
 * <p><b>Threading.</b> The command's own thread, which waits.
 */
final class PlaceExam {

    private static final long MOST_BYTES = 64L << 20;
    private static final long LEAST_BYTES = 2L << 20;
    /** What is taken of the free space, at most. */
    private static final int SPACE_SHARE = 4;

    private final HostFiles files;
    private final MachineReport machine;
    private final Patience patience;
    private final AioContext patient;
    private final Doctor doctor;
    private final AioConfig config;
    private final long measureNanos;
    private final String path;
    private final Progress progress;
    private final List<Finding> findings;

    private @Nullable MountPoint mount;
    private @Nullable BlockDevice device;
    private long freeBytes = -1;
    private int alignmentBytes;
    private List<RouteReport> routes = List.of();
    private @Nullable Measurement measurement;
    private List<Setting> settings = List.of();

    /**
     * Of a directory.
     *
     * @param doctor   whose loops are used
     * @param machine  what is known of the machine
     * @param path     as it was named
     * @param progress hears how far it is
     * @param findings receives what stands in the way, and what could be better
     */
    PlaceExam(Doctor doctor, MachineReport machine, String path, Progress progress, List<Finding> findings) {
        files = doctor.files();
        patience = doctor.patience();
        patient = doctor.patientContext();
        this.doctor = doctor;
        config = doctor.config();
        measureNanos = doctor.measureNanos();
        this.machine = machine;
        this.path = path;
        this.progress = progress;
        this.findings = findings;
    }

    PlaceReport run() throws InterruptedException {
        try {
            Path real = Path.of(path).toRealPath();
            if (Files.isDirectory(real)) {
                mount = MountPoint.of(files, real);
                device = mount == null ? null : BlockDevice.of(files, mount);
                freeBytes = freeBytes(real);
                work(real);
            } else {
                findings.add(Refusals.file(path));
            }
        } catch (AioException e) {
            findings.add(Refusals.of(path, e));
        } catch (NoAnswerException e) {
            findings.add(Finding.problem(
                    path, "the disk does not answer: " + e.getMessage(), "look into the kernel's log (dmesg)"));
        } catch (FileSystemException e) {
            findings.add(Refusals.of(path, e));
        } catch (IOException e) {
            findings.add(Finding.problem(path, String.valueOf(e.getMessage()), "name another directory"));
        }
        return report();
    }

    private PlaceReport report() {
        MountPoint on = mount;
        return new PlaceReport(
                path,
                on == null ? null : on.type(),
                on == null ? null : on.source(),
                on == null ? null : on.mountPoint(),
                on == null ? null : on.options(),
                freeBytes,
                device,
                alignmentBytes,
                routes,
                measurement,
                settings);
    }

    private static long freeBytes(Path directory) {
        try {
            return Files.getFileStore(directory).getUsableSpace();
        } catch (IOException unknown) {
            return -1;
        }
    }

    private void work(Path directory) throws AioException, NoAnswerException, InterruptedException {
        Advisor advisor = new Advisor(machine, config, mount, device);
        try (ProbeFile file = ProbeFile.create(patient, patience, directory)) {
            AioFile direct = file.direct();
            alignmentBytes = direct == null ? 0 : direct.alignment();
            long most = freeBytes < 0 ? MOST_BYTES : Math.min(MOST_BYTES, freeBytes / SPACE_SHARE);
            file.fill(Math.max(LEAST_BYTES, most), progress);
            RouteExam exam = new RouteExam(patience, file, mount);
            routes = exam.reports();
            exam.run();
            advisor.judge(path, routes, findings);
            if (measureNanos > 0) {
                measure(file, advisor);
            }
        }
    }

    private void measure(ProbeFile file, Advisor advisor) throws AioException, NoAnswerException, InterruptedException {
        AioFile direct = file.direct();
        MultiThreadIoEventLoopGroup group = doctor.newMeasuringGroup();
        try {
            AioFile view = (direct == null ? file.buffered() : direct).on(group.next());
            Measurement measured = new DepthMeasurement(patience, view, file.filledBytes(), file.blockBytes())
                    .run(DepthMeasurement.depths(advisor.deviceLimit()), measureNanos, progress);
            patience.check(); // what was cut short says nothing
            measurement = measured;
            settings = advisor.settings(measured);
            advisor.judge(path, measured, findings);
        } finally {
            Doctor.end(group); // and the view with it
        }
    }
}
