package io.nettyaio.benchmarks;

/** What a case is doing, on standard error. */
final class Progress {

    private Progress() {}

    static void say(String what) {
        System.err.println("bench: " + what);
    }
}
