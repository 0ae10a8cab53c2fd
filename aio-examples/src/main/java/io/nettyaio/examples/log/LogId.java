package io.nettyaio.examples.log;

import java.security.SecureRandom;

/** What tells a log from every other one: random, and in each of its files. */
record LogId(long high, long low) {

    private static final SecureRandom RANDOM = new SecureRandom();

    static LogId random() {
        return new LogId(RANDOM.nextLong(), RANDOM.nextLong());
    }
}
