package io.nettyaio.handler;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An upload that has ended.
 *
 * @param request its header
 * @param files   the files that have been made, all or, but for a failure while they were given their names, none
 * @param fields  a form's fields that are no files, by name, in order; the last of a name
 * @param status  what to answer: 201 for a success, else what fits {@code cause}
 * @param cause   why it failed: an {@link HttpUploadException} for the client's fault, an
 *     {@link io.nettyaio.AioException} for the disk's; {@code null} for a success
 */
public record HttpUpload(
        HttpRequest request,
        List<Item> files,
        Map<String, String> fields,
        HttpResponseStatus status,
        @Nullable Throwable cause) {

    /**
     * A file of it.
     *
     * @param fieldName   of the form's field; empty for a PUT
     * @param fileName    as sent, valid as a name
     * @param contentType as sent
     * @param path        where it lies
     * @param sizeBytes   its length
     */
    public record Item(String fieldName, String fileName, String contentType, Path path, long sizeBytes) {}
}
