package io.nettyaio.examples.kv;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Commands for operators. */
final class ServerCommands {

    private final Store store;
    private final Map<String, String> settings;

    ServerCommands(Store store) {
        this.store = store;
        settings = settings(store.config());
    }

    void info(Session session, byte[][] arguments) {
        List<String> sections = new ArrayList<>();
        for (int i = 1; i < arguments.length; i++) {
            sections.add(Args.text(arguments[i]).toLowerCase(Locale.ROOT));
        }
        session.replies().verbatim(store.info().text(sections));
    }

    void configGet(Session session, byte[][] arguments) {
        List<String> found = new ArrayList<>();
        for (String name : settings.keySet()) {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            for (int i = 2; i < arguments.length; i++) {
                if (Glob.matches(lowerCase(arguments[i]), text)) {
                    found.add(name);
                    break;
                }
            }
        }
        session.replies().map(found.size());
        for (String name : found) {
            session.replies().bulk(name);
            session.replies().bulk(String.valueOf(settings.get(name)));
        }
    }

    private static byte[] lowerCase(byte[] text) {
        return Args.text(text).toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
    }

    /** As Redis names them. The password is not among them. */
    private static Map<String, String> settings(KvConfig config) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("appendfsync", appendfsync(config));
        settings.put("appendonly", "yes");
        settings.put("bind", config.bind());
        settings.put("databases", "1");
        settings.put("dir", config.directory().toString());
        settings.put("maxclients", Integer.toString(config.maxClients()));
        settings.put("maxmemory", Long.toString(config.maxMemoryBytes()));
        settings.put("maxmemory-policy", "noeviction");
        settings.put("port", Integer.toString(config.port()));
        settings.put("proto-max-bulk-len", Integer.toString(config.limits().bulkBytes()));
        settings.put("save", "");
        settings.put("timeout", Long.toString(config.timeout().toSeconds()));
        return settings;
    }

    static String appendfsync(KvConfig config) {
        return switch (config.durability()) {
            case ALWAYS -> "always";
            case EVERY_SECOND -> "everysec";
            case NEVER -> "no";
        };
    }

    void shutdown(Session session, byte[][] arguments) throws CommandError {
        for (int i = 1; i < arguments.length; i++) {
            byte[] word = arguments[i];
            if (Args.is(word, "ABORT")) {
                throw new CommandError("ERR No shutdown in progress.");
            }
            if (!Args.is(word, "SAVE")
                    && !Args.is(word, "NOSAVE")
                    && !Args.is(word, "NOW")
                    && !Args.is(word, "FORCE")) {
                throw CommandError.syntax();
            }
        }
        // No reply: that the connection ends is the reply.
        session.endAfterReplies();
        store.shutdown();
    }
}
