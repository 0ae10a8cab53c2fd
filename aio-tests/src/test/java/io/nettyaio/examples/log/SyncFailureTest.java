package io.nettyaio.examples.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioContext;
import io.nettyaio.tests.SimulatedDisk;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When the log syncs, and that a sync that has failed ends it for good: on a simulated disk, and in simulated time. */
@Timeout(30)
class SyncFailureTest {

    private static final Path DIRECTORY = Path.of("/simulated");

    private EmbeddedChannel channel;
    private SimulatedDisk disk;
    private WriteAheadLog log;

    @BeforeEach
    void open() throws Exception {
        channel = new EmbeddedChannel();
        channel.freezeTime();
        open(Map.of(), new Records());
    }

    private void open(Map<String, byte[]> files, Records found) throws Exception {
        disk = new SimulatedDisk(channel.eventLoop(), 1, files);
        log = settled(WriteAheadLog.open(disk.context(), config(), found)).get();
        // The segment behind the first one is made: no sync of its file is to be met by what a test scripts.
        runTasks();
    }

    private static LogConfig config() {
        return LogConfig.builder(DIRECTORY)
                .segmentBytes(20 * 1024)
                .maxBatchBytes(8 * 1024)
                .backgroundShare(100)
                .exclusive(false)
                .build();
    }

    @AfterEach
    void close() {
        Future<Void> unused = settled(log.close());
        channel.finishAndReleaseAll();
    }

    /** Runs the loop's tasks, and what they leave it, until there are none for this moment. */
    private void runTasks() {
        do {
            channel.runPendingTasks();
        } while (channel.hasPendingTasks());
    }

    private <F extends Future<?>> F settled(F future) {
        runTasks();
        assertThat(future.isDone()).as("settled: %s", future).isTrue();
        return future;
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        runTasks();
    }

    private List<Long> append(LogDurability durability, int records) {
        List<Long> acknowledged = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            log.append(1, Records.payload("record"), durability, acknowledged, (sequence, cause, list) -> {
                assertThat(cause).isNull();
                list.add(sequence);
            });
        }
        runTasks();
        return acknowledged;
    }

    private void assertRefused(Future<?> future) {
        assertThat(settled(future).cause())
                .isInstanceOf(LogException.class)
                .hasMessageContaining("read-only")
                .hasRootCauseMessage("fdatasync simulated: EIO (errno=5): simulated");
        assertThat(((LogException) future.cause()).kind()).isEqualTo(LogException.Kind.READ_ONLY);
    }

    /** No sync of the log's that is to come may bring it back. */
    private void assertReadOnlyForGood(long durable) {
        for (int i = 0; i < 3; i++) {
            assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
            assertRefused(log.append(1, Records.payload("later")));
            assertRefused(log.sync());
            assertRefused(log.compact(sink -> false));
            pass(5_000);
            assertThat(log.stats().durableSequence()).isEqualTo(durable);
            assertThat(log.stats().pendingRecords()).isZero();
        }
        assertRefused(log.close());
    }

    // ---- a sync fails --------------------------------------------------------------------------------------------

    @Test
    void shouldBeReadOnlyForGoodWhenASyncFails() {
        assertThat(append(LogDurability.ALWAYS, 2)).containsExactly(1L, 2L);
        assertThat(append(LogDurability.NEVER, 3)).containsExactly(3L, 4L, 5L);
        disk.failSyncs(1);
        assertRefused(log.sync());
        assertReadOnlyForGood(2);
    }

    /** A record that is to be durable, behind one that is not yet: a write, then a sync for both. */
    @Test
    void shouldFailTheRecordWhenTheSyncAfterItsWriteFails() {
        append(LogDurability.NEVER, 1);
        disk.failSyncs(1);
        assertRefused(log.append(1, Records.payload("not durable")));
        assertReadOnlyForGood(0);
    }

    @Test
    void shouldBeReadOnlyForGoodWhenTheSyncOfEverySecondFails() {
        append(LogDurability.EVERY_SECOND, 1);
        disk.failSyncs(1);
        pass(1_000);
        assertReadOnlyForGood(0);
    }

    /** One sync that fails, and one under way beside it that succeeds: the pages were dropped before it looked. */
    @Test
    void shouldNotBelieveASyncWhenOneBesideItHasFailed() {
        append(LogDurability.NEVER, 1);
        disk.failSyncs(1);
        Future<Long> first = log.sync();
        Future<Long> second = log.sync();
        assertRefused(first);
        assertRefused(second);
        assertReadOnlyForGood(0);
    }

    /** Before the first record of the next segment everything in this one is synced. */
    @Test
    void shouldBeReadOnlyForGoodWhenTheSyncBeforeTheNextSegmentFails() {
        long last = 0;
        while (log.stats().logBytes() < 19 * 1024) {
            last = append(LogDurability.NEVER, 8).get(7);
        }
        disk.failSyncs(1);
        String large = "x".repeat(4000);
        assertRefused(log.append(1, Records.payload(large)));
        assertThat(last).isPositive();
        assertReadOnlyForGood(0);
    }

    /** Opened anew it reads what is there, and goes on. */
    @ParameterizedTest
    @EnumSource(
            value = SimulatedDisk.Fate.class,
            names = {"DROPPED", "KEPT"})
    void shouldGoOnWhenOpenedAnew(SimulatedDisk.Fate fate) throws Exception {
        append(LogDurability.ALWAYS, 2);
        append(LogDurability.NEVER, 3);
        disk.failSyncs(1);
        assertRefused(log.sync());
        assertRefused(log.close());

        Records found = new Records();
        open(disk.crash(disk.now(), fate, new Random(1)), found);
        int there = fate == SimulatedDisk.Fate.KEPT ? 5 : 2;
        assertThat(found.records).hasSize(there);
        assertThat(log.state()).isEqualTo(LogState.OPEN);
        assertThat(settled(log.append(1, Records.payload("next"))).getNow()).isEqualTo(there + 1);
    }

    // ---- when it syncs -------------------------------------------------------------------------------------------

    @Test
    void shouldSyncWithinASecondWhenAskedForEverySecond() {
        long syncsBefore = log.stats().syncs();
        assertThat(append(LogDurability.EVERY_SECOND, 1)).containsExactly(1L);
        assertThat(log.stats().durableSequence()).isZero();
        pass(600);
        assertThat(append(LogDurability.EVERY_SECOND, 2)).containsExactly(2L, 3L);
        pass(399);
        assertThat(log.stats().durableSequence()).isZero();
        pass(1);
        // One sync for all of them, a second after the first.
        assertThat(log.stats().durableSequence()).isEqualTo(3);
        assertThat(log.stats().syncs()).isEqualTo(syncsBefore + 1);

        pass(10_000);
        assertThat(log.stats().syncs()).as("with nothing to sync").isEqualTo(syncsBefore + 1);
        append(LogDurability.EVERY_SECOND, 1);
        pass(999);
        assertThat(log.stats().durableSequence()).isEqualTo(3);
        pass(1);
        assertThat(log.stats().durableSequence()).isEqualTo(4);
    }

    @Test
    void shouldNotSyncByItselfWhenAskedForNever() {
        long syncsBefore = log.stats().syncs();
        append(LogDurability.NEVER, 5);
        pass(60_000);
        assertThat(log.stats().durableSequence()).isZero();
        assertThat(log.stats().syncs()).isEqualTo(syncsBefore);
        assertThat(settled(log.sync()).getNow()).isEqualTo(5);
        assertThat(log.stats().durableSequence()).isEqualTo(5);
    }

    /** Whatever is thrown, by whichever of the calls: who opens is told, and the next opening goes well. */
    @Test
    void shouldFailToOpenWhenAnyOfItsCallsThrows() {
        int calls = 0;
        for (int throwing = 0; throwing <= calls; throwing++) {
            SimulatedDisk other = new SimulatedDisk(channel.eventLoop(), 2, Map.of());
            AtomicInteger made = new AtomicInteger();
            int bad = throwing;
            AioContext context = (AioContext) Proxy.newProxyInstance(
                    AioContext.class.getClassLoader(), new Class<?>[] {AioContext.class}, (self, method, arguments) -> {
                        if (!method.getName().equals("eventLoop") && made.incrementAndGet() == bad) {
                            throw new IllegalStateException("the test's");
                        }
                        return method.invoke(other.context(), arguments);
                    });
            Future<WriteAheadLog> opening = settled(WriteAheadLog.open(context, config(), new Records()));
            calls = Math.max(calls, made.get());
            if (opening.isSuccess()) {
                // Not made any more, or by what goes on behind the opening.
                assertThat(settled(opening.getNow().close()).isDone()).isTrue();
            } else {
                assertThat(opening.cause()).hasMessageContaining("the test's");
            }
            WriteAheadLog opened = settled(WriteAheadLog.open(other.context(), config(), new Records()))
                    .getNow();
            assertThat(settled(opened.close()).isSuccess())
                    .as("after call %s", bad)
                    .isTrue();
        }
        assertThat(calls).isBetween(5, 100);
    }
}
