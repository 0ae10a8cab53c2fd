package io.nettyaio.examples.kv;

import java.util.List;

/** MULTI, EXEC, DISCARD. */
final class TransactionCommands {

    private final Store store;

    TransactionCommands(Store store) {
        this.store = store;
    }

    void multi(Session session, byte[][] arguments) throws CommandError {
        if (session.transaction().isOpen()) {
            throw new CommandError("ERR MULTI calls can not be nested");
        }
        session.transaction().begin();
        session.replies().ok();
    }

    void discard(Session session, byte[][] arguments) throws CommandError {
        if (!session.transaction().isOpen()) {
            throw new CommandError("ERR DISCARD without MULTI");
        }
        List<Transaction.Queued> unused = session.transaction().end();
        session.replies().ok();
    }

    /** Runs what is queued: one change, one record of the log, and nothing of anybody else's in between. */
    void exec(Session session, byte[][] arguments) throws CommandError {
        Transaction transaction = session.transaction();
        if (!transaction.isOpen()) {
            throw new CommandError("ERR EXEC without MULTI");
        }
        boolean spoilt = transaction.isSpoilt();
        List<Transaction.Queued> queue = transaction.end();
        if (spoilt) {
            throw new CommandError("EXECABORT Transaction discarded because of previous errors.");
        }
        session.replies().array(queue.size());
        for (Transaction.Queued queued : queue) {
            store.executor().call(session, queued.command(), queued.arguments());
        }
    }
}
