package io.nettyaio.examples.kv;

import org.jspecify.annotations.Nullable;

/** What one record of the log does to the keyspace, and how to take it back, for as long as it may have to be. */
final class Change {

    /** Counts changes, from 1. */
    final long ticket;

    private @Nullable Undo newest;
    private boolean settled;

    Change(long ticket) {
        this.ticket = ticket;
    }

    /** Has been committed or taken back. */
    boolean isSettled() {
        return settled;
    }

    void settle() {
        settled = true;
        newest = null;
    }

    /** The last step, which is to be taken back first; {@code null} where there are none. */
    @Nullable
    Undo newest() {
        return newest;
    }

    /** An entry is about to be changed. */
    void remember(Entry entry) {
        newest = new Undo(entry, null, entry.ticket, newest);
    }

    /** A keyspace is about to be replaced. */
    void remember(Keyspace replaced, long flushTicket) {
        newest = new Undo(null, replaced, flushTicket, newest);
    }

    /** One step: what has been before it. */
    static final class Undo {

        /** What was changed; {@code null} where all of the keyspace was. */
        final @Nullable Entry entry;

        final byte @Nullable [] value;
        final long expiresAtMillis;
        final long ticket;
        final @Nullable Keyspace replaced;
        final @Nullable Undo older;

        private Undo(@Nullable Entry entry, @Nullable Keyspace replaced, long ticket, @Nullable Undo older) {
            this.entry = entry;
            this.value = entry == null ? null : entry.value;
            this.expiresAtMillis = entry == null ? Entry.NEVER : entry.expiresAtMillis;
            this.ticket = ticket;
            this.replaced = replaced;
            this.older = older;
        }
    }
}
