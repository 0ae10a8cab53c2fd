package io.nettyaio;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A file operation has failed: the disk, the file system or a limit of this library said no. Since a channel's own
 * failures are never of this type, a disk error can be told from a client that went away.
 *
 * <p>Carries what {@code errno(3)} would: number and name, and beside them the operation and the path.
 */
public final class AioException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Who refused the operation. */
    public enum Kind {
        /** A system call failed; {@link #errno()} is the kernel's. */
        SYSTEM,
        /** The arguments cannot be right; nothing was asked of the kernel. The errno is what the kernel would say. */
        ARGUMENT,
        /** The file or the context is closed or closing; nothing was asked of the kernel. */
        CLOSED,
        /** A bound of the context is reached; the message names it and how to raise it. */
        QUEUE_FULL,
        /** The file ended before the range that was to be transferred; the errno is ENODATA. */
        SHRUNK,
        /**
         * Its deadline has passed; the message says whether it was still queued, or may yet take effect. What it had moved
         * by then is not known.
         */
        TIMED_OUT
    }

    private final Kind kind;
    private final int errno;
    private final String errnoName;
    private final String operation;
    private final @Nullable String path;
    private final long bytesTransferred;

    /**
     * For engines.
     *
     * @param kind             who refused
     * @param errno            the positive error number of {@code errno(3)}
     * @param errnoName        its name, as {@code "ENOENT"}
     * @param operation        the operation, as {@code "read"}
     * @param path             the path the file was opened by, or {@code null} where there is none
     * @param bytesTransferred what a read or write had moved before it failed
     * @param detail           what is wrong and the remedy
     */
    public AioException(
            Kind kind,
            int errno,
            String errnoName,
            String operation,
            @Nullable String path,
            long bytesTransferred,
            String detail) {
        super(message(errnoName, errno, operation, path, bytesTransferred, detail));
        this.kind = kind;
        this.errno = errno;
        this.errnoName = errnoName;
        this.operation = operation;
        this.path = path;
        this.bytesTransferred = bytesTransferred;
    }

    private static String message(
            String errnoName, int errno, String operation, @Nullable String path, long bytes, String detail) {
        StringBuilder message = new StringBuilder(96).append(operation);
        if (path != null) {
            message.append(' ').append(path);
        }
        message.append(": ")
                .append(errnoName)
                .append(" (errno=")
                .append(errno)
                .append("): ")
                .append(detail);
        if (bytes > 0) {
            message.append(" [bytesTransferred=").append(bytes).append(']');
        }
        return message.toString();
    }

    /** Who refused the operation. */
    public Kind kind() {
        return kind;
    }

    /** The positive error number, as in {@code errno(3)}. */
    public int errno() {
        return errno;
    }

    /** The error's name, as {@code "ENOSPC"}; {@code "E<number>"} for one this library does not know. */
    public String errnoName() {
        return errnoName;
    }

    /** The operation that failed, as {@code "write"}. */
    public String operation() {
        return operation;
    }

    /** The path the file was opened by; {@code null} where the operation concerns none. */
    public @Nullable String path() {
        return path;
    }

    /** Bytes a read or write had moved before it failed; 0 for any other operation. */
    public long bytesTransferred() {
        return bytesTransferred;
    }
}
