package io.nettyaio.examples.kv;

import io.nettyaio.examples.kv.Command.Flag;
import io.nettyaio.examples.kv.Command.Handler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The commands there are, found by name in either case. */
final class CommandTable {

    /** A power of two, several times the number of commands. */
    private static final int SLOTS = 256;

    private static final int UNKNOWN_SHOWN = 128;

    private final List<Command> commands = new ArrayList<>();
    private final @Nullable Command[] slots = new Command[SLOTS];
    private final byte[][] names = new byte[SLOTS][];
    private final List<Command> runInTransaction = new ArrayList<>();

    /** The table, whose commands work on a store. */
    static CommandTable of(Store store) {
        CommandTable table = new CommandTable();
        table.addStrings(new StringCommands(store));
        table.addKeys(new KeyCommands(store));
        table.addTransactions(new TransactionCommands(store));
        table.addConnection(new ConnectionCommands(store));
        table.addServer(store);
        return table;
    }

    private void addStrings(StringCommands on) {
        Group group = new Group("string");
        group.read("get", 2, 1, 1, 1, "1.0.0", "Get the value of a key", on::get);
        group.write("set", -3, 1, 1, 1, "1.0.0", "Set the string value of a key", on::set, Flag.DENYOOM);
        group.write(
                "getset",
                3,
                1,
                1,
                1,
                "1.0.0",
                "Set the string value of a key and return its old value",
                on::getSet,
                Flag.DENYOOM,
                Flag.FAST);
        group.read("mget", -2, 1, -1, 1, "1.0.0", "Get the values of all the given keys", on::mget);
        group.write("mset", -3, 1, -1, 2, "1.0.1", "Set multiple keys to multiple values", on::mset, Flag.DENYOOM);
        group.write(
                "incr",
                2,
                1,
                1,
                1,
                "1.0.0",
                "Increment the integer value of a key by one",
                on::incr,
                Flag.DENYOOM,
                Flag.FAST);
        group.write(
                "decr",
                2,
                1,
                1,
                1,
                "1.0.0",
                "Decrement the integer value of a key by one",
                on::decr,
                Flag.DENYOOM,
                Flag.FAST);
        group.write(
                "incrby",
                3,
                1,
                1,
                1,
                "1.0.0",
                "Increment the integer value of a key by the given amount",
                on::incrBy,
                Flag.DENYOOM,
                Flag.FAST);
        group.write(
                "decrby",
                3,
                1,
                1,
                1,
                "1.0.0",
                "Decrement the integer value of a key by the given number",
                on::decrBy,
                Flag.DENYOOM,
                Flag.FAST);
        group.write("append", 3, 1, 1, 1, "2.0.0", "Append a value to a key", on::append, Flag.DENYOOM, Flag.FAST);
        group.read("strlen", 2, 1, 1, 1, "2.2.0", "Get the length of the value stored in a key", on::strlen);
    }

    private void addKeys(KeyCommands on) {
        Group group = new Group("generic");
        group.write("del", -2, 1, -1, 1, "1.0.0", "Delete a key", on::del);
        group.read("exists", -2, 1, -1, 1, "1.0.0", "Determine if a key exists", on::exists);
        group.write("expire", -3, 1, 1, 1, "1.0.0", "Set a key's time to live in seconds", on::expire, Flag.FAST);
        group.write(
                "pexpire", -3, 1, 1, 1, "2.6.0", "Set a key's time to live in milliseconds", on::pexpire, Flag.FAST);
        group.read("ttl", 2, 1, 1, 1, "1.0.0", "Get the time to live for a key in seconds", on::ttl);
        group.read("pttl", 2, 1, 1, 1, "2.6.0", "Get the time to live for a key in milliseconds", on::pttl);
        group.write("persist", 2, 1, 1, 1, "2.2.0", "Remove the expiration from a key", on::persist, Flag.FAST);
        group.read("scan", -2, 0, 0, 0, "2.8.0", "Incrementally iterate the keys space", on::scan);
        Group server = new Group("server");
        server.read("dbsize", 1, 0, 0, 0, "1.0.0", "Return the number of keys in the selected database", on::dbsize);
        server.write("flushall", -1, 0, 0, 0, "1.0.0", "Remove all keys from all databases", on::flushAll);
    }

    private void addTransactions(TransactionCommands on) {
        Group group = new Group("transactions");
        Command multi = group.plain("multi", 1, "1.2.0", "Mark the start of a transaction block", on::multi);
        Command execute = group.plain("exec", 1, "1.2.0", "Execute all commands issued after MULTI", on::exec);
        Command discard = group.plain("discard", 1, "2.0.0", "Discard all commands issued after MULTI", on::discard);
        runInTransaction.addAll(List.of(multi, execute, discard));
    }

    private void addConnection(ConnectionCommands on) {
        Group group = new Group("connection");
        group.plain("ping", -1, "1.0.0", "Ping the server", on::ping, Flag.FAST);
        group.plain("echo", 2, "1.0.0", "Echo the given string", on::echo, Flag.FAST);
        group.plain("select", 2, "1.0.0", "Change the selected database", on::select, Flag.FAST);
        group.plain("auth", -2, "1.0.0", "Authenticate to the server", on::auth, Flag.NO_AUTH, Flag.FAST);
        group.plain("hello", -1, "6.0.0", "Handshake with Redis", on::hello, Flag.NO_AUTH, Flag.FAST);
        Command quit = group.plain("quit", -1, "1.0.0", "Close the connection", on::quit, Flag.NO_AUTH, Flag.FAST);
        runInTransaction.add(quit);
        Group client = new Group("connection");
        client.container("client", "2.4.0", "A container for client connection commands");
        client.plain("client|id", 2, "5.0.0", "Returns the client ID for the current connection", on::clientId);
        client.plain("client|getname", 2, "2.6.9", "Get the current connection name", on::clientGetName);
        client.plain("client|setname", 3, "2.6.9", "Set the current connection name", on::clientSetName);
        client.plain("client|setinfo", 4, "7.2.0", "Set client or connection specific info", on::clientSetInfo);
        client.plain("client|info", 2, "6.2.0", "Returns information about the connection", on::clientInfo);
        client.plain("client|list", -2, "2.4.0", "Get the list of client connections", on::clientList, Flag.ADMIN);
        client.plain("client|no-evict", 3, "7.0.0", "Set client eviction mode", on::clientNoEvict, Flag.ADMIN);
        client.plain("client|no-touch", 3, "7.2.0", "Set client touch mode", on::clientNoTouch);
    }

    private void addServer(Store store) {
        ServerCommands on = new ServerCommands(store);
        Group group = new Group("server");
        group.plain("info", -1, "1.0.0", "Get information and statistics about the server", on::info);
        group.plain(
                "shutdown", -1, "1.0.0", "Stop the server, its log synced", on::shutdown, Flag.ADMIN, Flag.NO_MULTI);
        Group config = new Group("server");
        config.container("config", "2.0.0", "A container for server configuration commands");
        config.plain(
                "config|get", -3, "2.0.0", "Get the values of configuration parameters", on::configGet, Flag.ADMIN);
        CommandInfo info = new CommandInfo(this);
        Group command = new Group("server");
        command.containerThatRuns("command", -1, "2.8.13", "Get array of command details", info::all);
        command.plain("command|count", 2, "2.8.13", "Get total number of commands", info::count);
        command.plain("command|info", -2, "2.8.13", "Get array of specific command details", info::info);
        command.plain("command|docs", -2, "7.0.0", "Get array of specific command documentation", info::docs);
        command.plain("command|list", -2, "7.0.0", "Get an array of command names", info::list);
    }

    /** Adds commands of one group. */
    private final class Group {

        private final String name;
        private @Nullable Command container;

        Group(String name) {
            this.name = name;
        }

        void read(
                String command,
                int arity,
                int first,
                int last,
                int step,
                String since,
                String summary,
                Handler handler) {
            add(command, arity, EnumSet.of(Flag.READONLY, Flag.FAST), first, last, step, since, summary, handler);
        }

        void write(
                String command,
                int arity,
                int first,
                int last,
                int step,
                String since,
                String summary,
                Handler handler,
                Flag... more) {
            EnumSet<Flag> flags = EnumSet.of(Flag.WRITE);
            flags.addAll(Arrays.asList(more));
            add(command, arity, flags, first, last, step, since, summary, handler);
        }

        Command plain(String command, int arity, String since, String summary, Handler handler, Flag... more) {
            EnumSet<Flag> flags = EnumSet.of(Flag.LOADING, Flag.STALE, Flag.NOSCRIPT);
            flags.addAll(Arrays.asList(more));
            return add(command, arity, flags, 0, 0, 0, since, summary, handler);
        }

        void container(String command, String since, String summary) {
            containerThatRuns(command, -2, since, summary, (session, arguments) -> {
                throw new IllegalStateException("a container is not run");
            });
        }

        void containerThatRuns(String command, int arity, String since, String summary, Handler handler) {
            container = new Command(
                    command,
                    arity,
                    EnumSet.of(Flag.LOADING, Flag.STALE),
                    0,
                    0,
                    0,
                    name,
                    since,
                    summary,
                    new ArrayList<>(),
                    handler);
            register(container);
        }

        private Command add(
                String command,
                int arity,
                Set<Flag> flags,
                int first,
                int last,
                int step,
                String since,
                String summary,
                Handler handler) {
            Command made =
                    new Command(command, arity, flags, first, last, step, name, since, summary, List.of(), handler);
            if (container == null) {
                register(made);
            } else {
                container.subcommands().add(made);
            }
            return made;
        }
    }

    private void register(Command command) {
        byte[] name = command.name().getBytes(StandardCharsets.US_ASCII);
        int slot = slot(name);
        while (slots[slot] != null) {
            slot = (slot + 1) & (SLOTS - 1);
        }
        slots[slot] = command;
        names[slot] = name;
        commands.add(command);
    }

    // ---- look-up -------------------------------------------------------------------------------------------------

    List<Command> all() {
        return commands;
    }

    boolean isExec(Command command) {
        return command.name().equals("exec");
    }

    /** Whether it is run at once in a transaction, and not queued. */
    boolean isRunInTransaction(Command command) {
        return command.firstKey() == 0 && runInTransaction.contains(command);
    }

    /** The command, or its container's subcommand; {@code null} where there is none of that name. */
    @Nullable
    Command find(byte[][] arguments) {
        Command command = find(arguments[0]);
        if (command == null || command.subcommands().isEmpty() || arguments.length == 1) {
            return command;
        }
        return subcommand(command, arguments[1]);
    }

    @Nullable
    Command find(byte[] name) {
        for (int slot = slot(name); slots[slot] != null; slot = (slot + 1) & (SLOTS - 1)) {
            if (sameLetters(names[slot], name, 0)) {
                return slots[slot];
            }
        }
        return null;
    }

    static @Nullable Command subcommand(Command container, byte[] name) {
        for (Command command : container.subcommands()) {
            byte[] full = command.name().getBytes(StandardCharsets.US_ASCII);
            if (sameLetters(full, name, container.name().length() + 1)) {
                return command;
            }
        }
        return null;
    }

    /** What to say where nothing was found. */
    String unknown(byte[][] arguments) {
        Command container = find(arguments[0]);
        if (container != null) {
            return "ERR unknown subcommand '" + CommandExecutor.shown(arguments[1]) + "'. Try "
                    + container.name().toUpperCase(Locale.ROOT) + " HELP.";
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 1; i < arguments.length && shown.length() < UNKNOWN_SHOWN; i++) {
            String argument = CommandExecutor.shown(arguments[i], UNKNOWN_SHOWN - shown.length());
            shown.append('\'').append(argument).append("' ");
        }
        return "ERR unknown command '" + CommandExecutor.shown(arguments[0]) + "', with args beginning with: " + shown;
    }

    private static int slot(byte[] name) {
        int hash = name.length;
        for (byte one : name) {
            hash = 31 * hash + (one | 0x20);
        }
        return (hash ^ (hash >>> 8)) & (SLOTS - 1);
    }

    /** Whether the lower-case name, from a place on, is what was given in any case. */
    private static boolean sameLetters(byte[] lowerCase, byte[] given, int from) {
        if (lowerCase.length - from != given.length) {
            return false;
        }
        for (int i = 0; i < given.length; i++) {
            int one = given[i] >= 'A' && given[i] <= 'Z' ? given[i] + ('a' - 'A') : given[i];
            if (one != lowerCase[from + i]) {
                return false;
            }
        }
        return true;
    }
}
