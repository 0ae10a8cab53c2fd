package io.nettyaio.examples.serve;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.epoll.EpollAio;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 server for the files of a directory, on event loops that carry its sockets and its disk alike.
 *
 * <p><b>Threading.</b> {@link #start} and {@link #close()} wait and so must not be called on an event loop.
 *
 * <p><b>What is served.</b> Regular files that lie below the directory, to GET and HEAD. A path that leads out of it,
 * by {@code ..} or by a symbolic link (an absolute link leads out, wherever it points), is answered with 403.
 */
public final class FileServer implements AutoCloseable {

    private static final int MAX_LINE_BYTES = 8 * 1024;
    private static final int MAX_HEADER_BYTES = 16 * 1024;
    // Requests are small, and what is read at once is decoded at once: this bounds how many requests can join the queue
    // of a connection after it has filled.
    private static final int MAX_RECEIVE_BYTES = 8 * 1024;
    private static final int SHORTEST_REQUEST_BYTES = "GET / HTTP/1.0\r\n\r\n".length();
    private static final long END_SECONDS = 2;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(FileServer.class);

    private final ServerConfig config;
    private final MultiThreadIoEventLoopGroup group;
    private final ChannelGroup connections;
    // Filled before the first connection is accepted and not changed afterwards.
    private final IdentityHashMap<EventLoop, AioFile> roots = new IdentityHashMap<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private @Nullable Channel listener;

    private FileServer(ServerConfig config) {
        this.config = config;
        group = new MultiThreadIoEventLoopGroup(
                config.loops(), new DefaultThreadFactory("aio-serve"), EpollIoHandler.newFactory());
        connections = new DefaultChannelGroup("aio-serve", group.next(), true);
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
        FileServer server = new FileServer(config);
        boolean started = false;
        try {
            server.openRoots(directory);
            server.listen(address);
            started = true;
            return server;
        } finally {
            if (!started) {
                server.close();
            }
        }
    }

    /** Opens the directory once; each loop gets a view of the one descriptor. */
    private void openRoots(Path directory) throws IOException, InterruptedException {
        EventLoop first = group.next();
        AioFuture<AioFile> opened =
                EpollAio.context(first).open(directory, AioOpenOption.READ, AioOpenOption.DIRECTORY);
        opened.await();
        if (!opened.isSuccess()) {
            throw StartFailure.directory(directory, opened.cause());
        }
        AioFile root = opened.getNow();
        roots.put(first, root);
        for (EventExecutor executor : group) {
            EventLoop loop = (EventLoop) executor;
            if (loop != first) {
                roots.put(loop, root.on(loop));
            }
        }
    }

    private void listen(InetSocketAddress address) throws IOException, InterruptedException {
        int chunkBytes = config.chunkBytes();
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        connected(channel);
                    }
                })
                // A client may shut down its side after its last request, and still wait for the response.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(chunkBytes, chunkBytes * config.windowChunks()))
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(64, 2048, MAX_RECEIVE_BYTES))
                .bind(address)
                .await();
        if (!bound.isSuccess()) {
            throw StartFailure.bind(config.bind(), config.port(), bound.cause());
        }
        listener = bound.channel();
    }

    private void connected(SocketChannel channel) {
        AioFile root = Objects.requireNonNull(roots.get(channel.eventLoop()), "a connection on a foreign loop");
        channel.pipeline()
                .addLast(new HttpServerCodec(
                        new HttpDecoderConfig()
                                .setMaxInitialLineLength(MAX_LINE_BYTES)
                                .setMaxHeaderSize(MAX_HEADER_BYTES),
                        maxPipelinedRequests()))
                // Observes the output: a slow client that takes part of a chunk now and then is not idle.
                .addLast(new IdleStateHandler(true, 0, 0, config.idleTimeout().toMillis(), TimeUnit.MILLISECONDS))
                .addLast(new RequestIntake(config.bodyBytes()))
                .addLast(new RequestHandler(root, config));
        connections.add(channel);
        if (closing.get()) {
            // Accepted just before the listener was closed, and perhaps too late to be asked to drain.
            ChannelFuture unused = channel.close();
        }
    }

    /**
     * More than the queue can hold when it is full: a read decoded to its end, and another one, which Netty does even
     * on a channel that is not to be read from when the client shuts down its side. Never reached, since reaching it
     * would end the connection.
     */
    private int maxPipelinedRequests() {
        return config.queuedRequests() + 2 * (MAX_RECEIVE_BYTES / SHORTEST_REQUEST_BYTES + 1);
    }

    /** The address it listens on, with the port that was picked where 0 was asked for. */
    public InetSocketAddress address() {
        return (InetSocketAddress) Objects.requireNonNull(listener, "listener").localAddress();
    }

    /** Where a browser finds it, as {@code http://127.0.0.1:8080/}. */
    public String url() {
        return "http://" + NetUtil.toSocketAddressString(address()) + '/';
    }

    /** Waits until the server has ended. */
    public void awaitClosed() throws InterruptedException {
        group.terminationFuture().await();
    }

    /**
     * Ends the server, and returns when it has ended: it accepts no more, closes idle connections, gives the responses
     * in flight {@link ServerConfig#grace()} to complete and then cuts them; requests that wait behind them are not
     * answered. The loops, and the contexts on them, end last; a disk that does not answer can hold that up by a few
     * seconds, not longer. A second call waits for the first.
     */
    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            drain();
            for (AioFile root : roots.values()) {
                root.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
            }
            Future<?> unused = group.shutdownGracefully(0, END_SECONDS, TimeUnit.SECONDS);
        }
        if (!group.terminationFuture().awaitUninterruptibly(2 * END_SECONDS, TimeUnit.SECONDS)) {
            LOGGER.warn("gave up waiting for the event loops to end");
        }
    }

    private void drain() {
        Channel accepting = listener;
        if (accepting != null) {
            accepting.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        }
        for (Channel connection : connections) {
            connection.pipeline().fireUserEventTriggered(RequestHandler.DRAIN);
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
