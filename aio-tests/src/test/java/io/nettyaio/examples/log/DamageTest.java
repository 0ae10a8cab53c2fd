package io.nettyaio.examples.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.nettyaio.AioOpenOption;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The reader on every truncation and every single flipped bit of a small log: a refusal, or nothing wrong. */
@Timeout(120)
class DamageTest {

    private static final Path DIRECTORY = Path.of("/simulated");
    private static final int RECORDS = 40;

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

    private static String contents(long sequence) {
        return Records.contents(5, sequence, 60);
    }

    /** A log of records that were durable one by one, three at a time in the end, perhaps with a snapshot before. */
    private Map<String, byte[]> make(boolean closed, boolean snapshot) throws Exception {
        SimulatedDisk disk = new SimulatedDisk(loop, 1);
        LogConfig config = LogConfig.builder(DIRECTORY)
                .segmentBytes(16 * 1024)
                .exclusive(false)
                .build();
        WriteAheadLog log = AioTestLoops.get(WriteAheadLog.open(disk.context(), config, new Records()));
        List<String> given = new ArrayList<>();
        for (int i = 1; i <= RECORDS; i++) {
            given.add(contents(i));
            var appended = log.append(1, Records.payload(contents(i)));
            if (i < RECORDS - 2 || i == RECORDS) {
                AioTestLoops.get(appended);
            }
            if (snapshot && i == RECORDS / 2) {
                List<String> state = List.copyOf(given);
                AioTestLoops.get(log.compact(sink -> {
                    state.forEach(text -> sink.record(1, Records.payload(text)));
                    return false;
                }));
            }
        }
        Map<String, byte[]> files = loop.submit(disk::files).get(20, TimeUnit.SECONDS);
        AioTestLoops.get(log.close());
        files = closed ? loop.submit(disk::files).get(20, TimeUnit.SECONDS) : files;
        if (snapshot) {
            // Kept to be used again; nobody reads it.
            assertThat(files.remove(FileNames.segment(1))).isNotNull();
        }
        return files;
    }

    /** Reads; {@code null} where that is refused as documented. */
    private @Nullable List<String> read(Map<String, byte[]> files) throws Exception {
        SimulatedDisk disk = new SimulatedDisk(loop, 1, files);
        Records found = new Records();
        CompletableFuture<LogContents> contents = new CompletableFuture<>();
        loop.execute(() -> LogDirectory.open(disk.context(), DIRECTORY)
                .thenCompose(
                        directory -> new LogReader(directory, new AioOpenOption[] {AioOpenOption.READ}, found).read())
                .whenComplete((read, thrown) -> {
                    if (thrown == null) {
                        contents.complete(read);
                    } else {
                        contents.completeExceptionally(Stages.cause(thrown));
                    }
                }));
        try {
            contents.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            assertThat(failed.getCause()).isInstanceOf(LogException.class);
            LogException refused = (LogException) failed.getCause();
            assertThat(refused.kind()).isIn(LogException.Kind.CORRUPT, LogException.Kind.UNKNOWN_VERSION);
            assertThat(refused.file()).isIn(files.keySet());
            assertThat(refused.offsetBytes()).isNotNegative();
            return null;
        }
        List<String> all = new ArrayList<>(found.snapshot);
        all.addAll(found.records);
        return all;
    }

    private static List<String> expected() {
        List<String> expected = new ArrayList<>();
        for (int i = 1; i <= RECORDS; i++) {
            expected.add(contents(i));
        }
        return expected;
    }

    private static Map<String, byte[]> with(Map<String, byte[]> files, String name, byte[] bytes) {
        Map<String, byte[]> changed = new TreeMap<>(files);
        changed.put(name, bytes);
        return changed;
    }

    /** Up to where a file holds anything; beyond, one flipped bit in each 512 bytes is enough. */
    private static int used(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private void flipEachBit(Map<String, byte[]> files, boolean closed) throws Exception {
        List<String> expected = expected();
        int flips = 0;
        int lost = 0;
        for (String name : files.keySet()) {
            byte[] whole = files.get(name);
            int used = used(whole);
            for (int bit = 0; bit < 8 * whole.length; bit += bit < 8 * used ? 1 : 8 * 512 + 1) {
                byte[] flipped = whole.clone();
                flipped[bit / 8] ^= (byte) (1 << (bit % 8));
                List<String> found = read(with(files, name, flipped));
                flips++;
                if (found != null) {
                    // Closed, or before the last batch: all or a refusal.
                    int least = closed ? RECORDS : RECORDS - 3;
                    assertThat(found.size()).as("%s, bit %d", name, bit).isBetween(least, RECORDS);
                    assertThat(found).as("%s, bit %d", name, bit).isEqualTo(expected.subList(0, found.size()));
                    lost += found.size() < RECORDS ? 1 : 0;
                }
            }
        }
        assertThat(flips).isGreaterThan(8 * RECORDS * RecordFormat.HEADER_BYTES);
        assertThat(lost > 0).isEqualTo(!closed);
    }

    @Test
    void shouldRefuseOrReadEverythingWhenABitIsFlippedInAClosedLog() throws Exception {
        flipEachBit(make(true, false), true);
    }

    @Test
    void shouldRefuseOrReadEverythingWhenABitIsFlippedBehindASnapshot() throws Exception {
        flipEachBit(make(true, true), true);
    }

    @Test
    void shouldLoseTheLastBatchAtMostWhenABitIsFlippedInALogThatWasNotClosed() throws Exception {
        flipEachBit(make(false, false), false);
    }

    @Test
    void shouldRefuseWhenAFileIsCut() throws Exception {
        Map<String, byte[]> files = make(true, true);
        for (String name : files.keySet()) {
            byte[] whole = files.get(name);
            for (int length = 0; length < whole.length; length += length < used(whole) + 64 ? 1 : 61) {
                assertThat(read(with(files, name, Arrays.copyOf(whole, length))))
                        .as("%s cut to %d of %d", name, length, whole.length)
                        .isNull();
            }
        }
    }

    /** The end of the records is lost, as by a torn write: what is left is a beginning. */
    @Test
    void shouldReadABeginningWhenTheEndIsZeros() throws Exception {
        Map<String, byte[]> files = make(false, false);
        String name = FileNames.segment(1);
        byte[] whole = files.get(name);
        List<String> expected = expected();
        int refused = 0;
        for (int length = RecordFormat.BLOCK_BYTES; length <= used(whole); length++) {
            byte[] cut = Arrays.copyOf(Arrays.copyOf(whole, length), whole.length);
            List<String> found = read(with(files, name, cut));
            if (found == null) {
                refused++;
            } else {
                assertThat(found).as("zeros from %d on", length).isEqualTo(expected.subList(0, found.size()));
            }
        }
        assertThat(refused).isZero();
    }

    @Test
    void shouldReplayEverythingWhenNothingIsDamaged() throws Exception {
        assertThat(read(make(true, true))).isEqualTo(expected());
        assertThat(read(make(false, false))).isEqualTo(expected());
    }

    @Test
    void shouldRefuseWhenASegmentIsMissing() throws Exception {
        Map<String, byte[]> files = make(true, true);
        String first = files.keySet().stream()
                .filter(name -> name.endsWith("segment"))
                .findFirst()
                .orElseThrow();
        Map<String, byte[]> fewer = new TreeMap<>(files);
        fewer.remove(first);
        SimulatedDisk disk = new SimulatedDisk(loop, 1, fewer);
        var opened = WriteAheadLog.open(
                disk.context(),
                LogConfig.builder(DIRECTORY)
                        .segmentBytes(16 * 1024)
                        .exclusive(false)
                        .build(),
                new Records());
        assertThat(AioTestLoops.cause(opened)).isInstanceOf(LogException.class).hasMessageContaining("missing");
    }
}
