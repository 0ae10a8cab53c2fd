package io.nettyaio.handler;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import org.jspecify.annotations.Nullable;

/** One request of an HTTP/1.x connection, and what its response has to say of the connection. Loop-confined. */
final class HttpExchange {

    private final HttpRequest request;
    private final boolean http10;
    private boolean last;
    private boolean headSent;
    private boolean interimSent;
    private long bytesReceived;
    private long bytesReceivedAtResponse;

    HttpExchange(HttpRequest request) {
        this.request = request;
        http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        last = !HttpUtil.isKeepAlive(request);
    }

    /** How to refuse it, whatever it asks for; {@code null} where it is sound. */
    @Nullable
    HttpResponseStatus refusal() {
        if (request.decoderResult().isFailure()) {
            // Whatever else is wrong with it may be so because it was not decoded to its end.
            return statusOf(request.decoderResult().cause());
        }
        HttpVersion version = request.protocolVersion();
        if (!version.protocolName().equals("HTTP") || version.majorVersion() != 1) {
            return HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED;
        }
        // RFC 9112, section 3.2.
        int hosts = request.headers().getAll(HttpHeaderNames.HOST).size();
        if (hosts > 1 || (hosts == 0 && version.minorVersion() > 0)) {
            return HttpResponseStatus.BAD_REQUEST;
        }
        return null;
    }

    private static HttpResponseStatus statusOf(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
        }
        return HttpResponseStatus.BAD_REQUEST;
    }

    /** It is the last of its connection. */
    void endConnection() {
        last = true;
    }

    boolean endsConnection() {
        return last;
    }

    void received(int bytes) {
        bytesReceived += bytes;
    }

    long bytesReceived() {
        return bytesReceived;
    }

    void responseEnded() {
        bytesReceivedAtResponse = bytesReceived;
    }

    long bytesReceivedAtResponse() {
        return bytesReceivedAtResponse;
    }

    /** The client has been told to go on, or that it takes a little longer. */
    void interimSent() {
        interimSent = true;
    }

    boolean headSent() {
        return headSent;
    }

    /**
     * Sets what the response's header says of the connection.
     *
     * @param requestOpen whether the end of the request has not come yet
     * @param skipBytes   how much of its body may be skipped
     */
    void prepare(HttpResponse response, boolean requestOpen, int skipBytes) {
        headSent = true;
        if (http10 && HttpUtil.isTransferEncodingChunked(response)) {
            HttpUtil.setTransferEncodingChunked(response, false);
        }
        last |= HttpHeaderValues.CLOSE.contentEqualsIgnoreCase(
                        response.headers().get(HttpHeaderNames.CONNECTION, ""))
                || isEndedByConnection(response)
                || (requestOpen && isTooLongToSkip(skipBytes));
        if (last) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (http10) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
    }

    /** Whether nothing but the end of the connection tells where the body ends. */
    private static boolean isEndedByConnection(HttpResponse response) {
        int code = response.status().code();
        return code != HttpResponseStatus.NO_CONTENT.code()
                && code != HttpResponseStatus.NOT_MODIFIED.code()
                && code >= 200
                && !HttpUtil.isContentLengthSet(response)
                && !HttpUtil.isTransferEncodingChunked(response);
    }

    private boolean isTooLongToSkip(int skipBytes) {
        boolean chunked = HttpUtil.isTransferEncodingChunked(request);
        long length;
        try {
            length = HttpUtil.getContentLength(request, 0L);
        } catch (NumberFormatException none) {
            return true;
        }
        if (HttpUtil.is100ContinueExpected(request) && !interimSent && (chunked || length > 0)) {
            // It may send the body, or not: what comes next cannot be told.
            return true;
        }
        return length - bytesReceived > skipBytes;
    }
}
