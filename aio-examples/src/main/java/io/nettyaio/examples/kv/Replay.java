package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.nettyaio.examples.log.LogReplay;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes a keyspace of what the log holds: the snapshot, and every change after it, whatever the clock says meanwhile. Keys
 * whose time has come are removed later on, as ever.
 *
 * <p><b>Threading.</b> The store loop.
 */
final class Replay implements LogReplay, Operations.Target {

    private Keyspace keyspace;

    Replay(Keyspace empty) {
        keyspace = empty;
    }

    Keyspace keyspace() {
        return keyspace;
    }

    @Override
    public void record(long sequence, int type, ByteBuf payload) {
        if (type != Operations.RECORD_TYPE) {
            throw new IllegalArgumentException("record " + sequence + " is of type " + type
                    + ": the log is not of this server, or of a newer version of it");
        }
        Operations.replay(payload.slice(), this);
    }

    @Override
    public void set(byte[] key, byte[] value, long expiresAtMillis) {
        keyspace.put(keyspace.findOrAdd(key), value, expiresAtMillis);
    }

    @Override
    public void delete(byte[] key) {
        Entry entry = keyspace.find(key);
        if (entry != null) {
            keyspace.put(entry, null, Entry.NEVER);
            keyspace.remove(entry);
        }
    }

    @Override
    public void expire(byte[] key, long expiresAtMillis) {
        Entry entry = keyspace.find(key);
        if (entry != null) {
            keyspace.put(entry, entry.value, expiresAtMillis);
        }
    }

    /** On top of a snapshot the value may be any later one of the key's; then what makes it so comes later, too. */
    @Override
    public void append(byte[] key, int offset, byte[] tail) {
        Entry entry = keyspace.findOrAdd(key);
        byte @Nullable [] before = entry.value;
        byte[] whole = before == null ? new byte[offset + tail.length] : Arrays.copyOf(before, offset + tail.length);
        System.arraycopy(tail, 0, whole, offset, tail.length);
        keyspace.put(entry, whole, entry.expiresAtMillis);
    }

    @Override
    public void flush() {
        keyspace = keyspace.emptied();
    }
}
