package io.nettyaio.examples.log;

import java.util.concurrent.ThreadLocalRandom;

/** What tells a log from every other one: random, and in each of its files. */
record LogId(long high, long low) {

    /** No secret, and made on a loop: a SecureRandom would read a file there. */
    static LogId random() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new LogId(random.nextLong(), random.nextLong());
    }
}
