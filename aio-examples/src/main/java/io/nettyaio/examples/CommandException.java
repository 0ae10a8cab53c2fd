package io.nettyaio.examples;

/**
 * A command cannot go on, for a reason its user can do something about. The message is one sentence that says what is
 * wrong and names the remedy; {@link Aio} prints it, without a stack trace, and exits with 1.
 */
public final class CommandException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * A failure to report.
     *
     * @param message the sentence, without a full stop
     */
    public CommandException(String message) {
        super(message);
    }

    /**
     * A failure to report that another one has caused.
     *
     * @param message the sentence, without a full stop
     * @param cause   what led to it; kept for debugging, not printed
     */
    public CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}
