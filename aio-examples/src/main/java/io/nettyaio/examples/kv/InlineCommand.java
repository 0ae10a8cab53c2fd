package io.nettyaio.examples.kv;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** A command typed by hand: words between blanks, in quotes where they hold blanks or escapes. */
final class InlineCommand {

    private final byte[] line;
    private final int length;
    private int at;

    private InlineCommand(byte[] line, int length) {
        this.line = line;
        this.length = length;
    }

    static byte[][] split(byte[] line, int length) throws ProtocolException {
        InlineCommand command = new InlineCommand(line, length);
        List<byte[]> words = new ArrayList<>();
        while (command.skipBlanks()) {
            words.add(command.word());
        }
        return words.toArray(new byte[0][]);
    }

    private boolean skipBlanks() {
        while (at < length && isBlank(line[at])) {
            at++;
        }
        return at < length;
    }

    private byte[] word() throws ProtocolException {
        ByteArrayOutputStream word = new ByteArrayOutputStream();
        while (at < length && !isBlank(line[at])) {
            byte one = line[at++];
            if (one == '"' || one == '\'') {
                quoted(word, one);
                if (at < length && !isBlank(line[at])) {
                    throw unbalanced();
                }
            } else {
                word.write(one);
            }
        }
        return word.toByteArray();
    }

    /** Up to the closing quote. Only in double quotes a backslash may begin more than a quote. */
    private void quoted(ByteArrayOutputStream word, byte quote) throws ProtocolException {
        while (at < length) {
            byte one = line[at++];
            if (one == quote) {
                return;
            }
            if (one != '\\' || at == length) {
                word.write(one);
            } else if (quote == '"') {
                escape(word);
            } else if (line[at] == '\'') {
                word.write(line[at++]);
            } else {
                word.write(one);
            }
        }
        throw unbalanced();
    }

    private void escape(ByteArrayOutputStream word) {
        byte one = line[at++];
        if (one == 'x' && at + 1 < length) {
            int high = Character.digit(line[at], 16);
            int low = Character.digit(line[at + 1], 16);
            if (high >= 0 && low >= 0) {
                word.write((high << 4) | low);
                at += 2;
                return;
            }
        }
        word.write(
                switch (one) {
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    case 'b' -> '\b';
                    case 'a' -> 7;
                    default -> one;
                });
    }

    private static boolean isBlank(byte one) {
        return one == ' ' || (one >= '\t' && one <= '\r') || one == 0;
    }

    private static ProtocolException unbalanced() {
        return new ProtocolException("unbalanced quotes in request");
    }
}
