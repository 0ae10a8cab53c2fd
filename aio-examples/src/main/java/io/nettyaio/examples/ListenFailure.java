package io.nettyaio.examples;

import io.netty.channel.unix.Errors.NativeIoException;
import java.io.IOException;

/** Says in one sentence why a server cannot listen, and what to do about it. */
public final class ListenFailure {

    private static final int EACCES = 13;
    private static final int EADDRINUSE = 98;
    private static final int EADDRNOTAVAIL = 99;

    private ListenFailure() {}

    /**
     * The engine cannot be used.
     *
     * @param cause why
     */
    public static IOException engine(Throwable cause) {
        return new IOException(
                "asynchronous file I/O is not available here: " + cause.getMessage()
                        + "; it needs Linux on x86-64 or ARM64",
                cause);
    }

    /**
     * The address means nothing.
     *
     * @param bind the address
     */
    public static IOException address(String bind) {
        return new IOException("cannot listen on " + bind
                + ": there is no such host; give --bind an address of this machine, such as 127.0.0.1 or 0.0.0.0");
    }

    /**
     * The address cannot be bound.
     *
     * @param bind  the address
     * @param port  the port
     * @param cause why
     */
    public static IOException bind(String bind, int port, Throwable cause) {
        return bind(bind, port, "--port", cause);
    }

    /**
     * The address cannot be bound.
     *
     * @param bind   the address
     * @param port   the port
     * @param option by which another port is chosen
     * @param cause  why
     */
    public static IOException bind(String bind, int port, String option, Throwable cause) {
        String why = switch (cause instanceof NativeIoException failure ? -failure.expectedErr() : 0) {
            case EADDRINUSE ->
                "the port is in use; choose another one with " + option + ", or any free one with " + option + " 0";
            case EACCES -> "permission denied; choose a port of 1024 or above with " + option;
            case EADDRNOTAVAIL -> "this machine does not have that address; give --bind one of its own";
            default -> cause.getMessage() + "; choose others with --bind and " + option;
        };
        return new IOException("cannot listen on " + bind + ':' + port + ": " + why, cause);
    }
}
