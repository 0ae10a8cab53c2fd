package io.nettyaio.examples.kv;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Random commands: mostly sensible, on few keys, with the arguments that are easily got wrong. */
final class RandomCommands {

    private static final String[] NUMBERS = {
        "0",
        "1",
        "-1",
        "5",
        "100",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "01",
        "-0",
        " 1",
        "abc",
        "",
        "1.5"
    };
    private static final String[] VALUES = {
        "", "v", "value with blanks", "\u00ff\u0000\r\n", "10", "9223372036854775806"
    };

    private final Random random;

    RandomCommands(long seed) {
        random = new Random(seed);
    }

    private String key() {
        return "key:" + random.nextInt(6);
    }

    private String number() {
        return random.nextInt(4) == 0 ? any(NUMBERS) : Integer.toString(random.nextInt(50));
    }

    /** A time that does not run out while the test does, or that is over at once. */
    private String seconds() {
        String given = random.nextInt(5) == 0 ? any(NUMBERS) : "";
        // Neither one nor five: these would run out while the test runs, for one of the two first.
        return given.isEmpty() || given.matches("1|5") ? Integer.toString(100_000 + random.nextInt(100)) : given;
    }

    private String value() {
        return random.nextInt(3) == 0 ? any(VALUES) : "v" + random.nextInt(100);
    }

    private String any(String... of) {
        return of[random.nextInt(of.length)];
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    List<String> next() {
        List<String> command = new ArrayList<>(sensible());
        if (oneIn(40)) {
            command.add(any("extra", "NX", "XX"));
        } else if (oneIn(40) && command.size() > 1) {
            command.remove(command.size() - 1);
        }
        if (oneIn(10)) {
            command.set(0, command.get(0).toLowerCase(Locale.ROOT));
        }
        return command;
    }

    private List<String> sensible() {
        return switch (random.nextInt(32)) {
            case 0, 1, 2 -> set();
            case 3, 4 -> List.of("GET", key());
            case 5 -> List.of("GETSET", key(), value());
            case 6 -> List.of("MGET", key(), key(), key());
            case 7 -> List.of("MSET", key(), value(), key(), value());
            case 8, 9 -> List.of("DEL", key(), key());
            case 10 -> List.of("EXISTS", key(), key(), key());
            case 11 -> List.of("INCR", key());
            case 12 -> List.of("DECR", key());
            case 13 -> List.of("INCRBY", key(), number());
            case 14 -> List.of("DECRBY", key(), number());
            case 15, 16 -> List.of("APPEND", key(), value());
            case 17 -> List.of("STRLEN", key());
            case 18, 19 -> expire();
            case 20 -> List.of(any("TTL", "PERSIST"), key());
            case 21 -> List.of("DBSIZE");
            case 22 -> oneIn(5) ? List.of("FLUSHALL", any("ASYNC", "SYNC", "NOW")) : List.of("STRLEN", key());
            case 23 -> List.of("PING");
            case 24 -> List.of("ECHO", value());
            case 25 -> List.of("SELECT", any("0", "1", "-1", "x"));
            case 26 -> List.of(any("NOSUCH", "GETX", "no such"), key(), value());
            case 27, 28 -> List.of(any("MULTI", "EXEC", "EXEC", "DISCARD"));
            case 29 -> List.of("SCAN", any("x", "1x", "0 "), "COUNT", number());
            case 30 -> List.of("PEXPIRE", key(), seconds() + "000");
            default -> List.of(any("CONFIG", "CLIENT"), any("NOSUCH", "GETNAME"));
        };
    }

    private List<String> set() {
        List<String> command = new ArrayList<>(List.of("SET", key(), value()));
        for (int n = random.nextInt(4); n > 1; n--) {
            switch (random.nextInt(7)) {
                case 0 -> command.add("NX");
                case 1 -> command.add("xx");
                case 2, 3 -> command.add("GET");
                case 4 -> command.add("KEEPTTL");
                default -> {
                    command.add(any("EX", "PX", "ex"));
                    command.add(seconds());
                }
            }
        }
        return command;
    }

    private List<String> expire() {
        List<String> command = new ArrayList<>(List.of("EXPIRE", key(), seconds()));
        while (oneIn(3)) {
            command.add(any("NX", "XX", "GT", "LT", "EX"));
        }
        return command;
    }
}
