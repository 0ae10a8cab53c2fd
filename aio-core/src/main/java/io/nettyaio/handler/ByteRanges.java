package io.nettyaio.handler;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code Range} header field of a request: RFC 9110, section 14. */
final class ByteRanges {

    /**
     * Below this, what lies between two ranges is sent along: the header of a part of its own would be longer. It also
     * keeps a client from having the same file read a byte at a time.
     */
    private static final int GAP_BYTES = 128;

    private static final String UNIT = "bytes=";

    /**
     * A range of a file.
     *
     * @param firstByte where it begins
     * @param lastByte  where it ends, that byte included
     */
    record Range(long firstByte, long lastByte) {

        long lengthBytes() {
            return lastByte - firstByte + 1;
        }

        /** As {@code Content-Range} has it. */
        String contentRange(long sizeBytes) {
            return "bytes " + firstByte + '-' + lastByte + '/' + sizeBytes;
        }
    }

    private ByteRanges() {}

    /**
     * What a header field asks for, in the order it asks for it; ranges that overlap, or nearly do, are made one.
     *
     * @param field     the field's value
     * @param sizeBytes the file's length
     * @param maxRanges more than these, in the field as it was sent, are not looked at
     * @return {@code null} where the field is to be ignored: malformed, of another unit, with too many ranges; no range
     *     where none of them lies within the file
     */
    static @Nullable List<Range> parse(String field, long sizeBytes, int maxRanges) {
        if (!field.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
            return null;
        }
        List<Range> ranges = new ArrayList<>(2);
        int count = 0;
        int at = UNIT.length();
        while (at <= field.length()) {
            int comma = field.indexOf(',', at);
            int end = comma < 0 ? field.length() : comma;
            String spec = trim(field.substring(at, end));
            at = end + 1;
            if (spec.isEmpty()) {
                continue; // an empty element of a list: RFC 9110, section 5.6.1.2
            }
            if (++count > maxRanges) {
                return null;
            }
            Range range;
            try {
                range = parseOne(spec, sizeBytes);
            } catch (NumberFormatException malformed) {
                return null;
            }
            if (range != null) {
                ranges.add(range);
            }
        }
        return count == 0 ? null : coalesced(ranges);
    }

    private static @Nullable Range parseOne(String spec, long sizeBytes) {
        int dash = spec.indexOf('-');
        if (dash < 0) {
            throw new NumberFormatException(spec);
        }
        if (dash == 0) {
            long suffix = number(spec, 1, spec.length());
            return suffix == 0 || sizeBytes == 0 ? null : new Range(Math.max(0, sizeBytes - suffix), sizeBytes - 1);
        }
        long first = number(spec, 0, dash);
        long last = dash == spec.length() - 1 ? Long.MAX_VALUE : number(spec, dash + 1, spec.length());
        if (last < first) {
            throw new NumberFormatException(spec);
        }
        return first >= sizeBytes ? null : new Range(first, Math.min(last, sizeBytes - 1));
    }

    /** Digits only, however many: what does not fit a long lies behind the end of any file. */
    private static long number(String text, int from, int to) {
        long value = 0;
        if (from == to) {
            throw new NumberFormatException(text);
        }
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new NumberFormatException(text);
            }
            value = value > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : value * 10 + digit;
        }
        return value;
    }

    /** Without the optional white space of RFC 9110, section 5.6.3. */
    private static String trim(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isSpace(text.charAt(from))) {
            from++;
        }
        while (to > from && isSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t';
    }

    /** Keeps the place of the first of those that are made one. Bounded by the limit on their number. */
    private static List<Range> coalesced(List<Range> ranges) {
        for (int i = 0; i < ranges.size(); i++) {
            for (int j = i + 1; j < ranges.size(); ) {
                Range one = ranges.get(i);
                Range other = ranges.get(j);
                if (one.firstByte() - GAP_BYTES > other.lastByte() || other.firstByte() - GAP_BYTES > one.lastByte()) {
                    j++;
                } else {
                    ranges.remove(j);
                    ranges.set(
                            i,
                            new Range(
                                    Math.min(one.firstByte(), other.firstByte()),
                                    Math.max(one.lastByte(), other.lastByte())));
                    // It has grown, and may reach others that it did not before.
                    j = i + 1;
                }
            }
        }
        return ranges;
    }
}
