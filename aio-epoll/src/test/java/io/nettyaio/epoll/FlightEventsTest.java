package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioConfig;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the flight recorder is told. */
@Timeout(60)
class FlightEventsTest {

    private static final int PAGE = ScriptedSyscalls.ALIGNMENT;
    private static final String[] NAMES = {
        "SlowOperation", "SlowSubmit", "RouteDemotion", "QueueFull", "LoopStall", "Drain"
    };

    private final Recording recording = new Recording();

    @BeforeEach
    void start() {
        for (String name : NAMES) {
            recording.enable("io.nettyaio." + name);
        }
        recording.start();
    }

    @AfterEach
    void close() {
        recording.close();
    }

    private List<RecordedEvent> events(String name) {
        if (recording.getState() == RecordingState.RUNNING) {
            recording.stop();
        }
        try {
            Path file = Files.createTempFile("aio", ".jfr");
            try {
                recording.dump(file);
                return RecordingFile.readAllEvents(file).stream()
                        .filter(event -> event.getEventType().getName().equals("io.nettyaio." + name))
                        .toList();
            } finally {
                Files.delete(file);
            }
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    @Test
    void shouldTellOfASlowOperationWhenItTakesLongerThanTheThreshold() {
        HeldTruncates syscalls = new HeldTruncates();
        try (TestFile file = TestFile.ofSize(100);
                Engine engine = new Engine(
                        syscalls, AioConfig.builder().metrics(true).slowOperation(20, TimeUnit.MILLISECONDS))) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.WRITE);
            AioFuture<Void> slow = opened.truncate(10);
            syscalls.holdup.awaitArrived(1);
            pause(40);
            syscalls.holdup.letGo();
            Await.value(slow);
            engine.turns(2);
            String context = engine.context.name();

            assertThat(events("SlowOperation"))
                    .filteredOn(event -> event.getString("operation").equals("truncate"))
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.getString("context")).isEqualTo(context);
                        assertThat(event.getString("path"))
                                .isEqualTo(file.path().toString());
                        assertThat(event.getString("ioClass")).isEqualTo("default");
                        assertThat(event.getString("route")).isEqualTo("HELPER");
                        assertThat(event.getDuration("total")).isGreaterThanOrEqualTo(Duration.ofMillis(40));
                        assertThat(event.getDuration("device")).isGreaterThanOrEqualTo(Duration.ofMillis(40));
                    });
        }
    }

    @Test
    void shouldTellOfASlowSubmitAndOfTheDemotionWhenTheKernelHoldsUpTheLoop() {
        FakeKernel kernel = new FakeKernel() {
            @Override
            public int ioSubmit(long context, int count, long iocbs) {
                pause(3);
                return super.ioSubmit(context, count, iocbs);
            }
        }.automatic(true);
        try (TestFile file = TestFile.ofSize(8 * PAGE);
                Engine engine = new Engine(kernel, AioConfig.builder().loopBudget(1, TimeUnit.MILLISECONDS))) {
            EpollAioFile direct = engine.openDirect(file.path());
            // Two soon after each other: the first may be long ago where classes are loaded meanwhile.
            for (int i = 0; i < 20 && engine.context.stats().demotions() == 0; i++) {
                ByteBuf buffer = TestFile.buffer(PAGE);
                Await.value(direct.read(buffer, 0));
                buffer.release();
            }
            String device = direct.handle().device().number();

            List<RecordedEvent> demotions = events("RouteDemotion");
            assertThat(demotions).hasSize(1);
            assertThat(demotions.get(0).getString("device")).isEqualTo(device);
            assertThat(demotions.get(0).getString("reason")).isEqualTo("budget");
            assertThat(demotions.get(0).getDuration("forNanos")).isEqualTo(Duration.ofMillis(20));
            assertThat(events("SlowSubmit")).hasSizeGreaterThan(1).allSatisfy(event -> {
                assertThat(event.getInt("submitted")).isEqualTo(1);
                assertThat(event.getDuration("took")).isGreaterThanOrEqualTo(Duration.ofMillis(3));
            });
        }
    }

    @Test
    void shouldTellOnceInARowWhenTheQueueIsFull() {
        HeldTruncates syscalls = new HeldTruncates();
        try (TestFile file = TestFile.ofSize(100);
                Engine engine = new Engine(syscalls, AioConfig.builder().pendingOperations(1))) {
            EpollAioFile opened = engine.open(file.path(), AioOpenOption.WRITE);
            AioFuture<Void> first = opened.truncate(10);
            syscalls.holdup.awaitArrived(1);
            for (int i = 0; i < 3; i++) {
                assertThat(Await.failure(opened.size())).hasMessageContaining("pendingOperations=1");
            }
            syscalls.holdup.letGo();
            Await.value(first);

            assertThat(events("QueueFull")).singleElement().satisfies(event -> {
                assertThat(event.getString("operation")).isEqualTo("size");
                assertThat(event.getInt("pending")).isEqualTo(1);
                assertThat(event.getString("path")).isEqualTo(file.path().toString());
            });
        }
    }

    @Test
    void shouldTellHowLongItTookWhenAContextDrains() {
        HeldTruncates syscalls = new HeldTruncates();
        String context;
        try (TestFile file = TestFile.ofSize(100)) {
            Engine engine = new Engine(syscalls);
            context = engine.context.name();
            AioFuture<Void> held = engine.open(file.path(), AioOpenOption.WRITE).truncate(10);
            syscalls.holdup.awaitArrived(1);
            AioFuture<Void> closed = engine.context.close();
            engine.turns(2);
            pause(20);
            syscalls.holdup.letGo();
            Await.value(closed);
            Await.value(held);
            engine.close();
        }
        assertThat(events("Drain")).singleElement().satisfies(event -> {
            assertThat(event.getString("context")).isEqualTo(context);
            assertThat(event.getInt("pending")).isEqualTo(1);
            assertThat(event.getInt("inFlight")).isEqualTo(1);
            assertThat(event.getBoolean("loopShutsDown")).isFalse();
            assertThat(event.getDuration()).isGreaterThanOrEqualTo(Duration.ofMillis(20));
        });
    }

    @Test
    void shouldTellThatTheLoopShutsDownWhenThatIsWhyItDrains() {
        Engine engine = new Engine(new ScriptedSyscalls());
        Await.value(engine.shutdownLoop());
        // As EpollAio does when a loop has terminated, which may not have told its handles.
        engine.context.closer().loopTerminated();
        engine.close();
        assertThat(events("Drain"))
                .singleElement()
                .satisfies(
                        event -> assertThat(event.getBoolean("loopShutsDown")).isTrue());
    }

    /** The offender is named while it still holds up the loop, and how long it did so when it has ended. */
    @Test
    void shouldNameWhatHoldsUpTheLoopWhenATaskBlocksIt() {
        try (Engine engine =
                new Engine(new ScriptedSyscalls(), AioConfig.builder().stallThreshold(60, TimeUnit.MILLISECONDS))) {
            engine.turns(2);
            engine.onLoop(() -> blockForALongTime());
            Await.until(
                    "the answer after the stall",
                    () -> engine.context.measurements().lagNanos().sum() > TimeUnit.MILLISECONDS.toNanos(200));
            assertThat(engine.context.measurements().stalls()).isEqualTo(1);
            assertThat(EngineLog.warnings())
                    .anySatisfy(warning -> assertThat(warning)
                            .contains("has not come back to its selector")
                            .contains("blockForALongTime"));
            Thread loopThread = engine.onLoop(Thread::currentThread);
            assertThat(events("LoopStall")).singleElement().satisfies(event -> {
                assertThat(event.getString("stack")).contains("FlightEventsTest.blockForALongTime");
                assertThat(event.getString("loopThread")).isEqualTo(loopThread.getName());
                assertThat(event.getDuration("took")).isBetween(Duration.ofMillis(150), Duration.ofSeconds(10));
            });
        }
    }

    private static void blockForALongTime() {
        pause(300);
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }
}
