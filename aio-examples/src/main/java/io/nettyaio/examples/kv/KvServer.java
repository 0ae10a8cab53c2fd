package io.nettyaio.examples.kv;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioContext;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.examples.ListenFailure;
import io.nettyaio.examples.admin.Admin;
import io.nettyaio.examples.admin.LoopHealth;
import io.nettyaio.examples.log.LogConfig;
import io.nettyaio.examples.log.LogException;
import io.nettyaio.examples.log.LogListener;
import io.nettyaio.examples.log.LogState;
import io.nettyaio.examples.log.WriteAheadLog;
import io.nettyaio.metrics.AioMetrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A key-value server: Redis's protocol, a write-ahead log, and event loops that carry sockets and disk alike.
 *
 * <p><b>Threading.</b> {@link #start} and {@link #close()} wait and so must not be called on an event loop.
 */
public final class KvServer implements AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(KvServer.class);
    private static final long END_SECONDS = 5;
    private static final long TICK_MILLIS = 100;
    private static final int BACKLOG = 511;
    private static final int LEAST_RECEIVE_BYTES = 512;
    private static final int FIRST_RECEIVE_BYTES = 2048;
    private static final int MOST_RECEIVE_BYTES = 64 * 1024;

    private final KvConfig config;
    private final MultiThreadIoEventLoopGroup storeGroup;
    private final MultiThreadIoEventLoopGroup socketGroup;
    private final EventLoop storeLoop;
    private final ChannelGroup connections;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch shutdownAsked = new CountDownLatch(1);
    private @Nullable WriteAheadLog log;
    private @Nullable Store store;
    private @Nullable Channel listener;
    private @Nullable Admin admin;
    /** Left by the store loop. */
    private volatile @Nullable KvFigures figures;

    private KvServer(KvConfig config) {
        this.config = config;
        storeGroup = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("aio-kv-store"), EpollIoHandler.newFactory());
        socketGroup = config.loops() == 1
                ? storeGroup
                : new MultiThreadIoEventLoopGroup(
                        config.loops() - 1, new DefaultThreadFactory("aio-kv-socket"), EpollIoHandler.newFactory());
        storeLoop = storeGroup.next();
        connections = new DefaultChannelGroup("aio-kv", storeLoop, true);
    }

    /**
     * Starts a server; returns when it has recovered what its log holds and accepts connections.
     *
     * @throws IOException where that is not possible; the message is one sentence that names the remedy
     * @throws InterruptedException where the thread is interrupted; nothing has been started then
     */
    public static KvServer start(KvConfig config) throws IOException, InterruptedException {
        try {
            EpollAio.ensureAvailability();
        } catch (UnsatisfiedLinkError e) {
            throw ListenFailure.engine(e);
        }
        InetSocketAddress address = new InetSocketAddress(config.bind(), config.port());
        if (address.isUnresolved()) {
            throw ListenFailure.address(config.bind());
        }
        KvServer server = new KvServer(config);
        boolean started = false;
        try {
            server.recover();
            server.listen(address);
            server.listenForAdmin();
            started = true;
            return server;
        } finally {
            if (!started) {
                server.close();
            }
        }
    }

    private void administer(AioContext aio) {
        if (config.hasAdminPort()) {
            Admin made = new Admin();
            admin = made;
            made.bind(new AioMetrics(storeGroup));
            made.watch(new LoopHealth(storeGroup, List.of(aio)));
            if (socketGroup != storeGroup) {
                made.watch(new LoopHealth(socketGroup, List.of()));
            }
        }
    }

    private void listenForAdmin() throws IOException, InterruptedException {
        Admin made = admin;
        if (made != null) {
            KvMetrics metrics = new KvMetrics(() -> Objects.requireNonNull(figures, "figures"));
            made.bind(metrics);
            made.watch(metrics);
            made.listen(config.adminPort());
        }
    }

    /** On the store loop. */
    private static KvFigures figures(Store store, WriteAheadLog log) {
        StoreStats stats = store.stats();
        Journal journal = store.journal();
        return new KvFigures(
                stats.commands,
                stats.errors,
                stats.connections,
                stats.rejectedConnections,
                stats.closedForOutput,
                store.sessions().size(),
                journal.keyspace().size(),
                stats.expiredKeys,
                store.usedBytes(),
                journal.pending(),
                journal.rollbacks(),
                log.state(),
                journal.log().refusal(),
                log.stats());
    }

    private void recover() throws IOException, InterruptedException {
        AioContext aio = EpollAio.context(storeLoop, config.aio());
        administer(aio);
        Replay replay = new Replay(new Keyspace(SipHash.random()));
        LogConfig logConfig = LogConfig.builder(config.directory())
                .direct(config.direct())
                .segmentBytes(config.segmentBytes())
                .maxRecordBytes(KvConfig.RECORD_BYTES)
                .ioClass(config.ioClass())
                .build();
        Future<WriteAheadLog> opened = WriteAheadLog.open(aio, logConfig, replay);
        opened.await();
        if (!opened.isSuccess()) {
            Throwable cause = opened.cause();
            throw new IOException("cannot open the log in " + config.directory() + ": " + cause.getMessage(), cause);
        }
        WriteAheadLog made = opened.getNow();
        log = made;
        storeLoop.submit(() -> furnish(aio, made, replay.keyspace())).sync();
    }

    /** On the store loop. */
    private void furnish(AioContext aio, WriteAheadLog opened, Keyspace keyspace) {
        WalChangeLog changes = new WalChangeLog(opened, aio, config.durability());
        Store made = new Store(
                config,
                keyspace,
                changes,
                ((SingleThreadEventLoop) storeLoop)::executeAfterEventLoopIteration,
                shutdownAsked::countDown);
        changes.listener(made.journal());
        made.info().logStats(opened::stats);
        opened.addListener(new LogListener() {
            @Override
            public void stateChanged(LogState state, @Nullable LogException cause) {
                made.logChanged();
            }

            @Override
            public void writabilityChanged(boolean writable) {
                made.logChanged();
            }
        });
        // For as long as there is the context, which goes with this server's loop.
        aio.addSubmittableListener(changed -> made.logChanged());
        store = made;
        if (config.hasAdminPort()) {
            figures = figures(made, opened);
            made.everyTick(() -> figures = figures(made, opened));
        }
        Compactor compactor = new Compactor(opened, made.journal(), config.compactBytes());
        Runnable tick = () -> {
            made.tick();
            compactor.tick();
        };
        Future<?> unused = storeLoop.scheduleWithFixedDelay(tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void listen(InetSocketAddress address) throws IOException, InterruptedException {
        int pauseBytes = config.outputPauseBytes();
        ChannelFuture bound = new ServerBootstrap()
                .group(socketGroup)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        connected(channel);
                    }
                })
                .childOption(ChannelOption.TCP_NODELAY, true)
                // A client may shut down its side after its last command, and still wait for the replies.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(pauseBytes / 2, pauseBytes))
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(LEAST_RECEIVE_BYTES, FIRST_RECEIVE_BYTES, MOST_RECEIVE_BYTES))
                .bind(address)
                .await();
        if (!bound.isSuccess()) {
            throw ListenFailure.bind(config.bind(), config.port(), bound.cause());
        }
        listener = bound.channel();
    }

    private void connected(SocketChannel channel) {
        Store shared = Objects.requireNonNull(store, "store");
        long timeoutMillis = config.timeout().toMillis();
        if (timeoutMillis > 0) {
            channel.pipeline().addLast(new IdleStateHandler(timeoutMillis, 0, 0, TimeUnit.MILLISECONDS));
        }
        channel.pipeline().addLast(new Connection(shared, storeLoop));
        connections.add(channel);
        if (closing.get()) {
            ChannelFuture unused = channel.close(); // accepted just before the listener was closed
        }
    }

    /** The address it listens on, with the port that was picked where 0 was asked for. */
    public InetSocketAddress address() {
        return (InetSocketAddress) Objects.requireNonNull(listener, "listener").localAddress();
    }

    /** Where the admin port is, as {@code http://127.0.0.1:9090/}; {@code null} where there is none. */
    public @Nullable String adminUrl() {
        Admin made = admin;
        return made == null ? null : made.url();
    }

    /** Waits until a client has sent SHUTDOWN, or the server has been closed. */
    public void awaitShutdown() throws InterruptedException {
        shutdownAsked.await();
    }

    /**
     * Ends the server, and returns when it has ended: it accepts no more, runs no more commands, makes the log durable,
     * tells the clients what they wait for, and closes. A second call waits for the first.
     */
    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            shutdownAsked.countDown();
            Admin made = admin;
            if (made != null) {
                made.close();
            }
            end();
        }
        if (!storeGroup.terminationFuture().awaitUninterruptibly(2 * END_SECONDS, TimeUnit.SECONDS)
                || !socketGroup.terminationFuture().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS)) {
            LOGGER.warn("gave up waiting for the event loops to end");
        }
    }

    private void end() {
        Channel accepting = listener;
        if (accepting != null) {
            accepting.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        }
        Store shared = store;
        if (shared != null) {
            storeLoop.submit(shared::stop).awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        }
        WriteAheadLog written = log;
        if (written != null) {
            Future<Void> closed = written.close();
            if (!closed.awaitUninterruptibly(2 * END_SECONDS, TimeUnit.SECONDS)) {
                LOGGER.error("gave up waiting for the log to end: what was not acknowledged may be lost");
            } else if (!closed.isSuccess()) {
                LOGGER.error("the log has not ended well: what was not acknowledged may be lost", closed.cause());
            }
        }
        connections.newCloseFuture().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        connections.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        if (shared != null) {
            storeLoop.submit(shared::close).awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        }
        Future<?> unused = socketGroup.shutdownGracefully(0, END_SECONDS, TimeUnit.SECONDS);
        unused = storeGroup.shutdownGracefully(0, END_SECONDS, TimeUnit.SECONDS);
    }
}
