package io.nettyaio.examples.kv;

import java.nio.charset.StandardCharsets;

/** Numbers as text, read as strictly as Redis reads them: no blanks, no plus, no leading zeros, no minus zero. */
final class Numbers {

    private static final int MOST_DIGITS = 19;

    private Numbers() {}

    /** Whether it is the decimal form of a 64-bit number. */
    static boolean isLong(byte[] text) {
        int length = text.length;
        int at = length > 0 && text[0] == '-' ? 1 : 0;
        int digits = length - at;
        if (digits < 1 || digits > MOST_DIGITS) {
            return false;
        }
        if (text[at] == '0') {
            return length == 1;
        }
        long value = 0; // negative: there are more of these
        for (int i = at; i < length; i++) {
            int digit = text[i] - '0';
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                return false;
            }
            value = value * 10 - digit;
        }
        return at == 1 || value != Long.MIN_VALUE;
    }

    /** The number that {@link #isLong} has found. */
    static long toLong(byte[] text) {
        boolean negative = text[0] == '-';
        long value = 0;
        for (int i = negative ? 1 : 0; i < text.length; i++) {
            value = value * 10 - (text[i] - '0');
        }
        return negative ? value : -value;
    }

    static byte[] toBytes(long value) {
        return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    }
}
