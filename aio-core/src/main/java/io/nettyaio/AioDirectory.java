package io.nettyaio;

import java.time.Instant;
import java.util.List;

/**
 * What a directory held when it was listed; see {@link AioFile#list}.
 *
 * @param entries  in no order
 * @param complete whether these are all; false where there are more than were asked for
 */
public record AioDirectory(List<Entry> entries, boolean complete) {

    /** What a name stands for. */
    public enum Kind {
        /** A regular file. */
        FILE,
        /** A directory. */
        DIRECTORY,
        /** A symbolic link, wherever it leads. */
        LINK,
        /** A device, a socket or a FIFO. */
        OTHER
    }

    /**
     * One name.
     *
     * @param name      the name, without a directory
     * @param kind      what it stands for
     * @param sizeBytes the length of a regular file
     * @param modified  time of the last change of the contents
     */
    public record Entry(String name, Kind kind, long sizeBytes, Instant modified) {}

    /** Copies the list. */
    public AioDirectory {
        entries = List.copyOf(entries);
    }
}
