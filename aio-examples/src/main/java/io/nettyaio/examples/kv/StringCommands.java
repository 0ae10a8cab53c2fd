package io.nettyaio.examples.kv;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Commands that read and write values. */
final class StringCommands {

    private final Store store;

    StringCommands(Store store) {
        this.store = store;
    }

    private @Nullable Entry look(byte[] key) {
        return store.journal().look(key, store.nowMillis());
    }

    private byte @Nullable [] value(byte[] key) {
        Entry entry = look(key);
        return entry == null ? null : entry.value;
    }

    void get(Session session, byte[][] arguments) {
        session.replies().bulkOrNil(value(arguments[1]));
    }

    void set(Session session, byte[][] arguments) throws CommandError {
        SetOptions options = SetOptions.parse(arguments);
        long expiresAtMillis = options.expiresAtMillis(store.nowMillis());
        byte[] key = arguments[1];
        Entry entry = look(key);
        byte[] before = entry == null ? null : entry.value;
        boolean refused = entry == null ? options.onlyIfPresent : options.onlyIfAbsent;
        if (!refused) {
            if (options.keepExpiry && entry != null) {
                expiresAtMillis = entry.expiresAtMillis;
            }
            store.journal().set(key, arguments[2], expiresAtMillis);
        }
        if (options.get) {
            session.replies().bulkOrNil(before);
        } else if (refused) {
            session.replies().nil();
        } else {
            session.replies().ok();
        }
    }

    void getSet(Session session, byte[][] arguments) {
        session.replies().bulkOrNil(value(arguments[1]));
        store.journal().set(arguments[1], arguments[2], Entry.NEVER);
    }

    void mget(Session session, byte[][] arguments) {
        session.replies().array(arguments.length - 1);
        for (int i = 1; i < arguments.length; i++) {
            session.replies().bulkOrNil(value(arguments[i]));
        }
    }

    void mset(Session session, byte[][] arguments) throws CommandError {
        if (arguments.length % 2 == 0) {
            throw new CommandError("ERR wrong number of arguments for 'mset' command");
        }
        for (int i = 1; i < arguments.length; i += 2) {
            store.journal().set(arguments[i], arguments[i + 1], Entry.NEVER);
        }
        session.replies().ok();
    }

    void incr(Session session, byte[][] arguments) throws CommandError {
        add(session, arguments[1], 1);
    }

    void decr(Session session, byte[][] arguments) throws CommandError {
        add(session, arguments[1], -1);
    }

    void incrBy(Session session, byte[][] arguments) throws CommandError {
        add(session, arguments[1], Args.number(arguments[2]));
    }

    void decrBy(Session session, byte[][] arguments) throws CommandError {
        long less = Args.number(arguments[2]);
        if (less == Long.MIN_VALUE) {
            throw new CommandError("ERR decrement would overflow");
        }
        add(session, arguments[1], -less);
    }

    private void add(Session session, byte[] key, long more) throws CommandError {
        Entry entry = look(key);
        byte[] before = entry == null ? null : entry.value;
        long value = before == null ? 0 : Args.number(before);
        long sum = value + more;
        if (((value ^ sum) & (more ^ sum)) < 0) {
            throw new CommandError("ERR increment or decrement would overflow");
        }
        store.journal().set(key, Numbers.toBytes(sum), entry == null ? Entry.NEVER : entry.expiresAtMillis);
        session.replies().integer(sum);
    }

    void append(Session session, byte[][] arguments) throws CommandError {
        byte[] key = arguments[1];
        byte[] tail = arguments[2];
        Entry entry = look(key);
        byte[] before = entry == null ? null : entry.value;
        if (entry == null || before == null) {
            store.journal().set(key, tail, Entry.NEVER);
            session.replies().integer(tail.length);
            return;
        }
        long length = (long) before.length + tail.length;
        if (length > session.limits.bulkBytes()) {
            throw new CommandError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        }
        byte[] whole = Arrays.copyOf(before, (int) length);
        System.arraycopy(tail, 0, whole, before.length, tail.length);
        store.journal().append(entry, whole, before.length, tail);
        session.replies().integer(length);
    }

    void strlen(Session session, byte[][] arguments) {
        byte[] value = value(arguments[1]);
        session.replies().integer(value == null ? 0 : value.length);
    }
}
