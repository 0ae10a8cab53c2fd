package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.nettyaio.examples.log.LogConfig;
import io.nettyaio.examples.log.LogDurability;
import io.nettyaio.examples.log.WriteAheadLog;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.SimulatedDisk;
import io.nettyaio.tests.SimulatedDisk.Fate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the server writes and syncs is recorded, the power fails at any moment, and the disk keeps of what was not synced
 * whatever it likes: in 10,000 combinations the keyspace that is recovered is the one after a whole number of changes,
 * transactions among them, and none that was acknowledged is missing.
 */
@Timeout(180)
class KeyspacePowerLossTest {

    private static final Path DIRECTORY = Path.of("/simulated");
    private static final int RECORDINGS = 20;
    private static final int CRASHES_EACH = 250;
    private static final int CHANGES = 150;
    private static final int KEYS = 12;
    private static final long NOW = 1_000_000;

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

    private static LogConfig config(boolean direct) {
        return LogConfig.builder(DIRECTORY)
                .segmentBytes(20 * 1024)
                .maxBatchBytes(8 * 1024)
                .backgroundShare(100)
                .exclusive(false)
                .direct(direct)
                .build();
    }

    /** Changes made, what the keyspace was after each, and how many were committed at which moment. */
    private final class Recording implements Journal.Listener {
        final SimulatedDisk disk;
        final Random random;
        final List<Map<String, String>> states = new ArrayList<>();
        final List<int[]> committed = new ArrayList<>();
        Journal journal;
        Compactor compactor;

        Recording(SimulatedDisk disk, long seed) {
            this.disk = disk;
            random = new Random(seed);
        }

        void run(boolean direct) throws Exception {
            Replay replay = new Replay(new Keyspace(new SipHash(1, 2)));
            WriteAheadLog log = AioTestLoops.get(WriteAheadLog.open(disk.context(), config(direct), replay));
            CompletableFuture<Void> done = new CompletableFuture<>();
            loop.submit(() -> {
                        WalChangeLog changes = new WalChangeLog(log, disk.context(), LogDurability.ALWAYS);
                        journal = new Journal(replay.keyspace(), changes, this);
                        changes.listener(journal);
                        compactor = new Compactor(log, journal, 15_000);
                        states.add(contents(journal.keyspace()));
                        step(done);
                    })
                    .sync();
            done.get(30, TimeUnit.SECONDS);
            AioTestLoops.get(log.close());
            loop.submit(journal::close).sync();
            assertThat(journal.rollbacks()).isZero();
        }

        private void step(CompletableFuture<Void> done) {
            if (states.size() > CHANGES) {
                done.complete(null);
                return;
            }
            for (int n = random.nextInt(4); n >= 0; n--) {
                change();
            }
            compactor.tick();
            pause(random.nextInt(8), () -> step(done));
        }

        private void pause(int hops, Runnable then) {
            loop.execute(hops == 0 ? then : () -> pause(hops - 1, then));
        }

        /** One command, or a transaction of some. */
        private void change() {
            journal.begin();
            for (int n = random.nextInt(4) == 0 ? 4 : 1; n > 0; n--) {
                operation();
            }
            long before = states.size();
            boolean changed = journal.seen() == before;
            assertThat(journal.end()).isTrue();
            if (changed) {
                states.add(contents(journal.keyspace()));
            }
        }

        private void operation() {
            byte[] key = ("key" + random.nextInt(KEYS)).getBytes(ISO_8859_1);
            Entry entry = journal.look(key, NOW);
            byte[] value = new byte[random.nextInt(random.nextInt(5) == 0 ? 1500 : 40)];
            random.nextBytes(value);
            switch (random.nextInt(entry == null ? 3 : 8)) {
                case 3 -> journal.delete(entry);
                case 4 -> journal.expire(entry, random.nextBoolean() ? Entry.NEVER : NOW + 1 + random.nextInt(1000));
                case 5, 6 -> {
                    byte[] whole = Arrays.copyOf(entry.value, entry.value.length + value.length);
                    System.arraycopy(value, 0, whole, entry.value.length, value.length);
                    journal.append(entry, whole, entry.value.length, value);
                }
                default -> {
                    if (random.nextInt(60) == 0) {
                        journal.flush();
                    } else {
                        journal.set(key, value, random.nextInt(3) == 0 ? NOW + 1 + random.nextInt(1000) : Entry.NEVER);
                    }
                }
            }
        }

        @Override
        public void committed() {
            committed.add(new int[] {disk.now(), (int) journal.committed()});
        }

        @Override
        public void failed(long ticket, Throwable cause) {
            throw new AssertionError("no write fails here", cause);
        }

        int committedBefore(int moment) {
            int last = 0;
            for (int[] each : committed) {
                if (each[0] < moment) {
                    last = each[1];
                }
            }
            return last;
        }
    }

    private static Map<String, String> contents(Keyspace keyspace) {
        Map<String, String> contents = new TreeMap<>();
        long cursor = 0;
        do {
            cursor = keyspace.scan(cursor, entry -> {
                if (entry.value != null) {
                    contents.put(
                            new String(entry.key, ISO_8859_1),
                            entry.expiresAtMillis + ":" + new String(entry.value, ISO_8859_1));
                }
            });
        } while (cursor != 0);
        return contents;
    }

    private Map<String, String> recovered(Map<String, byte[]> files, boolean direct) throws Exception {
        Replay replay = new Replay(new Keyspace(new SipHash(3, 4)));
        SimulatedDisk disk = new SimulatedDisk(loop, 1, files);
        WriteAheadLog log = AioTestLoops.get(WriteAheadLog.open(disk.context(), config(direct), replay));
        Map<String, String> contents = contents(replay.keyspace());
        AioTestLoops.get(log.close());
        return contents;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldRecoverWhatIsAcknowledgedWhenThePowerFails(boolean direct) throws Exception {
        int crashes = 0;
        for (int n = 0; n < RECORDINGS; n++) {
            Recording recording = new Recording(new SimulatedDisk(loop, n), n);
            recording.run(direct);
            assertThat(recording.compactor.made()).isPositive();
            Random chance = new Random(n);
            for (int i = 0; i < CRASHES_EACH; i++) {
                int moment = chance.nextInt(recording.disk.now() + 1);
                List<Fate> fates = List.of(Fate.values());
                Fate fate = fates.get(chance.nextInt(fates.size()));
                Map<String, byte[]> files = recording.disk.crash(moment, fate, chance);
                String where =
                        "direct=" + direct + " recording=" + n + " crash=" + i + " moment=" + moment + " " + fate;
                Map<String, String> found;
                try {
                    found = recovered(files, direct);
                } catch (Exception e) {
                    throw new AssertionError(where, e);
                }
                int last = recording.states.lastIndexOf(found);
                assertThat(last).as(where).isGreaterThanOrEqualTo(recording.committedBefore(moment));
                crashes++;
            }
        }
        // Both modes: 10,000.
        assertThat(crashes).isEqualTo(RECORDINGS * CRASHES_EACH);
    }

    /** The model notices a server that acknowledges before it is durable. */
    @Test
    void shouldMissChangesWhenTheDiskLiesAboutSyncs() throws Exception {
        Recording recording = new Recording(new SimulatedDisk(loop, 1), 1);
        loop.submit(recording.disk::lieAboutSyncs).sync();
        try {
            recording.run(false);
        } catch (Exception e) {
            throw new AssertionError("the disk lies, but nothing fails", e);
        }
        Random chance = new Random(1);
        int missed = 0;
        for (int i = 0; i < 100; i++) {
            int moment = chance.nextInt(recording.disk.now() + 1);
            Map<String, byte[]> files = recording.disk.crash(moment, Fate.SECTORS, chance);
            try {
                int last = recording.states.lastIndexOf(recovered(files, false));
                missed += last < recording.committedBefore(moment) ? 1 : 0;
            } catch (Exception damaged) {
                missed++;
            }
        }
        assertThat(missed).isGreaterThan(50);
    }
}
