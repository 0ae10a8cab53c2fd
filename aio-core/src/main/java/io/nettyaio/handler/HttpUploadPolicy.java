package io.nettyaio.handler;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * What its user decides of an {@link HttpUploadHandler}. Called on the channel's event loop: nothing here may block.
 */
public interface HttpUploadPolicy {

    /**
     * Whether a request is an upload for this handler; any other is passed on. PUT and POST of a form are asked for, before
     * anything is made of them.
     *
     * @throws HttpUploadException to refuse the request, whatever it holds
     */
    boolean accepts(HttpRequest request) throws HttpUploadException;

    /**
     * Where a file goes.
     *
     * @param fieldName   of the form's field; empty for a PUT
     * @param fileName    of a PUT the last part of its path; valid as a name: not empty, at most 255 bytes, no separator
     *     and no control character in it, no dot in front of it
     * @param contentType as sent
     * @return the file, in an existing directory; {@code null} to read over this one. A directory that the request has a say
     *     in should be named by {@link AioSinkTarget#beneath}
     * @throws HttpUploadException to refuse the request
     */
    @Nullable
    AioSinkTarget place(HttpRequest request, String fieldName, String fileName, String contentType)
            throws HttpUploadException;

    /**
     * The response. The handler sends it, and closes the connection behind it where the request could not be read to its
     * end.
     */
    FullHttpResponse respond(HttpUpload upload);
}
