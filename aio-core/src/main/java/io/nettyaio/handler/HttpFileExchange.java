package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response, from the look-up of the file to the last byte. Loop-confined.
 *
 * <p>An entry of the cache that it gets it releases: at once, or when the last byte has been sent or cannot be.
 */
final class HttpFileExchange {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(HttpFileExchange.class);

    private final ChannelHandlerContext ctx;
    private final HttpFileRoot root;
    private final HttpFileConfig config;
    private final HttpRequest request;
    private final boolean head;
    private final HttpFileHeaders headers;
    private boolean aborted;

    HttpFileExchange(ChannelHandlerContext ctx, HttpFileRoot root, HttpRequest request) {
        this.ctx = ctx;
        this.root = root;
        this.config = root.config();
        this.request = request;
        head = request.method().equals(HttpMethod.HEAD);
        headers = new HttpFileHeaders(config);
    }

    void start() {
        if (request.method().equals(HttpMethod.OPTIONS)) {
            respond(headers.empty(HttpResponseStatus.NO_CONTENT, Instant.now()));
            return;
        }
        if (!HttpFileHandler.isRead(request.method())) {
            refuse(HttpResponseStatus.METHOD_NOT_ALLOWED);
            return;
        }
        RequestPath path;
        HttpFileCache cache;
        try {
            path = RequestPath.parse(request.uri());
            cache = root.cache(ctx.channel().eventLoop());
        } catch (RequestPath.Refused refused) {
            refuse(refused.status());
            return;
        } catch (IllegalStateException closed) {
            refuse(HttpResponseStatus.SERVICE_UNAVAILABLE);
            return;
        }
        headers.dates(cache.dates());
        new LookUp(cache, path).start();
    }

    /** The channel is gone: nothing is sent any more. A transfer under way notices by itself. */
    void abort() {
        aborted = true;
    }

    // ---- look-up -------------------------------------------------------------------------------------------------

    /** Finds what a path stands for. */
    private final class LookUp {

        private final HttpFileCache cache;
        private final RequestPath path;

        LookUp(HttpFileCache cache, RequestPath path) {
            this.cache = cache;
            this.path = path;
        }

        void start() {
            String index = config.indexFile();
            if (!path.directory()) {
                cache.lookUp(path.relative(), path.name(), this::found);
            } else if (index != null) {
                cache.lookUp(path.child(index), index, this::indexFound);
            } else {
                list();
            }
        }

        private void found(HttpFileEntry entry) {
            String index = config.indexFile();
            if (entry.file() != null) {
                choose(entry, path.relative(), path.name());
            } else if (!entry.isDirectory()) {
                refuse(entry);
            } else if (config.directoryPage() != null) {
                entry.release();
                redirect();
            } else if (index != null) {
                entry.release();
                cache.lookUp(path.child(index), index, this::indexOfOtherFound);
            } else {
                entry.release();
                refuse(HttpResponseStatus.NOT_FOUND);
            }
        }

        private void indexOfOtherFound(HttpFileEntry entry) {
            if (entry.file() != null) {
                entry.release();
                redirect();
            } else {
                refuse(entry);
            }
        }

        private void redirect() {
            FullHttpResponse response = headers.status(HttpResponseStatus.MOVED_PERMANENTLY, Instant.now());
            response.headers().set(HttpHeaderNames.LOCATION, path.directoryLocation());
            respond(response);
        }

        private void indexFound(HttpFileEntry entry) {
            String index = config.indexFile();
            HttpResponseStatus refusal = entry.refusal();
            if (entry.file() != null && index != null) {
                choose(entry, path.child(index), index);
            } else if (config.directoryPage() != null
                    && (entry.isDirectory() || HttpResponseStatus.NOT_FOUND.equals(refusal))) {
                entry.release();
                list();
            } else {
                refuse(entry);
            }
        }

        // A directory without an index.

        private void list() {
            HttpDirectoryPage page = config.directoryPage();
            if (page == null) {
                refuse(HttpResponseStatus.NOT_FOUND);
                return;
            }
            AioFile directory = cache.directory();
            directory
                    .context()
                    .openBeneath(directory, path.relative(), AioOpenOption.READ, AioOpenOption.DIRECTORY)
                    .addListener((Future<AioFile> opened) -> {
                        if (opened.isSuccess()) {
                            list(opened.getNow(), page);
                        } else {
                            failed(HttpFileCache.statusOf(opened.cause()), opened.cause());
                        }
                    });
        }

        private void list(AioFile directory, HttpDirectoryPage page) {
            directory
                    .list(
                            config.directoryEntries(),
                            listed -> page.page(String.join("/", path.segments()), path.query(), listed))
                    .addListener((Future<HttpDirectoryPage.Page> made) -> {
                        AioFiles.close(directory);
                        if (made.isSuccess()) {
                            respond(headers.page(made.getNow(), Instant.now()));
                        } else {
                            failed(HttpResponseStatus.INTERNAL_SERVER_ERROR, made.cause());
                        }
                    });
        }

        // Compressed siblings.

        private void choose(HttpFileEntry entry, String filePath, String name) {
            List<ContentCoding> codings = config.precompressed()
                    ? ContentCoding.acceptedBy(request.headers().get(HttpHeaderNames.ACCEPT_ENCODING))
                    : List.of();
            chooseFrom(codings.iterator(), entry, filePath, name);
        }

        private void chooseFrom(Iterator<ContentCoding> codings, HttpFileEntry plain, String filePath, String name) {
            if (!codings.hasNext()) {
                serve(plain, plain.contentType(), null);
                return;
            }
            ContentCoding coding = codings.next();
            cache.lookUp(filePath + coding.suffix(), name, compressed -> {
                // An older one is of contents that have been replaced.
                if (compressed.file() != null
                        && !compressed.stat().modified().isBefore(plain.stat().modified())) {
                    plain.release();
                    serve(compressed, plain.contentType(), coding);
                } else {
                    compressed.release();
                    chooseFrom(codings, plain, filePath, name);
                }
            });
        }
    }

    // ---- response with a file ------------------------------------------------------------------------------------

    /** Takes over the entry. */
    private void serve(HttpFileEntry entry, String contentType, @Nullable ContentCoding coding) {
        AioFile file = entry.file();
        if (aborted || file == null) {
            entry.release();
            return;
        }
        Instant now = Instant.now();
        Instant modified = entry.stat().modified();
        headers.representation(entry, contentType, coding);
        Preconditions.Outcome outcome = Preconditions.evaluate(request.headers(), entry.etag(), modified);
        if (outcome != Preconditions.Outcome.PROCEED) {
            entry.release();
            respond(
                    outcome == Preconditions.Outcome.NOT_MODIFIED
                            ? headers.notModified(now)
                            : headers.status(HttpResponseStatus.PRECONDITION_FAILED, now));
            return;
        }
        long sizeBytes = entry.stat().sizeBytes();
        List<ByteRanges.Range> ranges = head ? null : ranges(entry, modified, now, sizeBytes);
        if (ranges == null) {
            HttpResponse response = headers.whole(sizeBytes, now);
            if (head || sizeBytes == 0) {
                entry.release();
                ChannelFuture unused = ctx.write(response); // if it fails, so does what follows it
                ChannelFuture unusedToo = ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            } else {
                send(entry, file, response, 0, sizeBytes);
            }
        } else if (ranges.isEmpty()) {
            entry.release();
            respond(headers.unsatisfiable(sizeBytes, now));
        } else if (ranges.size() == 1) {
            ByteRanges.Range only = ranges.get(0);
            send(entry, file, headers.part(only, sizeBytes, now), only.firstByte(), only.lengthBytes());
        } else {
            sendParts(entry, file, ranges, now);
        }
    }

    private @Nullable List<ByteRanges.Range> ranges(
            HttpFileEntry entry, Instant modified, Instant now, long sizeBytes) {
        String field = request.headers().get(HttpHeaderNames.RANGE);
        if (field == null || !Preconditions.rangeApplies(request.headers(), entry.etag(), modified, now)) {
            return null;
        }
        return ByteRanges.parse(field, sizeBytes, config.maxRanges());
    }

    private void send(HttpFileEntry entry, AioFile file, HttpResponse response, long offsetBytes, long lengthBytes) {
        AioFileTransfer transfer;
        try {
            transfer = AioFileTransfer.of(ctx, file, offsetBytes, lengthBytes, config.transfer());
        } catch (RuntimeException closed) {
            entry.release();
            failed(HttpResponseStatus.SERVICE_UNAVAILABLE, closed);
            return;
        }
        whenReady(transfer, entry, () -> {
            ChannelFuture unused = ctx.write(response);
            HttpFileTransfer.send(transfer, LastHttpContent.EMPTY_LAST_CONTENT).addListener(sent -> ended(entry, sent));
        });
    }

    /** Until the beginning can be sent, a disk that fails can still be answered with an error. */
    private void whenReady(AioFileTransfer transfer, HttpFileEntry entry, Runnable then) {
        Future<Void> ready = transfer.ready();
        if (ready.isSuccess()) {
            then.run();
            return;
        }
        ready.addListener(done -> {
            if (!done.isSuccess() || aborted) {
                transfer.abandon();
                entry.release();
                // A channel that has closed has closed its transfer, before its handlers know.
                if (!done.isSuccess() && ctx.channel().isActive()) {
                    failed(HttpResponseStatus.INTERNAL_SERVER_ERROR, done.cause());
                }
            } else {
                then.run();
            }
        });
    }

    private void sendParts(HttpFileEntry entry, AioFile file, List<ByteRanges.Range> ranges, Instant now) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        MultipartRanges parts = new MultipartRanges(
                Long.toString(random.nextLong() >>> 1, 36) + Long.toString(random.nextLong() >>> 1, 36),
                headers.contentType(),
                entry.stat().sizeBytes(),
                ranges);
        ByteRanges.Range first = ranges.get(0);
        AioFileTransfer beginning =
                AioFileTransfer.of(ctx, file, first.firstByte(), first.lengthBytes(), config.transfer());
        whenReady(beginning, entry, () -> {
            ChannelFuture unused = ctx.write(headers.parts(parts, now));
            parts.send(ctx, file, config.transfer(), beginning).addListener(sent -> ended(entry, sent));
        });
    }

    private void ended(HttpFileEntry entry, Future<? super Void> sent) {
        entry.release();
        if (sent.cause() instanceof AioException failure) {
            // The header has promised a length: all that could still tell the client was the end of the channel.
            LOGGER.warn("{} {}: response cut: {}", request.method(), request.uri(), describe(failure));
        } else if (!sent.isSuccess()) {
            LOGGER.debug("{} {}: the client is gone", request.method(), request.uri(), sent.cause());
        }
    }

    // ---- response without a file ---------------------------------------------------------------------------------

    /** Takes over the entry. */
    private void refuse(HttpFileEntry entry) {
        HttpResponseStatus status = entry.refusal() == null ? HttpResponseStatus.NOT_FOUND : entry.refusal();
        Throwable failure = entry.failure();
        entry.release();
        if (failure == null) {
            refuse(status);
        } else {
            failed(status, failure);
        }
    }

    private void failed(HttpResponseStatus status, Throwable cause) {
        if (status.code() >= HttpResponseStatus.INTERNAL_SERVER_ERROR.code()) {
            LOGGER.warn("{} {}: answered {}: {}", request.method(), request.uri(), status, describe(cause));
        }
        refuse(status);
    }

    private void refuse(HttpResponseStatus status) {
        respond(headers.status(status, Instant.now()));
    }

    private void respond(FullHttpResponse response) {
        if (aborted) {
            response.release();
            return;
        }
        if (head) {
            // The length is that of the body a GET would have had.
            ByteBuf body = response.content();
            FullHttpResponse bare = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    response.status(),
                    Unpooled.EMPTY_BUFFER,
                    response.headers(),
                    response.trailingHeaders());
            body.release();
            ChannelFuture unused = ctx.writeAndFlush(bare);
        } else {
            ChannelFuture unused = ctx.writeAndFlush(response);
        }
    }

    /** On one line, whatever names are in it. */
    private static String describe(Throwable cause) {
        if (cause instanceof AioException failure) {
            return "disk error: " + failure.operation() + ": " + failure.errnoName();
        }
        return String.valueOf(cause.getMessage());
    }
}
