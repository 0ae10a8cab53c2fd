package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.handler.AioFilePublisher;
import io.nettyaio.handler.AioFileSubscriber;
import io.nettyaio.handler.AioReadAhead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Files as streams of buffers, between loops and threads. */
@Timeout(60)
class FlowIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static final int SIZE = (5 << 20) + 77;
    private static final AioReadAhead READ_AHEAD = new AioReadAhead(32 << 10, 2, 8);

    private static Path source() throws IOException {
        return Patterns.file(TestFileSystem.DISK.newDirectory().resolve("source"), 6, SIZE);
    }

    @Test
    void shouldCopyWhenPublisherAndSubscriberAreOnTwoLoops() throws Exception {
        Path path = source();
        Path copy = path.resolveSibling("copy");
        Patterns.dropFromCache(path);
        for (int held : new int[] {1, 2, 7, 64}) {
            Files.deleteIfExists(copy);
            AioFile from = aio.open(path, READ);
            AioFile to = aio.open(aio.context(1), copy, WRITE, CREATE);
            AioFileSubscriber subscriber = new AioFileSubscriber(to, 100, held);
            new AioFilePublisher(from, 11, SIZE - 11, READ_AHEAD).subscribe(subscriber);
            assertThat(AioTestLoops.get(subscriber.result())).isEqualTo(SIZE - 11L);
            Patterns.check(Patterns.read(copy, 100, SIZE), 6, 11);
            assertThat(Files.size(copy)).isEqualTo(SIZE - 11 + 100);
        }
    }

    /** Its demand is what it is willing to hold, whoever publishes. */
    @Test
    void shouldHoldNoMoreThanToldWhenPublisherIsFast() throws Exception {
        Path copy = TestFileSystem.DISK.newDirectory().resolve("copy");
        AioFile to = aio.open(copy, WRITE, CREATE);
        AioFileSubscriber subscriber = new AioFileSubscriber(to, 0, 8);
        AtomicInteger demand = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (SubmissionPublisher<ByteBuf> publisher = new SubmissionPublisher<>(Runnable::run, 16)) {
            publisher.subscribe(new Flow.Subscriber<>() {
                @Override
                public void onSubscribe(Flow.Subscription subscription) {
                    subscriber.onSubscribe(new Flow.Subscription() {
                        @Override
                        public void request(long n) {
                            most.accumulateAndGet(demand.addAndGet((int) n), Math::max);
                            subscription.request(n);
                        }

                        @Override
                        public void cancel() {
                            subscription.cancel();
                        }
                    });
                }

                @Override
                public void onNext(ByteBuf buffer) {
                    demand.decrementAndGet();
                    subscriber.onNext(buffer);
                }

                @Override
                public void onError(Throwable cause) {
                    subscriber.onError(cause);
                }

                @Override
                public void onComplete() {
                    subscriber.onComplete();
                }
            });
            for (int i = 0; i < 500; i++) {
                int unused = publisher.submit(
                        aio.buffers().directBuffer(1000).writeBytes(Patterns.bytes(2, i * 1000L, 1000)));
            }
        }
        assertThat(AioTestLoops.get(subscriber.result())).isEqualTo(500_000);
        assertThat(most.get()).isBetween(1, 8);
        Patterns.check(Patterns.read(copy, 0, 500_000), 2, 0);
    }

    @Test
    void shouldReleaseEverythingWhenFailedOrCancelled() throws Exception {
        Path path = source();
        AioFile from = aio.open(path, READ);
        AioFile unwritable = aio.open(path, READ);
        AioFileSubscriber failing = new AioFileSubscriber(unwritable, 0, 16);
        new AioFilePublisher(from, 0, SIZE, READ_AHEAD).subscribe(failing);
        assertThat(AioTestLoops.failure(failing.result()).errnoName()).isEqualTo("EBADF");

        AioFile to = aio.open(path.resolveSibling("copy"), WRITE, CREATE);
        AioFileSubscriber cancelled = new AioFileSubscriber(to, 0, 16);
        new AioFilePublisher(from, 0, SIZE, READ_AHEAD).subscribe(cancelled);
        cancelled.cancel();
        assertThat(AioTestLoops.cause(cancelled.result())).isInstanceOf(CancellationException.class);

        AioFileSubscriber shortened = new AioFileSubscriber(to, 0, 16);
        new AioFilePublisher(from, 0, SIZE + 1, READ_AHEAD).subscribe(shortened);
        assertThat(AioTestLoops.failure(shortened.result()).kind()).isEqualTo(AioException.Kind.SHRUNK);
    }
}
