package io.nettyaio.examples.doctor;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.epoll.EpollAio;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Examines the machine and directories on it, with event loops of its own: one whose budget no system call exceeds, so that
 * its routes tell of the file system and not of the moment, and one for each directory, with the limits in force, to measure
 * on.
 *
 * <p><b>Threading.</b> One thread, which waits and so must not be an event loop's; {@link #stop()} from any.
 */
public final class Doctor implements AutoCloseable {

    private static final long END_SECONDS = 5;

    private final Patience patience = new Patience();
    private final HostFiles files;
    private final AioConfig config;
    private final long measureNanos;
    private final MachineExam machineExam;
    private final @Nullable Throwable engine;
    private @Nullable MultiThreadIoEventLoopGroup group;
    private @Nullable AioContext patient;

    private Doctor(HostFiles files, Duration measure) {
        this.files = files;
        measureNanos = measure.toNanos();
        config = AioConfig.builder().build();
        machineExam = new MachineExam(files, System.getenv(), config.queueDepth());
        engine = EpollAio.unavailabilityCause();
        if (engine == null) {
            open();
        }
    }

    private void open() {
        MultiThreadIoEventLoopGroup loops = newGroup("aio-doctor");
        group = loops;
        patient = EpollAio.context(
                loops.next(), AioConfig.builder().loopBudget(1, TimeUnit.HOURS).build());
    }

    /**
     * A doctor with his instruments.
     *
     * @param measure how long each directory is measured; zero for not at all
     */
    public static Doctor open(Duration measure) {
        return new Doctor(HostFiles.ofThisMachine(), measure);
    }

    /**
     * Examines the machine, then each directory. Whatever stands in the way becomes a finding.
     *
     * @param paths directories
     * @return all that has been found
     */
    public DoctorReport examine(List<String> paths) throws InterruptedException {
        return examine(paths, unused -> Progress.NONE);
    }

    /** @param progress who hears, of each directory, how far it is */
    DoctorReport examine(List<String> paths, Function<String, Progress> progress) throws InterruptedException {
        AioContext context = patient;
        MachineReport machine =
                machineExam.report(engine, context == null ? null : context.kernelAioUnavailabilityCause());
        List<Finding> findings = new ArrayList<>();
        MachineExam.judge(machine, findings);
        List<PlaceReport> places = new ArrayList<>();
        if (context != null) {
            for (String path : paths) {
                places.add(new PlaceExam(this, machine, path, progress.apply(path), findings).run());
            }
        }
        findings.sort(Comparator.comparing(Finding::level));
        return new DoctorReport(machine, places, findings);
    }

    /**
     * Has {@link #examine} end soon, by a {@link Patience.StoppedException} on its own thread. It has taken its file's name
     * away when it has returned.
     */
    void stop() {
        patience.stop();
    }

    HostFiles files() {
        return files;
    }

    Patience patience() {
        return patience;
    }

    AioConfig config() {
        return config;
    }

    long measureNanos() {
        return measureNanos;
    }

    AioContext patientContext() {
        AioContext context = patient;
        if (context == null) {
            throw new IllegalStateException("the engine is not available");
        }
        return context;
    }

    /** A group of one loop whose context has the limits in force and has seen nothing yet; the caller's to shut down. */
    MultiThreadIoEventLoopGroup newMeasuringGroup() {
        MultiThreadIoEventLoopGroup made = newGroup("aio-doctor-measure");
        EpollAio.context(made.next(), config);
        return made;
    }

    private static MultiThreadIoEventLoopGroup newGroup(String name) {
        return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name), EpollIoHandler.newFactory());
    }

    /** Ends a group's loop, and with it all that is still in flight, as far as the disk answers. */
    static void end(MultiThreadIoEventLoopGroup group) {
        Future<?> ended = group.shutdownGracefully(0, END_SECONDS, TimeUnit.SECONDS);
        ended.awaitUninterruptibly(2 * END_SECONDS, TimeUnit.SECONDS);
    }

    /** Ends the loops, and with them all that is still in flight, as far as the disk answers. */
    @Override
    public void close() {
        MultiThreadIoEventLoopGroup loops = group;
        if (loops != null) {
            end(loops);
        }
    }
}
