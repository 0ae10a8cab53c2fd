package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A connection on its own loop: reads, parses, and gives the commands to the session, by a call where that is on the same
 * loop, else by the batch. Then at most a few batches are on their way; beyond, the channel is not read from until the
 * store has run them all.
 */
final class Connection extends ChannelInboundHandlerAdapter implements RequestParser.Sink {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Connection.class);
    private static final int BATCHES_ON_THEIR_WAY = 4;

    private final Store store;
    private final EventLoop storeLoop;
    private final RequestParser parser;
    private final AtomicInteger onTheirWay = new AtomicInteger();
    private List<byte[][]> batch = new ArrayList<>();
    private boolean direct;
    private boolean refused;
    /** Written on the store loop before, and read there after, the first command. */
    private @Nullable Session session;

    Connection(Store store, EventLoop storeLoop) {
        this.store = store;
        this.storeLoop = storeLoop;
        parser = new RequestParser(
                store.config().limits(), !store.config().password().isRequired(), this);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        Channel channel = context.channel();
        direct = channel.eventLoop() == storeLoop;
        onStoreLoop(() -> connected(channel));
        context.fireChannelActive();
    }

    private void connected(Channel channel) {
        Session made = new Session(store.nextSessionId(), channel, store, parser::trust);
        if (!store.add(made)) {
            made.endWithError("ERR max number of clients reached");
        }
        session = made;
    }

    /** The session; on the store loop. */
    private Session session() {
        Session made = session;
        if (made == null) {
            throw new IllegalStateException("not connected");
        }
        return made;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (!refused) {
                parser.parse(in);
            }
        } catch (ProtocolException e) {
            refused = true;
            handOver(context.channel());
            String error = "ERR " + e.getMessage();
            onStoreLoop(() -> session().endWithError(error));
        } finally {
            in.release();
        }
    }

    @Override
    public void command(byte[][] arguments) {
        if (direct) {
            session().command(arguments);
        } else {
            batch.add(arguments);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        handOver(context.channel());
    }

    private void handOver(Channel channel) {
        if (direct) {
            session().endOfBatch();
            return;
        }
        if (batch.isEmpty()) {
            return;
        }
        List<byte[][]> full = batch;
        batch = new ArrayList<>();
        boolean many = onTheirWay.incrementAndGet() > BATCHES_ON_THEIR_WAY;
        onStoreLoop(() -> run(full, channel));
        if (many) {
            channel.config().setAutoRead(false);
            if (onTheirWay.get() == 0) {
                channel.config().setAutoRead(true); // the store has been faster
            }
        }
    }

    private void run(List<byte[][]> commands, Channel channel) {
        for (byte[][] command : commands) {
            session().command(command);
        }
        // Looks at the channel, and has it read from where nothing speaks against it.
        boolean last = onTheirWay.decrementAndGet() == 0;
        if (last || channel.config().isAutoRead()) {
            session().endOfBatch();
        } else {
            session().flush();
        }
    }

    private void onStoreLoop(Runnable task) {
        if (direct) {
            task.run();
            return;
        }
        try {
            storeLoop.execute(task);
        } catch (RejectedExecutionException e) {
            LOGGER.debug("the server is ending", e);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            onStoreLoop(() -> session().resume());
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            onStoreLoop(() -> session().endOfInput());
        } else if (event instanceof IdleStateEvent) {
            ChannelFuture unused = context.close();
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        onStoreLoop(() -> store.remove(session()));
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            LOGGER.debug("{}: connection lost", context.channel(), cause); // the client's doing
        } else {
            LOGGER.warn("{}: closed after an unexpected failure", context.channel(), cause);
        }
        ChannelFuture unused = context.close();
    }
}
