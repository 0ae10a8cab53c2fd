package io.nettyaio.examples.kv;

import java.util.Arrays;
import java.util.Locale;

/** Commands about the connection: who the client is, and how it is spoken to. */
final class ConnectionCommands {

    private static final byte[] DEFAULT_USER = {'d', 'e', 'f', 'a', 'u', 'l', 't'};

    private final Store store;

    ConnectionCommands(Store store) {
        this.store = store;
    }

    void ping(Session session, byte[][] arguments) throws CommandError {
        if (arguments.length > 2) {
            throw new CommandError("ERR wrong number of arguments for 'ping' command");
        }
        if (arguments.length == 2) {
            session.replies().bulk(arguments[1]);
        } else {
            session.replies().simple("PONG");
        }
    }

    void echo(Session session, byte[][] arguments) {
        session.replies().bulk(arguments[1]);
    }

    void select(Session session, byte[][] arguments) throws CommandError {
        if (Args.number(arguments[1]) != 0) {
            throw new CommandError("ERR DB index is out of range");
        }
        session.replies().ok();
    }

    void quit(Session session, byte[][] arguments) {
        session.replies().ok();
        session.endAfterReplies();
    }

    void auth(Session session, byte[][] arguments) throws CommandError {
        if (arguments.length > 3) {
            throw CommandError.syntax();
        }
        if (arguments.length == 2 && !store.config().password().isRequired()) {
            throw new CommandError("ERR AUTH <password> called without any password configured for the default user. "
                    + "Are you sure your configuration is correct?");
        }
        byte[] user = arguments.length == 3 ? arguments[1] : DEFAULT_USER;
        authenticate(session, user, arguments[arguments.length - 1]);
        session.replies().ok();
    }

    private void authenticate(Session session, byte[] user, byte[] password) throws CommandError {
        boolean known = Arrays.equals(user, DEFAULT_USER);
        if (!store.config().password().matches(password) || !known) {
            throw new CommandError("WRONGPASS invalid username-password pair or user is disabled.");
        }
        session.authenticate();
    }

    void hello(Session session, byte[][] arguments) throws CommandError {
        int protocol = session.replies().protocol();
        if (arguments.length > 1) {
            if (!Numbers.isLong(arguments[1])) {
                throw new CommandError("ERR Protocol version is not an integer or out of range");
            }
            long asked = Numbers.toLong(arguments[1]);
            if (asked != 2 && asked != 3) {
                throw new CommandError("NOPROTO unsupported protocol version");
            }
            protocol = (int) asked;
        }
        String name = null;
        for (int i = 2; i < arguments.length; i++) {
            if (Args.is(arguments[i], "AUTH") && i + 2 < arguments.length) {
                authenticate(session, arguments[i + 1], arguments[i + 2]);
                i += 2;
            } else if (Args.is(arguments[i], "SETNAME") && i + 1 < arguments.length) {
                name = checkedName(arguments[++i]);
            } else {
                throw new CommandError(
                        "ERR Syntax error in HELLO option '" + CommandExecutor.shown(arguments[i]) + "'");
            }
        }
        if (!session.isAuthenticated()) {
            throw new CommandError("NOAUTH HELLO must be called with the client already authenticated, otherwise the "
                    + "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
                    + "RESP protocol version at the same time");
        }
        if (name != null) {
            session.name(name);
        }
        ReplyWriter replies = session.replies();
        replies.protocol(protocol);
        replies.map(7);
        replies.bulk("server");
        replies.bulk("redis");
        replies.bulk("version");
        replies.bulk(ServerInfo.REDIS_VERSION);
        replies.bulk("proto");
        replies.integer(protocol);
        replies.bulk("id");
        replies.integer(session.id);
        replies.bulk("mode");
        replies.bulk("standalone");
        replies.bulk("role");
        replies.bulk("master");
        replies.bulk("modules");
        replies.array(0);
    }

    // ---- CLIENT --------------------------------------------------------------------------------------------------

    void clientId(Session session, byte[][] arguments) {
        session.replies().integer(session.id);
    }

    void clientGetName(Session session, byte[][] arguments) {
        if (session.name().isEmpty()) {
            session.replies().nil();
        } else {
            session.replies().bulk(session.name());
        }
    }

    void clientSetName(Session session, byte[][] arguments) throws CommandError {
        session.name(checkedName(arguments[2]));
        session.replies().ok();
    }

    void clientSetInfo(Session session, byte[][] arguments) throws CommandError {
        boolean library = Args.is(arguments[2], "LIB-NAME");
        if (!library && !Args.is(arguments[2], "LIB-VER")) {
            throw new CommandError("ERR Unrecognized option '" + CommandExecutor.shown(arguments[2]) + "'");
        }
        if (!isPrintable(arguments[3])) {
            throw new CommandError("ERR " + (library ? "lib-name" : "lib-ver")
                    + " cannot contain spaces, newlines or special characters.");
        }
        if (library) {
            session.library(Args.text(arguments[3]));
        } else {
            session.libraryVersion(Args.text(arguments[3]));
        }
        session.replies().ok();
    }

    void clientInfo(Session session, byte[][] arguments) {
        session.replies().verbatim(session.describe(System.nanoTime()) + '\n');
    }

    void clientList(Session session, byte[][] arguments) throws CommandError {
        boolean byId = arguments.length > 3 && Args.is(arguments[2], "ID");
        boolean byType = arguments.length == 4 && Args.is(arguments[2], "TYPE");
        if (arguments.length > 2 && !byId && !byType) {
            throw CommandError.syntax();
        }
        if (byType) {
            String type = Args.text(arguments[3]).toLowerCase(Locale.ROOT);
            switch (type) {
                case "normal" -> {}
                case "master", "replica", "slave", "pubsub" -> {
                    session.replies().verbatim("");
                    return;
                }
                default -> throw new CommandError("ERR Unknown client type '" + type + "'");
            }
        }
        StringBuilder list = new StringBuilder();
        long now = System.nanoTime();
        if (byId) {
            for (int i = 3; i < arguments.length; i++) {
                if (!Numbers.isLong(arguments[i])) {
                    throw new CommandError("ERR Invalid client ID");
                }
                Session other = store.session(Numbers.toLong(arguments[i]));
                if (other != null) {
                    list.append(other.describe(now)).append('\n');
                }
            }
        } else {
            for (Session other : store.sessions()) {
                list.append(other.describe(now)).append('\n');
            }
        }
        session.replies().verbatim(list.toString());
    }

    void clientNoEvict(Session session, byte[][] arguments) throws CommandError {
        session.noEvict(onOrOff(arguments[2]));
        session.replies().ok();
    }

    void clientNoTouch(Session session, byte[][] arguments) throws CommandError {
        session.noTouch(onOrOff(arguments[2]));
        session.replies().ok();
    }

    private static boolean onOrOff(byte[] argument) throws CommandError {
        if (!Args.is(argument, "ON") && !Args.is(argument, "OFF")) {
            throw CommandError.syntax();
        }
        return Args.is(argument, "ON");
    }

    private static String checkedName(byte[] argument) throws CommandError {
        if (!isPrintable(argument)) {
            throw new CommandError("ERR Client names cannot contain spaces, newlines or special characters.");
        }
        return Args.text(argument);
    }

    private static boolean isPrintable(byte[] argument) {
        for (byte one : argument) {
            if (one < '!' || one > '~') {
                return false;
            }
        }
        return true;
    }
}
