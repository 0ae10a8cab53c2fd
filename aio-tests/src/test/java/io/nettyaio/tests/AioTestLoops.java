package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioContextStats;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.metrics.AioContexts;
import io.nettyaio.metrics.AioMeasurements;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives each test fresh epoll loops, with contexts made on first use, and asserts after each test that nothing is left:
 * nothing pending, every slot free, every view closed; after the loops' shutdown no descriptor, no AIO context, no byte
 * of the allocators and no leak report either.
 *
 * <p>To be registered as a static field: {@code @RegisterExtension static final AioTestLoops aio = AioTestLoops.of(2)}.
 */
public final class AioTestLoops implements BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final int loops;
    private @Nullable EventLoopGroup group;
    private UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(true);
    private final List<EventLoop> eventLoops = new ArrayList<>();
    private final List<EventLoopGroup> moreGroups = new ArrayList<>();
    private final Set<AioContext> contexts = new LinkedHashSet<>();
    private final List<AioFile> files = new ArrayList<>();
    private final List<AioPipe> pipes = new ArrayList<>();
    private Map<String, Integer> descriptorsBefore = Map.of();
    private long alignedBytesBefore;

    private AioTestLoops(int loops) {
        this.loops = loops;
    }

    /** With so many loops for each test. */
    public static AioTestLoops of(int loops) {
        return new AioTestLoops(loops);
    }

    // ---- what tests use ------------------------------------------------------------------------------------------

    /** The first loop's context. */
    public AioContext context() {
        return context(0);
    }

    /** A loop's context, with the settings of {@link #config()} where it is made now. */
    public AioContext context(int loop) {
        for (AioContext context : contexts) {
            if (context.eventLoop() == loop(loop)) {
                return context;
            }
        }
        return context(loop, config().build());
    }

    /** A loop's context, made with these settings. */
    public AioContext context(int loop, AioConfig config) {
        return watch(EpollAio.context(loop(loop), config));
    }

    /** Defaults, with the counted allocator; on a busy machine no route is to depend on how long a call took. */
    public AioConfig.Builder config() {
        return AioConfig.builder().allocator(buffers).loopBudget(1, TimeUnit.MINUTES);
    }

    /** One of the test's loops. */
    public EventLoop loop(int loop) {
        return eventLoops.get(loop);
    }

    /** The loops' group. */
    public EventLoopGroup group() {
        if (group == null) {
            throw new IllegalStateException("no test is running");
        }
        return group;
    }

    /** A further group, shut down and checked with the others. */
    public <G extends EventLoopGroup> G watch(G another) {
        moreGroups.add(another);
        return another;
    }

    /** A further context, checked with the others. */
    public AioContext watch(AioContext context) {
        contexts.add(context);
        return context;
    }

    /** Opens a file on the first loop's context. Closed after the test, if not before. */
    public AioFile open(Path path, AioOpenOption... options) throws Exception {
        return open(context(), path, options);
    }

    /** Opens a file on a context. Closed after the test, if not before. */
    public AioFile open(AioContext context, Path path, AioOpenOption... options) throws Exception {
        return closeLater(get(context.open(path, options)));
    }

    /** A view of a file on another of the loops. Closed after the test, if not before. */
    public AioFile on(AioFile file, int loop) {
        AioContext unused = context(loop); // so that it is checked afterwards
        return closeLater(file.on(loop(loop)));
    }

    /** Has a file closed after the test. */
    public AioFile closeLater(AioFile file) {
        files.add(file);
        return file;
    }

    /** A pipe on the first loop's context. Both ends are closed after the test, if not before. */
    public AioPipePair pipe() throws Exception {
        AioPipePair pair = get(context().pipe());
        closeLater(pair.readEnd());
        closeLater(pair.writeEnd());
        return pair;
    }

    /** Has a pipe closed after the test. */
    public AioPipe closeLater(AioPipe pipe) {
        pipes.add(pipe);
        return pipe;
    }

    /** Unpooled, heap or direct, not aligned; every byte has to be given back by the end of the test. */
    public ByteBufAllocator buffers() {
        return buffers;
    }

    /** Runs on a loop and waits for the result. */
    public <V> V onLoop(int loop, Callable<V> task) throws Exception {
        return get(loop(loop).submit(task));
    }

    /** Whether a loop answers within a second, and goes on to: what was started before has gone off by then. */
    public boolean isResponsive(int loop) throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            if (!loop(loop).submit(() -> {}).await(1, TimeUnit.SECONDS)) {
                return false;
            }
            Thread.sleep(2);
        }
        return true;
    }

    /** The result of a future, within 20 s. */
    @SuppressWarnings("TypeParameterUnusedInFormals")
    public static <V> V get(Future<V> future) throws Exception {
        settle(future);
        if (!future.isSuccess()) {
            throw new ExecutionException("operation failed", future.cause());
        }
        return future.getNow();
    }

    /** Waits until a future has settled, for 20 s at most. */
    public static void settle(Future<?> future) throws Exception {
        if (!future.await(PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
            throw new TimeoutException("not settled after 20 s: " + future);
        }
    }

    /** The future, once it has settled. */
    public static <F extends Future<?>> F settled(F future) throws Exception {
        settle(future);
        return future;
    }

    /** Has a group shut down without waiting for it. */
    public static void shutDown(EventLoopGroup group) {
        Future<?> unused = group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    /** Why a future has failed. */
    public static Throwable cause(Future<?> future) throws Exception {
        settle(future);
        assertThat(future.isSuccess()).as("is success: %s", future).isFalse();
        return future.cause();
    }

    /** The error a future has failed with. */
    public static AioException failure(Future<?> future) throws Exception {
        Throwable cause = cause(future);
        assertThat(cause).isInstanceOf(AioException.class);
        return (AioException) cause;
    }

    /** Waits for a condition, for 20 s at most. */
    public static void eventually(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not after 20 s: " + what);
            }
            Thread.sleep(1);
        }
    }

    /** Waits until the library has let go of a buffer but for so many references. */
    public static void awaitReferences(ByteBuf buffer, int references) throws Exception {
        eventually("references of " + buffer + " are " + references, () -> buffer.refCnt() == references);
    }

    // ---- before and after each test ------------------------------------------------------------------------------

    @Override
    public void beforeEach(ExtensionContext test) throws Exception {
        Leaks.install();
        Need.that(EpollAio.isAvailable(), "the engine is not available", EpollAio.unavailabilityCause());
        descriptorsBefore = Descriptors.byKind();
        alignedBytesBefore = alignedBytes();
        buffers = new UnpooledByteBufAllocator(true);
        group = new MultiThreadIoEventLoopGroup(loops, EpollIoHandler.newFactory());
        for (int i = 0; i < loops; i++) {
            eventLoops.add(group.next());
        }
    }

    @Override
    public void afterEach(ExtensionContext test) throws Exception {
        if (group == null) {
            return; // skipped before it began
        }
        List<Throwable> failures = new ArrayList<>();
        check(failures, this::closeFiles);
        for (AioContext context : contexts) {
            check(failures, () -> checkQuiescent(context));
        }
        check(failures, this::shutDownGroups);
        for (AioContext context : contexts) {
            check(failures, () -> checkClosed(context));
        }
        check(failures, this::checkMemory);
        check(failures, this::checkDescriptors);
        check(failures, () -> assertThat(Leaks.reports()).as("leak reports").isEmpty());
        check(failures, TestFileSystem::deleteDirectories);
        group = null;
        eventLoops.clear();
        moreGroups.clear();
        contexts.clear();
        files.clear();
        pipes.clear();
        if (!failures.isEmpty()) {
            AssertionError error = new AssertionError("left behind: " + failures.get(0), failures.get(0));
            failures.stream().skip(1).forEach(error::addSuppressed);
            throw error;
        }
    }

    @Override
    public void afterAll(ExtensionContext tests) throws Exception {
        assertThat(Leaks.collectedReports()).as("leak reports").isEmpty();
    }

    private interface Check {
        void run() throws Exception;
    }

    private static void check(List<Throwable> failures, Check check) {
        try {
            check.run();
        } catch (Exception | AssertionError e) {
            failures.add(e);
        }
    }

    private void closeFiles() throws Exception {
        for (AioFile file : files) {
            if (file.context().state() == AioContext.State.OPEN) {
                settle(file.close());
            }
        }
        for (AioPipe pipe : pipes) {
            if (pipe.context().state() == AioContext.State.OPEN) {
                settle(pipe.close());
            }
        }
    }

    private static void checkQuiescent(AioContext context) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        AioContextStats stats = context.stats();
        while (!isQuiescent(stats) && System.nanoTime() - deadline < 0) {
            Thread.sleep(1);
            stats = context.stats();
        }
        assertThat(isQuiescent(stats)).as("quiescent: %s", stats).isTrue();
        AioMeasurements measurements = AioContexts.open().get(context);
        if (measurements != null) {
            assertThat(measurements.heldBytes()).as("bytes held after cancel").isZero();
        }
    }

    private static boolean isQuiescent(AioContextStats stats) {
        return stats.pending() == 0
                && stats.kernelInFlight() == 0
                && stats.helperInFlight() == 0
                && stats.freeSlots() == stats.slots()
                && stats.openFiles() == 0;
    }

    private void shutDownGroups() throws Exception {
        List<EventLoopGroup> groups = new ArrayList<>(moreGroups);
        groups.add(group());
        for (EventLoopGroup each : groups) {
            shutDown(each);
        }
        for (EventLoopGroup each : groups) {
            assertThat(each.terminationFuture().await(PATIENCE_NANOS, TimeUnit.NANOSECONDS))
                    .as("terminated: %s", each)
                    .isTrue();
        }
    }

    private static void checkClosed(AioContext context) throws Exception {
        eventually("context is closed: " + context, () -> context.state() == AioContext.State.CLOSED);
        assertThat(isQuiescent(context.stats()))
                .as("quiescent after shutdown: %s", context.stats())
                .isTrue();
    }

    private void checkMemory() throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS / 4;
        while (bytesInUse() != 0 && System.nanoTime() - deadline < 0) {
            Thread.sleep(1);
        }
        assertThat(buffers.metric().usedDirectMemory())
                .as("direct bytes in use")
                .isZero();
        assertThat(buffers.metric().usedHeapMemory()).as("heap bytes in use").isZero();
        assertThat(alignedBytes() - alignedBytesBefore)
                .as("aligned bytes in use")
                .isZero();
    }

    private long bytesInUse() {
        return buffers.metric().usedDirectMemory()
                + buffers.metric().usedHeapMemory()
                + Math.abs(alignedBytes() - alignedBytesBefore);
    }

    private static long alignedBytes() {
        return ((PooledByteBufAllocator) AlignedByteBufAllocator.page()).pinnedDirectMemory();
    }

    private void checkDescriptors() throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS / 4;
        Map<String, Integer> more = moreThanBefore();
        while (!more.isEmpty() && System.nanoTime() - deadline < 0) {
            Thread.sleep(5);
            more = moreThanBefore();
        }
        assertThat(more).as("descriptors more than before, by kind").isEmpty();
    }

    /** Fewer is no leak: a loop of an earlier test may have been on its way out when this one began. */
    private Map<String, Integer> moreThanBefore() throws IOException {
        Map<String, Integer> more = new TreeMap<>();
        Descriptors.byKind().forEach((kind, count) -> {
            int surplus = count - descriptorsBefore.getOrDefault(kind, 0);
            if (surplus > 0) {
                more.put(kind, surplus);
            }
        });
        return more;
    }
}
