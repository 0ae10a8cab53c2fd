package io.nettyaio.examples.doctor;

import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/**
 * An operation that has been carried out.
 *
 * @param operation which
 * @param route     the way it took; {@code null} where it could not be tried
 * @param micros    how long it took, from the command's thread and back; 0 where it could not be tried
 * @param why       the reason, in a line
 */
public record RouteReport(Kind operation, @Nullable AioRoute route, long micros, String why) {

    /** What is tried. */
    public enum Kind {
        /** {@code open}, which creates. */
        OPEN("open"),
        /** A write past the end of a direct file. */
        DIRECT_EXTENDING_WRITE("direct write, extending"),
        /** A write of what a direct file has. */
        DIRECT_OVERWRITE("direct write, overwriting"),
        /** A read of a direct file. */
        DIRECT_READ("direct read"),
        /** A read that the page cache cannot answer. */
        BUFFERED_READ_MISS("buffered read, miss"),
        /** A read that it can. */
        BUFFERED_READ_HIT("buffered read, hit"),
        /** A write into the page cache. */
        BUFFERED_WRITE("buffered write"),
        /** A write at the end, wherever that is. */
        APPEND("append"),
        /** {@code fdatasync}. */
        FDATASYNC("fdatasync"),
        /** {@code fsync}. */
        FSYNC("fsync");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** As people read it. */
        @Override
        public String toString() {
            return text;
        }
    }
}
