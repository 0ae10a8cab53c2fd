package io.nettyaio.examples.kv;

/** When EXPIRE is to do anything. */
enum ExpireCondition {
    ALWAYS,
    NX,
    XX,
    GT,
    LT,
    XX_GT,
    XX_LT;

    static ExpireCondition parse(byte[][] arguments) throws CommandError {
        boolean nx = false;
        boolean xx = false;
        boolean gt = false;
        boolean lt = false;
        for (int i = 3; i < arguments.length; i++) {
            if (Args.is(arguments[i], "NX")) {
                nx = true;
            } else if (Args.is(arguments[i], "XX")) {
                xx = true;
            } else if (Args.is(arguments[i], "GT")) {
                gt = true;
            } else if (Args.is(arguments[i], "LT")) {
                lt = true;
            } else {
                throw new CommandError("ERR Unsupported option " + CommandExecutor.shown(arguments[i]));
            }
        }
        if (nx && (xx || gt || lt)) {
            throw new CommandError("ERR NX and XX, GT or LT options at the same time are not compatible");
        }
        if (gt && lt) {
            throw new CommandError("ERR GT and LT options at the same time are not compatible");
        }
        if (gt) {
            return xx ? XX_GT : GT;
        }
        if (lt) {
            return xx ? XX_LT : LT;
        }
        return nx ? NX : xx ? XX : ALWAYS;
    }

    /** Whether a key that expires then may be made to expire at another time. No time is later than any. */
    boolean holds(long currentMillis, long newMillis) {
        boolean expires = currentMillis != Entry.NEVER;
        return switch (this) {
            case ALWAYS -> true;
            case NX -> !expires;
            case XX -> expires;
            case GT, XX_GT -> expires && newMillis > currentMillis;
            case LT -> !expires || newMillis < currentMillis;
            case XX_LT -> expires && newMillis < currentMillis;
        };
    }
}
