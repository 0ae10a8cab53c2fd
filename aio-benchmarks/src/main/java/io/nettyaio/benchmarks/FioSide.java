package io.nettyaio.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code fio --ioengine=io_uring}. Its random map, on by default, makes it read each block once, as the permutation does
 * for the other sides; it ends when all are read.
 */
final class FioSide implements Side {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final List<String> command;

    private FioSide(String name, TestFile file, int batch) {
        this.name = name;
        this.command = List.of(
                "fio",
                "--name=bench",
                "--filename=" + file.path(),
                "--size=" + file.bytes(),
                "--ioengine=io_uring",
                "--rw=randread",
                "--bs=" + BLOCK_BYTES,
                "--direct=0",
                "--readonly",
                "--allow_file_create=0",
                // No clock readings for each read: the other sides make none.
                "--gtod_reduce=1",
                // No posix_fadvise(RANDOM): the other sides give no hint either.
                "--fadvise_hint=0",
                // With 1, fio's default, each read is a system call of its own.
                "--iodepth_batch_submit=" + batch,
                "--iodepth_batch_complete_max=" + batch,
                "--output-format=json");
    }

    /** The side, or {@code null} where fio is not installed or may not use io_uring; the report says so. */
    static @Nullable FioSide tryCreate(String name, TestFile file, int batch, Report report)
            throws InterruptedException {
        FioSide side = new FioSide(name, file, batch);
        try {
            side.read(List.of("--io_size=" + BLOCK_BYTES, "--iodepth=1"));
            return side;
        } catch (IOException e) {
            report.note("fio is not installed: no comparison with io_uring");
        } catch (BenchException e) {
            report.note("fio cannot use io_uring here: no comparison with it: " + e.getMessage());
        }
        return null;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean inJvm() {
        return false;
    }

    @Override
    public Sample run(Load load) throws IOException, InterruptedException {
        JsonNode job = read(List.of(
                "--iodepth=" + load.depth(),
                "--runtime=" + Math.max(1, load.nanos() / 1_000_000) + "ms",
                "--randseed=" + load.seed()));
        long operations = job.required("read").required("total_ios").longValue();
        long elapsedNanos = job.required("read").required("runtime").longValue() * 1_000_000;
        // Of one processor, in the time that the job ran.
        double cpuPercent =
                job.required("usr_cpu").doubleValue() + job.required("sys_cpu").doubleValue();
        double cpuNanos = cpuPercent / 100 * job.required("job_runtime").longValue() * 1e6;
        return new Sample(operations, elapsedNanos, (long) cpuNanos, Sample.UNKNOWN);
    }

    private JsonNode read(List<String> more) throws IOException, InterruptedException {
        List<String> full = new ArrayList<>(command);
        full.addAll(more);
        String output = Programs.require(full).output();
        // A warning may come before it.
        return JSON.readTree(output.substring(output.indexOf('{')))
                .required("jobs")
                .required(0);
    }

    @Override
    public void close() {}
}
