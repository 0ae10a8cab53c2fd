package io.nettyaio.handler;

/**
 * What an upload may be at most; beyond, it is refused with 413, or 400 for a header.
 *
 * @param bodyBytes   of the request's body
 * @param parts       of a form; each file of it is an open file until the end
 * @param fieldBytes  of a form's fields that are no files, in sum: they are held in memory
 * @param headerBytes of a part's header
 */
public record HttpUploadLimits(long bodyBytes, int parts, int fieldBytes, int headerBytes) {

    /** 1 GiB, 100 parts, 64 KiB of fields, 8 KiB of header. */
    public static final HttpUploadLimits DEFAULT = new HttpUploadLimits(1L << 30, 100, 64 << 10, 8 << 10);

    /**
     * Checks that each is more than 0.
     *
     * @throws IllegalArgumentException where one is not
     */
    public HttpUploadLimits {
        if (bodyBytes <= 0 || parts <= 0 || fieldBytes <= 0 || headerBytes <= 0) {
            throw new IllegalArgumentException("bodyBytes=" + bodyBytes + " parts=" + parts + " fieldBytes="
                    + fieldBytes + " headerBytes=" + headerBytes + ": expected all more than 0");
        }
    }

    /** The same with another limit of the body. */
    public HttpUploadLimits withBodyBytes(long other) {
        return new HttpUploadLimits(other, parts, fieldBytes, headerBytes);
    }
}
