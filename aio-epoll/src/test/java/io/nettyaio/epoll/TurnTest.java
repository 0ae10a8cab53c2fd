package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioPipePair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** However much there is to do, the loop looks after its sockets in between: what users' listeners take is counted too. */
@Timeout(30)
class TurnTest {

    private static final int PAGE = 4096;
    private static final int MANY = 48;
    private static final long LISTENER_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    /** Of a loop budget of 1 ms, there is time for one in a turn; a tick and a wakeup are a turn each. */
    private static final int MOST_BETWEEN_SOCKETS = 4;

    private final TestFile file = TestFile.ofSize(MANY * PAGE);
    private final List<ByteBuf> buffers = new ArrayList<>();
    /** Of the loop. */
    private final Map<Integer, Integer> listenersAfterLook = new HashMap<>();

    private final AtomicInteger ran = new AtomicInteger();

    @AfterEach
    void deleteFile() {
        buffers.forEach(ByteBuf::release);
        file.close();
    }

    private static AioConfig.Builder config() {
        return AioConfig.builder().loopBudget(1, TimeUnit.MILLISECONDS);
    }

    private AioFuture<Integer> read(EpollAioFile from, int page) {
        ByteBuf into = TestFile.buffer(PAGE);
        buffers.add(into);
        return from.read(into, (long) page * PAGE);
    }

    private void listenTo(ReadySocket socket, Future<?> future) {
        future.addListener(done -> {
            long until = System.nanoTime() + LISTENER_NANOS;
            listenersAfterLook.merge(socket.looks(), 1, Integer::sum);
            while (System.nanoTime() - until < 0) {
                Thread.onSpinWait();
            }
            ran.incrementAndGet();
        });
    }

    private void assertSocketsLookedAfter(Engine engine, int listeners) {
        Await.until(() -> ran.get() + " listeners ran, want " + listeners, () -> ran.get() == listeners);
        Map<Integer, Integer> each = engine.onLoop(() -> Map.copyOf(listenersAfterLook));
        assertThat(Collections.max(each.values()))
                .as("between two looks at sockets")
                .isLessThanOrEqualTo(MOST_BETWEEN_SOCKETS);
    }

    @Test
    void shouldLookAfterSocketsWhenMuchIsSentOffAtOnce() {
        try (Engine engine = new Engine(new ScriptedSyscalls(), config());
                ReadySocket socket = new ReadySocket(engine)) {
            EpollAioFile from = engine.open(file.path());
            engine.onLoop(() -> {
                for (int i = 0; i < MANY; i++) {
                    listenTo(socket, read(from, i));
                }
            });
            assertSocketsLookedAfter(engine, MANY);
        }
    }

    /** What is turned away ends as well. */
    @Test
    void shouldLookAfterSocketsWhenMuchIsRefused() {
        try (Engine engine = new Engine(new ScriptedSyscalls(), config());
                ReadySocket socket = new ReadySocket(engine)) {
            EpollAioFile from = engine.open(file.path());
            engine.onLoop(() -> {
                for (int i = 0; i < MANY; i++) {
                    listenTo(socket, from.read(-1, PAGE));
                }
            });
            assertSocketsLookedAfter(engine, MANY);
        }
    }

    @Test
    void shouldLookAfterSocketsWhenMuchCompletesAtOnce() {
        FakeKernel kernel = new FakeKernel();
        try (Engine engine = new Engine(kernel, config());
                ReadySocket socket = new ReadySocket(engine)) {
            EpollAioFile from = engine.openDirect(file.path());
            engine.onLoop(() -> {
                for (int i = 0; i < MANY; i++) {
                    listenTo(socket, read(from, i));
                }
            });
            kernel.completeTogether(kernel.awaitInFlight(MANY));
            assertSocketsLookedAfter(engine, MANY);
        }
    }

    @Test
    void shouldLookAfterSocketsWhenHelpersBringBackMuchAtOnce() {
        Holdup helpers = new Holdup();
        AtomicInteger made = new AtomicInteger();
        ScriptedSyscalls syscalls = new ScriptedSyscalls() {
            @Override
            public int unlink(int from, long path, boolean directory) {
                helpers.pass();
                made.incrementAndGet();
                return -Errno.ENOENT;
            }
        };
        try (Engine engine = new Engine(syscalls, config());
                ReadySocket socket = new ReadySocket(engine)) {
            engine.onLoop(() -> {
                for (int i = 0; i < MANY; i++) {
                    listenTo(socket, engine.context.unlink(file.path()));
                }
            });
            Await.until(
                    "all are with helpers",
                    () -> engine.onLoop(() -> engine.context.stats().helperInFlight()) == MANY);
            Holdup loop = engine.holdLoop();
            helpers.letGo();
            Await.until("all are done", () -> made.get() == MANY);
            loop.letGo();
            assertSocketsLookedAfter(engine, MANY);
        }
    }

    @Test
    void shouldLookAfterSocketsWhenManyDeadlinesPass() {
        FakeKernel kernel = new FakeKernel();
        try (Engine engine = new Engine(kernel, config());
                ReadySocket socket = new ReadySocket(engine)) {
            EpollAioFile from = engine.openDirect(file.path());
            List<AioFuture<Integer>> reads = new ArrayList<>();
            engine.onLoop(() -> {
                for (int i = 0; i < MANY; i++) {
                    AioFuture<Integer> read = read(from, i).deadline(Duration.ofMillis(20));
                    listenTo(socket, read);
                    reads.add(read);
                }
            });
            assertSocketsLookedAfter(engine, MANY);
            assertThat(reads)
                    .allMatch(read -> read.cause() instanceof AioException failed
                            && failed.kind() == AioException.Kind.TIMED_OUT);
            kernel.completeTogether(kernel.awaitInFlight(MANY));
        }
    }

    @Test
    void shouldLookAfterSocketsWhenAPipeHasMuchForManyReads() {
        try (Engine engine = new Engine(new ScriptedSyscalls(), config());
                ReadySocket socket = new ReadySocket(engine)) {
            AioPipePair pipe = Await.value(engine.context.pipe());
            engine.onLoop(() -> {
                for (int i = 0; i < MANY; i++) {
                    ByteBuf into = TestFile.buffer(1);
                    buffers.add(into);
                    listenTo(socket, pipe.readEnd().read(into));
                }
            });
            ByteBuf bytes = TestFile.buffer(MANY).writerIndex(MANY);
            assertThat(Await.value(pipe.writeEnd().write(bytes))).isEqualTo(MANY);
            assertSocketsLookedAfter(engine, MANY);
            Await.value(pipe.readEnd().close());
            Await.value(pipe.writeEnd().close());
        }
    }

    /** Whatever the ring brings, and however long that takes: helpers' returns have their turn. */
    @Test
    void shouldTakeBackFromHelpersWhenTheRingIsNeverEmpty() {
        FakeKernel kernel = new FakeKernel().automatic(true);
        try (Engine engine = new Engine(kernel, config());
                ReadySocket socket = new ReadySocket(engine)) {
            EpollAioFile from = engine.openDirect(file.path());
            AtomicBoolean stop = new AtomicBoolean();
            ByteBuf into = TestFile.buffer(PAGE);
            buffers.add(into);
            engine.onLoop(() -> {
                for (int i = 0; i < 4; i++) {
                    readOn(socket, from, into, stop);
                }
            });
            Await.until("the ring is busy", () -> ran.get() > 4);
            assertThat(Await.value(engine.context.stat(file.path())).sizeBytes())
                    .isEqualTo(MANY * PAGE);
            stop.set(true);
        }
    }

    private void readOn(ReadySocket socket, EpollAioFile from, ByteBuf into, AtomicBoolean stop) {
        AioFuture<Integer> read = from.read(into.clear(), 0);
        listenTo(socket, read);
        read.addListener(done -> {
            if (!stop.get()) {
                readOn(socket, from, into, stop);
            }
        });
    }

    /** Each read is started by the listener of the one before it. */
    @Test
    void shouldLookAfterSocketsWhenOneLeadsToTheNext() {
        try (Engine engine = new Engine(new ScriptedSyscalls(), config());
                ReadySocket socket = new ReadySocket(engine)) {
            EpollAioFile from = engine.open(file.path(), AioOpenOption.READ);
            engine.onLoop(() -> next(socket, from, 0));
            assertSocketsLookedAfter(engine, MANY);
        }
    }

    private void next(ReadySocket socket, EpollAioFile from, int page) {
        AioFuture<Integer> read = read(from, page);
        listenTo(socket, read);
        if (page + 1 < MANY) {
            read.addListener(done -> next(socket, from, page + 1));
        }
    }
}
