package io.nettyaio.examples.log;

import java.util.concurrent.CompletionException;

/** What {@link java.util.concurrent.CompletionStage} leaves to its users. */
final class Stages {

    private Stages() {}

    /** The failure itself, without what stages wrap it in. */
    static Throwable cause(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return thrown instanceof CompletionException && cause != null ? cause : thrown;
    }
}
