package io.nettyaio.examples.kv;

import io.nettyaio.examples.kv.Command.Flag;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs commands: finds them, refuses those that may not run, in the order and with the words that Redis has, queues those of
 * a transaction, and closes the change that a command, or a whole transaction, has made.
 *
 * <p><b>Threading.</b> The store loop.
 */
final class CommandExecutor {

    private static final String OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";
    private static final int MOST_SHOWN = 128;

    private final Store store;
    private final CommandTable table;

    CommandExecutor(Store store, CommandTable table) {
        this.store = store;
        this.table = table;
    }

    /**
     * Runs a command; its reply is in the session's writer then.
     *
     * @return false where it has to wait for the log, and has done nothing
     */
    boolean execute(Session session, byte[][] arguments) {
        Journal journal = store.journal();
        journal.begin();
        Transaction transaction = session.transaction();
        Command command = table.find(arguments);
        String refusal = command == null ? table.unknown(arguments) : refusal(session, command, arguments.length);
        if (refusal != null) {
            refuse(session, command, refusal);
            return true;
        }
        if (command == null) {
            throw new IllegalStateException("neither found nor refused");
        }
        boolean runsNow = !transaction.isOpen() || table.isRunInTransaction(command);
        boolean writes = runsNow && is(Flag.WRITE, command, transaction);
        if (writes && !journal.log().isWritable()) {
            return false;
        }
        session.lastCommand(command.name());
        if (!runsNow) {
            queue(session, command, arguments);
            return true;
        }
        store.stats().commands++;
        store.readClock();
        int from = session.replies().length();
        try {
            call(session, command, arguments);
        } catch (ReplyWriter.TooLongException e) {
            journal.abandon();
            throw e;
        }
        if (!journal.end()) {
            session.replies().truncate(from);
            session.replies()
                    .error("ERR the change is longer than a record of the log may be, "
                            + journal.log().maxChangeBytes() + " bytes; make it in parts");
        }
        return true;
    }

    /** Runs a handler; an error of its own is the reply. */
    void call(Session session, Command command, byte[][] arguments) {
        int from = session.replies().length();
        try {
            command.handler().run(session, arguments);
        } catch (CommandError e) {
            session.replies().truncate(from);
            session.replies().error(e.reply());
            store.stats().errors++;
        }
    }

    private void queue(Session session, Command command, byte[][] arguments) {
        Transaction transaction = session.transaction();
        if (transaction.bytes() + Transaction.bytes(arguments) > session.limits.queryBytes()) {
            refuse(
                    session,
                    command,
                    "ERR the transaction is longer than a query may be, " + session.limits.queryBytes() + " bytes");
            return;
        }
        transaction.add(command, arguments);
        session.replies().simple("QUEUED");
    }

    private void refuse(Session session, @Nullable Command command, String refusal) {
        Transaction transaction = session.transaction();
        store.stats().errors++;
        if (command != null && table.isExec(command)) {
            List<Transaction.Queued> unused = transaction.end();
            session.replies().error("EXECABORT Transaction discarded because of: " + refusal.replaceFirst("^ERR ", ""));
        } else {
            transaction.spoil();
            session.replies().error(refusal);
        }
    }

    private @Nullable String refusal(Session session, Command command, int arguments) {
        Transaction transaction = session.transaction();
        if (!command.accepts(arguments)) {
            return wrongArity(command);
        }
        if (!session.isAuthenticated() && !command.is(Flag.NO_AUTH)) {
            return "NOAUTH Authentication required.";
        }
        if (transaction.isOpen() && command.is(Flag.NO_MULTI)) {
            return "ERR Command not allowed inside a transaction";
        }
        boolean queues = transaction.isOpen() && !table.isRunInTransaction(command);
        if ((queues || is(Flag.DENYOOM, command, transaction)) && store.isOutOfMemory()) {
            return OUT_OF_MEMORY;
        }
        return is(Flag.WRITE, command, transaction) ? store.journal().log().refusal() : null;
    }

    /** EXEC is what its queue is. */
    private boolean is(Flag flag, Command command, Transaction transaction) {
        return command.is(flag) || (table.isExec(command) && transaction.has(flag));
    }

    private static String wrongArity(Command command) {
        return "ERR wrong number of arguments for '" + command.name() + "' command";
    }

    /** Part of an argument in an error. */
    static String shown(byte[] argument, int most) {
        int length = 0;
        while (length < argument.length && length < most && argument[length] != 0) {
            length++;
        }
        return new String(argument, 0, length, StandardCharsets.ISO_8859_1);
    }

    static String shown(byte[] argument) {
        return shown(argument, MOST_SHOWN);
    }
}
