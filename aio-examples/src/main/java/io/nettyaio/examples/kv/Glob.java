package io.nettyaio.examples.kv;

/**
 * Patterns as Redis has them: {@code *}, {@code ?}, {@code [a-c]}, {@code [^x]}, and a backslash before what is meant as
 * it stands. Takes at most the product of the two lengths in time: only the last star is ever tried again.
 */
final class Glob {

    private Glob() {}

    static boolean matches(byte[] pattern, byte[] text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int starText = 0;
        while (t < text.length) {
            if (p < pattern.length && pattern[p] == '*') {
                star = p++;
                starText = t;
                continue;
            }
            int after = p < pattern.length ? matchOne(pattern, p, text[t]) : -1;
            if (after >= 0) {
                p = after;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++starText;
            } else {
                return false;
            }
        }
        while (p < pattern.length && pattern[p] == '*') {
            p++;
        }
        return p >= pattern.length;
    }

    /** The place after the element at {@code p}, where it stands for this byte, else -1. */
    private static int matchOne(byte[] pattern, int p, byte one) {
        return switch (pattern[p]) {
            case '?' -> p + 1;
            case '[' -> matchClass(pattern, p + 1, one & 0xff);
            case '\\' -> {
                int literal = p + 1 < pattern.length ? p + 1 : p;
                yield pattern[literal] == one ? literal + 1 : -1;
            }
            default -> pattern[p] == one ? p + 1 : -1;
        };
    }

    /** A class that is not closed ends with the pattern. */
    private static int matchClass(byte[] pattern, int from, int one) {
        int p = from;
        boolean negated = p < pattern.length && pattern[p] == '^';
        if (negated) {
            p++;
        }
        boolean found = false;
        while (p < pattern.length && pattern[p] != ']') {
            if (pattern[p] == '\\' && p + 1 < pattern.length) {
                p++;
                found |= (pattern[p] & 0xff) == one;
            } else if (p + 2 < pattern.length && pattern[p + 1] == '-') {
                int low = pattern[p] & 0xff;
                int high = pattern[p + 2] & 0xff;
                found |= Math.min(low, high) <= one && one <= Math.max(low, high);
                p += 2;
            } else {
                found |= (pattern[p] & 0xff) == one;
            }
            p++;
        }
        return found == negated ? -1 : Math.min(p + 1, pattern.length);
    }
}
