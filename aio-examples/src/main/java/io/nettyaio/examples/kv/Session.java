package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client, as the store sees it: what it has said of itself, its commands that wait, and its replies, which go out in the
 * order of the commands, each when what it tells is committed.
 *
 * <p>When more replies wait than a client may leave lying, or when the log cannot take more, commands wait in the inbox, and
 * the channel is not read from until it is empty. What was read from the socket by then still joins it: a bounded amount.
 *
 * <p><b>Threading.</b> The store loop.
 */
final class Session {

    final long id;
    final Channel channel;
    final RequestParser.Limits limits;
    private final Store store;
    private final Runnable trust;
    private final ReplyWriter replies;
    private final long createdNanos = System.nanoTime();
    private final ArrayDeque<byte[][]> inbox = new ArrayDeque<>();
    private final Transaction transaction = new Transaction();

    private String name = "";
    private String library = "";
    private String libraryVersion = "";
    private boolean authenticated;
    private boolean noEvict;
    private boolean noTouch;
    private String lastCommand = "NULL";
    private long lastActiveNanos = createdNanos;
    private long commands;

    /** Of the replies that the writer holds. */
    private int written;

    private long writtenTicket;
    private boolean unflushed;

    private int heldReplies;
    private long heldBytes;
    private long heldTicket;
    private long pausedNanos;

    private boolean blockedByLog;
    private boolean inputEnded;
    private boolean ending;
    private boolean closed;

    Session(long id, Channel channel, Store store, Runnable trust) {
        this.id = id;
        this.channel = channel;
        this.store = store;
        this.trust = trust;
        limits = store.config().limits();
        replies = new ReplyWriter(channel.alloc(), store.config().outputHardBytes());
        authenticated = !store.config().password().isRequired();
    }

    // ---- commands ------------------------------------------------------------------------------------------------

    /** A command of the client. {@link #endOfBatch()} follows. */
    void command(byte[][] arguments) {
        if (ending || closed) {
            return;
        }
        if (!inbox.isEmpty() || isPaused()) {
            inbox.add(arguments);
        } else {
            run(arguments);
        }
    }

    private void run(byte[][] arguments) {
        commands++;
        lastActiveNanos = System.nanoTime();
        int from = replies.length();
        try {
            if (!store.executor().execute(this, arguments)) {
                blockedByLog = true;
                inbox.addFirst(arguments);
                store.block(this);
                return;
            }
        } catch (ReplyWriter.TooLongException e) {
            store.closeForOutput(this);
            return;
        }
        if (replies.length() > from) {
            replied(from, store.journal().seen());
        }
    }

    private void replied(int from, long ticket) {
        boolean waits = ticket > store.journal().committed();
        if (waits && writtenTicket == 0 && from > 0 && heldReplies == 0) {
            // What is before it need not wait.
            ChannelFuture unused = channel.write(replies.takeFirst(from), channel.voidPromise());
            unflushed = true;
            written = 0;
        }
        written++;
        if (waits) {
            writtenTicket = ticket;
        }
    }

    /** The client has sent no more for now: what it can be told, it is told. */
    void endOfBatch() {
        if (!closed) {
            flush();
            steerReading();
        }
    }

    /** As {@link #endOfBatch()}, leaving to others whether the channel is read from. */
    void flush() {
        if (closed) {
            return;
        }
        if (replies.length() > 0) {
            send(replies.take());
        } else if (unflushed) {
            channel.flush();
        }
        unflushed = false;
        written = 0;
        writtenTicket = 0;
        endIfDone();
    }

    private void send(ByteBuf bytes) {
        if (writtenTicket > store.journal().committed() || heldReplies > 0) {
            heldTicket = Math.max(writtenTicket, heldTicket);
            heldReplies++;
            heldBytes += bytes.readableBytes();
            store.hold(new HeldReply(this, bytes, heldTicket, written));
            if (unflushed) {
                channel.flush();
            }
        } else {
            ChannelFuture unused = channel.writeAndFlush(bytes, channel.voidPromise());
        }
    }

    /** Held replies may go. */
    void release(HeldReply held, ByteBuf bytes) {
        heldReplies--;
        heldBytes -= held.bytes().readableBytes();
        if (closed) {
            bytes.release();
            return;
        }
        ChannelFuture unused = channel.writeAndFlush(bytes, channel.voidPromise());
        endIfDone();
        if (!inbox.isEmpty()) {
            resume();
        } else {
            steerReading();
        }
    }

    // ---- flow ----------------------------------------------------------------------------------------------------

    private boolean isPaused() {
        return blockedByLog
                || heldBytes + replies.length() > store.config().outputPauseBytes()
                || !channel.isWritable();
    }

    /** Whatever it waited for may be over. */
    void resume() {
        if (closed) {
            return;
        }
        while (!inbox.isEmpty() && !ending && !isPaused()) {
            run(inbox.remove());
        }
        endOfBatch();
    }

    /** The log takes changes again, or refuses them, in which case the client is to be told. */
    void unblock() {
        blockedByLog = false;
        resume();
    }

    private void steerReading() {
        boolean read = (inbox.isEmpty() && !isPaused()) || ending;
        if (read != channel.config().isAutoRead()) {
            channel.config().setAutoRead(read);
        }
        if (read) {
            pausedNanos = 0;
        } else if (pausedNanos == 0) {
            pausedNanos = System.nanoTime();
        }
    }

    /** For how long the client has not taken its replies: 0 where it has. */
    long unreadNanos(long now) {
        return pausedNanos == 0 || channel.isWritable() ? 0 : now - pausedNanos;
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /** The connection ends when the client has got its replies; it runs no more commands. */
    void endAfterReplies() {
        ending = true;
        inbox.clear();
    }

    /** As {@link #endAfterReplies()}, with a last reply. */
    void endWithError(String error) {
        if (!ending && !closed) {
            int from = replies.length();
            replies.error(error);
            replied(from, 0);
            endAfterReplies();
            endOfBatch();
        }
    }

    /** The client sends no more, but may be waiting for replies. */
    void endOfInput() {
        if (!inbox.isEmpty()) {
            resume();
        }
        if (inbox.isEmpty()) {
            endAfterReplies();
            endOfBatch();
        } else {
            inputEnded = true;
        }
    }

    private void endIfDone() {
        if (inputEnded && inbox.isEmpty()) {
            ending = true;
        }
        if (ending && heldReplies == 0) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** The channel is closed. */
    void closed() {
        closed = true;
        inbox.clear();
        replies.discard();
        transaction.end();
    }

    // ---- what commands ask ---------------------------------------------------------------------------------------

    ReplyWriter replies() {
        return replies;
    }

    Transaction transaction() {
        return transaction;
    }

    boolean isAuthenticated() {
        return authenticated;
    }

    /** The client has given the password. */
    void authenticate() {
        authenticated = true;
        trust.run();
    }

    String name() {
        return name;
    }

    void name(String text) {
        name = text;
    }

    void library(String text) {
        library = text;
    }

    void libraryVersion(String text) {
        libraryVersion = text;
    }

    void noEvict(boolean on) {
        noEvict = on;
    }

    void noTouch(boolean on) {
        noTouch = on;
    }

    void lastCommand(String text) {
        lastCommand = text;
    }

    /** A line of CLIENT LIST. */
    String describe(long now) {
        @Nullable Object peer = channel.remoteAddress();
        return "id=" + id
                + " addr=" + Addresses.text(peer)
                + " laddr=" + Addresses.text(channel.localAddress())
                + " fd=-1 name=" + name
                + " age=" + TimeUnit.NANOSECONDS.toSeconds(now - createdNanos)
                + " idle=" + TimeUnit.NANOSECONDS.toSeconds(now - lastActiveNanos)
                + " flags=" + flags()
                + " db=0 sub=0 psub=0 ssub=0"
                + " multi=" + (transaction.isOpen() ? transaction.size() : -1)
                + " qbuf=" + inbox.stream().mapToLong(Transaction::bytes).sum()
                + " multi-mem=" + transaction.bytes()
                + " omem=" + heldBytes
                + " tot-cmds=" + commands
                + " cmd=" + lastCommand
                + " user=default redir=-1 resp=" + replies.protocol()
                + " lib-name=" + library
                + " lib-ver=" + libraryVersion;
    }

    private String flags() {
        String flags = (transaction.isOpen() ? "x" : "") + (noEvict ? "e" : "") + (noTouch ? "T" : "");
        return flags.isEmpty() ? "N" : flags;
    }
}
