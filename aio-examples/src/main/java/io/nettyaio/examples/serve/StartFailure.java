package io.nettyaio.examples.serve;

import io.nettyaio.AioException;
import io.nettyaio.examples.ListenFailure;
import java.io.IOException;
import java.nio.file.Path;

/** Says in one sentence why a server cannot start, and what to do about it. */
final class StartFailure {

    private static final int EACCES = 13;
    private static final int ENOENT = 2;
    private static final int ENOTDIR = 20;

    private StartFailure() {}

    static IOException engine(Throwable cause) {
        return ListenFailure.engine(cause);
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
        return ListenFailure.address(bind);
    }

    static IOException bind(String bind, int port, Throwable cause) {
        return ListenFailure.bind(bind, port, cause);
    }
}
