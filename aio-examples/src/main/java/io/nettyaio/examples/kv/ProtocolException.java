package io.nettyaio.examples.kv;

/** A client's bytes are not Redis's protocol, or go beyond a limit; the message is what it is told before the end. */
final class ProtocolException extends Exception {

    private static final long serialVersionUID = 1L;

    ProtocolException(String message) {
        // The client's doing: where in this code it was found is of no interest.
        super("Protocol error: " + message, null, false, false);
    }
}
