package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;

/**
 * What a record of the log holds: one change of the keyspace, made of operations that take effect together. Each says what
 * is so afterwards, not what was done: to repeat it, or to carry it out on a state that has seen what came after it, leads
 * to the same end. So a snapshot may be taken while changes go on.
 *
 * <pre>
 * SET     key, expiry, value      the key has this value
 * DELETE  key                     there is no such key
 * EXPIRE  key, expiry             the key, if there is one, expires then
 * APPEND  key, offset, bytes      the value is its first so many bytes and these; zeros, where it is shorter
 * FLUSH                           there are no keys
 * </pre>
 *
 * Lengths and times are unsigned numbers of 7 bits a byte, the lowest first; expiry 0 is never.
 */
final class Operations {

    /** The type of records that hold operations, as the log has it. */
    static final int RECORD_TYPE = 1;

    /** An operation takes no more than this beyond its key and value. */
    static final int MOST_OVERHEAD_BYTES = 1 + 5 + 10 + 5;

    private static final int SET = 1;
    private static final int DELETE = 2;
    private static final int EXPIRE = 3;
    private static final int APPEND = 4;
    private static final int FLUSH = 5;

    private Operations() {}

    /** Carries operations out. */
    interface Target {
        void set(byte[] key, byte[] value, long expiresAtMillis);

        void delete(byte[] key);

        void expire(byte[] key, long expiresAtMillis);

        void append(byte[] key, int offset, byte[] tail);

        void flush();
    }

    static void set(ByteBuf out, byte[] key, byte[] value, long expiresAtMillis) {
        out.writeByte(SET);
        bytes(out, key);
        number(out, expiresAtMillis);
        bytes(out, value);
    }

    static void delete(ByteBuf out, byte[] key) {
        out.writeByte(DELETE);
        bytes(out, key);
    }

    static void expire(ByteBuf out, byte[] key, long expiresAtMillis) {
        out.writeByte(EXPIRE);
        bytes(out, key);
        number(out, expiresAtMillis);
    }

    static void append(ByteBuf out, byte[] key, int offset, byte[] tail) {
        out.writeByte(APPEND);
        bytes(out, key);
        number(out, offset);
        bytes(out, tail);
    }

    static void flush(ByteBuf out) {
        out.writeByte(FLUSH);
    }

    private static void bytes(ByteBuf out, byte[] bytes) {
        number(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void number(ByteBuf out, long number) {
        long left = number;
        while ((left & ~0x7fL) != 0) {
            out.writeByte(((int) left & 0x7f) | 0x80);
            left >>>= 7;
        }
        out.writeByte((int) left);
    }

    /**
     * Carries out what a record holds.
     *
     * @throws IllegalArgumentException where it is not what this class has written; some may have been carried out
     */
    static void replay(ByteBuf in, Target target) {
        try {
            while (in.isReadable()) {
                int operation = in.readByte();
                switch (operation) {
                    case SET -> {
                        byte[] key = readBytes(in);
                        long expiresAtMillis = readNumber(in);
                        target.set(key, readBytes(in), expiresAtMillis);
                    }
                    case DELETE -> target.delete(readBytes(in));
                    case EXPIRE -> target.expire(readBytes(in), readNumber(in));
                    case APPEND -> {
                        byte[] key = readBytes(in);
                        int offset = Math.toIntExact(readNumber(in));
                        target.append(key, offset, readBytes(in));
                    }
                    case FLUSH -> target.flush();
                    default ->
                        throw new IllegalArgumentException("unknown operation " + operation
                                + ": the log was written by a newer version; use that one");
                }
            }
        } catch (IndexOutOfBoundsException | ArithmeticException e) {
            throw new IllegalArgumentException("a record of the log ends amid an operation", e);
        }
    }

    private static byte[] readBytes(ByteBuf in) {
        int length = Math.toIntExact(readNumber(in));
        if (length > in.readableBytes()) {
            throw new IndexOutOfBoundsException(length);
        }
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        return bytes;
    }

    private static long readNumber(ByteBuf in) {
        long number = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte part = in.readByte();
            number |= (part & 0x7fL) << shift;
            if (part >= 0) {
                return number;
            }
        }
        throw new ArithmeticException("a number of more than 64 bits");
    }
}
