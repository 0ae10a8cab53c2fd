package io.nettyaio.examples.serve;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslContext;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.examples.ConnectionLimit;
import io.nettyaio.examples.admin.Admin;
import io.nettyaio.examples.admin.LoopHealth;
import io.nettyaio.handler.HttpConnectionHandler;
import io.nettyaio.handler.HttpFileConfig;
import io.nettyaio.handler.HttpFileRoot;
import io.nettyaio.metrics.AioMetrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server for the files of a directory, on event loops that carry its sockets and its disk alike.
 *
 * <p><b>Threading.</b> {@link #start} and {@link #close()} wait and so must not be called on an event loop.
 *
 * <p><b>What is served.</b> Regular files that lie below the directory; see {@link io.nettyaio.handler.HttpFileHandler}.
 * A path that leads out of it, by {@code ..} or by a symbolic link (an absolute link leads out, wherever it points), is
 * answered with 403.
 */
public final class FileServer implements AutoCloseable {

    private static final long END_SECONDS = 2;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(FileServer.class);

    private final ServerConfig config;
    private final MultiThreadIoEventLoopGroup group;
    private final ChannelGroup connections;
    private final AtomicBoolean closing = new AtomicBoolean();
    private @Nullable HttpFileRoot root;
    private @Nullable AccessLog log;
    private @Nullable Admin admin;
    private @Nullable ServeMetrics metrics;
    private @Nullable Channel listener;

    private FileServer(ServerConfig config) {
        this.config = config;
        group = new MultiThreadIoEventLoopGroup(
                loops(config), new DefaultThreadFactory("aio-serve"), EpollIoHandler.newFactory());
        connections = new DefaultChannelGroup("aio-serve", group.next(), true);
    }

    private static int loops(ServerConfig config) {
        return config.loops() == 0 ? Runtime.getRuntime().availableProcessors() : config.loops();
    }

    /**
     * Starts to serve a directory; returns when connections are accepted.
     *
     * @param directory what to serve; may be a symbolic link
     * @param config    where to listen, and the limits
     * @throws IOException where that is not possible; the message is one sentence that names the remedy
     * @throws InterruptedException where the thread is interrupted; nothing has been started then
     */
    public static FileServer start(Path directory, ServerConfig config) throws IOException, InterruptedException {
        try {
            EpollAio.ensureAvailability();
        } catch (UnsatisfiedLinkError e) {
            throw StartFailure.engine(e);
        }
        InetSocketAddress address = new InetSocketAddress(config.bind(), config.port());
        if (address.isUnresolved()) {
            throw StartFailure.address(config.bind());
        }
        TlsIdentity identity = config.tls();
        SslContext tls = identity == null ? null : identity.context(config.bind());
        FileServer server = new FileServer(config);
        boolean started = false;
        try {
            Path logFile = config.accessLog();
            server.log = logFile == null ? null : AccessLog.open(logFile);
            if (config.hasAdminPort()) {
                server.administer();
            }
            HttpFileRoot opened = server.open(directory);
            server.root = opened;
            server.listen(address, new Pipelines(config, opened, tls, server.exchangeListener()));
            Admin port = server.admin;
            if (port != null) {
                port.listen(config.adminPort());
            }
            started = true;
            return server;
        } finally {
            if (!started) {
                server.close();
            }
        }
    }

    /** Makes all contexts, so that they are counted from the start; the admin port listens later. */
    private void administer() {
        AioConfig counting = AioConfig.builder().metrics(true).build();
        List<AioContext> contexts = new ArrayList<>();
        group.forEach(loop -> contexts.add(EpollAio.context((EventLoop) loop, counting)));
        Admin made = new Admin();
        admin = made;
        made.bind(new AioMetrics(group));
        made.watch(new LoopHealth(group, contexts));
        metrics = new ServeMetrics(made.registry(), connections);
    }

    private @Nullable Consumer<AccessLog.Line> exchangeListener() {
        AccessLog lines = log;
        ServeMetrics counters = metrics;
        if (lines == null) {
            return counters == null ? null : counters::ended;
        }
        Consumer<AccessLog.Line> logs = lines::log;
        return counters == null ? logs : logs.andThen(counters::ended);
    }

    private HttpFileRoot open(Path directory) throws IOException, InterruptedException {
        AioFuture<AioFile> opened =
                EpollAio.context(group.next()).open(directory, AioOpenOption.READ, AioOpenOption.DIRECTORY);
        opened.await();
        if (!opened.isSuccess()) {
            throw StartFailure.directory(directory, opened.cause());
        }
        HttpFileConfig.Builder files = HttpFileConfig.builder()
                .openFiles(config.openFiles() == 0 ? 0 : Math.max(1, config.openFiles() / loops(config)))
                .revalidate(config.revalidate())
                .header("Server", "netty-aio")
                .header("X-Content-Type-Options", "nosniff");
        if (config.upload()) {
            files.passMethod(HttpMethod.PUT).passMethod(HttpMethod.POST);
        }
        if (config.listing()) {
            files.directoryPage(new DirectoryPage(config.upload()));
        }
        return new HttpFileRoot(opened.getNow(), files.build());
    }

    private void listen(InetSocketAddress address, Pipelines pipelines) throws IOException, InterruptedException {
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .handler(new ConnectionLimit(config.connections()))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        pipelines.accepted(channel);
                        if (metrics != null) {
                            metrics.accepted();
                        }
                        connections.add(channel);
                        if (closing.get()) {
                            // Accepted just before the listener was closed, and perhaps too late to be asked to drain.
                            ChannelFuture unused = channel.close();
                        }
                    }
                })
                .option(ChannelOption.SO_BACKLOG, 1024)
                // A client may shut down its side after its last request, and still wait for the response.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, config.tls() == null)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(64, 2048, Pipelines.MAX_RECEIVE_BYTES))
                .bind(address)
                .await();
        if (!bound.isSuccess()) {
            throw StartFailure.bind(config.bind(), config.port(), bound.cause());
        }
        listener = bound.channel();
    }

    /** The address it listens on, with the port that was picked where 0 was asked for. */
    public InetSocketAddress address() {
        return (InetSocketAddress) Objects.requireNonNull(listener, "listener").localAddress();
    }

    /** Where a browser finds it, as {@code http://127.0.0.1:8080/}. */
    public String url() {
        return (config.tls() == null ? "http://" : "https://") + NetUtil.toSocketAddressString(address()) + '/';
    }

    /** Where the admin port is, as {@code http://127.0.0.1:9090/}; {@code null} where there is none. */
    public @Nullable String adminUrl() {
        Admin port = admin;
        return port == null ? null : port.url();
    }

    /** Connections that are open. */
    int connections() {
        return connections.size();
    }

    /** Waits until the server has ended. */
    public void awaitClosed() throws InterruptedException {
        group.terminationFuture().await();
    }

    /**
     * Ends the server, and returns when it has ended: it accepts no more, closes idle connections (with a GOAWAY, those of HTTP/2), gives the responses
     * in flight {@link ServerConfig#grace()} to complete and then cuts them; requests that wait behind them are not
     * answered. The loops, and the contexts on them, end last; a disk that does not answer can hold that up by a few
     * seconds, not longer. A second call waits for the first.
     */
    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            if (admin != null) {
                admin.close();
            }
            drain();
            if (root != null) {
                root.close();
            }
            if (log != null) {
                log.close();
            }
            closeContexts();
            Future<?> unused = group.shutdownGracefully(0, END_SECONDS, TimeUnit.SECONDS);
        }
        if (!group.terminationFuture().awaitUninterruptibly(2 * END_SECONDS, TimeUnit.SECONDS)) {
            LOGGER.warn("gave up waiting for the event loops to end");
        }
    }

    /** Before their loops end: a loop that ends in the middle of an iteration leaves its context to a thread that comes later. */
    private void closeContexts() {
        List<Future<?>> ending = new ArrayList<>();
        group.forEach(loop -> ending.add(EpollAio.context((EventLoop) loop).close()));
        // For all of them together: a disk that does not answer holds up every loop.
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
        ending.forEach(each -> each.awaitUninterruptibly(until - System.nanoTime(), TimeUnit.NANOSECONDS));
    }

    private void drain() {
        Channel accepting = listener;
        if (accepting != null) {
            accepting.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        }
        for (Channel connection : connections) {
            HttpConnectionHandler.drain(connection);
            connection.pipeline().fireUserEventTriggered(Http2Connections.DRAIN);
        }
        boolean drained =
                connections.newCloseFuture().awaitUninterruptibly(config.grace().toMillis(), TimeUnit.MILLISECONDS);
        if (!drained) {
            LOGGER.warn("grace is over: cutting {} response(s) in flight", connections.size());
        }
        // Also where all have drained: it makes the group refuse what is added late.
        connections.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
    }
}
