package io.nettyaio.handler;

import io.nettyaio.AioDirectory;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Makes the page that a directory without an index is answered with.
 *
 * <p><b>Threading.</b> Called on helper threads of the library, several at a time: it may take its time to sort and to
 * format, and must not touch a channel.
 */
@FunctionalInterface
public interface HttpDirectoryPage {

    /**
     * A page.
     *
     * @param contentType the media type
     * @param body        the contents, between position and limit; not changed afterwards
     * @param headers     further header fields
     */
    record Page(String contentType, ByteBuffer body, Map<String, String> headers) {

        /** Copies the header fields. */
        public Page {
            headers = Map.copyOf(headers);
        }
    }

    /**
     * Makes a page.
     *
     * @param path      the directory's path below the root, decoded: empty, or without slashes at its ends
     * @param query     the raw query with its question mark, or an empty string
     * @param directory what it holds
     */
    Page page(String path, String query, AioDirectory directory);
}
