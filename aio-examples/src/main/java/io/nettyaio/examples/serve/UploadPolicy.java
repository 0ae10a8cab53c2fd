package io.nettyaio.examples.serve;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioException;
import io.nettyaio.handler.HttpFileRoot;
import io.nettyaio.handler.HttpUpload;
import io.nettyaio.handler.HttpUploadException;
import io.nettyaio.handler.HttpUploadPolicy;
import io.nettyaio.handler.RequestPath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;

/** Files go where their path says, into directories that there are; see {@link UploadGuard}. */
final class UploadPolicy implements HttpUploadPolicy {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(UploadPolicy.class);

    private final Path directory;
    private final HttpFileRoot root;

    /** @param directory the path of the root, absolute */
    UploadPolicy(Path directory, HttpFileRoot root) {
        this.directory = directory;
        this.root = root;
    }

    @Override
    public boolean accepts(HttpRequest request) {
        return true;
    }

    @Override
    public Path place(HttpRequest request, String fieldName, String fileName, String contentType)
            throws HttpUploadException {
        try {
            return directory.resolve(UploadGuard.directory(request)).resolve(fileName);
        } catch (RequestPath.Refused refused) {
            throw new HttpUploadException(refused.status(), String.valueOf(refused.getMessage()));
        }
    }

    @Override
    public FullHttpResponse respond(HttpUpload upload) {
        root.changed();
        Throwable cause = upload.cause();
        if (cause == null) {
            FullHttpResponse response;
            if (upload.request().method().equals(HttpMethod.POST)) {
                // Back to the page, and not to the form again when that is loaded anew.
                response = text(HttpResponseStatus.SEE_OTHER, "uploaded");
                response.headers().set(HttpHeaderNames.LOCATION, "./");
            } else {
                response = text(upload.status(), "uploaded");
            }
            return response;
        }
        if (cause instanceof AioException disk) {
            LOGGER.warn("upload failed: disk error: {}: {}", disk.operation(), disk.errnoName());
            return text(upload.status(), upload.status().toString());
        }
        return text(upload.status(), upload.status() + ": " + cause.getMessage());
    }

    /** A short response. */
    static FullHttpResponse text(HttpResponseStatus status, String text) {
        byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(bytes));
        response.headers()
                .set(HttpHeaderNames.DATE, DateFormatter.format(Date.from(Instant.now())))
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set("X-Content-Type-Options", "nosniff")
                .set(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
        return response;
    }
}
