package io.nettyaio.examples.serve;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioException;
import io.nettyaio.handler.AioSinkTarget;
import io.nettyaio.handler.HttpFileRoot;
import io.nettyaio.handler.HttpUpload;
import io.nettyaio.handler.HttpUploadException;
import io.nettyaio.handler.HttpUploadPolicy;
import io.nettyaio.handler.RequestPath;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;

/**
 * Files go where their path says, into directories that there are, below the root whatever symbolic links say. Refused are
 * those that a page from elsewhere has made a browser send. One for each channel.
 */
final class UploadPolicy implements HttpUploadPolicy {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(UploadPolicy.class);

    private final EventLoop loop;
    private final HttpFileRoot root;

    /** @param loop the channel's */
    UploadPolicy(EventLoop loop, HttpFileRoot root) {
        this.loop = loop;
        this.root = root;
    }

    @Override
    public boolean accepts(HttpRequest request) throws HttpUploadException {
        if (isFromElsewhere(request)) {
            throw new HttpUploadException(HttpResponseStatus.FORBIDDEN, "the page is from elsewhere");
        }
        return true;
    }

    @Override
    public AioSinkTarget place(HttpRequest request, String fieldName, String fileName, String contentType)
            throws HttpUploadException {
        try {
            return root.target(loop, path(request, fileName));
        } catch (RequestPath.Refused refused) {
            throw new HttpUploadException(refused.status(), String.valueOf(refused.getMessage()));
        } catch (IllegalStateException closed) {
            throw new HttpUploadException(HttpResponseStatus.SERVICE_UNAVAILABLE, "the server is about to stop");
        }
    }

    /** Below the root: a form's file goes into the directory whose page it is on. */
    private static String path(HttpRequest request, String fileName) throws RequestPath.Refused {
        RequestPath path = RequestPath.parse(request.uri());
        if (request.method().equals(HttpMethod.POST)) {
            return path.child(fileName);
        }
        String relative = path.relative();
        return relative.substring(0, relative.lastIndexOf('/') + 1) + fileName;
    }

    /** A browser says where the page is from. Others do not, and need no protection from pages. */
    private static boolean isFromElsewhere(HttpRequest request) {
        String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        if (origin == null) {
            return false;
        }
        String host = request.headers().get(HttpHeaderNames.HOST);
        try {
            return host == null || !host.equalsIgnoreCase(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException malformed) {
            return true;
        }
    }

    @Override
    public FullHttpResponse respond(HttpUpload upload) {
        if (!(upload.cause() instanceof HttpUploadException)) {
            root.changed();
        }
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
        if (cause instanceof HttpUploadException refused) {
            return text(upload.status(), upload.status() + ": " + refused.getMessage());
        }
        if (upload.status().codeClass() == HttpStatusClass.SERVER_ERROR) {
            if (cause instanceof AioException disk) {
                LOGGER.warn("upload failed: disk error: {}: {}", disk.operation(), disk.errnoName());
            } else {
                LOGGER.warn("upload failed", cause);
            }
        }
        return text(upload.status(), upload.status().toString());
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
