package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nettyaio.AioFile;
import io.nettyaio.handler.AioFilePublisher;
import io.nettyaio.handler.AioFileSubscriber;
import io.nettyaio.handler.AioReadAhead;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;
import org.testng.annotations.Test;

/** Files as streams of buffers, by the rules' own test kit: all of its checks that apply. */
@Timeout(120)
class ReactiveStreamsIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static final int ELEMENT_BYTES = 4096;
    /** For so long an event that has to come may take, and for so long one that must not come is waited for. */
    private static final long PATIENCE_MILLIS = 3_000;

    private static final long SILENCE_MILLIS = 50;
    /** For one check, however it hangs. */
    private static final Duration MOST = Duration.ofSeconds(60);

    /** A publisher that fails at once; ours fails when it is asked for what there is not. */
    private static final Set<String> NOT_APPLICABLE = Set.of(
            "optional_spec104_mustSignalOnErrorWhenFails",
            "required_spec109_mayRejectCallsToSubscribeIfPublisherIsUnableOrUnwillingToServeThem"
                    + "RejectionMustTriggerOnErrorAfterOnSubscribe");

    /** Lets go of the buffers in place of the kit, and gives it their lengths. */
    private record Releasing(Flow.Subscriber<? super Integer> to) implements Flow.Subscriber<ByteBuf> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            to.onSubscribe(subscription);
        }

        @Override
        public void onNext(ByteBuf buffer) {
            int length = buffer.readableBytes();
            buffer.release();
            to.onNext(length);
        }

        @Override
        public void onError(Throwable cause) {
            to.onError(cause);
        }

        @Override
        public void onComplete() {
            to.onComplete();
        }
    }

    private static final class OfPublisher extends FlowPublisherVerification<Integer> {

        private final AioFile file;

        OfPublisher(AioFile file) {
            super(new TestEnvironment(PATIENCE_MILLIS, SILENCE_MILLIS), PATIENCE_MILLIS);
            this.file = file;
        }

        @Override
        public Flow.Publisher<Integer> createFlowPublisher(long elements) {
            AioReadAhead readAhead = new AioReadAhead(ELEMENT_BYTES, 2, 16);
            return subscriber -> new AioFilePublisher(file, 0, elements * ELEMENT_BYTES, readAhead)
                    .subscribe(subscriber == null ? null : new Releasing(subscriber));
        }

        @Override
        public Flow.Publisher<Integer> createFailedFlowPublisher() {
            return null; // see NOT_APPLICABLE
        }

        @Override
        public long maxElementsFromPublisher() {
            return Integer.MAX_VALUE;
        }
    }

    private static final class OfSubscriber extends FlowSubscriberBlackboxVerification<ByteBuf> {

        private final AioFile file;

        OfSubscriber(AioFile file) {
            super(new TestEnvironment(PATIENCE_MILLIS, SILENCE_MILLIS));
            this.file = file;
        }

        @Override
        public Flow.Subscriber<ByteBuf> createFlowSubscriber() {
            return new AioFileSubscriber(file, 0, 16);
        }

        @Override
        public ByteBuf createElement(int element) {
            return Unpooled.copyInt(element);
        }
    }

    @TestFactory
    List<DynamicTest> publisher() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("hole"), READ, WRITE, CREATE);
        AioTestLoops.get(file.truncate((long) Integer.MAX_VALUE * ELEMENT_BYTES));
        return checks(OfPublisher.class, method -> {
            OfPublisher verification = new OfPublisher(file);
            verification.setUp();
            method.invoke(verification);
        });
    }

    @TestFactory
    List<DynamicTest> subscriber() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("copy"), WRITE, CREATE);
        return checks(OfSubscriber.class, method -> {
            OfSubscriber verification = new OfSubscriber(file);
            verification.startPublisherExecutorService();
            try {
                verification.setUp();
                method.invoke(verification);
            } finally {
                verification.shutdownPublisherExecutorService();
            }
        });
    }

    /** Runs one check of the kit on a verification of its own. */
    private interface Check {
        void run(Method method) throws Exception;
    }

    private static List<DynamicTest> checks(Class<?> type, Check check) {
        List<DynamicTest> checks = Arrays.stream(type.getMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .filter(method -> !method.getName().startsWith("untested_"))
                .filter(method -> !NOT_APPLICABLE.contains(method.getName()))
                .map(method -> DynamicTest.dynamicTest(method.getName(), () -> run(check, method)))
                .toList();
        assertThat(checks).hasSizeGreaterThan(10);
        return checks;
    }

    private static void run(Check check, Method method) {
        assertTimeoutPreemptively(MOST, () -> {
            try {
                check.run(method);
            } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
            }
        });
    }
}
