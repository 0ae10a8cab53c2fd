package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes replies, in RESP2 or RESP3, one after the other into a buffer.
 *
 * <p><b>Threading.</b> The store loop. <b>Ownership.</b> The buffer is this writer's until it is {@linkplain #take()
 * taken} or {@linkplain #discard() discarded}.
 */
final class ReplyWriter {

    /** A reply is longer than a client's output may be. */
    static final class TooLongException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        TooLongException() {
            super("client output buffer over limit", null, false, false);
        }
    }

    private static final int FIRST_BYTES = 256;
    private static final int MOST_DIGITS = 20;

    private final ByteBufAllocator allocator;
    private final long mostBytes;
    private final byte[] digits = new byte[MOST_DIGITS];
    private @Nullable ByteBuf out;
    private int protocol = 2;

    ReplyWriter(ByteBufAllocator allocator, long mostBytes) {
        this.allocator = allocator;
        this.mostBytes = mostBytes;
    }

    /** 2 or 3, for the replies from now on. */
    void protocol(int version) {
        protocol = version;
    }

    int protocol() {
        return protocol;
    }

    /** Bytes written since the buffer was last taken. */
    int length() {
        return out == null ? 0 : out.readableBytes();
    }

    /** Takes back what was written after so many bytes. */
    void truncate(int length) {
        ByteBuf buffer = out;
        if (buffer != null) {
            buffer.writerIndex(buffer.readerIndex() + length);
        }
    }

    /** Hands over what has been written up to so many bytes, and goes on with the rest. */
    ByteBuf takeFirst(int length) {
        return buffer().readRetainedSlice(length);
    }

    /** Hands over what has been written. */
    ByteBuf take() {
        ByteBuf taken = buffer();
        out = null;
        return taken;
    }

    void discard() {
        ReferenceCountUtil.release(out);
        out = null;
    }

    // ---- replies -------------------------------------------------------------------------------------------------

    void ok() {
        simple("OK");
    }

    void simple(String text) {
        line('+', text);
    }

    /**
     * An error.
     *
     * @param text begins with its code, as in {@code ERR syntax error}; ends of lines in it become blanks
     */
    void error(String text) {
        line('-', text.replace('\r', ' ').replace('\n', ' '));
    }

    void integer(long value) {
        number(':', value);
    }

    void bulk(byte[] value) {
        number('$', value.length);
        reserve(value.length + 2L).writeBytes(value);
        endLine();
    }

    void bulk(String text) {
        bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Text for people: in RESP3 it says so. */
    void verbatim(String text) {
        if (protocol < 3) {
            bulk(text);
            return;
        }
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        number('=', value.length + 4);
        reserve(value.length + 6L).writeBytes(TXT).writeBytes(value);
        endLine();
    }

    private static final byte[] TXT = {'t', 'x', 't', ':'};

    /** There is no such value. */
    void nil() {
        line(protocol < 3 ? '$' : '_', protocol < 3 ? "-1" : "");
    }

    /** A value that may not be there. */
    void bulkOrNil(byte @Nullable [] value) {
        if (value == null) {
            nil();
        } else {
            bulk(value);
        }
    }

    /** So many replies follow, which are its elements. */
    void array(int elements) {
        number('*', elements);
    }

    /** So many pairs of replies follow; in RESP2 an array of both. */
    void map(int pairs) {
        number(protocol < 3 ? '*' : '%', protocol < 3 ? 2L * pairs : pairs);
    }

    /** So many replies follow; in RESP2 an array. */
    void set(int elements) {
        number(protocol < 3 ? '*' : '~', elements);
    }

    // ---- bytes ---------------------------------------------------------------------------------------------------

    private void line(char type, String text) {
        ByteBuf buffer = reserve(text.length() + 3L).writeByte(type);
        // Bytes of the client's that are shown to it come back as they were.
        buffer.writeCharSequence(text, StandardCharsets.ISO_8859_1);
        endLine();
    }

    private void number(char type, long value) {
        ByteBuf buffer = reserve(MOST_DIGITS + 3L).writeByte(type);
        if (value >= 0 && value < 10) {
            buffer.writeByte('0' + (int) value);
        } else {
            int at = MOST_DIGITS;
            long left = value < 0 ? value : -value; // there are more negative numbers
            do {
                digits[--at] = (byte) ('0' - left % 10);
                left /= 10;
            } while (left != 0);
            if (value < 0) {
                digits[--at] = '-';
            }
            buffer.writeBytes(digits, at, MOST_DIGITS - at);
        }
        endLine();
    }

    private void endLine() {
        buffer().writeShort(('\r' << 8) | '\n');
    }

    private ByteBuf reserve(long bytes) {
        ByteBuf buffer = buffer();
        if (buffer.readableBytes() + bytes > mostBytes) {
            throw new TooLongException();
        }
        return buffer;
    }

    private ByteBuf buffer() {
        ByteBuf buffer = out;
        if (buffer == null) {
            buffer = out = allocator.directBuffer(FIRST_BYTES);
        }
        return buffer;
    }
}
