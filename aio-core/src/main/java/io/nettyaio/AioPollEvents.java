package io.nettyaio;

import java.util.ArrayList;
import java.util.List;

/** The events of {@code poll(2)}, as bits; the same on x86_64 and aarch64. */
public final class AioPollEvents {

    /** There is something to read; at the end of a stream too. */
    public static final int IN = 0x001;

    /** There is something exceptional, as out-of-band data of a socket. */
    public static final int PRI = 0x002;

    /** There is room to write. */
    public static final int OUT = 0x004;

    /** An error; for the write end of a pipe, that nobody reads any more. Reported whether or not it was asked for. */
    public static final int ERR = 0x008;

    /** The other end has hung up; there may still be something to read. Reported whether or not it was asked for. */
    public static final int HUP = 0x010;

    /** The peer of a stream socket has shut down its writing side. */
    public static final int RDHUP = 0x2000;

    private static final int ALL = IN | PRI | OUT | ERR | HUP | RDHUP;

    private AioPollEvents() {}

    /** Whether these are one or more of the events above and no other bits. */
    public static boolean areValid(int events) {
        return events != 0 && (events & ~ALL) == 0;
    }

    /** For messages: {@code "IN|HUP"}. */
    public static String toString(int events) {
        List<String> names = new ArrayList<>();
        add(names, events, IN, "IN");
        add(names, events, PRI, "PRI");
        add(names, events, OUT, "OUT");
        add(names, events, ERR, "ERR");
        add(names, events, HUP, "HUP");
        add(names, events, RDHUP, "RDHUP");
        int unknown = events & ~ALL;
        if (unknown != 0 || names.isEmpty()) {
            names.add("0x" + Integer.toHexString(unknown));
        }
        return String.join("|", names);
    }

    private static void add(List<String> names, int events, int event, String name) {
        if ((events & event) != 0) {
            names.add(name);
        }
    }
}
