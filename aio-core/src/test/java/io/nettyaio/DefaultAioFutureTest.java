package io.nettyaio;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DefaultAioFutureTest {

    private final EventExecutor loop = new DefaultEventExecutor();

    /** Ends just after it was asked whether it has. */
    private final EventExecutor ending = (EventExecutor) Proxy.newProxyInstance(
            EventExecutor.class.getClassLoader(), new Class<?>[] {EventExecutor.class}, (self, method, arguments) -> {
                if (method.getName().equals("execute")) {
                    throw new RejectedExecutionException("event executor terminated");
                }
                return method.invoke(loop, arguments);
            });

    @AfterEach
    void shutDown() {
        var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void shouldRunListenersWhenLoopEndsAtThatVeryMoment() throws Exception {
        DefaultAioFuture<String> future = new DefaultAioFuture<>(ending);
        CountDownLatch heard = new CountDownLatch(2);
        future.addListener(done -> heard.countDown());

        future.setSuccess("done");
        future.addListener(done -> heard.countDown());

        assertThat(heard.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void shouldRunListenersOnLoopWhenSettledElsewhere() throws Exception {
        DefaultAioFuture<String> future = new DefaultAioFuture<>(loop);
        CountDownLatch heard = new CountDownLatch(1);
        future.addListener(done -> {
            if (loop.inEventLoop()) {
                heard.countDown();
            }
        });

        future.setSuccess("done");

        assertThat(heard.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void shouldKeepDeadlineWhenSetElsewhere() throws Exception {
        DefaultAioFuture<String> future = new DefaultAioFuture<>(loop);

        var same = future.deadline(Duration.ofMillis(1));

        assertThat(future.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(same.cause()).isInstanceOf(AioException.class);
    }
}
