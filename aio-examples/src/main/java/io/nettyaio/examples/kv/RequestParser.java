package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Makes commands of a client's bytes: arrays of bulk strings, or lines typed by hand. Takes what there is, and keeps of
 * an unfinished command its arguments so far, so nothing is ever looked at twice.
 *
 * <p>Holds at most {@link Limits#queryBytes} of a command, whatever lengths the client announces: memory is allocated as
 * bytes come in. Until the client has given the password it may send very little.
 *
 * <p><b>Threading.</b> The connection's loop; {@link #trust()} from any.
 */
final class RequestParser {

    /**
     * What a client may send.
     *
     * @param bulkBytes  the longest argument
     * @param arguments  the most of them in a command
     * @param queryBytes the longest command
     */
    record Limits(int bulkBytes, int arguments, int queryBytes) {}

    /** Takes the commands. */
    interface Sink {
        /**
         * A command.
         *
         * @param arguments the first one is its name; there is at least one. The receiver's to keep
         */
        void command(byte[][] arguments);
    }

    private static final int LINE_BYTES = 64 * 1024;
    private static final int FIRST_ALLOCATION = 32 * 1024;
    private static final int FIRST_ARGUMENTS = 16;
    private static final Limits STRANGER = new Limits(16_384, 10, 64 * 1024);
    private static final int NO_BULK = -1;

    private final Limits limits;
    private final Sink sink;
    private volatile boolean trusted;

    /** An unfinished line. */
    private byte[] line = new byte[64];

    private int lineLength;

    /** An unfinished command: how many arguments are to come in all, 0 between two commands. */
    private int expected;

    private byte[][] arguments = new byte[0][];
    private int count;
    private long queryBytes;

    /** An unfinished argument. */
    private int bulkLength = NO_BULK;

    private byte[] bulk = new byte[0];
    private int bulkRead;
    private int endRead;

    RequestParser(Limits limits, boolean trusted, Sink sink) {
        this.limits = limits;
        this.trusted = trusted;
        this.sink = sink;
    }

    /** The client has given the password. */
    void trust() {
        trusted = true;
    }

    /**
     * Takes all readable bytes; calls the sink for each command that is complete.
     *
     * @throws ProtocolException where the connection has to end; what comes after it makes no sense
     */
    void parse(ByteBuf in) throws ProtocolException {
        while (in.isReadable()) {
            if (bulkLength != NO_BULK) {
                readBulk(in);
            } else if (expected > 0) {
                readBulkLength(in);
            } else {
                readStart(in);
            }
        }
    }

    // ---- lines ---------------------------------------------------------------------------------------------------

    private void readStart(ByteBuf in) throws ProtocolException {
        boolean inline = (lineLength > 0 ? line[0] : in.getByte(in.readerIndex())) != '*';
        if (!readLine(in, inline ? "too big inline request" : "too big mbulk count string")) {
            return;
        }
        if (inline) {
            byte[][] words = InlineCommand.split(line, lineLength);
            lineLength = 0;
            if (words.length > 0) {
                sink.command(words);
            }
            return;
        }
        long number = number("invalid multibulk length");
        if (number > limits.arguments) {
            throw new ProtocolException("invalid multibulk length");
        }
        if (!trusted && number > STRANGER.arguments) {
            throw new ProtocolException("unauthenticated multibulk length");
        }
        if (number > 0) {
            expected = (int) number;
            arguments = new byte[Math.min(expected, FIRST_ARGUMENTS)][];
            count = 0;
            queryBytes = 0;
        }
    }

    private void readBulkLength(ByteBuf in) throws ProtocolException {
        if (!readLine(in, "too big bulk count string")) {
            return;
        }
        if (lineLength == 0 || line[0] != '$') {
            throw new ProtocolException(
                    "expected '$', got '" + (lineLength == 0 ? ' ' : (char) (line[0] & 0xff)) + "'");
        }
        long number = number("invalid bulk length");
        if (number < 0 || number > limits.bulkBytes) {
            throw new ProtocolException("invalid bulk length");
        }
        if (!trusted && number > STRANGER.bulkBytes) {
            throw new ProtocolException("unauthenticated bulk length");
        }
        queryBytes += number;
        if (queryBytes > limits.queryBytes) {
            throw new ProtocolException("too big query, the limit is " + limits.queryBytes + " bytes");
        }
        bulkLength = (int) number;
        bulk = new byte[Math.min(bulkLength, Math.max(FIRST_ALLOCATION, in.readableBytes()))];
        bulkRead = 0;
        endRead = 0;
    }

    /** Adds to the line. Returns whether it is whole; it is there without its end then. */
    private boolean readLine(ByteBuf in, String tooLong) throws ProtocolException {
        int from = in.readerIndex();
        int to = in.indexOf(from, in.writerIndex(), (byte) '\n');
        int more = (to < 0 ? in.writerIndex() : to) - from;
        if (lineLength + more > LINE_BYTES) {
            throw new ProtocolException(tooLong);
        }
        if (lineLength + more > line.length) {
            line = Arrays.copyOf(line, Math.max(lineLength + more, line.length * 2));
        }
        in.readBytes(line, lineLength, more);
        lineLength += more;
        if (to < 0) {
            return false;
        }
        in.skipBytes(1);
        if (lineLength > 0 && line[lineLength - 1] == '\r') {
            lineLength--;
        }
        return true;
    }

    /** The number behind the first byte of the line, which ends with it. */
    private long number(String malformed) throws ProtocolException {
        int at = 1;
        boolean negative = at < lineLength && line[at] == '-';
        if (negative) {
            at++;
        }
        int digits = lineLength - at;
        if (digits < 1 || digits > 18) {
            throw new ProtocolException(malformed);
        }
        long number = 0;
        for (; at < lineLength; at++) {
            int digit = line[at] - '0';
            if (digit < 0 || digit > 9) {
                throw new ProtocolException(malformed);
            }
            number = number * 10 + digit;
        }
        lineLength = 0;
        return negative ? -number : number;
    }

    // ---- arguments -----------------------------------------------------------------------------------------------

    private void readBulk(ByteBuf in) throws ProtocolException {
        int length = Math.min(bulkLength - bulkRead, in.readableBytes());
        if (length > 0) {
            if (bulkRead + length > bulk.length) {
                long grown = Math.max((long) bulkRead + length, 2L * bulk.length);
                bulk = Arrays.copyOf(bulk, (int) Math.min(bulkLength, grown));
            }
            in.readBytes(bulk, bulkRead, length);
            bulkRead += length;
        }
        while (bulkRead == bulkLength && in.isReadable()) {
            byte end = in.readByte();
            if (end != (endRead == 0 ? '\r' : '\n')) {
                throw new ProtocolException("expected the end of a bulk, got '" + (char) (end & 0xff) + "'");
            }
            if (++endRead == 2) {
                argument(bulk);
                return;
            }
        }
    }

    private void argument(byte[] value) {
        if (count == arguments.length) {
            arguments = Arrays.copyOf(arguments, Math.min(expected, 2 * count));
        }
        arguments[count++] = value;
        bulkLength = NO_BULK;
        if (count == expected) {
            byte[][] command = arguments;
            expected = 0;
            queryBytes = 0;
            sink.command(command);
        }
    }
}
