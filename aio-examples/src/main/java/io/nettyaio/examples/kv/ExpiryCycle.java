package io.nettyaio.examples.kv;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Removes keys whose time has come and that nobody asks for. It goes round the keys that expire, a millisecond at a time.
 * Its removals go to the log like anybody's, so that what a recovery finds does not hang on the clock.
 */
final class ExpiryCycle {

    private static final long BUDGET_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int MOST_AT_ONCE = 256;
    private static final int MOST_KEY_BYTES_IN_A_CHANGE = 16 * 1024;
    private static final int BUCKETS_BETWEEN_LOOKS = 64;

    private final Store store;
    private final List<Entry> due = new ArrayList<>();
    private long cursor;

    ExpiryCycle(Store store) {
        this.store = store;
    }

    /** A turn. Does nothing while the log takes no changes: to clients the keys are gone all the same. */
    void run() {
        Journal journal = store.journal();
        long end = System.nanoTime() + BUDGET_NANOS;
        do {
            if (journal.keyspace().expiringSize() == 0
                    || journal.log().refusal() != null
                    || !journal.log().isWritable()) {
                return;
            }
            collect();
            if (!due.isEmpty()) {
                remove();
            }
        } while (cursor != 0 && System.nanoTime() - end < 0);
    }

    private void collect() {
        long now = store.nowMillis();
        for (int n = 0; n < BUCKETS_BETWEEN_LOOKS && due.size() < MOST_AT_ONCE; n++) {
            cursor = store.journal().keyspace().scanExpiring(cursor, expiry -> {
                if (expiry.entry.isExpired(now)) {
                    due.add(expiry.entry);
                }
            });
            if (cursor == 0) {
                return;
            }
        }
    }

    private void remove() {
        Journal journal = store.journal();
        int keyBytes = 0;
        journal.begin();
        for (Entry entry : due) {
            if (entry.value == null) {
                continue; // a bucket may be seen twice while a table moves
            }
            journal.delete(entry);
            store.stats().expiredKeys++;
            keyBytes += entry.key.length;
            if (keyBytes > MOST_KEY_BYTES_IN_A_CHANGE) {
                keyBytes = 0;
                end(journal);
                journal.begin();
            }
        }
        end(journal);
        due.clear();
    }

    private static void end(Journal journal) {
        boolean fits = journal.end();
        assert fits : "a key and a little more is less than a record may be";
    }
}
