package io.nettyaio.handler;

import io.netty.handler.codec.http.HttpResponseStatus;

/** A request is not what can be uploaded: the client's fault, with the status to tell it so. */
public final class HttpUploadException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient HttpResponseStatus status;

    /**
     * A refusal.
     *
     * @param status  what to answer
     * @param message why, for the client to read
     */
    public HttpUploadException(HttpResponseStatus status, String message) {
        super(message);
        this.status = status;
    }

    static HttpUploadException badRequest(String message) {
        return new HttpUploadException(HttpResponseStatus.BAD_REQUEST, message);
    }

    static HttpUploadException tooLarge(String message) {
        return new HttpUploadException(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, message);
    }

    static HttpUploadException headerTooLarge(int most) {
        return badRequest("a part's header has more than " + most + " bytes");
    }

    /** What to answer. */
    public HttpResponseStatus status() {
        return status;
    }
}
