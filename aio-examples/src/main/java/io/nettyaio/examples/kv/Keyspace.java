package io.nettyaio.examples.kv;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The keys and their values, those of them that expire, and an estimate of the memory they take. Knows nothing of
 * durability: {@link Journal} does.
 *
 * <p><b>Threading.</b> The store loop.
 */
final class Keyspace {

    /** An {@link Entry}, the headers of its two arrays, and its share of the bucket array. */
    private static final int ENTRY_BYTES = 56 + 2 * 16 + 8;

    private static final int EXPIRY_BYTES = 32 + 8;

    private final SipHash hash;
    private final Dict<Entry> entries = new Dict<>();
    private final Dict<Entry.Expiry> expiring = new Dict<>();
    private int live;
    private long usedBytes;

    Keyspace(SipHash hash) {
        this.hash = hash;
    }

    /** An empty one that hashes alike. */
    Keyspace emptied() {
        return new Keyspace(hash);
    }

    /** Keys that have a value, those whose time has come and that nobody has removed yet among them. */
    int size() {
        return live;
    }

    /** Of these, those that expire. */
    int expiringSize() {
        return expiring.size();
    }

    /** What keys, values and tables take, as far as it can be told. */
    long usedBytes() {
        return usedBytes;
    }

    /** The entry of a key, also one without a value or past its time. */
    @Nullable
    Entry find(byte[] key) {
        return entries.find(key, hash.hash(key));
    }

    /** The entry of a key; a new one, without a value, where there is none. */
    Entry findOrAdd(byte[] key) {
        int keyHash = hash.hash(key);
        Entry entry = entries.find(key, keyHash);
        if (entry == null) {
            entry = new Entry(key, keyHash);
            entries.add(entry);
            usedBytes += ENTRY_BYTES + roundUp(key.length);
        }
        return entry;
    }

    /** Changes an entry; no value makes it one that awaits its {@linkplain #remove removal}. */
    void put(Entry entry, byte @Nullable [] value, long expiresAtMillis) {
        byte[] before = entry.value;
        if (before != null) {
            usedBytes -= roundUp(before.length);
            live--;
        }
        if (value != null) {
            usedBytes += roundUp(value.length);
            live++;
        }
        entry.value = value;
        entry.expiresAtMillis = value == null ? Entry.NEVER : expiresAtMillis;
        Entry.Expiry expiry = entry.expiry;
        if (entry.expiresAtMillis != Entry.NEVER && expiry == null) {
            Entry.Expiry made = new Entry.Expiry(entry);
            entry.expiry = made;
            expiring.add(made);
            usedBytes += EXPIRY_BYTES;
        } else if (entry.expiresAtMillis == Entry.NEVER && expiry != null) {
            entry.expiry = null;
            expiring.remove(expiry);
            usedBytes -= EXPIRY_BYTES;
        }
    }

    /** Takes out an entry that has no value. Does nothing where it has been taken out, or belongs to another keyspace. */
    void remove(Entry entry) {
        assert entry.value == null : "removed with its value";
        if (entries.remove(entry)) {
            usedBytes -= ENTRY_BYTES + roundUp(entry.key.length);
        }
    }

    /** Visits some entries; see {@link Dict#scan}. */
    long scan(long cursor, Consumer<? super Entry> visitor) {
        return entries.scan(cursor, visitor);
    }

    /** Visits some entries that expire; see {@link Dict#scan}. */
    long scanExpiring(long cursor, Consumer<? super Entry.Expiry> visitor) {
        return expiring.scan(cursor, visitor);
    }

    /** Goes on with what the tables have to move. Returns whether there is more. */
    boolean tidy() {
        boolean more = entries.step();
        return expiring.step() || more;
    }

    /** Objects are multiples of 8 bytes. */
    private static int roundUp(int bytes) {
        return (bytes + 7) & -8;
    }
}
