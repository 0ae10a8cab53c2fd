package io.nettyaio.examples.serve;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.nettyaio.AioStat;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Builds responses, with the header fields that each of them has. */
final class Responses {

    /** The one form of a date that HTTP lets a server send: RFC 9110, section 5.6.7. */
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private Responses() {}

    /**
     * The header of a response that a file's contents follow.
     *
     * @param request what it answers
     * @param name    the file's name, which tells its type
     * @param stat    of the opened file
     */
    static HttpResponse file(Request request, String name, AioStat stat) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        Instant now = Instant.now();
        addCommon(response.headers(), request, now);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, MimeTypes.of(name))
                .set(HttpHeaderNames.CONTENT_LENGTH, stat.sizeBytes())
                // Not in the future, whatever the file says: RFC 9110, section 8.8.2.1.
                .set(HttpHeaderNames.LAST_MODIFIED, HTTP_DATE.format(earlier(stat.modified(), now)));
        return response;
    }

    /** A whole response that says its status and no more. */
    static FullHttpResponse status(Request request, HttpResponseStatus status) {
        ByteBuf text = Unpooled.wrappedBuffer((status + "\n").getBytes(StandardCharsets.US_ASCII));
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, text);
        addCommon(response.headers(), request, Instant.now());
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, text.readableBytes());
        if (status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
        }
        return response;
    }

    /** A whole response that sends the client to another place for good. */
    static FullHttpResponse redirect(Request request, String location) {
        FullHttpResponse response = status(request, HttpResponseStatus.MOVED_PERMANENTLY);
        response.headers().set(HttpHeaderNames.LOCATION, location);
        return response;
    }

    private static void addCommon(HttpHeaders headers, Request request, Instant now) {
        headers.set(HttpHeaderNames.DATE, HTTP_DATE.format(now));
        headers.set(HttpHeaderNames.SERVER, "netty-aio");
        if (!request.keepAlive()) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (request.http10()) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
