package io.nettyaio.examples.kv;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A client that writes keys of its own, several commands ahead of the replies, and knows what the server must hold: the
 * state after one of its commands, none older than the last one acknowledged and none newer than the last one sent.
 */
final class CrashClient implements Runnable {

    private static final int KEYS = 5;
    private static final int MOST_AHEAD = 16;
    private static final int MOST_VALUE_BYTES = 3000;

    private final String prefix;
    private final Random random;
    /** What the server holds for certain. */
    private Map<String, String> acknowledged = new TreeMap<>();
    /** Sent, and not acknowledged: each changes some keys; no value is a deletion. */
    private final ArrayDeque<Map<String, String>> unacknowledged = new ArrayDeque<>();

    private volatile int port;
    private long writes;
    private long acknowledgements;
    private Throwable failure;

    CrashClient(int number) {
        prefix = "c" + number + ":";
        random = new Random(number);
    }

    void connectTo(int serverPort) {
        port = serverPort;
    }

    long acknowledgements() {
        return acknowledgements;
    }

    Throwable failure() {
        return failure;
    }

    /** Writes until the connection breaks. */
    @Override
    public void run() {
        try (RespClient client = new RespClient(port)) {
            int ahead = random.nextInt(MOST_AHEAD);
            ArrayDeque<Integer> replies = new ArrayDeque<>();
            while (true) {
                replies.add(write(client));
                if (replies.size() > ahead) {
                    acknowledge(client, replies.remove());
                }
            }
        } catch (IOException e) {
            // The server has been killed.
        } catch (RuntimeException | AssertionError e) {
            failure = e;
        }
    }

    private void acknowledge(RespClient client, int replies) throws IOException {
        for (int i = 0; i < replies; i++) {
            String reply = client.read();
            if (reply.startsWith("-") || reply.contains("[-") || reply.contains(", -")) {
                throw new AssertionError("refused: " + reply);
            }
        }
        apply(acknowledged, unacknowledged.remove());
        acknowledgements++;
    }

    private String key() {
        return prefix + random.nextInt(KEYS);
    }

    private String value() {
        return ++writes + "-" + "x".repeat(random.nextInt(random.nextInt(20) == 0 ? MOST_VALUE_BYTES : 30));
    }

    /** What the last command sent will have made of a key. */
    private String latest(String key) {
        String value = acknowledged.get(key);
        for (Map<String, String> change : unacknowledged) {
            if (change.containsKey(key)) {
                value = change.get(key);
            }
        }
        return value;
    }

    /** Sends one write. Returns how many replies it will have. */
    private int write(RespClient client) throws IOException {
        Map<String, String> change = new HashMap<>();
        List<List<String>> commands = new ArrayList<>();
        String key = key();
        switch (random.nextInt(6)) {
            case 0 -> {
                change.put(key, null);
                commands.add(List.of("DEL", key));
            }
            case 1 -> {
                String tail = "," + ++writes;
                String before = latest(key);
                // A value that only grows would soon be most of the work.
                boolean append = before == null || before.length() < MOST_VALUE_BYTES;
                change.put(key, append && before != null ? before + tail : tail);
                commands.add(List.of(append ? "APPEND" : "SET", key, tail));
            }
            case 2 -> {
                commands.add(List.of("MULTI"));
                String same = value();
                for (int i = 0; i < KEYS; i += 2) {
                    change.put(prefix + i, same);
                    commands.add(List.of("SET", prefix + i, same));
                }
                commands.add(List.of("EXEC"));
            }
            case 3 -> {
                String counter = prefix + "n";
                String before = latest(counter);
                change.put(counter, Long.toString(before == null ? 1 : Long.parseLong(before) + 1));
                commands.add(List.of("INCR", counter));
            }
            default -> {
                String value = value();
                change.put(key, value);
                commands.add(List.of("SET", key, value));
            }
        }
        unacknowledged.add(change);
        client.sendAll(commands);
        return commands.size();
    }

    private static void apply(Map<String, String> state, Map<String, String> change) {
        change.forEach((key, value) -> {
            if (value == null) {
                state.remove(key);
            } else {
                state.put(key, value);
            }
        });
    }

    /** Compares with what the server holds after its restart, and goes on from there. */
    void check(RespClient client) throws IOException {
        Map<String, String> found = new TreeMap<>();
        for (int i = 0; i <= KEYS; i++) {
            String key = prefix + (i == KEYS ? "n" : i);
            String reply = client.ask("GET", key);
            if (!reply.equals("$-1")) {
                found.put(key, reply.substring(reply.indexOf(' ') + 1));
            }
        }
        Map<String, String> state = acknowledged;
        List<Map<String, String>> possible = new ArrayList<>(List.of(new TreeMap<>(state)));
        for (Map<String, String> change : unacknowledged) {
            apply(state, change);
            possible.add(new TreeMap<>(state));
        }
        if (!possible.contains(found)) {
            throw new AssertionError(
                    prefix + " found " + found + "\nof " + possible.size() + " possible states, acknowledged "
                            + possible.get(0) + "\nsent " + possible.get(possible.size() - 1));
        }
        acknowledged = found;
        unacknowledged.clear();
    }
}
