package io.nettyaio.examples.kv;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands on keys, whatever their values. */
final class KeyCommands {

    private static final int SCAN_COUNT = 10;
    /** Of a scan's buckets: however few keys match, or are there at all, it comes back. */
    private static final int MOST_SCANNED = 1 << 16;

    private static final long NO_KEY = -2;
    private static final long NO_EXPIRY = -1;

    private final Store store;

    KeyCommands(Store store) {
        this.store = store;
    }

    private @Nullable Entry look(byte[] key) {
        return store.journal().look(key, store.nowMillis());
    }

    void del(Session session, byte[][] arguments) {
        int deleted = 0;
        for (int i = 1; i < arguments.length; i++) {
            Entry entry = look(arguments[i]);
            if (entry != null) {
                store.journal().delete(entry);
                deleted++;
            }
        }
        session.replies().integer(deleted);
    }

    void exists(Session session, byte[][] arguments) {
        int found = 0;
        for (int i = 1; i < arguments.length; i++) {
            if (look(arguments[i]) != null) {
                found++;
            }
        }
        session.replies().integer(found);
    }

    void dbsize(Session session, byte[][] arguments) {
        store.journal().seeAll();
        session.replies().integer(store.journal().keyspace().size());
    }

    void flushAll(Session session, byte[][] arguments) throws CommandError {
        if (arguments.length > 2
                || (arguments.length == 2 && !Args.is(arguments[1], "ASYNC") && !Args.is(arguments[1], "SYNC"))) {
            throw CommandError.syntax();
        }
        // Either way it takes no time: the keys that were are left to the garbage collector.
        store.journal().flush();
        session.replies().ok();
    }

    // ---- expiry --------------------------------------------------------------------------------------------------

    void expire(Session session, byte[][] arguments) throws CommandError {
        expire(session, arguments, 1000, "expire");
    }

    void pexpire(Session session, byte[][] arguments) throws CommandError {
        expire(session, arguments, 1, "pexpire");
    }

    private void expire(Session session, byte[][] arguments, int unitMillis, String command) throws CommandError {
        ExpireCondition condition = ExpireCondition.parse(arguments);
        long given = Args.number(arguments[2]);
        long now = store.nowMillis();
        if (given > Long.MAX_VALUE / unitMillis
                || given < Long.MIN_VALUE / unitMillis
                || given * unitMillis > Long.MAX_VALUE - now) {
            throw new CommandError("ERR invalid expire time in '" + command + "' command");
        }
        long expiresAtMillis = given * unitMillis + now;
        Entry entry = look(arguments[1]);
        if (entry == null || !condition.holds(entry.expiresAtMillis, expiresAtMillis)) {
            session.replies().integer(0);
            return;
        }
        if (expiresAtMillis <= now) {
            store.journal().delete(entry);
        } else {
            store.journal().expire(entry, expiresAtMillis);
        }
        session.replies().integer(1);
    }

    void persist(Session session, byte[][] arguments) {
        Entry entry = look(arguments[1]);
        boolean expires = entry != null && entry.expiresAtMillis != Entry.NEVER;
        if (entry != null && expires) {
            store.journal().expire(entry, Entry.NEVER);
        }
        session.replies().integer(expires ? 1 : 0);
    }

    void ttl(Session session, byte[][] arguments) {
        long millis = leftMillis(arguments[1]);
        session.replies().integer(millis < 0 ? millis : millis / 1000 + (millis % 1000 >= 500 ? 1 : 0));
    }

    void pttl(Session session, byte[][] arguments) {
        session.replies().integer(leftMillis(arguments[1]));
    }

    private long leftMillis(byte[] key) {
        Entry entry = look(key);
        if (entry == null) {
            return NO_KEY;
        }
        return entry.expiresAtMillis == Entry.NEVER ? NO_EXPIRY : entry.expiresAtMillis - store.nowMillis();
    }

    // ---- scan ----------------------------------------------------------------------------------------------------

    void scan(Session session, byte[][] arguments) throws CommandError {
        long cursor = cursor(arguments[1]);
        byte[] pattern = null;
        long count = SCAN_COUNT;
        boolean strings = true;
        for (int i = 2; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) {
                throw CommandError.syntax();
            }
            byte[] value = arguments[i + 1];
            if (Args.is(arguments[i], "COUNT")) {
                count = Args.number(value);
                if (count < 1) {
                    throw CommandError.syntax();
                }
            } else if (Args.is(arguments[i], "MATCH")) {
                pattern = value;
            } else if (Args.is(arguments[i], "TYPE")) {
                strings = Args.is(value, "STRING");
            } else {
                throw CommandError.syntax();
            }
        }
        Journal journal = store.journal();
        journal.seeAll();
        List<Entry> found = new ArrayList<>();
        int buckets = 0;
        do {
            cursor = journal.keyspace().scan(cursor, found::add);
            buckets++;
        } while (cursor != 0 && found.size() < count && buckets < MOST_SCANNED && buckets < count * 10);
        long now = store.nowMillis();
        byte[] glob = pattern;
        boolean any = strings;
        found.removeIf(entry -> !any
                || entry.value == null
                || entry.isExpired(now)
                || (glob != null && !Glob.matches(glob, entry.key)));
        session.replies().array(2);
        session.replies().bulk(Long.toUnsignedString(cursor));
        session.replies().array(found.size());
        for (Entry entry : found) {
            session.replies().bulk(entry.key);
        }
    }

    private static long cursor(byte[] argument) throws CommandError {
        if (argument.length == 0) {
            return 0; // as for Redis
        }
        try {
            return Long.parseUnsignedLong(new String(argument, StandardCharsets.ISO_8859_1));
        } catch (NumberFormatException e) {
            throw new CommandError("ERR invalid cursor");
        }
    }
}
