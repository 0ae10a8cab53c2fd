package io.nettyaio.examples.log;

import static io.nettyaio.tests.AioTestLoops.cause;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import io.nettyaio.AioWaterMark;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.TestFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log on a real disk: appends, group commit, segments, recovery. */
@Timeout(60)
class WriteAheadLogIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static LogConfig.Builder small(Path directory) {
        return LogConfig.builder(directory.resolve("log")).segmentBytes(64 * 1024);
    }

    private static WriteAheadLog open(LogConfig config, LogReplay replay) throws Exception {
        return get(WriteAheadLog.open(aio.context(), config, replay));
    }

    @ParameterizedTest
    @ValueSource(strings = {"buffered", "direct", "padded", "direct padded"})
    void shouldReplayEverythingWhenOpenedAgain(String mode) throws Exception {
        LogConfig config = small(TestFileSystem.DISK.newDirectory())
                .direct(mode.contains("direct"))
                .padded(mode.contains("padded"))
                .build();
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            Records replayed = new Records();
            WriteAheadLog log = open(config, replayed);
            assertThat(replayed.records).isEqualTo(expected);
            List<Future<Long>> appended = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                String text = Records.contents(1, expected.size() + 1, 1000);
                expected.add(text);
                appended.add(log.append(7, Records.payload(text)));
                if (i % 50 == 0) {
                    get(appended.get(i));
                }
            }
            for (int i = 0; i < appended.size(); i++) {
                assertThat(get(appended.get(i))).isEqualTo(expected.size() - 500 + i + 1);
            }
            get(log.close());
        }
        Records replayed = new Records();
        get(open(config, replayed).close());
        assertThat(replayed.records).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"buffered", "direct"})
    void shouldReplaceOldRecordsWhenCompacted(String mode) throws Exception {
        LogConfig config = small(TestFileSystem.DISK.newDirectory())
                .direct(mode.equals("direct"))
                .backgroundShare(100)
                .build();
        WriteAheadLog log = open(config, new Records());
        for (int round = 1; round <= 3; round++) {
            List<Future<Long>> appended = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                appended.add(log.append(1, Records.payload("x".repeat(900))));
            }
            Future<Long> compacted = log.compact(new SnapshotSource() {
                private int given;

                @Override
                public boolean write(SnapshotSink sink) {
                    while (!sink.isFull() && given < 2000) {
                        sink.record(2, Records.payload("state " + given++ + "y".repeat(500)));
                    }
                    return given < 2000;
                }
            });
            appended.add(log.append(1, Records.payload("after " + round)));
            assertThat(get(compacted)).isEqualTo(round * 301L - 1);
            for (Future<Long> each : appended) {
                get(each);
            }
        }
        get(log.close());
        try (var files = Files.list(config.directory())) {
            // The snapshot, the lock, what is written to, what comes next, and what is kept to be used again.
            assertThat(files.map(file -> file.getFileName().toString()).toList())
                    .hasSizeLessThanOrEqualTo(7)
                    .filteredOn(name -> name.endsWith(".snapshot"))
                    .hasSize(1);
        }
        Records found = new Records();
        get(open(config, found).close());
        assertThat(found.snapshot).hasSize(2000).startsWith("state 0" + "y".repeat(500));
        assertThat(found.records).containsExactly("after 3");
    }

    @Test
    void shouldRefuseWhenAnotherLogHasTheDirectory() throws Exception {
        LogConfig config = small(TestFileSystem.DISK.newDirectory()).build();
        WriteAheadLog log = open(config, new Records());
        assertThat(cause(WriteAheadLog.open(aio.context(), config, new Records())))
                .isInstanceOfSatisfying(
                        LogException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(LogException.Kind.LOCKED));
        get(log.close());
        get(open(config, new Records()).close());
    }

    @Test
    void shouldRefuseWhatIsBeyondTheBounds() throws Exception {
        LogConfig config = small(TestFileSystem.DISK.newDirectory())
                .maxRecordBytes(1000)
                .maxPending(10_000, 8)
                .build();
        WriteAheadLog log = open(config, new Records());
        List<Boolean> writability = new CopyOnWriteArrayList<>();
        log.addListener(new LogListener() {
            @Override
            public void writabilityChanged(boolean writable) {
                writability.add(writable);
            }
        });
        assertKind(log.append(1, Records.payload("x".repeat(1001))), LogException.Kind.TOO_LARGE);
        List<Future<Long>> appended = aio.onLoop(0, () -> {
            List<Future<Long>> all = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                all.add(log.append(1, Records.payload("x")));
            }
            return all;
        });
        assertKind(appended.get(8), LogException.Kind.BACKLOG);
        for (Future<Long> each : appended.subList(0, 8)) {
            get(each);
        }
        get(log.sync());
        assertThat(writability).containsExactly(false, true);
        Future<Void> closed = log.close();
        assertKind(log.append(1, Records.payload("late")), LogException.Kind.CLOSED);
        get(closed);
    }

    /** What is not in a batch on its way is nothing that the context could count. */
    @Test
    void shouldSayThatItHasEnoughWhenItsContextWouldHave() throws Exception {
        AioConfig marked =
                aio.config().waterMark(new AioWaterMark(1, 2, 1000, 2000)).build();
        WriteAheadLog log = get(WriteAheadLog.open(
                aio.context(0, marked),
                small(TestFileSystem.DISK.newDirectory()).build(),
                new Records()));
        List<Future<Long>> appended = new ArrayList<>();
        List<Boolean> writable = aio.onLoop(0, () -> {
            List<Boolean> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                appended.add(log.append(1, Records.payload("x".repeat(900))));
                all.add(log.isWritable());
            }
            return all;
        });
        assertThat(writable).containsExactly(true, true, false);
        for (Future<Long> each : appended) {
            get(each);
        }
        assertThat(log.isWritable()).isTrue();
        get(log.close());
    }

    private static void assertKind(Future<?> future, LogException.Kind kind) throws Exception {
        assertThat(cause(future))
                .isInstanceOfSatisfying(
                        LogException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(kind));
    }

    @Test
    void shouldBeReadableAgainWhenRepaired() throws Exception {
        LogConfig config = small(TestFileSystem.DISK.newDirectory()).build();
        WriteAheadLog log = open(config, new Records());
        List<String> appended = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            appended.add(Records.contents(1, i, 3000));
            get(log.append(1, Records.payload(appended.get(i - 1))));
        }
        get(log.close());
        Path damaged = config.directory().resolve(FileNames.segment(2));
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[30_000] ^= 1;
        Files.write(damaged, bytes);

        assertKind(LogRepair.verify(aio.context(), config.directory(), new Records()), LogException.Kind.CORRUPT);
        assertKind(WriteAheadLog.open(aio.context(), config, new Records()), LogException.Kind.CORRUPT);
        LogRepair.Outcome outcome = get(LogRepair.repair(aio.context(), config.directory()));
        assertThat(outcome.actions()).isNotEmpty().first().asString().contains(FileNames.segment(2));
        int last = (int) outcome.summary().lastSequence();
        assertThat(last).isBetween(20, 99);

        Records found = new Records();
        WriteAheadLog again = open(config, found);
        assertThat(found.records).isEqualTo(appended.subList(0, last));
        assertThat(get(again.append(1, Records.payload("on it goes")))).isEqualTo(last + 1);
        get(again.close());
        LogSummary summary = get(LogRepair.verify(aio.context(), config.directory(), new Records()));
        assertThat(summary.lastSequence()).isEqualTo(last + 1);
        assertThat(summary.tornBytes()).isZero();
    }
}
