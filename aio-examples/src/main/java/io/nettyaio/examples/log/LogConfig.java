package io.nettyaio.examples.log;

import io.nettyaio.AioClass;
import java.nio.file.Path;

/** Where a log lies, and its limits. Immutable; made by {@link #builder}. */
public final class LogConfig {

    private static final int MIB = 1 << 20;

    private final Path directory;
    private final int segmentBytes;
    private final boolean direct;
    private final boolean padded;
    private final int maxRecordBytes;
    private final int maxBatchBytes;
    private final long maxPendingBytes;
    private final int maxPendingRecords;
    private final int backgroundShare;
    private final boolean exclusive;
    private final AioClass ioClass;

    private LogConfig(Builder from) {
        directory = from.directory;
        segmentBytes = from.segmentBytes;
        direct = from.direct;
        padded = from.padded;
        int most = RecordFormat.mostPayloadBytes(from.segmentBytes);
        maxRecordBytes = from.maxRecordBytes == 0 ? Math.min(16 * MIB, most) : from.maxRecordBytes;
        maxBatchBytes = from.maxBatchBytes;
        maxPendingBytes = from.maxPendingBytes;
        maxPendingRecords = from.maxPendingRecords;
        backgroundShare = from.backgroundShare;
        exclusive = from.exclusive;
        ioClass = from.ioClass;
        check(
                segmentBytes >= 4 * RecordFormat.BLOCK_BYTES && segmentBytes % RecordFormat.BLOCK_BYTES == 0,
                "segmentBytes=" + segmentBytes + ": must be a multiple of 4096, from 16384 up");
        check(
                maxRecordBytes > 0 && maxRecordBytes <= most,
                "maxRecordBytes=" + maxRecordBytes + ": must be from 1 to " + most
                        + ", what fits in a segment; raise segmentBytes");
        check(
                maxBatchBytes >= RecordFormat.BLOCK_BYTES && maxBatchBytes <= 64 * MIB,
                "maxBatchBytes=" + maxBatchBytes + ": must be from 4096 to 67108864");
        check(
                maxPendingBytes >= maxRecordBytes,
                "maxPendingBytes=" + maxPendingBytes + ": must be at least maxRecordBytes=" + maxRecordBytes);
        check(maxPendingRecords > 0, "maxPendingRecords=" + maxPendingRecords + ": must be at least 1");
        check(
                backgroundShare > 0 && backgroundShare <= 100,
                "backgroundShare=" + backgroundShare + ": must be from 1 to 100 percent");
    }

    private static void check(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException(message);
        }
    }

    /**
     * Starts from the defaults.
     *
     * @param directory holds the log's files and nothing else; made where it is missing, its parent is not
     */
    public static Builder builder(Path directory) {
        return new Builder(directory);
    }

    /** The defaults. */
    public static LogConfig of(Path directory) {
        return builder(directory).build();
    }

    /** A builder that starts from this. */
    public Builder toBuilder() {
        Builder builder = new Builder(directory);
        builder.segmentBytes = segmentBytes;
        builder.direct = direct;
        builder.padded = padded;
        builder.maxRecordBytes = maxRecordBytes;
        builder.maxBatchBytes = maxBatchBytes;
        builder.maxPendingBytes = maxPendingBytes;
        builder.maxPendingRecords = maxPendingRecords;
        builder.backgroundShare = backgroundShare;
        builder.exclusive = exclusive;
        builder.ioClass = ioClass;
        return builder;
    }

    /** Where the log lies. */
    public Path directory() {
        return directory;
    }

    /** See {@link Builder#segmentBytes}. */
    public int segmentBytes() {
        return segmentBytes;
    }

    /** See {@link Builder#direct}. */
    public boolean direct() {
        return direct;
    }

    /** See {@link Builder#padded}. */
    public boolean padded() {
        return padded;
    }

    /** See {@link Builder#maxRecordBytes}. */
    public int maxRecordBytes() {
        return maxRecordBytes;
    }

    /** See {@link Builder#maxBatchBytes}. */
    public int maxBatchBytes() {
        return maxBatchBytes;
    }

    /** See {@link Builder#maxPendingBytes}. */
    public long maxPendingBytes() {
        return maxPendingBytes;
    }

    /** See {@link Builder#maxPendingRecords}. */
    public int maxPendingRecords() {
        return maxPendingRecords;
    }

    /** See {@link Builder#backgroundShare}. */
    public int backgroundShare() {
        return backgroundShare;
    }

    /** See {@link Builder#exclusive}. */
    public boolean exclusive() {
        return exclusive;
    }

    /** See {@link Builder#ioClass}. */
    public AioClass ioClass() {
        return ioClass;
    }

    /** Collects the settings. */
    public static final class Builder {

        private final Path directory;
        private int segmentBytes = 64 * MIB;
        private boolean direct;
        private boolean padded;
        private int maxRecordBytes;
        private int maxBatchBytes = MIB;
        private long maxPendingBytes = 32L * MIB;
        private int maxPendingRecords = 1 << 17;
        private int backgroundShare = 25;
        private boolean exclusive = true;
        private AioClass ioClass = AioClass.DEFAULT;

        private Builder(Path directory) {
            this.directory = directory;
        }

        /** Size of a segment, written full of zeros before it is used: a multiple of 4096. Default 64 MiB. */
        public Builder segmentBytes(int value) {
            segmentBytes = value;
            return this;
        }

        /** Whether segments are written past the page cache. Default false. */
        public Builder direct(boolean yes) {
            direct = yes;
            return this;
        }

        /** Whether each batch ends at a multiple of 4096 bytes, so that no block that holds acknowledged
         * records is ever written again. Without it the last block is: with the same bytes before the new ones, which is safe
         * unless the disk loses or garbles a sector whose write was interrupted. Default false. */
        public Builder padded(boolean yes) {
            padded = yes;
            return this;
        }

        /** Longest payload. Default 16 MiB, or what fits in a segment. */
        public Builder maxRecordBytes(int value) {
            maxRecordBytes = value;
            return this;
        }

        /** At most written by one commit; a longer record goes alone. Default 1 MiB. */
        public Builder maxBatchBytes(int value) {
            maxBatchBytes = value;
            return this;
        }

        /** Appended and not acknowledged; beyond, appends are refused. Default 32 MiB. */
        public Builder maxPendingBytes(long value) {
            maxPendingBytes = value;
            return this;
        }

        /** Appended and not acknowledged, counted. Default 131,072. */
        public Builder maxPendingRecords(int value) {
            maxPendingRecords = value;
            return this;
        }

        /** Of the time that snapshots and new segments may keep the disk busy, in percent. Default 25. */
        public Builder backgroundShare(int value) {
            backgroundShare = value;
            return this;
        }

        /** Whether to lock the directory against other processes; without, two logs in it destroy each
         * other. Default true. */
        public Builder exclusive(boolean yes) {
            exclusive = yes;
            return this;
        }

        /** What commits, snapshots and new segments belong to: their share of the device, and their limits. What is read
         * when the log is opened is nobody's rival, and goes as it can. */
        public Builder ioClass(AioClass value) {
            ioClass = value;
            return this;
        }

        /** Both bounds of what is pending. */
        public Builder maxPending(long bytes, int records) {
            return maxPendingBytes(bytes).maxPendingRecords(records);
        }

        /**
         * Checks the limits against each other.
         *
         * @throws IllegalArgumentException where one is out of its range; the message names both
         */
        public LogConfig build() {
            return new LogConfig(this);
        }
    }
}
