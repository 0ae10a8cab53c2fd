package io.nettyaio.examples.log;

import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.Future;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.TestFileSystem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The disk is full: appends are refused, and taken again when there is room. */
@Timeout(60)
class FullDiskIT {

    private static final int RECORD_BYTES = 50_000;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static void fill(Path file) throws IOException {
        byte[] chunk = new byte[64 * 1024];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < 100_000; i++) {
                out.write(chunk);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static String contents(long sequence) {
        return sequence + ":" + "x".repeat(RECORD_BYTES);
    }

    /** Appends one after the other until one is refused; gives how many were not. */
    private static int appendUntilRefused(WriteAheadLog log, int from) throws Exception {
        for (int i = from; i < from + 1000; i++) {
            Future<Long> appended = AioTestLoops.settled(log.append(1, Records.payload(contents(i))));
            if (!appended.isSuccess()) {
                assertThat(appended.cause()).isInstanceOf(LogException.class);
                assertThat(((LogException) appended.cause()).kind()).isEqualTo(LogException.Kind.FULL);
                return i - from;
            }
            assertThat(appended.getNow()).isEqualTo(i);
        }
        throw new AssertionError("never refused");
    }

    @Test
    void shouldRefuseAppendsUntilThereIsRoomAgain() throws Exception {
        Path root = TestFileSystem.small(24);
        LogConfig config =
                LogConfig.builder(root.resolve("log")).segmentBytes(1 << 20).build();
        List<LogState> states = new CopyOnWriteArrayList<>();
        WriteAheadLog log = get(WriteAheadLog.open(aio.context(), config, new Records()));
        log.addListener(new LogListener() {
            @Override
            public void stateChanged(LogState state, @Nullable LogException cause) {
                states.add(state);
            }
        });
        fill(root.resolve("filler"));

        int taken = appendUntilRefused(log, 1);
        assertThat(taken).isPositive();
        assertThat(log.state()).isEqualTo(LogState.FULL);
        assertThat(log.cause()).hasMessageContaining("free some");

        Files.delete(root.resolve("filler"));
        AioTestLoops.eventually("there is room again", () -> log.state() == LogState.OPEN);
        for (int i = taken + 1; i <= taken + 40; i++) {
            assertThat(get(log.append(1, Records.payload(contents(i))))).isEqualTo(i);
        }
        assertThat(states).containsExactly(LogState.FULL, LogState.OPEN);
        get(log.close());

        Records found = new Records();
        WriteAheadLog again = get(WriteAheadLog.open(aio.context(), config, found));
        assertThat(found.records).hasSize(taken + 40);
        assertThat(found.records.get(taken)).isEqualTo(contents(taken + 1));
        get(again.close());
    }

    /** What a snapshot frees is used without any other room. */
    @Test
    void shouldGoOnWhenASnapshotGivesRoomBack() throws Exception {
        Path root = TestFileSystem.small(24);
        LogConfig config =
                LogConfig.builder(root.resolve("log")).segmentBytes(1 << 20).build();
        WriteAheadLog log = get(WriteAheadLog.open(aio.context(), config, new Records()));
        for (int i = 1; i <= 60; i++) {
            get(log.append(1, Records.payload(contents(i))));
        }
        Path filler = root.resolve("filler");
        fill(filler);
        int taken = 60 + appendUntilRefused(log, 61);
        // Little, for the snapshot itself.
        try (var channel = java.nio.channels.FileChannel.open(filler, java.nio.file.StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 600 * 1024);
        }
        Future<Long> compacted = log.compact(sink -> {
            sink.record(1, Records.payload("everything up to " + taken));
            return false;
        });
        assertThat(get(compacted)).isEqualTo(taken);
        AioTestLoops.eventually("there is room again", () -> log.state() == LogState.OPEN);
        assertThat(get(log.append(1, Records.payload("next")))).isEqualTo(taken + 1);
        get(log.close());

        Records found = new Records();
        WriteAheadLog again = get(WriteAheadLog.open(aio.context(), config, found));
        assertThat(aio.onLoop(0, again::stats).pendingBytes()).isZero();
        get(again.close());
        assertThat(found.snapshot).containsExactly("everything up to " + taken);
        assertThat(found.records).containsExactly("next");
    }
}
