package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A log that keeps what it is given, and commits it, or fails, when a test says so. */
final class ScriptedLog implements ChangeLog {

    private final List<byte[]> records = new ArrayList<>();
    private final ArrayDeque<Change> waiting = new ArrayDeque<>();
    private @Nullable Listener listener;
    private @Nullable String refusal;
    private boolean writable = true;
    private int maxChangeBytes = 1 << 20;

    void listener(Listener told) {
        listener = told;
    }

    void refuse(@Nullable String reason) {
        refusal = reason;
    }

    void writable(boolean yes) {
        writable = yes;
    }

    void maxChangeBytes(int bytes) {
        maxChangeBytes = bytes;
    }

    /** What has been appended and not failed, record by record. */
    List<byte[]> records() {
        return records;
    }

    int waiting() {
        return waiting.size();
    }

    /** The oldest so many that wait are durable. */
    void commit(int changes) {
        for (int i = 0; i < changes; i++) {
            listener.committed(waiting.remove());
        }
    }

    void commitAll() {
        commit(waiting.size());
    }

    /** Whatever waits fails, as a log fails it: the oldest first. */
    void failAll(String message) {
        List<Change> failed = new ArrayList<>(waiting);
        waiting.clear();
        for (int i = 0; i < failed.size(); i++) {
            records.remove(records.size() - 1);
        }
        failed.forEach(change -> listener.failed(change, new IllegalStateException(message)));
    }

    /** The keyspace that a recovery would make. */
    Keyspace replayed() {
        Replay replay = new Replay(new Keyspace(SipHash.random()));
        for (int i = 0; i < records.size(); i++) {
            replay.record(i + 1, Operations.RECORD_TYPE, Unpooled.wrappedBuffer(records.get(i)));
        }
        return replay.keyspace();
    }

    @Override
    public @Nullable String refusal() {
        return refusal;
    }

    @Override
    public boolean isWritable() {
        return writable;
    }

    @Override
    public int maxChangeBytes() {
        return maxChangeBytes;
    }

    @Override
    public void append(ByteBuf operations, Change change) {
        records.add(ByteBufUtil.getBytes(operations));
        waiting.add(change);
    }
}
