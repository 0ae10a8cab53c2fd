package io.nettyaio.epoll;

import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import java.nio.file.Path;
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

    static AioException foreignPath(String operation, Path path) {
        return argument(
                Errno.EINVAL,
                operation,
                path.toString(),
                "the path is not of the default file system; the kernel cannot open it");
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

    static AioException queueFull(
            String operation, @Nullable String path, int pending, long pendingBytes, AioConfig config) {
        return make(
                AioException.Kind.QUEUE_FULL,
                Errno.EAGAIN,
                operation,
                path,
                0,
                "this context has all it may take on, " + pending + " of pendingOperations="
                        + config.pendingOperations() + " and " + pendingBytes + " of pendingBytes="
                        + config.pendingBytes()
                        + "; start no more while AioContext.isSubmittable() is false, let them wait"
                        + " (AioOverloadPolicy.WAIT), or raise AioConfig.pendingOperations or pendingBytes"
                        + " (-Dio.nettyaio.pendingOperations, -Dio.nettyaio.pendingMebibytes)");
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
