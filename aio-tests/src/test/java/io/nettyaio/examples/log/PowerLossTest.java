package io.nettyaio.examples.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioOpenOption;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.SimulatedDisk;
import io.nettyaio.tests.SimulatedDisk.Fate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The power fails at every kind of moment, and the disk keeps of what was not synced whatever it likes. Afterwards every
 * acknowledged record is there, and of the others a whole number, in order.
 */
@Timeout(120)
class PowerLossTest {

    private static final Path DIRECTORY = Path.of("/simulated");
    private static final int RECORDINGS = 10;
    private static final int CRASHES_EACH = 250;
    private static final int RECORDS = 120;
    private static final List<Fate> FATES = List.of(Fate.values());

    private EventLoop loop;

    @BeforeEach
    void start() {
        loop = new DefaultEventLoop();
    }

    @AfterEach
    void stop() throws Exception {
        assertThat(loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).await(20, TimeUnit.SECONDS))
                .isTrue();
    }

    /** What was appended to a disk, and what was acknowledged when. */
    private final class Recording {
        final SimulatedDisk disk;
        final LogConfig config;
        final long seed;
        /** Of each moment, the last record acknowledged as durable. */
        final List<int[]> acknowledged = new ArrayList<>();

        final Random random;
        WriteAheadLog log;
        int appended;

        Recording(SimulatedDisk disk, LogConfig config, long seed, int appended) {
            this.disk = disk;
            this.config = config;
            this.seed = seed;
            this.appended = appended;
            random = new Random(seed);
            acknowledged.add(new int[] {0, appended});
        }

        Recording open() throws Exception {
            log = AioTestLoops.get(WriteAheadLog.open(disk.context(), config, new Records()));
            return this;
        }

        /** Appends by a loop's task at a time, as connections do. */
        void run(int records) throws Exception {
            CompletableFuture<Void> done = new CompletableFuture<>();
            loop.execute(() -> step(appended + records, done));
            done.get(30, TimeUnit.SECONDS);
        }

        private void step(int until, CompletableFuture<Void> done) {
            if (appended >= until) {
                log.sync().addListener(synced -> done.complete(null));
                return;
            }
            int burst = 1 + random.nextInt(6);
            for (int i = 0; i < burst && appended < until; i++) {
                appended++;
                LogDurability durability = random.nextInt(4) == 0 ? LogDurability.NEVER : LogDurability.ALWAYS;
                log.append(
                        1,
                        Records.payload(Records.contents(seed, appended, 1500)),
                        durability,
                        durability,
                        this::acknowledge);
            }
            if (random.nextInt(25) == 0) {
                compact();
            }
            int pause = random.nextInt(8);
            pause(pause, () -> step(until, done));
        }

        private void pause(int hops, Runnable then) {
            loop.execute(hops == 0 ? then : () -> pause(hops - 1, then));
        }

        private void acknowledge(long sequence, Throwable cause, LogDurability durability) {
            if (cause == null && durability == LogDurability.ALWAYS) {
                acknowledged.add(new int[] {disk.now(), (int) sequence});
            }
        }

        /** The snapshot holds every record so far, and some of those that come while it is written. */
        private void compact() {
            int[] given = new int[1];
            Future<Long> unused = log.compact(sink -> {
                while (given[0] < appended && !sink.isFull()) {
                    given[0]++;
                    sink.record(1, Records.payload(Records.contents(seed, given[0], 1500)));
                }
                return given[0] < appended && random.nextInt(4) != 0;
            });
        }

        int acknowledgedBefore(int moment) {
            int last = 0;
            for (int[] each : acknowledged) {
                if (each[0] < moment) {
                    last = Math.max(last, each[1]);
                }
            }
            return last;
        }
    }

    /** What a reader finds in these files: checks that each record is what was appended, and gives the last one. */
    private int read(Map<String, byte[]> files, long seed, AioOpenOption... options) throws Exception {
        SimulatedDisk disk = new SimulatedDisk(loop, seed, files);
        Records found = new Records();
        CompletableFuture<LogContents> contents = new CompletableFuture<>();
        loop.execute(() -> LogDirectory.open(disk.context(), DIRECTORY)
                .thenCompose(directory -> new LogReader(directory, options, found).read())
                .whenComplete((read, thrown) -> {
                    if (thrown == null) {
                        contents.complete(read);
                    } else {
                        contents.completeExceptionally(thrown);
                    }
                }));
        LogContents read = contents.get(20, TimeUnit.SECONDS);
        int last = check(found, seed);
        assertThat(read.last()).isEqualTo(last);
        return last;
    }

    /** A snapshot may run ahead of the records that come behind it; these say the same again. */
    private static int check(Records found, long seed) {
        for (int i = 0; i < found.snapshot.size(); i++) {
            assertThat(found.snapshot.get(i)).isEqualTo(Records.contents(seed, i + 1, 1500));
        }
        int first = found.records.isEmpty() ? 0 : (int) found.last() - found.records.size() + 1;
        for (int i = 0; i < found.records.size(); i++) {
            assertThat(found.records.get(i)).isEqualTo(Records.contents(seed, first + i, 1500));
        }
        assertThat(first).isLessThanOrEqualTo(found.snapshot.size() + 1);
        int last = Math.max(found.snapshot.size(), (int) found.last());
        if (!found.records.isEmpty()) {
            // Nothing that the snapshot has may be missing behind it.
            assertThat(found.last()).isGreaterThanOrEqualTo(found.snapshot.size());
        }
        return last;
    }

    private LogConfig config(String mode) {
        return LogConfig.builder(DIRECTORY)
                .segmentBytes(20 * 1024)
                .maxBatchBytes(8 * 1024)
                .backgroundShare(100)
                .exclusive(false)
                .direct(mode.contains("direct"))
                .padded(mode.contains("padded"))
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"buffered", "direct", "padded", "direct padded"})
    void shouldKeepWhatIsAcknowledgedWhenThePowerFails(String mode) throws Exception {
        int crashes = 0;
        for (int n = 0; n < RECORDINGS; n++) {
            long seed = 1000L + n;
            Recording recording = new Recording(new SimulatedDisk(loop, seed), config(mode), seed, 0).open();
            recording.run(RECORDS);
            AioTestLoops.get(recording.log.close());
            Random chance = new Random(seed);
            for (int i = 0; i < CRASHES_EACH; i++) {
                int moment = chance.nextInt(recording.disk.now() + 1);
                Fate fate = FATES.get(chance.nextInt(FATES.size()));
                Map<String, byte[]> files = recording.disk.crash(moment, fate, chance);
                String where = mode + " seed=" + seed + " crash=" + i + " moment=" + moment + " " + fate;
                try {
                    int last = read(files, seed, AioOpenOption.READ);
                    assertThat(last).isGreaterThanOrEqualTo(recording.acknowledgedBefore(moment));
                    if (i % 25 == 0) {
                        goOnAndCrashAgain(files, seed, last, mode, chance);
                    }
                } catch (Exception | AssertionError e) {
                    throw new AssertionError(where + " " + files.keySet(), e);
                }
                crashes++;
            }
        }
        // Four modes: 10,000 crashes.
        assertThat(crashes).isEqualTo(RECORDINGS * CRASHES_EACH);
    }

    /** The model notices a log that is acknowledged before it is durable. */
    @Test
    void shouldMissRecordsWhenTheDiskLiesAboutSyncs() throws Exception {
        Recording recording = new Recording(new SimulatedDisk(loop, 1), config("buffered"), 1, 0).open();
        loop.submit(recording.disk::lieAboutSyncs).get(20, TimeUnit.SECONDS);
        recording.run(RECORDS);
        AioTestLoops.get(recording.log.close());
        Random chance = new Random(1);
        int missed = 0;
        for (int i = 0; i < 50; i++) {
            int moment = chance.nextInt(recording.disk.now() + 1);
            Map<String, byte[]> files = recording.disk.crash(moment, Fate.SECTORS, chance);
            try {
                missed += read(files, 1, AioOpenOption.READ) < recording.acknowledgedBefore(moment) ? 1 : 0;
            } catch (ExecutionException refused) {
                assertThat(Stages.cause(refused.getCause())).isInstanceOf(LogException.class);
                missed++;
            }
        }
        assertThat(missed).isGreaterThan(25);
    }

    /** The log is opened and used after the crash, and the power fails once more, perhaps while it is opened. */
    private void goOnAndCrashAgain(Map<String, byte[]> files, long seed, int last, String mode, Random chance)
            throws Exception {
        SimulatedDisk disk = new SimulatedDisk(loop, seed + 7, files);
        Recording again = new Recording(disk, config(mode), seed, last).open();
        again.run(20);
        AioTestLoops.get(again.log.close());
        assertThat(read(disk.files(), seed, AioOpenOption.READ)).isEqualTo(last + 20);
        for (int i = 0; i < 10; i++) {
            int moment = chance.nextInt(disk.now() + 1);
            Fate fate = FATES.get(chance.nextInt(FATES.size()));
            int found = read(disk.crash(moment, fate, chance), seed, AioOpenOption.READ);
            assertThat(found)
                    .as("after the second crash at %d", moment)
                    .isGreaterThanOrEqualTo(again.acknowledgedBefore(moment));
        }
    }
}
