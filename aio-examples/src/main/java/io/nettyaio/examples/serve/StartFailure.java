package io.nettyaio.examples.serve;

import io.netty.channel.unix.Errors.NativeIoException;
import io.nettyaio.AioException;
import java.io.IOException;
import java.nio.file.Path;

/** Says in one sentence why a server cannot start, and what to do about it. */
final class StartFailure {

    private static final int EACCES = 13;
    private static final int ENOENT = 2;
    private static final int ENOTDIR = 20;
    private static final int EADDRINUSE = 98;
    private static final int EADDRNOTAVAIL = 99;

    private StartFailure() {}

    static IOException engine(Throwable cause) {
        return new IOException(
                "asynchronous file I/O is not available here: " + cause.getMessage()
                        + "; it needs Linux on x86-64 or ARM64",
                cause);
    }

    static IOException directory(Path directory, Throwable cause) {
        String why = switch (cause instanceof AioException failure ? failure.errno() : 0) {
            case ENOENT -> "there is no such directory; create it, or name another one";
            case ENOTDIR -> "it is not a directory; name the directory that the file is in";
            case EACCES -> "permission denied; make it readable to this user";
            default -> cause.getMessage() + "; name another directory";
        };
        return new IOException("cannot serve " + directory + ": " + why, cause);
    }

    static IOException address(String bind) {
        return new IOException("cannot listen on " + bind
                + ": there is no such host; give --bind an address of this machine, such as 127.0.0.1 or 0.0.0.0");
    }

    static IOException bind(String bind, int port, Throwable cause) {
        String why = switch (cause instanceof NativeIoException failure ? -failure.expectedErr() : 0) {
            case EADDRINUSE -> "the port is in use; choose another one with --port, or any free one with --port 0";
            case EACCES -> "permission denied; choose a port of 1024 or above with --port";
            case EADDRNOTAVAIL -> "this machine does not have that address; give --bind one of its own";
            default -> cause.getMessage() + "; choose others with --bind and --port";
        };
        return new IOException("cannot listen on " + bind + ':' + port + ": " + why, cause);
    }
}
