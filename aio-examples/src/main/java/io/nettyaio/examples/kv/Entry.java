package io.nettyaio.examples.kv;

import org.jspecify.annotations.Nullable;

/**
 * A key and its value. A value is never changed in place, so whoever has it may keep it.
 *
 * <p>An entry without a value is a key that has been deleted and whose deletion is not committed yet: to commands there is
 * no such key, but they have to wait with saying so.
 */
final class Entry extends Dict.Node<Entry> {

    /** When there is no such time. */
    static final long NEVER = 0;

    byte @Nullable [] value;

    /** When it expires, in milliseconds since 1970; {@link #NEVER} where it does not. */
    long expiresAtMillis;

    /** The newest change of it: see {@link Journal}. */
    long ticket;

    /** Its place among those that expire. */
    @Nullable
    Expiry expiry;

    Entry(byte[] key, int hash) {
        super(key, hash);
    }

    boolean isExpired(long nowMillis) {
        return expiresAtMillis != NEVER && expiresAtMillis <= nowMillis;
    }

    /** An entry that expires, in the table of those. */
    static final class Expiry extends Dict.Node<Expiry> {

        final Entry entry;

        Expiry(Entry entry) {
            super(entry.key, entry.hash);
            this.entry = entry;
        }
    }
}
