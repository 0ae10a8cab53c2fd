package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Parses a multipart body (RFC 2046 section 5.1, RFC 7578) as it arrives, in pieces of any size, and holds no more of it
 * than a part's header or the length of a delimiter.
 *
 * <pre>
 *  PREAMBLE ──delimiter──► HEADER ──blank line──► BODY ──delimiter──► HEADER …
 *                                                   └──delimiter "--"──► EPILOGUE
 * </pre>
 *
 * A delimiter is CRLF, two hyphens and the boundary, then spaces or tabs and CRLF; the first may stand at the very
 * beginning, without its CRLF. What only begins like one is content.
 *
 * <p>Not shared between threads. What {@link Listener#content} is given is a retained slice, the listener's to release.
 */
final class MultipartParser {

    /** What a body consists of, in order. */
    interface Listener {

        /** A part begins. */
        void part(MultipartHeader header) throws HttpUploadException;

        /** Some of the part's content: the listener's to release. */
        void content(ByteBuf content) throws HttpUploadException;

        /** The part is complete. */
        void partEnd() throws HttpUploadException;
    }

    private enum State {
        PREAMBLE,
        HEADER,
        BODY,
        EPILOGUE
    }

    private static final ByteBuf HEADER_END = ascii("\r\n\r\n");
    /** White space behind a delimiter, of which nobody sends any. */
    private static final int MOST_PADDING_BYTES = 256;

    /** What may stand behind a boundary, other than the place where a header begins. */
    private static final int UNKNOWN = -1;

    private static final int NONE = -2;
    private static final int LAST = -3;

    private final Listener listener;
    private final int headerBytes;
    private final int parts;
    private final ByteBuf delimiter;
    private State state = State.PREAMBLE;
    private ByteBuf rest = Unpooled.wrappedBuffer(new byte[] {'\r', '\n'}); // in front of the first delimiter
    private int seen;
    /** Whether the reader stands on the CRLF in front of a part's content, which is not part of it. */
    private boolean atStart = true;

    /**
     * A parser.
     *
     * @param boundary    of the content type
     * @param headerBytes most of a part's header
     * @param parts       most of a body
     */
    MultipartParser(String boundary, int headerBytes, int parts, Listener listener) throws HttpUploadException {
        // 70 by RFC 2046; one that ends in a space cannot be told from padding.
        if (boundary.isEmpty() || boundary.length() > 70 || boundary.endsWith(" ")) {
            throw HttpUploadException.badRequest(
                    "the boundary has " + boundary.length() + " characters: expected 1 to 70, the last not a space");
        }
        this.listener = listener;
        this.headerBytes = headerBytes;
        this.parts = parts;
        delimiter = ascii("\r\n--" + boundary);
    }

    /** Takes a piece of the body, which the caller keeps. */
    void feed(ByteBuf piece) throws HttpUploadException {
        if (state == State.EPILOGUE) {
            return;
        }
        ByteBuf bytes = rest.isReadable() ? Unpooled.wrappedBuffer(rest, piece.retainedSlice()) : piece.retainedSlice();
        rest = Unpooled.EMPTY_BUFFER;
        try {
            boolean more = true;
            while (more && state != State.EPILOGUE) {
                more = state == State.HEADER ? header(bytes) : body(bytes);
            }
            if (state != State.EPILOGUE && bytes.isReadable()) {
                // A copy, since what it is part of would stay in memory for its sake.
                rest = Unpooled.copiedBuffer(bytes);
            }
        } finally {
            bytes.release();
        }
    }

    /** The body has ended: not before its last delimiter, one hopes. */
    void end() throws HttpUploadException {
        if (state != State.EPILOGUE) {
            throw HttpUploadException.badRequest("the multipart body ends before its last boundary");
        }
    }

    /** How many parts have begun. */
    int parts() {
        return seen;
    }

    private boolean header(ByteBuf bytes) throws HttpUploadException {
        int begin = bytes.readerIndex();
        int length;
        int skip;
        if (bytes.readableBytes() >= 2 && ByteBufUtil.equals(bytes, begin, HEADER_END, 0, 2)) {
            length = 0; // a part without a header
            skip = 2;
        } else {
            int end = find(bytes, HEADER_END);
            if (end < 0) {
                if (bytes.readableBytes() > headerBytes + HEADER_END.capacity()) {
                    throw HttpUploadException.headerTooLarge(headerBytes);
                }
                return false;
            }
            length = end - begin;
            skip = length + HEADER_END.capacity();
        }
        if (length > headerBytes) {
            throw HttpUploadException.headerTooLarge(headerBytes);
        }
        if (++seen > parts) {
            throw HttpUploadException.tooLarge("the body has more than " + parts + " parts");
        }
        MultipartHeader header = MultipartHeader.parse(bytes.toString(begin, length, StandardCharsets.UTF_8));
        bytes.skipBytes(skip);
        listener.part(header);
        state = State.BODY;
        // The delimiter's CRLF may be the one that ended the header, where the part is empty.
        bytes.readerIndex(bytes.readerIndex() - 2);
        atStart = true;
        return true;
    }

    private boolean body(ByteBuf bytes) throws HttpUploadException {
        int at = find(bytes, delimiter);
        if (at < 0) {
            give(bytes, bytes.writerIndex() - tailBytes(bytes) - bytes.readerIndex());
            return false;
        }
        int behind = at + delimiter.capacity();
        int kind = kind(bytes, behind);
        if (kind == UNKNOWN) {
            give(bytes, at - bytes.readerIndex());
            return false;
        }
        if (kind == NONE) {
            give(bytes, behind - bytes.readerIndex());
            return true;
        }
        give(bytes, at - bytes.readerIndex());
        if (state == State.BODY) {
            listener.partEnd();
        }
        if (kind == LAST) {
            state = State.EPILOGUE;
        } else {
            bytes.readerIndex(kind);
            state = State.HEADER;
        }
        return true;
    }

    /** What stands behind the boundary: where the header begins, or one of the above. */
    private int kind(ByteBuf bytes, int behind) {
        int end = bytes.writerIndex();
        if (behind == end) {
            return UNKNOWN;
        }
        if (bytes.getByte(behind) == '-') {
            if (behind + 1 == end) {
                return UNKNOWN;
            }
            return bytes.getByte(behind + 1) == '-' ? LAST : NONE;
        }
        int at = behind;
        while (at < end && (bytes.getByte(at) == ' ' || bytes.getByte(at) == '\t')) {
            if (++at - behind > MOST_PADDING_BYTES) {
                return NONE;
            }
        }
        if (at < end && bytes.getByte(at) != '\r') {
            return NONE;
        }
        if (at + 1 >= end) {
            return UNKNOWN;
        }
        return bytes.getByte(at + 1) == '\n' ? at + 2 : NONE;
    }

    /** How much at the end may be the beginning of a delimiter. */
    private int tailBytes(ByteBuf bytes) {
        int most = Math.min(bytes.readableBytes(), delimiter.capacity() - 1);
        for (int length = most; length > 0; length--) {
            int at = bytes.writerIndex() - length;
            if (bytes.getByte(at) == '\r' && ByteBufUtil.equals(bytes, at, delimiter, 0, length)) {
                return length;
            }
        }
        return 0;
    }

    private void give(ByteBuf bytes, int length) throws HttpUploadException {
        int skip = atStart ? Math.min(2, length) : 0;
        if (length > 0 && atStart) {
            atStart = false;
            bytes.skipBytes(skip);
        }
        int content = length - skip;
        if (content <= 0) {
            return;
        }
        if (state == State.BODY) {
            listener.content(bytes.readRetainedSlice(content));
        } else {
            bytes.skipBytes(content); // the preamble
        }
    }

    /** By its first byte, a CR, which the buffer finds quickly. */
    private static int find(ByteBuf bytes, ByteBuf wanted) {
        int last = bytes.writerIndex() - wanted.capacity();
        int at = bytes.readerIndex() - 1;
        while ((at = bytes.indexOf(at + 1, bytes.writerIndex(), (byte) '\r')) >= 0 && at <= last) {
            if (ByteBufUtil.equals(bytes, at, wanted, 0, wanted.capacity())) {
                return at;
            }
        }
        return -1;
    }

    private static ByteBuf ascii(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(bytes));
    }
}
