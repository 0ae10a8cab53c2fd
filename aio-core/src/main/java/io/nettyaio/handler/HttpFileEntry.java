package io.nettyaio.handler;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.nettyaio.AioFile;
import io.nettyaio.AioStat;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a path. Loop-confined.
 *
 * <p>A regular file is open. The descriptor closes when the entry is neither in its cache nor used by anybody.
 */
final class HttpFileEntry {

    private final @Nullable AioFile file;
    private final @Nullable AioStat stat;
    private final @Nullable HttpResponseStatus refusal;
    private final @Nullable Throwable failure;
    private final String etag;
    private final String lastModified;
    private final String contentType;
    private long checkedNanos;
    private long generation;
    private int users;
    private boolean cached;

    private HttpFileEntry(
            @Nullable AioFile file,
            @Nullable AioStat stat,
            @Nullable HttpResponseStatus refusal,
            @Nullable Throwable failure,
            String contentType) {
        this.file = file;
        this.stat = stat;
        this.refusal = refusal;
        this.failure = failure;
        this.contentType = contentType;
        etag = stat == null ? "" : etag(stat);
        lastModified = stat == null ? "" : HttpDates.format(stat.modified());
    }

    /** A regular file; the entry's to close. */
    static HttpFileEntry file(AioFile file, String contentType) {
        return new HttpFileEntry(file, file.openedStat(), null, null, contentType);
    }

    /** A directory: nothing stays open. */
    static HttpFileEntry directory(AioStat stat) {
        return new HttpFileEntry(null, stat, null, null, "");
    }

    /**
     * Nothing that could be sent.
     *
     * @param failure where the disk or a limit is to blame, why
     */
    static HttpFileEntry refused(HttpResponseStatus status, @Nullable Throwable failure) {
        return new HttpFileEntry(null, null, status, failure, "");
    }

    /**
     * Another inode, another length or a change of the contents gives another tag. Strong, within the resolution of the
     * file system's clock: a file that is overwritten twice within one of its ticks, with as many bytes, keeps its tag.
     */
    private static String etag(AioStat stat) {
        long modified = ChronoUnit.NANOS.between(Instant.EPOCH, stat.modified());
        return '"'
                + Long.toString(stat.inode(), 36)
                + '-'
                + Long.toString(stat.sizeBytes(), 36)
                + '-'
                + Long.toString(modified, 36)
                + '"';
    }

    /** The open file; {@code null} for anything but a regular file. */
    @Nullable
    AioFile file() {
        return file;
    }

    boolean isDirectory() {
        return file == null && stat != null;
    }

    /** How to refuse a request for it; {@code null} for files and directories. */
    @Nullable
    HttpResponseStatus refusal() {
        return refusal;
    }

    @Nullable
    Throwable failure() {
        return failure;
    }

    /** Of a file or directory, as it was when it was opened. */
    AioStat stat() {
        if (stat == null) {
            throw new IllegalStateException("there is nothing");
        }
        return stat;
    }

    String etag() {
        return etag;
    }

    String lastModified() {
        return lastModified;
    }

    String contentType() {
        return contentType;
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    void checked(long nanos, long atGeneration) {
        checkedNanos = nanos;
        generation = atGeneration;
    }

    boolean isFresh(long nanos, long forNanos, long atGeneration) {
        return generation == atGeneration && nanos - checkedNanos < forNanos;
    }

    /** Whether it is the same version of the same file: a change of contents, of length, or of what the path leads to. */
    boolean isSame(AioStat now) {
        return stat != null
                && stat.inode() == now.inode()
                && stat.deviceMajor() == now.deviceMajor()
                && stat.deviceMinor() == now.deviceMinor()
                && stat.sizeBytes() == now.sizeBytes()
                && stat.modified().equals(now.modified())
                && stat.changed().equals(now.changed());
    }

    // ---- use -----------------------------------------------------------------------------------------------------

    /** One user more; to be {@linkplain #release() released}. */
    HttpFileEntry retain() {
        users++;
        return this;
    }

    void release() {
        if (--users < 0) {
            throw new IllegalStateException("released more often than retained: " + etag);
        }
        closeWhenUnused();
    }

    void cached(boolean is) {
        cached = is;
        if (!is) {
            closeWhenUnused();
        }
    }

    private void closeWhenUnused() {
        if (users == 0 && !cached && file != null) {
            AioFiles.close(file);
        }
    }
}
