package io.nettyaio.examples.kv;

import java.nio.charset.StandardCharsets;

/** Reads arguments of commands. */
final class Args {

    private Args() {}

    /** Whether an argument is this word, in letters of either case. */
    static boolean is(byte[] argument, String upperCaseWord) {
        if (argument.length != upperCaseWord.length()) {
            return false;
        }
        for (int i = 0; i < argument.length; i++) {
            if (upper(argument[i]) != upperCaseWord.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int upper(byte one) {
        return one >= 'a' && one <= 'z' ? one - ('a' - 'A') : one;
    }

    static long number(byte[] argument) throws CommandError {
        if (!Numbers.isLong(argument)) {
            throw CommandError.notAnInteger();
        }
        return Numbers.toLong(argument);
    }

    static String text(byte[] argument) {
        return new String(argument, StandardCharsets.UTF_8);
    }
}
