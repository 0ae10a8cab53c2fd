package io.nettyaio.examples.kv;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a client has queued since MULTI.
 *
 * <p><b>Threading.</b> The store loop.
 */
final class Transaction {

    /**
     * A command to be run by EXEC.
     *
     * @param command   what it is
     * @param arguments as they came; never compared
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Queued(Command command, byte[][] arguments) {}

    private static final int ARGUMENT_BYTES = 24;

    private final Set<Command.Flag> flags = EnumSet.noneOf(Command.Flag.class);
    private List<Queued> queue = new ArrayList<>();
    private boolean open;
    private boolean spoilt;
    private long bytes;

    boolean isOpen() {
        return open;
    }

    void begin() {
        open = true;
    }

    /** A command could not be queued: EXEC is to refuse. */
    void spoil() {
        spoilt = open;
    }

    boolean isSpoilt() {
        return spoilt;
    }

    void add(Command command, byte[][] arguments) {
        queue.add(new Queued(command, arguments));
        flags.addAll(command.flags());
        bytes += bytes(arguments);
    }

    /** What arguments take, as a change of the log would hold them. */
    static long bytes(byte[][] arguments) {
        long sum = 0;
        for (byte[] argument : arguments) {
            sum += argument.length + ARGUMENT_BYTES;
        }
        return sum;
    }

    int size() {
        return queue.size();
    }

    /** What the queue takes. */
    long bytes() {
        return bytes;
    }

    /** Whether one of the queued commands has the flag. */
    boolean has(Command.Flag flag) {
        return flags.contains(flag);
    }

    /** Hands over what is queued, and ends. */
    List<Queued> end() {
        List<Queued> all = queue;
        queue = new ArrayList<>();
        flags.clear();
        open = false;
        spoilt = false;
        bytes = 0;
        return all;
    }
}
