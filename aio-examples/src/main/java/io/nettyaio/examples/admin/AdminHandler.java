package io.nettyaio.examples.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests, which come one at a time. What takes time is done by a worker, which hands the response to the loop.
 *
 * <p><b>Threading.</b> The admin port's loop; shared by all connections, and without state.
 */
@ChannelHandler.Sharable
final class AdminHandler extends ChannelInboundHandlerAdapter {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(AdminHandler.class);

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    /** The formats of Prometheus. */
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    private static final String INDEX = "/metrics  for Prometheus\n/health   UP, DEGRADED or DOWN, and why\n";

    private final Callable<Health> health;
    private final PrometheusMeterRegistry registry;
    private final Executor workers;
    private final ObjectMapper json = new ObjectMapper();

    /**
     * A handler for all connections.
     *
     * @param health   examines the server; may wait
     * @param workers  run what takes time; refuse what is too much
     */
    AdminHandler(Callable<Health> health, PrometheusMeterRegistry registry, Executor workers) {
        this.health = health;
        this.registry = registry;
        this.workers = workers;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            requested(ctx, request);
        }
        if (message instanceof HttpObject) {
            ReferenceCountUtil.release(message);
        } else {
            ctx.fireChannelRead(message);
        }
    }

    private void requested(ChannelHandlerContext ctx, HttpRequest request) {
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            FullHttpResponse refused = text(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET and HEAD only\n");
            refused.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
            send(ctx, refused);
            return;
        }
        int query = request.uri().indexOf('?');
        String path = query < 0 ? request.uri() : request.uri().substring(0, query);
        switch (path) {
            case "/" -> send(ctx, text(HttpResponseStatus.OK, INDEX));
            case "/metrics" -> {
                String accepted = request.headers().get(HttpHeaderNames.ACCEPT);
                work(ctx, () -> metrics(accepted));
            }
            case "/health" -> work(ctx, this::health);
            default -> send(ctx, text(HttpResponseStatus.NOT_FOUND, "there are /metrics and /health\n"));
        }
    }

    private void work(ChannelHandlerContext ctx, Callable<FullHttpResponse> answer) {
        try {
            workers.execute(() -> answer(ctx, answer));
        } catch (RejectedExecutionException tooMuch) {
            FullHttpResponse busy = text(HttpResponseStatus.SERVICE_UNAVAILABLE, "too many requests wait already\n");
            busy.headers().set(HttpHeaderNames.RETRY_AFTER, 1);
            send(ctx, busy);
        }
    }

    /** On a worker. */
    private static void answer(ChannelHandlerContext ctx, Callable<FullHttpResponse> answer) {
        FullHttpResponse response;
        try {
            response = answer.call();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return; // the admin port is closing, and its connections with it
        } catch (Exception defect) {
            LOGGER.warn("no answer could be made", defect);
            response = text(HttpResponseStatus.INTERNAL_SERVER_ERROR, "this is a bug; see the server's log\n");
        }
        send(ctx, response); // from here on it is the loop's
    }

    private FullHttpResponse metrics(@Nullable String accepted) {
        String type = accepted != null && accepted.contains("application/openmetrics-text") ? OPEN_METRICS : PROMETHEUS;
        return response(HttpResponseStatus.OK, type, registry.scrape(type));
    }

    private FullHttpResponse health() throws Exception {
        Health found = health.call();
        HttpResponseStatus status =
                found.status() == Health.Status.DOWN ? HttpResponseStatus.SERVICE_UNAVAILABLE : HttpResponseStatus.OK;
        try {
            return response(status, JSON, json.writeValueAsString(found) + '\n');
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("health is no JSON", e);
        }
    }

    private static FullHttpResponse text(HttpResponseStatus status, String text) {
        return response(status, TEXT, text);
    }

    private static FullHttpResponse response(HttpResponseStatus status, String type, String text) {
        ByteBuf content = Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, content);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes())
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set("x-content-type-options", "nosniff");
        return response;
    }

    private static void send(ChannelHandlerContext ctx, FullHttpResponse response) {
        ChannelFuture unused = ctx.writeAndFlush(response); // a client that is gone is no failure
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOGGER.debug("{}: closed", ctx.channel(), cause);
        ChannelFuture unused = ctx.close();
    }
}
