package io.nettyaio.epoll;

import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import org.jspecify.annotations.Nullable;

/** Makes the exceptions of the engine; each message names the remedy. */
final class Failures {

    private Failures() {}

    static AioException system(int errno, String operation, @Nullable String path, long bytes) {
        return make(AioException.Kind.SYSTEM, errno, operation, path, bytes, Errno.explain(errno));
    }

    static AioException argument(int errno, String operation, @Nullable String path, String detail) {
        return make(AioException.Kind.ARGUMENT, errno, operation, path, 0, detail);
    }

    static AioException fileClosed(String operation, @Nullable String path) {
        return make(AioException.Kind.CLOSED, Errno.EBADF, operation, path, 0, "the file is closed; open it again");
    }

    static AioException pipeClosed(String operation, @Nullable String path) {
        return make(AioException.Kind.CLOSED, Errno.EBADF, operation, path, 0, "the pipe is closed; open it again");
    }

    static AioException pipeClosedMeanwhile(String operation, @Nullable String path, long bytes) {
        return make(
                AioException.Kind.CLOSED,
                Errno.ECANCELED,
                operation,
                path,
                bytes,
                "the pipe was closed while the operation waited; close it after the last one has completed");
    }

    static AioException contextClosed(String operation, @Nullable String path, long bytes) {
        return make(
                AioException.Kind.CLOSED,
                Errno.ECANCELED,
                operation,
                path,
                bytes,
                "the context is closed, or its event loop is shutting down");
    }

    static AioException queueFull(String operation, @Nullable String path, AioConfig config) {
        return make(
                AioException.Kind.QUEUE_FULL,
                Errno.EAGAIN,
                operation,
                path,
                0,
                "pendingOperations=" + config.pendingOperations()
                        + " are pending on this context; wait for completions, or raise"
                        + " AioConfig.pendingOperations (-Dio.nettyaio.pendingOperations)");
    }

    static IllegalArgumentException misaligned(String what, long value, int alignment, String operation, String path) {
        return new IllegalArgumentException(operation + " " + path + ": " + what + "=" + value
                + " is not a multiple of alignment=" + alignment
                + ", which this direct file needs; AioContext.alignedAllocator() gives buffers that are");
    }

    private static AioException make(
            AioException.Kind kind, int errno, String operation, @Nullable String path, long bytes, String detail) {
        return new AioException(kind, errno, Errno.name(errno), operation, path, bytes, detail);
    }
}
