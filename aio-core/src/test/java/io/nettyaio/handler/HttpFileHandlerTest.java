package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests while the context has enough to do, or while the client leaves. */
@Timeout(20)
class HttpFileHandlerTest {

    private final ScriptedMarks marks = new ScriptedMarks();
    private final List<ScriptedFuture<AioFile>> opens = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final HttpFileRoot root = new HttpFileRoot(directory(), HttpFileConfig.defaults());

    HttpFileHandlerTest() {
        channel.pipeline().addLast(new HttpFileHandler(root));
    }

    @AfterEach
    void end() {
        channel.finishAndReleaseAll();
        assertThat(marks.listeners).as("listeners left").isEmpty();
    }

    private AioFile directory() {
        AioContext[] context = new AioContext[1];
        context[0] = proxy(AioContext.class, (self, name, arguments) -> switch (name) {
            case "eventLoop" -> channel.eventLoop();
            case "openBeneath" -> {
                ScriptedFuture<AioFile> opened = new ScriptedFuture<>(channel.eventLoop());
                opens.add(opened);
                yield opened;
            }
            default -> marks.call((AioContext) self, name, arguments);
        });
        return proxy(AioFile.class, (self, name, arguments) -> switch (name) {
            case "context" -> context[0];
            case "on" -> self;
            default -> throw new UnsupportedOperationException(name);
        });
    }

    private interface Handler {
        Object call(Object self, String name, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> handler.call(self, method.getName(), arguments)));
    }

    private void get(String path) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path);
        request.headers().set("Host", "test");
        channel.writeInbound(request, LastHttpContent.EMPTY_LAST_CONTENT);
        channel.runPendingTasks();
    }

    private void refuse(AioFuture<AioFile> open) {
        ((ScriptedFuture<AioFile>) open)
                .setFailure(new AioException(AioException.Kind.SYSTEM, 2, "ENOENT", "open", "file", 0, "scripted"));
        channel.runPendingTasks();
    }

    private void checkNotFound() {
        HttpResponse response = channel.readOutbound();
        assertThat(response.status()).isEqualTo(HttpResponseStatus.NOT_FOUND);
        channel.releaseOutbound();
    }

    @Test
    void shouldStartARequestOnlyWhenTheContextTakesMore() {
        get("/a");
        assertThat(opens).hasSize(1);
        refuse(opens.get(0));
        checkNotFound();
        marks.quietly(false);
        get("/b");
        assertThat(opens).hasSize(1);
        assertThat(channel.config().isAutoRead()).isFalse();
        marks.submittable(false);
        assertThat(opens).as("told of nothing new").hasSize(1);
        marks.submittable(true);
        assertThat(opens).hasSize(2);
        assertThat(channel.config().isAutoRead()).isTrue();
        refuse(opens.get(1));
        checkNotFound();
    }

    /** What others have started when it is told may be enough again. */
    @Test
    void shouldGoOnWaitingWhenTheContextHasEnoughAgain() {
        marks.quietly(false);
        marks.listeners.add(context -> marks.quietly(false));
        get("/a");
        // The first listener is told before it is this one's turn.
        marks.submittable(true);
        assertThat(opens).isEmpty();
        assertThat(channel.config().isAutoRead()).isFalse();
        marks.listeners.remove(0);
        marks.submittable(true);
        assertThat(opens).hasSize(1);
        assertThat(channel.config().isAutoRead()).isTrue();
        refuse(opens.get(0));
        checkNotFound();
    }

    @Test
    void shouldForgetTheRequestWhenTheChannelIsClosedMeanwhile() {
        marks.quietly(false);
        get("/a");
        assertThat(marks.listeners).hasSize(1);
        assertThat(channel.close().isSuccess()).isTrue();
        channel.runPendingTasks();
        assertThat(marks.listeners).isEmpty();
        marks.submittable(true);
        assertThat(opens).isEmpty();
    }

    /** Its transfer is closed before its handlers know, which is no reason to answer 500, nor to log it. */
    @Test
    void shouldAnswerNothingWhenTheChannelIsClosedBeforeTheResponse() {
        AtomicInteger writes = new AtomicInteger();
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                writes.incrementAndGet();
                ReferenceCountUtil.release(message);
                promise.setSuccess();
            }
        });
        ScriptedFile file = new ScriptedFile(channel.eventLoop());
        get("/a");
        opens.get(0).setSuccess(file.file());
        channel.runPendingTasks();
        assertThat(file.pending()).isPositive();
        assertThat(channel.close().isSuccess()).isTrue();
        channel.runPendingTasks();
        assertThat(writes).hasValue(0);
        file.assertBuffersGivenBack();
    }

    /** An upload and a download of one channel: whoever resumes last resumes it. */
    @Test
    void shouldNotReadForASinkThatIsFullWhenTheContextTakesMore() {
        marks.quietly(false);
        ReadThrottle.of(channel).hold(true);
        get("/a");
        marks.submittable(true);
        assertThat(opens).hasSize(1);
        assertThat(channel.config().isAutoRead()).isFalse();
        ReadThrottle.of(channel).hold(false);
        assertThat(channel.config().isAutoRead()).isTrue();
        refuse(opens.get(0));
        checkNotFound();
    }
}
