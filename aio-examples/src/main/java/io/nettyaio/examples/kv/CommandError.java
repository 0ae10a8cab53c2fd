package io.nettyaio.examples.kv;

/** A command is refused; the message is the error reply, its code first. */
final class CommandError extends Exception {

    private static final long serialVersionUID = 1L;

    CommandError(String reply) {
        // A client's doing: where in this code it was found is of no interest.
        super(reply, null, false, false);
    }

    static CommandError syntax() {
        return new CommandError("ERR syntax error");
    }

    static CommandError notAnInteger() {
        return new CommandError("ERR value is not an integer or out of range");
    }

    String reply() {
        return String.valueOf(getMessage());
    }
}
