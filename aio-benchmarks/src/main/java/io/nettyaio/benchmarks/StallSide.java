package io.nettyaio.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** One way to do the disk work of the stall case: its loop, the probe of it, and what was measured over the rounds. */
final class StallSide<D extends Disk> implements AutoCloseable {

    /** Makes a disk for a loop. */
    interface DiskFactory<D extends Disk> {
        D create(Loop loop, StallFiles files) throws Exception;
    }

    private final String name;
    private final StallFiles files;
    private final Loop loop = new Loop();
    private final EchoProbe probe;
    private final D disk;
    private final Histogram idle = EchoProbe.newHistogram();
    private final Histogram loaded = EchoProbe.newHistogram();
    private final Map<String, Long> completed = new LinkedHashMap<>();
    private long loadedNanos;

    StallSide(String name, StallFiles files, DiskFactory<D> factory) throws Exception {
        this.name = name;
        this.files = files;
        probe = new EchoProbe(loop);
        disk = factory.create(loop, files);
    }

    String name() {
        return name;
    }

    /** Answers while the loop has nothing else to do, in nanoseconds. */
    Histogram idle() {
        return idle;
    }

    /** Answers while the loop does disk work, in nanoseconds. */
    Histogram loaded() {
        return loaded;
    }

    D disk() {
        return disk;
    }

    /** How much of each kind of work has been done, per second. */
    Map<String, Double> rates() {
        Map<String, Double> rates = new LinkedHashMap<>();
        completed.forEach((kind, count) -> rates.put(kind, count * 1e9 / loadedNanos));
        return rates;
    }

    void runIdle(long nanos) throws Exception {
        probe.run(nanos, idle);
    }

    void runLoaded(long nanos, long seed) throws Exception {
        files.cold().dropFromPageCache();
        Work work = new Work(loop, disk, files, seed);
        long started = System.nanoTime();
        loop.eventLoop().execute(work::start);
        try {
            probe.run(nanos, loaded);
        } finally {
            loop.eventLoop().execute(work::stop);
            work.finished().awaitUninterruptibly();
        }
        loadedNanos += System.nanoTime() - started;
        work.finished().sync();
        work.kinds().forEach(kind -> completed.merge(kind.name(), kind.completed(), Long::sum));
    }

    @Override
    public void close() {
        probe.close();
        disk.close();
        loop.close();
    }
}
