package io.nettyaio.benchmarks;

/** A case cannot be run; the message is for the user, and says what to do. */
final class BenchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BenchException(String message) {
        super(message);
    }

    BenchException(String message, Throwable cause) {
        super(message + ": " + cause, cause);
    }
}
