package io.nettyaio.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long a loop takes to answer. Each millisecond a client sends the time over a TCP socket, and the loop sends it
 * back. The client does not wait for an answer before it sends again: a loop that stands still for a second is found
 * late by a thousand probes, as it would be by its users.
 */
final class EchoProbe implements AutoCloseable {

    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final int DIGITS = 3;
    private static final long END = 0;

    private final Channel server;
    private final Socket client;
    private final DataInputStream in;
    private final DataOutputStream out;

    EchoProbe(Loop loop) throws IOException, InterruptedException {
        server = new ServerBootstrap()
                .group(loop.group())
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Echo())
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        InetSocketAddress address = (InetSocketAddress) server.localAddress();
        client = new Socket(address.getAddress(), address.getPort());
        client.setTcpNoDelay(true);
        client.setSoTimeout((int) TimeUnit.NANOSECONDS.toMillis(LONGEST_NANOS));
        in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
        out = new DataOutputStream(client.getOutputStream());
    }

    static Histogram newHistogram() {
        return new Histogram(LONGEST_NANOS, DIGITS);
    }

    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        }
    }

    /** Probes for some time, and adds the answers' times, in nanoseconds. */
    void run(long nanos, Histogram histogram) throws Exception {
        FutureTask<Void> receiver = new FutureTask<>(() -> receive(histogram), null);
        Thread thread = new Thread(receiver, "bench-probe");
        thread.start();
        try {
            send(nanos);
        } finally {
            out.writeLong(END);
            thread.join();
        }
        receiver.get();
    }

    private void send(long nanos) throws IOException, InterruptedException {
        long end = System.nanoTime() + nanos;
        long due = System.nanoTime();
        while (due < end) {
            out.writeLong(System.nanoTime());
            // A probe that this thread itself was late for is left out: that is not the loop's fault.
            due = Math.max(due + PERIOD_NANOS, System.nanoTime());
            Stop.sleep(due - System.nanoTime());
        }
    }

    private void receive(Histogram histogram) {
        try {
            for (long sent = in.readLong(); sent != END; sent = in.readLong()) {
                histogram.recordValue(Math.min(LONGEST_NANOS, System.nanoTime() - sent));
            }
        } catch (IOException e) {
            throw new BenchException("the probe's socket", e);
        }
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (IOException e) {
            Progress.say("the probe's socket: close: " + e);
        }
        server.close().awaitUninterruptibly();
    }
}
