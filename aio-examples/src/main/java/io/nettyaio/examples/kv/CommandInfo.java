package io.nettyaio.examples.kv;

import io.nettyaio.examples.kv.Command.Flag;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** COMMAND and its subcommands: what clients ask to find out how to send others. */
final class CommandInfo {

    private final CommandTable table;

    CommandInfo(CommandTable table) {
        this.table = table;
    }

    void all(Session session, byte[][] arguments) {
        details(session.replies(), table.all());
    }

    void count(Session session, byte[][] arguments) {
        session.replies().integer(table.all().size());
    }

    void list(Session session, byte[][] arguments) throws CommandError {
        if (arguments.length > 2) {
            throw CommandError.syntax();
        }
        session.replies().set(table.all().size());
        table.all().forEach(command -> session.replies().bulk(command.name()));
    }

    void info(Session session, byte[][] arguments) {
        if (arguments.length == 2) {
            details(session.replies(), table.all());
            return;
        }
        session.replies().array(arguments.length - 2);
        for (int i = 2; i < arguments.length; i++) {
            Command command = named(arguments[i]);
            if (command == null) {
                session.replies().nil();
            } else {
                details(session.replies(), command);
            }
        }
    }

    /** By its name, or a subcommand by both names with a bar between. */
    private @Nullable Command named(byte[] name) {
        int bar = 0;
        while (bar < name.length && name[bar] != '|') {
            bar++;
        }
        Command command = table.find(Arrays.copyOf(name, bar));
        if (command == null || bar == name.length) {
            return command;
        }
        return CommandTable.subcommand(command, Arrays.copyOfRange(name, bar + 1, name.length));
    }

    private void details(ReplyWriter replies, List<Command> commands) {
        replies.array(commands.size());
        commands.forEach(command -> details(replies, command));
    }

    private void details(ReplyWriter replies, Command command) {
        replies.array(10);
        replies.bulk(command.name());
        replies.integer(command.arity());
        replies.set(command.flags().size());
        command.flags().forEach(flag -> replies.simple(flag.text()));
        replies.integer(command.firstKey());
        replies.integer(command.lastKey());
        replies.integer(command.keyStep());
        List<String> categories = categories(command);
        replies.set(categories.size());
        categories.forEach(replies::simple);
        replies.array(0);
        replies.array(0);
        details(replies, command.subcommands());
    }

    private static List<String> categories(Command command) {
        List<String> categories = new ArrayList<>();
        if (command.is(Flag.WRITE)) {
            categories.add("@write");
        }
        if (command.is(Flag.READONLY)) {
            categories.add("@read");
        }
        if (command.is(Flag.ADMIN)) {
            categories.add("@admin");
            categories.add("@dangerous");
        }
        if (command.group().equals("string")) {
            categories.add("@string");
        } else if (command.firstKey() != 0) {
            categories.add("@keyspace");
        } else if (command.group().equals("connection")) {
            categories.add("@connection");
        } else if (command.group().equals("transactions")) {
            categories.add("@transaction");
        }
        categories.add(command.is(Flag.FAST) ? "@fast" : "@slow");
        return categories;
    }

    void docs(Session session, byte[][] arguments) {
        List<Command> asked = new ArrayList<>();
        for (int i = 2; i < arguments.length; i++) {
            Command command = named(arguments[i]);
            if (command != null) {
                asked.add(command);
            }
        }
        docs(session.replies(), arguments.length == 2 ? table.all() : asked);
    }

    private void docs(ReplyWriter replies, List<Command> commands) {
        replies.map(commands.size());
        for (Command command : commands) {
            boolean contains = !command.subcommands().isEmpty();
            replies.bulk(command.name());
            replies.map(contains ? 4 : 3);
            replies.bulk("summary");
            replies.bulk(command.summary());
            replies.bulk("since");
            replies.bulk(command.since());
            replies.bulk("group");
            replies.bulk(command.group());
            if (contains) {
                replies.bulk("subcommands");
                docs(replies, command.subcommands());
            }
        }
    }
}
