package io.nettyaio.examples.log;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A log refuses: to open, to append, or to go on. The message says where and names the remedy. */
public final class LogException extends IOException {

    private static final long serialVersionUID = 1L;

    /** What the matter is. */
    public enum Kind {
        /** A file does not hold what it must: {@link #file()} and {@link #offsetBytes()} say where. */
        CORRUPT,
        /** A file is of a version that this code does not know. */
        UNKNOWN_VERSION,
        /** Another process, or another log of this one, has the directory open. */
        LOCKED,
        /** The directory cannot be read or written as it has to be. */
        UNUSABLE,
        /** {@link LogState#READ_ONLY}. */
        READ_ONLY,
        /** {@link LogState#FULL}. */
        FULL,
        /** More is pending than {@link LogConfig#maxPendingBytes()} or {@link LogConfig#maxPendingRecords()} allow. */
        BACKLOG,
        /** The record is longer than {@link LogConfig#maxRecordBytes()}. */
        TOO_LARGE,
        /** The log is closed. */
        CLOSED,
        /** A snapshot is being written already, or its source has failed. */
        SNAPSHOT
    }

    private final Kind kind;
    private final @Nullable String file;
    private final long offsetBytes;

    LogException(Kind kind, String message, @Nullable Throwable cause) {
        this(kind, message, null, -1, cause);
    }

    LogException(Kind kind, String message, @Nullable String file, long offsetBytes, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.file = file;
        this.offsetBytes = offsetBytes;
    }

    /** What is wrong with a file's contents. */
    static LogException corrupt(String file, long offsetBytes, String what) {
        return new LogException(
                Kind.CORRUPT,
                file + " at " + offsetBytes + ": " + what
                        + "; restore the directory from a backup, or give up what follows with 'aio log repair'",
                file,
                offsetBytes,
                null);
    }

    /** What the matter is. */
    public Kind kind() {
        return kind;
    }

    /** The name of the file it is about, in the log's directory; {@code null} where it is about none. */
    public @Nullable String file() {
        return file;
    }

    /** Where in the file, in bytes; -1 where that is not the matter. */
    public long offsetBytes() {
        return offsetBytes;
    }
}
