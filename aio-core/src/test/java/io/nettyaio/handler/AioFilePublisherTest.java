package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.nettyaio.AioException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The rules of Reactive Streams that concern a publisher, over a file whose reads complete when told. */
@Timeout(20)
class AioFilePublisherTest {

    private static final int CHUNK = 4096;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ScriptedFile scripted = new ScriptedFile(channel.eventLoop());

    @AfterEach
    void nothingIsLeft() {
        channel.finishAndReleaseAll();
        scripted.assertBuffersGivenBack();
        assertThat(scripted.closes()).as("the file is the caller's").isZero();
    }

    /** Notes what it is told. */
    private static class Signals implements Flow.Subscriber<ByteBuf> {
        final List<String> seen = new ArrayList<>();
        Flow.Subscription subscription;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            seen.add("subscribe");
            subscription = given;
        }

        @Override
        public void onNext(ByteBuf buffer) {
            seen.add("next " + buffer.readableBytes());
            buffer.release();
        }

        @Override
        public void onError(Throwable cause) {
            seen.add(cause.getClass().getSimpleName());
        }

        @Override
        public void onComplete() {
            seen.add("complete");
        }
    }

    private AioFilePublisher publisher(long length) {
        return new AioFilePublisher(scripted.file(), 0, length, new AioReadAhead(CHUNK, 2, 4));
    }

    private Signals subscribe(long length) {
        Signals signals = new Signals();
        publisher(length).subscribe(signals);
        return signals;
    }

    /** Rule 1.1: no more than requested; and none read, either. */
    @Test
    void shouldReadAndGiveNoMoreThanRequested() {
        Signals signals = subscribe(10 * CHUNK);
        assertThat(signals.seen).containsExactly("subscribe");
        assertThat(scripted.reads).isEmpty();
        signals.subscription.request(1);
        assertThat(scripted.reads).hasSize(1);
        scripted.completeAll();
        assertThat(signals.seen).containsExactly("subscribe", "next 4096");
        assertThat(scripted.reads).hasSize(1);
        signals.subscription.request(3);
        while (scripted.completeAll() > 0) {
            assertThat(scripted.reads.size()).isLessThanOrEqualTo(4);
        }
        assertThat(signals.seen).hasSize(5);
        signals.subscription.cancel();
    }

    /** Rules 1.5 and 1.7: complete once, nothing afterwards, without further demand. */
    @Test
    void shouldCompleteOnceWhenEverythingIsGiven() {
        Signals signals = subscribe(CHUNK + 10);
        signals.subscription.request(2);
        scripted.completeAll();
        assertThat(signals.seen).containsExactly("subscribe", "next 4096", "next 10", "complete");
        signals.subscription.request(1);
        signals.subscription.request(-1);
        signals.subscription.cancel();
        assertThat(signals.seen).hasSize(4);
    }

    @Test
    void shouldCompleteWithoutDemandWhenEmpty() {
        assertThat(subscribe(0).seen).containsExactly("subscribe", "complete");
    }

    /** Rule 3.9. */
    @Test
    void shouldFailWhenRequestIsNotPositive() {
        for (long n : new long[] {0, -1, Long.MIN_VALUE}) {
            Signals signals = subscribe(CHUNK);
            signals.subscription.request(n);
            signals.subscription.request(1);
            assertThat(signals.seen).containsExactly("subscribe", "IllegalArgumentException");
        }
    }

    /** Rule 3.17: demand of Long.MAX_VALUE and more is without end; rule 3.3: no recursion. */
    @Test
    void shouldNotOverflowNorRecurseWhenRequestsAddUp() {
        int[] depth = new int[1];
        Signals signals = new Signals() {
            @Override
            public void onNext(ByteBuf buffer) {
                assertThat(depth[0]++).isZero();
                super.onNext(buffer);
                subscription.request(Long.MAX_VALUE);
                depth[0]--;
            }
        };
        publisher(100 * CHUNK).subscribe(signals);
        signals.subscription.request(Long.MAX_VALUE);
        signals.subscription.request(Long.MAX_VALUE);
        while (scripted.completeAll() > 0) {
            channel.runPendingTasks();
        }
        assertThat(signals.seen).hasSize(102).endsWith("complete");
    }

    /** Rules 3.5 to 3.7: cancelled at any moment, twice, from within onNext. */
    @Test
    void shouldGiveBackAndBeSilentWhenCancelled() {
        Signals signals = subscribe(10 * CHUNK);
        signals.subscription.request(4);
        scripted.reads.get(1).complete();
        signals.subscription.cancel();
        signals.subscription.cancel();
        signals.subscription.request(5);
        assertThat(signals.seen).containsExactly("subscribe");
        Signals inside = new Signals() {
            @Override
            public void onNext(ByteBuf buffer) {
                super.onNext(buffer);
                subscription.cancel();
            }
        };
        publisher(10 * CHUNK).subscribe(inside);
        inside.subscription.request(Long.MAX_VALUE);
        scripted.completeAll();
        assertThat(inside.seen).containsExactly("subscribe", "next 4096");
    }

    @Test
    void shouldFailWithDisksErrorWhenReadFailsOrFileShrinks() {
        Signals signals = subscribe(10 * CHUNK);
        signals.subscription.request(4);
        scripted.reads.get(1).fail(5, "EIO");
        assertThat(signals.seen).containsExactly("subscribe");
        scripted.reads.get(0).complete();
        assertThat(signals.seen).containsExactly("subscribe", "next 4096", "AioException");
        Signals shrunk = subscribe(10 * CHUNK);
        shrunk.subscription.request(1);
        scripted.last().complete(1);
        assertThat(shrunk.seen).containsExactly("subscribe", AioException.class.getSimpleName());
    }

    /** Rule 1.11, and rule 1.9. */
    @Test
    void shouldServeEachWhenSubscribedBySeveral() {
        AioFilePublisher publisher = publisher(CHUNK);
        Signals first = new Signals();
        Signals second = new Signals();
        publisher.subscribe(first);
        publisher.subscribe(second);
        first.subscription.request(1);
        second.subscription.request(1);
        scripted.completeAll();
        assertThat(first.seen).containsExactly("subscribe", "next 4096", "complete");
        assertThat(second.seen).isEqualTo(first.seen);
        assertThatThrownBy(() -> publisher.subscribe(null)).isInstanceOf(NullPointerException.class);
    }
}
