package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Builds the responses of one exchange, each with the header fields that it has to have. Loop-confined. */
final class HttpFileHeaders {

    /** Names and values are this library's, but for those of the configuration, which are checked once below. */
    private static final HttpHeadersFactory UNCHECKED =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    private static final AsciiString PLAIN_TEXT = AsciiString.cached("text/plain; charset=utf-8");

    private final HttpFileConfig config;
    private @Nullable HttpDates dates;
    private @Nullable HttpFileEntry entry;
    private String contentType = "";
    private @Nullable ContentCoding coding;

    HttpFileHeaders(HttpFileConfig config) {
        this.config = config;
    }

    /** Where the date's text is kept. */
    void dates(HttpDates of) {
        dates = of;
    }

    /** What the response is about, from now on. */
    void representation(HttpFileEntry of, String type, @Nullable ContentCoding in) {
        entry = of;
        contentType = type;
        coding = in;
    }

    String contentType() {
        return contentType;
    }

    // ---- with a file ---------------------------------------------------------------------------------------------

    HttpResponse whole(long sizeBytes, Instant now) {
        HttpResponse response = ofFile(HttpResponseStatus.OK, now);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, contentType)
                .set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(sizeBytes));
        return response;
    }

    HttpResponse part(ByteRanges.Range range, long sizeBytes, Instant now) {
        HttpResponse response = ofFile(HttpResponseStatus.PARTIAL_CONTENT, now);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, contentType)
                .set(HttpHeaderNames.CONTENT_RANGE, range.contentRange(sizeBytes))
                .set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(range.lengthBytes()));
        return response;
    }

    HttpResponse parts(MultipartRanges parts, Instant now) {
        HttpResponse response = ofFile(HttpResponseStatus.PARTIAL_CONTENT, now);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, parts.contentType())
                .set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(parts.lengthBytes()));
        return response;
    }

    private HttpResponse ofFile(HttpResponseStatus status, Instant now) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status, UNCHECKED);
        addCommon(response.headers(), now);
        addValidators(response.headers(), now);
        response.headers().set(HttpHeaderNames.ACCEPT_RANGES, HttpHeaderValues.BYTES);
        if (coding != null) {
            response.headers().set(HttpHeaderNames.CONTENT_ENCODING, coding.token());
        }
        return response;
    }

    FullHttpResponse notModified(Instant now) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.NOT_MODIFIED, Unpooled.EMPTY_BUFFER);
        addCommon(response.headers(), now);
        addValidators(response.headers(), now);
        return response;
    }

    FullHttpResponse unsatisfiable(long sizeBytes, Instant now) {
        FullHttpResponse response = status(HttpResponseStatus.REQUESTED_RANGE_NOT_SATISFIABLE, now);
        response.headers().set(HttpHeaderNames.CONTENT_RANGE, "bytes */" + sizeBytes);
        return response;
    }

    private void addValidators(HttpHeaders to, Instant now) {
        HttpFileEntry of = entry;
        if (of == null) {
            return;
        }
        to.set(HttpHeaderNames.ETAG, of.etag());
        // Not in the future, whatever the file says: RFC 9110, section 8.8.2.1.
        to.set(
                HttpHeaderNames.LAST_MODIFIED,
                of.stat().modified().isAfter(now) ? HttpDates.format(now) : of.lastModified());
        if (config.precompressed()) {
            to.set(HttpHeaderNames.VARY, HttpHeaderNames.ACCEPT_ENCODING);
        }
    }

    // ---- without -------------------------------------------------------------------------------------------------

    /** A whole response that says its status and no more. */
    FullHttpResponse status(HttpResponseStatus status, Instant now) {
        byte[] text = (status + "\n").getBytes(StandardCharsets.US_ASCII);
        FullHttpResponse response = full(status, Unpooled.wrappedBuffer(text), now);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, PLAIN_TEXT);
        if (status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set(HttpHeaderNames.ALLOW, config.allow());
        }
        return response;
    }

    /** The answer to OPTIONS. */
    FullHttpResponse empty(HttpResponseStatus status, Instant now) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
        addCommon(response.headers(), now);
        response.headers().set(HttpHeaderNames.ALLOW, config.allow());
        return response;
    }

    FullHttpResponse page(HttpDirectoryPage.Page page, Instant now) {
        FullHttpResponse response = full(HttpResponseStatus.OK, Unpooled.wrappedBuffer(page.body()), now);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, page.contentType());
        page.headers().forEach(response.headers()::set);
        return response;
    }

    private FullHttpResponse full(HttpResponseStatus status, ByteBuf content, Instant now) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, content);
        addCommon(response.headers(), now);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes());
        return response;
    }

    private void addCommon(HttpHeaders to, Instant now) {
        HttpDates kept = dates;
        to.set(HttpHeaderNames.DATE, kept == null ? HttpDates.format(now) : kept.now(now));
        config.headers().forEach(to::set);
    }
}
