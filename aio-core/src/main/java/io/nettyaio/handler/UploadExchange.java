package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One upload, from its header to its outcome. Files of a form are written as they arrive and get their names together, when
 * the whole form is there; what fails before leaves nothing. Loop-confined.
 */
final class UploadExchange implements MultipartParser.Listener {

    /** A file that is being made. */
    private record Incoming(AioFileSink sink, String fieldName, String fileName, String contentType) {}

    private final AioContext context;
    private final HttpUploadPolicy policy;
    private final HttpUploadLimits limits;
    private final AioSinkOptions options;
    private final ReadThrottle throttle;
    private final HttpRequest request;
    private final Consumer<HttpUpload> onEnd;

    private final List<Incoming> files = new ArrayList<>();
    private final Map<String, String> fields = new LinkedHashMap<>();
    private final ByteArrayOutputStream field = new ByteArrayOutputStream();
    private @Nullable MultipartParser parser;
    private @Nullable String fieldName;
    private @Nullable AioFileSink sink;
    private long bodyBytes;
    private int fieldBytes;
    private @Nullable Throwable failure;
    private boolean ending;

    UploadExchange(
            AioContext context,
            HttpUploadPolicy policy,
            HttpUploadLimits limits,
            AioSinkOptions options,
            ReadThrottle throttle,
            HttpRequest request,
            Consumer<HttpUpload> onEnd) {
        this.context = context;
        this.policy = policy;
        this.limits = limits;
        this.options = options;
        this.throttle = throttle;
        this.request = request;
        this.onEnd = onEnd;
    }

    /** Whether a request has the form of an upload. */
    static boolean isUpload(HttpRequest request) {
        return request.method().equals(HttpMethod.PUT) || (request.method().equals(HttpMethod.POST) && isForm(request));
    }

    private static boolean isForm(HttpRequest request) {
        CharSequence type = HttpUtil.getMimeType(request);
        return type != null && HttpHeaderValues.MULTIPART_FORM_DATA.contentEqualsIgnoreCase(type);
    }

    /** Looks at the header. Where it fails, {@link #fail} has to be told. */
    void begin() throws HttpUploadException {
        if (contentLength() > limits.bodyBytes()) {
            throw bodyTooLarge();
        }
        String encoding = request.headers().get(HttpHeaderNames.CONTENT_ENCODING);
        if (encoding != null && !HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(encoding)) {
            throw new HttpUploadException(
                    HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding " + encoding + " is not known");
        }
        if (request.method().equals(HttpMethod.POST)) {
            parser = new MultipartParser(boundary(), limits.headerBytes(), limits.parts(), this);
            return;
        }
        if (request.headers().contains(HttpHeaderNames.CONTENT_RANGE)) {
            throw HttpUploadException.badRequest("a PUT with a Content-Range would replace the file by a part");
        }
        String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
        sink = open("", UploadNames.ofPath(request.uri()), type);
        if (sink == null) {
            throw new HttpUploadException(HttpResponseStatus.FORBIDDEN, "nothing can be put here");
        }
    }

    /** Whether there is a place for it, where its header names one; {@code null} where a form's parts will. */
    @Nullable
    Future<Void> opened() {
        AioFileSink file = sink;
        return file == null ? null : file.opened();
    }

    private long contentLength() throws HttpUploadException {
        try {
            return HttpUtil.getContentLength(request, 0L);
        } catch (NumberFormatException none) {
            throw HttpUploadException.badRequest("Content-Length is no number");
        }
    }

    private String boundary() throws HttpUploadException {
        String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        for (String parameter : type.split(";", -1)) {
            String text = parameter.strip();
            if (text.regionMatches(true, 0, "boundary=", 0, 9)) {
                String value = text.substring(9).strip();
                boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
                return quoted ? value.substring(1, value.length() - 1) : value;
            }
        }
        throw HttpUploadException.badRequest("Content-Type multipart/form-data has no boundary");
    }

    private HttpUploadException bodyTooLarge() {
        return HttpUploadException.tooLarge("the body has more than " + limits.bodyBytes() + " bytes");
    }

    private @Nullable AioFileSink open(String formField, String name, String type) throws HttpUploadException {
        AioSinkTarget target = policy.place(request, formField, name, type);
        if (target == null) {
            return null;
        }
        for (Incoming each : files) {
            if (each.sink().target().equals(target.path())) {
                throw HttpUploadException.badRequest("two files have the name " + name);
            }
        }
        AioFileSink opened = new AioFileSink(context, target, options, throttle.listener());
        files.add(new Incoming(opened, formField, name, type));
        opened.result().addListener(done -> {
            if (!done.isSuccess()) {
                fail(done.cause());
            }
        });
        return opened;
    }

    /** Takes some of the body, which the caller keeps. */
    void body(ByteBuf bytes) throws HttpUploadException {
        if (failure != null) {
            return;
        }
        bodyBytes += bytes.readableBytes();
        if (bodyBytes > limits.bodyBytes()) {
            throw bodyTooLarge();
        }
        MultipartParser form = parser;
        if (form != null) {
            form.feed(bytes);
        } else if (sink != null) {
            sink.write(bytes.retainedSlice());
        }
    }

    /** The body is complete. */
    void end() throws HttpUploadException {
        if (failure != null) {
            return;
        }
        if (parser != null) {
            parser.end();
        }
        ending = true;
        for (Incoming each : List.copyOf(files)) {
            Future<Long> unused = each.sink().finish();
        }
        settle();
    }

    // ---- parts ---------------------------------------------------------------------------------------------------

    @Override
    public void part(MultipartHeader header) throws HttpUploadException {
        String name = header.fileName();
        if (name == null) {
            fieldName = header.name();
        } else if (!name.isEmpty()) { // a browser's way to say that no file was chosen
            sink = open(header.name(), UploadNames.checked(name), header.contentType());
        }
    }

    @Override
    public void content(ByteBuf content) throws HttpUploadException {
        AioFileSink file = sink;
        if (file != null) {
            file.write(content);
            return;
        }
        try {
            if (fieldName == null) {
                return;
            }
            fieldBytes += content.readableBytes();
            if (fieldBytes > limits.fieldBytes()) {
                throw HttpUploadException.tooLarge(
                        "the form's fields have more than " + limits.fieldBytes() + " bytes");
            }
            byte[] bytes = new byte[content.readableBytes()];
            content.readBytes(bytes);
            field.writeBytes(bytes);
        } finally {
            content.release();
        }
    }

    @Override
    public void partEnd() {
        if (sink != null) {
            sink.flush();
            sink = null;
        }
        if (fieldName != null) {
            fields.put(fieldName, field.toString(StandardCharsets.UTF_8));
            fieldName = null;
            field.reset();
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /** Gives it up, and says why once everything is cleaned up. */
    void fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
            ending = true;
            for (Incoming each : List.copyOf(files)) {
                Future<Long> unused = each.sink().abort();
            }
            settle();
        }
    }

    boolean hasFailed() {
        return failure != null;
    }

    /** Waits for the sinks, one by one, and tells. */
    private void settle() {
        for (Incoming each : files) {
            if (!each.sink().result().isDone()) {
                each.sink().result().addListener(done -> settle());
                return;
            }
        }
        if (!ending) {
            return;
        }
        ending = false;
        List<HttpUpload.Item> made = new ArrayList<>();
        for (Incoming each : files) {
            Future<Long> result = each.sink().result();
            if (result.isSuccess()) {
                made.add(new HttpUpload.Item(
                        each.fieldName(),
                        each.fileName(),
                        each.contentType(),
                        each.sink().target(),
                        result.getNow()));
            }
        }
        onEnd.accept(new HttpUpload(request, List.copyOf(made), fields, status(failure), failure));
    }

    private static HttpResponseStatus status(@Nullable Throwable cause) {
        if (cause == null) {
            return HttpResponseStatus.CREATED;
        }
        if (cause instanceof HttpUploadException refused) {
            return refused.status();
        }
        if (!(cause instanceof AioException disk)) {
            return HttpResponseStatus.INTERNAL_SERVER_ERROR;
        }
        if (disk.kind() == AioException.Kind.QUEUE_FULL || disk.kind() == AioException.Kind.CLOSED) {
            return HttpResponseStatus.SERVICE_UNAVAILABLE;
        }
        if (disk.kind() == AioException.Kind.ARGUMENT) {
            return HttpResponseStatus.BAD_REQUEST;
        }
        return switch (disk.errnoName()) {
            case "ENOSPC", "EDQUOT", "EFBIG" -> HttpResponseStatus.INSUFFICIENT_STORAGE;
            case "EACCES", "EPERM", "EROFS", "ELOOP", "EXDEV" -> HttpResponseStatus.FORBIDDEN;
            case "ENOENT", "ENOTDIR", "ENAMETOOLONG", "EEXIST", "EISDIR", "ENOTEMPTY" -> HttpResponseStatus.CONFLICT;
            case "EMFILE", "ENFILE" -> HttpResponseStatus.SERVICE_UNAVAILABLE;
            default -> HttpResponseStatus.INTERNAL_SERVER_ERROR;
        };
    }
}
