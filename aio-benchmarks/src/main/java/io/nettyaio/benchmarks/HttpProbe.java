package io.nettyaio.benchmarks;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long a server takes for a small response out of memory. Each millisecond a client asks for one, on one connection,
 * and does not wait for an answer before it asks again: a loop that stands still is found late by all that come
 * meanwhile, as it would be by its users.
 */
final class HttpProbe implements AutoCloseable {

    /** What is asked for. */
    static final String PATH = "/memory";

    private static final byte[] REQUEST =
            ("GET " + PATH + " HTTP/1.1\r\nHost: bench\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END_OF_HEADER = {'\r', '\n', '\r', '\n'};
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final Long END = 0L;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final BlockingQueue<Long> sent = new LinkedBlockingQueue<>();
    private final Histogram histogram = EchoProbe.newHistogram();
    private final FutureTask<Void> sender = new FutureTask<>(this::send, null);
    private final FutureTask<Void> receiver = new FutureTask<>(this::receive, null);
    private final CountDownLatch ready = new CountDownLatch(2);
    private volatile boolean stopped;

    /** Begins; returns once both its threads have their priority, so that getting it is not measured. */
    HttpProbe(InetSocketAddress server) throws IOException, InterruptedException {
        socket = new Socket(server.getAddress(), server.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) TimeUnit.MINUTES.toMillis(1));
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
        new Thread(sender, "bench-probe-send").start();
        new Thread(receiver, "bench-probe-receive").start();
        ready.await();
    }

    private void send() {
        try {
            begin();
            long due = System.nanoTime();
            while (!stopped) {
                sent.add(System.nanoTime());
                out.write(REQUEST);
                // A probe that this thread itself was late for is left out: that is not the server's fault.
                due = Math.max(due + PERIOD_NANOS, System.nanoTime());
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            }
            sent.add(END);
        } catch (IOException e) {
            throw new BenchException("the probe's socket", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void begin() throws InterruptedException {
        try {
            RealTime.begin();
        } finally {
            ready.countDown();
        }
        ready.await();
    }

    private void receive() {
        try {
            begin();
            for (Long at = sent.take(); !at.equals(END); at = sent.take()) {
                response();
                histogram.recordValue(Math.min(histogram.getHighestTrackableValue(), System.nanoTime() - at));
            }
        } catch (IOException e) {
            throw new BenchException("the probe's socket", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void response() throws IOException {
        StringBuilder header = new StringBuilder(256);
        int matched = 0;
        while (matched < END_OF_HEADER.length) {
            int octet = in.read();
            if (octet < 0) {
                throw new EOFException("the server has closed the probe's connection");
            }
            header.append((char) octet);
            matched = octet == END_OF_HEADER[matched] ? matched + 1 : octet == '\r' ? 1 : 0;
        }
        String lower = header.toString().toLowerCase(java.util.Locale.ROOT);
        int at = lower.indexOf("content-length:");
        if (!lower.startsWith("http/1.1 200") || at < 0) {
            throw new BenchException("the probe got " + header);
        }
        int length = Integer.parseInt(
                lower.substring(at + 15, lower.indexOf('\r', at)).strip());
        in.skipNBytes(length);
    }

    /** Ends it; times in nanoseconds. */
    Histogram stop() throws Exception {
        stopped = true;
        sender.get();
        receiver.get();
        return histogram;
    }

    @Override
    public void close() {
        stopped = true;
        try {
            socket.close();
        } catch (IOException e) {
            Progress.say("the probe's socket: close: " + e);
        }
    }
}
