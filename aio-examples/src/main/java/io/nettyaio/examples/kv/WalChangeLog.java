package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioContext;
import io.nettyaio.examples.log.LogCallback;
import io.nettyaio.examples.log.LogDurability;
import io.nettyaio.examples.log.LogException;
import io.nettyaio.examples.log.LogState;
import io.nettyaio.examples.log.WriteAheadLog;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The write-ahead log as the journal's. */
final class WalChangeLog implements ChangeLog {

    private final WriteAheadLog log;
    private final AioContext aio;
    private final LogDurability durability;
    private @Nullable Listener listener;
    private final LogCallback<Change> appended = this::appended;

    /** @param aio the log's context; whoever uses this hears of it, and of the log, by listeners of its own */
    WalChangeLog(WriteAheadLog log, AioContext aio, LogDurability durability) {
        this.log = log;
        this.aio = aio;
        this.durability = durability;
    }

    /** Whom to tell; before the first append. */
    void listener(Listener told) {
        listener = told;
    }

    @Override
    public @Nullable String refusal() {
        LogState state = log.state();
        if (state == LogState.OPEN) {
            return null;
        }
        LogException cause = log.cause();
        return "MISCONF Errors writing to the log, commands that may modify the data set are disabled: "
                + (cause == null ? "the server is stopping" : cause.getMessage());
    }

    @Override
    public boolean isWritable() {
        return log.isWritable() && aio.isSubmittable();
    }

    @Override
    public int maxChangeBytes() {
        return KvConfig.RECORD_BYTES;
    }

    @Override
    public void append(ByteBuf operations, Change change) {
        // On its loop the log copies and releases before it returns.
        log.append(Operations.RECORD_TYPE, operations.retain(), durability, change, appended);
    }

    private void appended(long sequence, @Nullable Throwable cause, Change change) {
        Listener told = Objects.requireNonNull(listener, "listener");
        if (cause == null) {
            told.committed(change);
        } else {
            told.failed(change, cause);
        }
    }
}
