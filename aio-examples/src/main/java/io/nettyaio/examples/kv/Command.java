package io.nettyaio.examples.kv;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A command, or a subcommand: what it needs to be run, and what {@code COMMAND} tells of it.
 *
 * @param name        in lower case; a subcommand's with its container's, as {@code config|get}
 * @param arity       arguments with the name counted; negative where these are the least
 * @param flags       as {@code COMMAND INFO} has them
 * @param firstKey    where its keys begin; 0 where it has none
 * @param lastKey     where they end; negative counts from the last argument
 * @param keyStep     from one key to the next
 * @param group       as {@code COMMAND DOCS} has it
 * @param since       the version of Redis that brought it
 * @param summary     what it does
 * @param subcommands those it contains; empty where it is run itself
 * @param handler     runs it
 */
record Command(
        String name,
        int arity,
        Set<Flag> flags,
        int firstKey,
        int lastKey,
        int keyStep,
        String group,
        String since,
        String summary,
        List<Command> subcommands,
        Handler handler) {

    /** What is true of a command. */
    enum Flag {
        /** Changes the keyspace. */
        WRITE,
        /** Reads the keyspace. */
        READONLY,
        /** May need more memory. */
        DENYOOM,
        /** Takes no time that grows with what it works on. */
        FAST,
        /** For operators. */
        ADMIN,
        /** May be run without the password. */
        NO_AUTH,
        /** Not in a transaction. */
        NO_MULTI,
        /** Runs while data is being loaded. */
        LOADING,
        /** Runs on a replica whose master is gone. */
        STALE,
        /** Not in a script. */
        NOSCRIPT;

        /** As COMMAND tells it. */
        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Runs a command. */
    @FunctionalInterface
    interface Handler {
        /**
         * Writes one reply.
         *
         * @param session   whose command it is
         * @param arguments its name, or its container's, first; as many as its arity says
         * @throws CommandError to reply with an error
         */
        void run(Session session, byte[][] arguments) throws CommandError;
    }

    boolean is(Flag flag) {
        return flags.contains(flag);
    }

    boolean accepts(int arguments) {
        return arity >= 0 ? arguments == arity : arguments >= -arity;
    }
}
