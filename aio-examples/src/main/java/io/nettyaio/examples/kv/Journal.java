package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keyspace and its changes on the way to the log.
 *
 * <p>A change takes effect at once, so commands behind it see it, and gets a ticket, counted up. It is <i>committed</i>
 * when the log says so. What a reply tells is committed before the reply goes, be it a client's own change or somebody
 * else's that it has seen: an entry carries the ticket of its newest change, a keyspace that of the flush that emptied it,
 * and whoever looks at one {@linkplain #seen() has seen} that ticket. So nobody is ever told what a crash can take back, and
 * whoever looks at other keys does not wait.
 *
 * <p>When a change fails, it and all that came after it are taken back, newest first: the keyspace is again what is
 * known to be in the log. Their clients are told so.
 *
 * <p><b>Threading.</b> The store loop.
 */
final class Journal implements ChangeLog.Listener, AutoCloseable {

    /** Hears of what is committed. */
    interface Listener {

        /** Changes up to {@link Journal#committed()} are. */
        void committed();

        /**
         * Changes from a ticket on have been taken back, and nothing is under way any more.
         *
         * @param ticket of the first of them
         * @param cause  why
         */
        void failed(long ticket, Throwable cause);
    }

    /** Of the buffer in which changes are written: a long one is not to keep its memory for good. */
    private static final int MOST_KEPT_BYTES = 1 << 20;

    private final ChangeLog log;
    private final Listener listener;
    private final ByteBuf operations;
    private final ArrayDeque<Change> underWay = new ArrayDeque<>();

    private Keyspace keyspace;
    /** The flush that has emptied the keyspace. */
    private long flushTicket;

    private @Nullable Change current;
    private long lastTicket;
    private long committed;
    private long seen;
    private long rollbacks;

    Journal(Keyspace keyspace, ChangeLog log, Listener listener) {
        this.keyspace = keyspace;
        this.log = log;
        this.listener = listener;
        operations = ByteBufAllocator.DEFAULT.directBuffer(1024);
    }

    Keyspace keyspace() {
        return keyspace;
    }

    ChangeLog log() {
        return log;
    }

    /** The newest change that is committed. */
    long committed() {
        return committed;
    }

    /** Changes that are not committed yet. */
    int pending() {
        return underWay.size();
    }

    /** How often changes have been taken back. */
    long rollbacks() {
        return rollbacks;
    }

    // ---- what commands do ----------------------------------------------------------------------------------------

    /** A command begins: it has seen nothing yet. */
    void begin() {
        assert current == null : "a change within a change";
        seen = 0;
    }

    /** The newest change that the command has seen or made. */
    long seen() {
        return seen;
    }

    /** The command tells something of all keys. */
    void seeAll() {
        seen = Math.max(seen, lastTicket);
    }

    /** The entry of a key that has a value; the command has seen it, or that there is none. */
    @Nullable
    Entry look(byte[] key, long nowMillis) {
        Entry entry = keyspace.find(key);
        if (entry == null) {
            seen = Math.max(seen, flushTicket);
            return null;
        }
        seen = Math.max(seen, entry.ticket);
        return entry.value == null || entry.isExpired(nowMillis) ? null : entry;
    }

    void set(byte[] key, byte[] value, long expiresAtMillis) {
        Operations.set(operations, key, value, expiresAtMillis);
        put(keyspace.findOrAdd(key), value, expiresAtMillis);
    }

    void delete(Entry entry) {
        Operations.delete(operations, entry.key);
        put(entry, null, Entry.NEVER);
    }

    void expire(Entry entry, long expiresAtMillis) {
        Operations.expire(operations, entry.key, expiresAtMillis);
        put(entry, entry.value, expiresAtMillis);
    }

    /** Makes a value longer; only what is added goes to the log. */
    void append(Entry entry, byte[] whole, int offset, byte[] tail) {
        Operations.append(operations, entry.key, offset, tail);
        put(entry, whole, entry.expiresAtMillis);
    }

    void flush() {
        Operations.flush(operations);
        Change change = change();
        change.remember(keyspace, flushTicket);
        keyspace = keyspace.emptied();
        flushTicket = change.ticket;
        seen = change.ticket;
    }

    private void put(Entry entry, byte @Nullable [] value, long expiresAtMillis) {
        Change change = change();
        change.remember(entry);
        keyspace.put(entry, value, expiresAtMillis);
        entry.ticket = change.ticket;
        seen = change.ticket;
    }

    private Change change() {
        Change change = current;
        if (change == null) {
            change = current = new Change(lastTicket + 1);
        }
        return change;
    }

    /**
     * The command has ended: what it has changed goes to the log, all of it or nothing.
     *
     * @return whether it could; where not, it has been taken back
     */
    boolean end() {
        Change change = current;
        if (change == null) {
            return true;
        }
        current = null;
        boolean fits = operations.readableBytes() <= log.maxChangeBytes();
        if (fits) {
            lastTicket = change.ticket;
            underWay.add(change);
            log.append(operations, change);
        } else {
            takeBackAlone(change);
        }
        clearOperations();
        return fits;
    }

    /** Gives up what the command has changed so far. */
    void abandon() {
        Change change = current;
        if (change != null) {
            current = null;
            takeBackAlone(change);
            clearOperations();
        }
    }

    private void clearOperations() {
        operations.clear();
        if (operations.capacity() > MOST_KEPT_BYTES) {
            operations.capacity(MOST_KEPT_BYTES);
        }
    }

    private void takeBackAlone(Change change) {
        List<Entry> touched = new ArrayList<>();
        takeBack(change, touched);
        touched.forEach(this::removeIfGone);
        seen = lastTicket;
    }

    // ---- what the log says ---------------------------------------------------------------------------------------

    @Override
    public void committed(Change change) {
        if (change.isSettled()) {
            throw new IllegalStateException("committed after a change before it had failed: ticket=" + change.ticket);
        }
        Change oldest = underWay.remove();
        assert oldest == change : "out of order";
        for (Change.Undo step = change.newest(); step != null; step = step.older) {
            Entry entry = step.entry;
            if (entry != null && entry.value == null && entry.ticket == change.ticket) {
                keyspace.remove(entry);
            }
        }
        change.settle();
        committed = change.ticket;
        listener.committed();
    }

    @Override
    public void failed(Change change, Throwable cause) {
        if (change.isSettled()) {
            return; // taken back with one before it
        }
        rollbacks++;
        List<Entry> touched = new ArrayList<>();
        for (Change newest = null; newest != change; ) {
            newest = underWay.removeLast();
            takeBack(newest, touched);
        }
        touched.forEach(this::removeIfGone);
        if (underWay.isEmpty()) {
            // What the keyspace holds is committed, whoever has seen what.
            committed = lastTicket;
        }
        listener.failed(change.ticket, cause);
    }

    private void takeBack(Change change, List<Entry> touched) {
        for (Change.Undo step = change.newest(); step != null; step = step.older) {
            Entry entry = step.entry;
            if (entry != null) {
                keyspace.put(entry, step.value, step.expiresAtMillis);
                entry.ticket = step.ticket;
                touched.add(entry);
            } else if (step.replaced != null) {
                keyspace = step.replaced;
                flushTicket = step.ticket;
            }
        }
        change.settle();
    }

    /** Of entries that were taken back: those that were not there, and of whose removal nobody is going to hear. */
    private void removeIfGone(Entry entry) {
        if (entry.value == null && entry.ticket <= committed) {
            keyspace.remove(entry);
        }
    }

    @Override
    public void close() {
        operations.release();
    }
}
