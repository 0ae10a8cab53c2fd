package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.nettyaio.handler.AioFileTransfer;
import io.nettyaio.handler.AioTransferMethod;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A server on a test's loops. Remembers the transfers that its pipelines started. */
final class RangeServer implements AutoCloseable {

    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Channel listener;
    final Queue<ChannelFuture> sent = new ConcurrentLinkedQueue<>();
    final Queue<AioTransferMethod> methods = new ConcurrentLinkedQueue<>();

    /** With {@code sendBufferBytes} of 0 the kernel's own choice. */
    RangeServer(AioTestLoops loops, int sendBufferBytes, Consumer<Channel> pipeline) throws Exception {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.group())
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channels.add(channel);
                        pipeline.accept(channel);
                    }
                });
        if (sendBufferBytes > 0) {
            bootstrap.childOption(ChannelOption.SO_SNDBUF, sendBufferBytes);
        }
        ChannelFuture bound = bootstrap.bind(InetAddress.getLoopbackAddress(), 0);
        AioTestLoops.settle(bound);
        listener = bound.channel();
    }

    /** Of a request, to be remembered. */
    void started(AioFileTransfer transfer, ChannelFuture future) {
        methods.add(transfer.method());
        sent.add(future);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Open connections. */
    int connections() {
        return channels.size();
    }

    @Override
    public void close() {
        settle(listener.close());
        settle(channels.close());
        sent.forEach(RangeServer::settle);
    }

    private static void settle(Future<?> future) {
        assertThat(future.awaitUninterruptibly(20, TimeUnit.SECONDS))
                .as("settled within 20 s: %s", future)
                .isTrue();
    }
}
