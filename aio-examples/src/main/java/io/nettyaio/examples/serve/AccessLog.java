package io.nettyaio.examples.serve;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One line for each response, as the "combined" format has it, with the seconds it took at the end.
 *
 * <p><b>Threading.</b> {@link #log} from any thread, and it never waits: lines are formatted and written by a thread of
 * their own. When that cannot keep up, lines are left out, and how many is logged.
 */
final class AccessLog implements AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(AccessLog.class);
    private static final int MAX_WAITING = 16 * 1024;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.US).withZone(ZoneId.systemDefault());
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    /**
     * A response.
     *
     * @param bytes  of the body, as far as it has been handed to the socket
     * @param nanos  from the request's header to the end of the response
     */
    record Line(
            @Nullable SocketAddress client,
            Instant time,
            String request,
            int status,
            long bytes,
            @Nullable String referer,
            @Nullable String agent,
            long nanos) {}

    private final BlockingQueue<Line> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final LongAdder lost = new LongAdder();
    private final Writer out;
    private final Thread writer = new Thread(this::write, "aio-serve-log");
    private volatile boolean closed;

    private AccessLog(Writer out) {
        this.out = out;
        writer.setDaemon(true);
        writer.start();
    }

    /** Standard output for {@code -}, else a file that is appended to. */
    static AccessLog open(Path file) throws IOException {
        OutputStream bytes;
        if (file.toString().equals("-")) {
            bytes = new FileOutputStream(FileDescriptor.out);
        } else {
            try {
                bytes = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new IOException("cannot log to " + e.getMessage() + "; name a writable file by --log", e);
            }
        }
        return new AccessLog(new BufferedWriter(new OutputStreamWriter(bytes, StandardCharsets.UTF_8)));
    }

    /** Takes a line, or leaves it out. */
    void log(Line line) {
        if (!waiting.offer(line)) {
            lost.increment();
        }
    }

    private void write() {
        try {
            while (true) {
                Line line = waiting.poll(closed ? 0 : 200, TimeUnit.MILLISECONDS);
                if (line != null) {
                    out.append(format(line)).append('\n');
                    if (!waiting.isEmpty()) {
                        continue;
                    }
                }
                out.flush();
                long missing = lost.sumThenReset();
                if (missing > 0) {
                    LOGGER.warn("the access log is too slow: {} line(s) left out", missing);
                }
                if (line == null && closed) {
                    return;
                }
            }
        } catch (IOException e) {
            LOGGER.warn("the access log ends here: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static String format(Line line) {
        StringBuilder text = new StringBuilder(160);
        text.append(
                line.client() instanceof InetSocketAddress from
                        ? from.getAddress().getHostAddress()
                        : "-");
        text.append(" - - [");
        TIME.formatTo(line.time(), text);
        text.append("] ");
        quote(line.request(), text);
        text.append(' ').append(line.status() == 0 ? "-" : Integer.toString(line.status()));
        text.append(' ').append(line.bytes()).append(' ');
        quote(line.referer(), text);
        text.append(' ');
        quote(line.agent(), text);
        return text.append(String.format(Locale.ROOT, " %.6f", line.nanos() / 1e9))
                .toString();
    }

    /** What a client sends cannot end a line or a field, nor reach a terminal as more than text. */
    private static void quote(@Nullable String value, StringBuilder to) {
        to.append('"');
        String given = value == null ? "-" : value;
        for (int i = 0; i < given.length(); i++) {
            char c = given.charAt(i);
            if (c == '"' || c == '\\') {
                to.append('\\').append(c);
            } else if (c < ' ' || (c >= 0x7F && c < 0xA0)) {
                to.append("\\x").append(HEX[c >> 4]).append(HEX[c & 0xF]);
            } else {
                to.append(c);
            }
        }
        to.append('"');
    }

    /** Writes what waits, and ends. */
    @Override
    public void close() {
        closed = true;
        try {
            writer.join(TimeUnit.SECONDS.toMillis(2));
            out.close();
        } catch (IOException e) {
            LOGGER.warn("the access log cannot be closed: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
