package io.nettyaio.examples.serve;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * A request, judged: which file it asks for, or why it is refused. Holds no buffer, so any number of them can wait.
 *
 * @param method    its method
 * @param target    its target as it was sent, for the log
 * @param path      the path in it, or {@code null} where it is refused
 * @param refusal   how to refuse it, or {@code null}
 * @param keepAlive whether the connection stays open after the response
 * @param http10    whether the client is of HTTP/1.0 and so has to be told that the connection stays open
 */
record Request(
        HttpMethod method,
        String target,
        @Nullable RequestPath path,
        @Nullable HttpResponseStatus refusal,
        boolean keepAlive,
        boolean http10) {

    static Request of(HttpRequest request) {
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        boolean http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        RequestPath path = null;
        HttpResponseStatus refusal = refusal(request);
        if (refusal == null) {
            try {
                path = RequestPath.parse(request.uri());
            } catch (RequestPath.Refused e) {
                refusal = e.status();
            }
        }
        return new Request(request.method(), request.uri(), path, refusal, keepAlive, http10);
    }

    private static @Nullable HttpResponseStatus refusal(HttpRequest request) {
        HttpVersion version = request.protocolVersion();
        if (!version.protocolName().equals("HTTP") || version.majorVersion() != 1) {
            return HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED;
        }
        // RFC 9112, section 3.2.
        int hosts = request.headers().getAll(HttpHeaderNames.HOST).size();
        if (hosts > 1 || (hosts == 0 && version.minorVersion() > 0)) {
            return HttpResponseStatus.BAD_REQUEST;
        }
        HttpMethod method = request.method();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            return HttpResponseStatus.METHOD_NOT_ALLOWED;
        }
        return null;
    }

    /** Whether it is HEAD: the response has a header only. */
    boolean isHead() {
        return method.equals(HttpMethod.HEAD);
    }

    /** The same request, refused with this status and the last one of its connection. */
    Request refusedAsLast(HttpResponseStatus status) {
        return new Request(method, target, null, status, false, http10);
    }

    /** The same request, the last one of its connection, and refused with this status unless it already was. */
    Request endedBy(HttpResponseStatus status) {
        return refusedAsLast(refusal == null ? status : refusal);
    }
}
