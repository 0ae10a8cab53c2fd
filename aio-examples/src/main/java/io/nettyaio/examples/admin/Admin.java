package io.nettyaio.examples.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
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
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.examples.ConnectionLimit;
import io.nettyaio.examples.ListenFailure;
import io.nettyaio.handler.HttpConnectionHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server's admin port, on the loopback address: {@code GET /metrics} for Prometheus, {@code GET /health} for whoever
 * watches over the server.
 *
 * <p>First it is made, then meters and sources of health are given to it, then it {@linkplain #listen listens}. Bounded:
 * connections, the length of a request, the time it may take, and the requests that wait for an answer; what comes beyond
 * is answered with 503.
 *
 * <p><b>Threading.</b> {@link #listen} and {@link #close()} wait, and so must not be called on an event loop; any thread for
 * the others.
 */
public final class Admin implements AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Admin.class);

    private static final int CONNECTIONS = 32;
    private static final int HEADER_BYTES = 8 * 1024;
    private static final int SKIP_BYTES = 4 * 1024;
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final int WORKERS = 2;
    private static final int WAITING_REQUESTS = 16;
    private static final long WORKER_IDLE_SECONDS = 10;
    private static final long END_SECONDS = 2;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<HealthSource> sources = new CopyOnWriteArrayList<>();
    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
    private final ThreadPoolExecutor workers;
    private final MultiThreadIoEventLoopGroup group;
    private final ChannelGroup connections;
    private @Nullable Channel listener;

    /** With the JVM's own meters, and not listening yet. */
    public Admin() {
        group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("aio-admin", true), EpollIoHandler.newFactory());
        connections = new DefaultChannelGroup("aio-admin", group.next(), true);
        workers = new ThreadPoolExecutor(
                WORKERS,
                WORKERS,
                WORKER_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING_REQUESTS),
                new DefaultThreadFactory("aio-admin-worker", true));
        workers.allowCoreThreadTimeOut(true);
        List.of(
                        new JvmMemoryMetrics(),
                        new JvmGcMetrics(),
                        new JvmThreadMetrics(),
                        new ClassLoaderMetrics(),
                        new ProcessorMetrics(),
                        new UptimeMetrics(),
                        new FileDescriptorMetrics())
                .forEach(this::bind);
    }

    /** Where meters go. */
    public MeterRegistry registry() {
        return registry;
    }

    /**
     * Binds meters. Closed with this, where they can be.
     *
     * @param meters what to show
     */
    public void bind(MeterBinder meters) {
        meters.bindTo(registry);
        if (meters instanceof AutoCloseable closeable) {
            synchronized (toClose) {
                toClose.push(closeable);
            }
        }
    }

    /**
     * Has something looked at when the server's health is asked for.
     *
     * @param source of reasons
     */
    public void watch(HealthSource source) {
        sources.add(source);
    }

    /** Asks all sources; the calling thread waits for them. */
    Health examine() throws InterruptedException {
        Diagnosis diagnosis = new Diagnosis();
        for (HealthSource source : sources) {
            source.examine(diagnosis);
        }
        return diagnosis.health();
    }

    /**
     * Takes connections.
     *
     * @param port a TCP port of the loopback address; 0 for any free one
     * @throws IOException where that is not possible; the message is one sentence that names the remedy
     */
    public void listen(int port) throws IOException, InterruptedException {
        AdminHandler handler = new AdminHandler(this::examine, registry, workers);
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .handler(new ConnectionLimit(CONNECTIONS))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(
                                        new IdleStateHandler(0, 0, IDLE.toMillis(), TimeUnit.MILLISECONDS),
                                        new HttpServerCodec(new HttpDecoderConfig()
                                                .setMaxInitialLineLength(HEADER_BYTES / 2)
                                                .setMaxHeaderSize(HEADER_BYTES)
                                                .setMaxChunkSize(SKIP_BYTES)),
                                        new HttpConnectionHandler(IDLE, SKIP_BYTES),
                                        handler);
                    }
                })
                // A client may shut down its side after its request, and still wait for the answer.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .bind(new InetSocketAddress(NetUtil.LOCALHOST4, port))
                .await();
        if (!bound.isSuccess()) {
            throw ListenFailure.bind(NetUtil.LOCALHOST4.getHostAddress(), port, "--admin-port", bound.cause());
        }
        listener = bound.channel();
    }

    /** The address it listens on. */
    public InetSocketAddress address() {
        return (InetSocketAddress) Objects.requireNonNull(listener, "listener").localAddress();
    }

    /** Where it is found, as {@code http://127.0.0.1:9090/}. */
    public String url() {
        return "http://" + NetUtil.toSocketAddressString(address()) + '/';
    }

    /** Ends it; answers that are not complete are cut. */
    @Override
    public void close() {
        Channel accepting = listener;
        if (accepting != null) {
            accepting.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        }
        connections.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        workers.shutdownNow();
        Future<?> ended = group.shutdownGracefully(0, END_SECONDS, TimeUnit.SECONDS);
        if (!ended.awaitUninterruptibly(2 * END_SECONDS, TimeUnit.SECONDS)) {
            LOGGER.warn("gave up waiting for the admin port's loop to end");
        }
        synchronized (toClose) {
            while (!toClose.isEmpty()) {
                close(toClose.pop());
            }
        }
        registry.close();
    }

    private static void close(AutoCloseable meters) {
        try {
            meters.close();
        } catch (Exception e) {
            LOGGER.warn("{} have not been taken away", meters, e);
        }
    }
}
