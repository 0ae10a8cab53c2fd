package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What all sessions share: keyspace and journal, the clock, the replies that wait, the clients.
 *
 * <p><b>Threading.</b> The store loop.
 */
final class Store implements Journal.Listener, AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Store.class);
    /** How long a client may leave more unread than it should before it is cut off. */
    private static final long UNREAD_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final KvConfig config;
    private final Journal journal;
    private final CommandExecutor executor;
    private final ExpiryCycle expiryCycle;
    private final Executor endOfTick;
    private final Runnable shutdown;
    private final StoreStats stats = new StoreStats();
    private final ServerInfo info;
    private final Map<Long, Session> sessions = new LinkedHashMap<>();
    private final ArrayDeque<HeldReply> held = new ArrayDeque<>();
    private final Set<Session> blocked = new LinkedHashSet<>();
    private final Runnable releaseTask = this::release;
    private boolean releaseScheduled;
    private boolean stopping;
    private long heldBytes;
    private long lastSessionId;
    private long nowMillis = System.currentTimeMillis();
    private Runnable everyTick = () -> {};

    /**
     * A store.
     *
     * @param log       where changes go
     * @param endOfTick runs a task when the loop's iteration ends, after what was started in it has been handed to the
     *                  kernel: so the next batch is on its way to the disk before clients are told of the last one
     * @param shutdown  begins the server's end; returns at once
     */
    Store(KvConfig config, Keyspace keyspace, ChangeLog log, Executor endOfTick, Runnable shutdown) {
        this.config = config;
        this.endOfTick = endOfTick;
        this.shutdown = shutdown;
        journal = new Journal(keyspace, log, this);
        expiryCycle = new ExpiryCycle(this);
        info = new ServerInfo(this);
        executor = new CommandExecutor(this, CommandTable.of(this));
    }

    KvConfig config() {
        return config;
    }

    Journal journal() {
        return journal;
    }

    CommandExecutor executor() {
        return executor;
    }

    StoreStats stats() {
        return stats;
    }

    ServerInfo info() {
        return info;
    }

    /** Has something done at each {@link #tick()}. */
    void everyTick(Runnable task) {
        everyTick = task;
    }

    void shutdown() {
        shutdown.run();
    }

    // ---- clock, memory -------------------------------------------------------------------------------------------

    /** A command begins: it takes no time, and neither does a transaction. */
    void readClock() {
        nowMillis = System.currentTimeMillis();
    }

    long nowMillis() {
        return nowMillis;
    }

    /** Keys and values, and replies that wait. */
    long usedBytes() {
        return journal.keyspace().usedBytes() + heldBytes;
    }

    boolean isOutOfMemory() {
        return config.maxMemoryBytes() > 0 && usedBytes() > config.maxMemoryBytes();
    }

    /** Every tenth of a second. */
    void tick() {
        if (stopping) {
            return;
        }
        readClock();
        expiryCycle.run();
        journal.keyspace().tidy();
        everyTick.run();
        long now = System.nanoTime();
        for (Session session : List.copyOf(sessions.values())) {
            if (session.unreadNanos(now) > UNREAD_NANOS) {
                closeForOutput(session);
            }
        }
    }

    // ---- sessions ------------------------------------------------------------------------------------------------

    long nextSessionId() {
        return ++lastSessionId;
    }

    /** A client has come. Returns whether there is room for it. */
    boolean add(Session session) {
        if (stopping || sessions.size() >= config.maxClients()) {
            stats.rejectedConnections++;
            return false;
        }
        stats.connections++;
        sessions.put(session.id, session);
        return true;
    }

    void remove(Session session) {
        sessions.remove(session.id);
        blocked.remove(session);
        session.closed();
    }

    Collection<Session> sessions() {
        return sessions.values();
    }

    @Nullable
    Session session(long id) {
        return sessions.get(id);
    }

    /** A client does not take its replies. */
    void closeForOutput(Session session) {
        stats.closedForOutput++;
        LOGGER.warn("client closed for overcoming of output buffer limits: {}", session.describe(System.nanoTime()));
        remove(session);
        ChannelFuture unused = session.channel.close(); // its failure would change nothing here
    }

    // ---- the log's pace ------------------------------------------------------------------------------------------

    /** The session waits until the log takes changes again. */
    void block(Session session) {
        blocked.add(session);
    }

    /** The log takes changes again, or refuses them from now on. */
    void logChanged() {
        if (blocked.isEmpty() || (!journal.log().isWritable() && journal.log().refusal() == null)) {
            return;
        }
        List<Session> waiting = new ArrayList<>(blocked);
        blocked.clear();
        waiting.forEach(Session::unblock);
    }

    // ---- replies that wait ---------------------------------------------------------------------------------------

    void hold(HeldReply reply) {
        held.add(reply);
        heldBytes += reply.bytes().readableBytes();
    }

    @Override
    public void committed() {
        if (!releaseScheduled && !held.isEmpty()) {
            releaseScheduled = true;
            endOfTick.execute(releaseTask);
        }
    }

    private void release() {
        releaseScheduled = false;
        long committed = journal.committed();
        HeldReply reply;
        while ((reply = held.peek()) != null && reply.ticket() <= committed) {
            held.remove();
            heldBytes -= reply.bytes().readableBytes();
            reply.session().release(reply, reply.bytes());
        }
    }

    /** Replies that tell of what was taken back become errors, and so does each that waited behind one. */
    @Override
    public void failed(long ticket, Throwable cause) {
        LOGGER.error("changes that clients wait for are taken back", cause);
        String error = "-MISCONF Errors writing to the log: "
                + String.valueOf(cause.getMessage()).replaceAll("\\R", " ")
                + ". Whether this command survives a restart is not known.\r\n";
        byte[] line = error.getBytes(StandardCharsets.UTF_8);
        // What comes in meanwhile is of commands after it.
        for (int n = held.size(); n > 0; n--) {
            HeldReply reply = held.remove();
            heldBytes -= reply.bytes().readableBytes();
            if (reply.ticket() < ticket) {
                reply.session().release(reply, reply.bytes());
            } else {
                ByteBuf errors = Unpooled.buffer(line.length * reply.replies());
                for (int i = 0; i < reply.replies(); i++) {
                    errors.writeBytes(line);
                }
                reply.session().release(reply, errors);
                reply.bytes().release();
            }
        }
    }

    /** No more commands are run; connections end as their replies go. */
    void stop() {
        stopping = true;
        for (Session session : List.copyOf(sessions.values())) {
            session.endAfterReplies();
            session.endOfBatch();
        }
    }

    @Override
    public void close() {
        HeldReply reply;
        while ((reply = held.poll()) != null) {
            reply.bytes().release();
        }
        List.copyOf(sessions.values()).forEach(this::remove);
        journal.close();
    }
}
