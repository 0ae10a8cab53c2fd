package io.nettyaio.examples.doctor;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import io.nettyaio.examples.doctor.Patience.NoAnswerException;
import io.nettyaio.examples.doctor.RouteReport.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Carries out each kind of operation and asks which way it has gone. Several times each: the library learns from the first
 * refusal, and it is the last route that the next thousand will take.
 *
 * <p><b>Threading.</b> The command's own thread.
 */
final class RouteExam {

    private static final int TIMES = 5;

    private final Patience patience;
    private final ProbeFile file;
    private final @Nullable MountPoint mount;
    private final RouteReasons reasons;
    private final List<RouteReport> reports = new ArrayList<>();

    /** @param mount what the file lies on; {@code null} where that is unknown */
    RouteExam(Patience patience, ProbeFile file, @Nullable MountPoint mount) {
        this.patience = patience;
        this.file = file;
        this.mount = mount;
        boolean kernelAio = file.buffered().context().kernelAioUnavailabilityCause() == null;
        reasons = new RouteReasons(mount, kernelAio);
    }

    /**
     * Tries them all.
     *
     * @throws AioException where one of them fails; what has been found out by then is in {@link #reports()}
     */
    void run() throws AioException, NoAnswerException, InterruptedException {
        AioRoute opened = file.openRoute();
        if (opened != null) {
            reports.add(new RouteReport(Kind.OPEN, opened, file.openMicros(), reasons.why(Kind.OPEN, opened)));
        }
        int block = file.blockBytes();
        long end = file.filledBytes();
        AioFile direct = file.direct();
        AioFile untouched = file.untouched();
        if (direct == null || untouched == null) {
            for (Kind kind : List.of(Kind.DIRECT_EXTENDING_WRITE, Kind.DIRECT_OVERWRITE, Kind.DIRECT_READ)) {
                untried(kind, "this file system does not know O_DIRECT");
            }
        } else {
            attempt(Kind.DIRECT_EXTENDING_WRITE, i -> direct.write(block(), end + (long) i * block));
            attempt(Kind.DIRECT_OVERWRITE, i -> untouched.write(block(), (long) i * block));
            attempt(Kind.DIRECT_READ, i -> untouched.read((long) i * block, block));
        }
        AioFile buffered = file.buffered();
        // Far from each other, and from what has been read: read-ahead must not have been there before.
        long far = end / (TIMES + 1) / block * block;
        if (direct == null) {
            untried(Kind.BUFFERED_READ_MISS, "without O_DIRECT nothing can be written past the page cache");
        } else if (mount != null && mount.isMemory()) {
            untried(Kind.BUFFERED_READ_MISS, "what is in memory is never missed");
        } else {
            attempt(Kind.BUFFERED_READ_MISS, i -> buffered.read(far * (i + 1), block));
        }
        attempt(Kind.BUFFERED_READ_HIT, i -> buffered.read(far * (i + 1), block));
        attempt(Kind.BUFFERED_WRITE, i -> buffered.write(block(), (long) i * block));
        attempt(Kind.APPEND, i -> buffered.append(block()));
        attempt(Kind.FDATASYNC, i -> buffered.fdatasync());
        attempt(Kind.FSYNC, i -> buffered.fsync());
    }

    /** In the order in which they were tried. */
    List<RouteReport> reports() {
        return reports;
    }

    private ByteBuf block() {
        int bytes = file.blockBytes();
        return file.buffered()
                .context()
                .alignedAllocator()
                .directBuffer(bytes, bytes)
                .writeZero(bytes);
    }

    private void untried(Kind kind, String why) {
        reports.add(new RouteReport(kind, null, 0, why));
    }

    private void attempt(Kind kind, IntFunction<AioFuture<?>> operation)
            throws AioException, NoAnswerException, InterruptedException {
        AioRoute route = null;
        long[] micros = new long[TIMES];
        for (int i = 0; i < TIMES; i++) {
            patience.check();
            long begun = System.nanoTime();
            AioFuture<?> future = operation.apply(i);
            Object result = patience.get(kind.toString(), future);
            micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begun);
            if (result instanceof ByteBuf read) {
                read.release();
            }
            route = future.route();
        }
        if (route == null) {
            throw new IllegalStateException(kind + " has completed without a route");
        }
        Arrays.sort(micros);
        reports.add(new RouteReport(kind, route, micros[TIMES / 2], reasons.why(kind, route)));
    }
}
