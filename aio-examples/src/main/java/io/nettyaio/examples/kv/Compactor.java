package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.examples.log.LogState;
import io.nettyaio.examples.log.LogStats;
import io.nettyaio.examples.log.SnapshotSink;
import io.nettyaio.examples.log.SnapshotSource;
import io.nettyaio.examples.log.WriteAheadLog;
import java.util.concurrent.TimeUnit;

/**
 * Has the log replaced by a snapshot of the keyspace when it has become long, or when there is no room for more of it.
 *
 * <p>The keyspace is walked bucket by bucket while commands go on, so the snapshot holds some of what they change, and
 * some not. That is set right by the replay of their records, since {@link Operations} say what is so afterwards. Changes
 * that are taken back meanwhile have no records: then the snapshot is given up.
 *
 * <p><b>Threading.</b> The store loop.
 */
final class Compactor {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Compactor.class);
    private static final int RECORD_BYTES = 64 * 1024;
    /** What it may take of the loop at once. */
    private static final int BUCKETS_AT_ONCE = 4096;

    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long WORTHWHILE_BYTES = 1 << 20;

    private final WriteAheadLog log;
    private final Journal journal;
    private final long afterBytes;
    private boolean running;
    private long notBeforeNanos = System.nanoTime();
    private long made;

    Compactor(WriteAheadLog log, Journal journal, long afterBytes) {
        this.log = log;
        this.journal = journal;
        this.afterBytes = afterBytes;
    }

    boolean isRunning() {
        return running;
    }

    /** Snapshots made since the start. */
    long made() {
        return made;
    }

    /** Looks whether it is time. */
    void tick() {
        LogState state = log.state();
        if (running
                || state == LogState.CLOSED
                || state == LogState.READ_ONLY
                || System.nanoTime() - notBeforeNanos < 0) {
            return;
        }
        LogStats stats = log.stats();
        long grownBytes = stats.logBytes() - stats.snapshotBytes();
        if (grownBytes > (state == LogState.FULL ? WORTHWHILE_BYTES : afterBytes)) {
            compact();
        }
    }

    private void compact() {
        running = true;
        log.compact(new Walk()).addListener(done -> {
            running = false;
            if (done.isSuccess()) {
                made++;
            } else {
                LOGGER.warn("no snapshot was made, the log goes on without", done.cause());
                notBeforeNanos = System.nanoTime() + RETRY_NANOS;
            }
        });
    }

    /** One way round the keyspace. */
    private final class Walk implements SnapshotSource {

        private final long rollbacks = journal.rollbacks();
        private long cursor;

        @Override
        public boolean write(SnapshotSink sink) {
            if (journal.rollbacks() != rollbacks) {
                throw new IllegalStateException("changes were taken back while the snapshot was made");
            }
            ByteBuf record = ByteBufAllocator.DEFAULT.directBuffer(RECORD_BYTES);
            try {
                for (int buckets = 0; buckets < BUCKETS_AT_ONCE && !sink.isFull(); buckets++) {
                    ByteBuf into = record;
                    cursor = journal.keyspace().scan(cursor, entry -> add(into, entry));
                    if (record.readableBytes() >= RECORD_BYTES) {
                        sink.record(Operations.RECORD_TYPE, record.copy());
                        record.clear();
                    }
                    if (cursor == 0) {
                        break;
                    }
                }
                if (record.isReadable()) {
                    sink.record(Operations.RECORD_TYPE, record.copy());
                }
            } finally {
                record.release();
            }
            return cursor != 0;
        }

        private void add(ByteBuf record, Entry entry) {
            byte[] value = entry.value;
            if (value != null) {
                Operations.set(record, entry.key, value, entry.expiresAtMillis);
            }
        }
    }
}
