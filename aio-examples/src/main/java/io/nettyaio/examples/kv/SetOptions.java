package io.nettyaio.examples.kv;

/** What may follow the value in SET. */
final class SetOptions {

    private static final String[] UNITS = {"EX", "PX", "EXAT", "PXAT"};

    boolean onlyIfAbsent;
    boolean onlyIfPresent;
    boolean get;
    boolean keepExpiry;
    private boolean expires;
    private String givenUnit = "";
    private boolean absolute;
    private long unitMillis;
    private byte[] time = new byte[0];

    private SetOptions() {}

    static SetOptions parse(byte[][] arguments) throws CommandError {
        SetOptions options = new SetOptions();
        for (int i = 3; i < arguments.length; i++) {
            byte[] word = arguments[i];
            if (Args.is(word, "NX") && !options.onlyIfPresent) {
                options.onlyIfAbsent = true;
            } else if (Args.is(word, "XX") && !options.onlyIfAbsent) {
                options.onlyIfPresent = true;
            } else if (Args.is(word, "GET")) {
                options.get = true;
            } else if (Args.is(word, "KEEPTTL") && !options.expires) {
                options.keepExpiry = true;
            } else if (options.takesTime(word) && i + 1 < arguments.length) {
                options.expires = true;
                options.time = arguments[++i];
            } else {
                throw CommandError.syntax();
            }
        }
        return options;
    }

    /** Whether a time has to follow. The same word again is no error, as for Redis; the last one counts. */
    private boolean takesTime(byte[] word) {
        String unit = null;
        for (String each : UNITS) {
            if (Args.is(word, each)) {
                unit = each;
            }
        }
        if (unit == null || keepExpiry || (expires && !unit.equals(givenUnit))) {
            return false;
        }
        givenUnit = unit;
        absolute = unit.endsWith("AT");
        unitMillis = unit.startsWith("EX") ? 1000 : 1;
        return true;
    }

    /** When the key is to expire; {@link Entry#NEVER} where nothing was said. */
    long expiresAtMillis(long nowMillis) throws CommandError {
        if (!expires) {
            return Entry.NEVER;
        }
        long given = Args.number(time);
        long base = absolute ? 0 : nowMillis;
        if (given <= 0 || given > Long.MAX_VALUE / unitMillis || given * unitMillis > Long.MAX_VALUE - base) {
            throw new CommandError("ERR invalid expire time in 'set' command");
        }
        return given * unitMillis + base;
    }
}
