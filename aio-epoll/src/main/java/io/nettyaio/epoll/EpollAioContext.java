package io.nettyaio.epoll;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioBatch;
import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioContextStats;
import io.nettyaio.AioEventFd;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioOperation;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioRoute;
import io.nettyaio.AioSignal;
import io.nettyaio.AioStat;
import io.nettyaio.AioSubmittableListener;
import io.nettyaio.LoopThreads;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The engine of one loop. What is started is sent off by the {@link Tick}; what comes back, through the ring
 * ({@link KernelAio}) or from helpers ({@link HelperReturns}), is completed when an eventfd wakes the loop. The life cycle
 * is {@link ContextCloser}'s.
 *
 * <p>Loop-confined, but for the calls that start an operation ({@link #begin}).
 */
final class EpollAioContext implements AioContext {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(EpollAioContext.class);
    private static final int DEFAULT_MODE = 0666;

    private static final AtomicBoolean SAID_WITHOUT_KERNEL_AIO = new AtomicBoolean();

    private final IoEventLoop loop;

    private final AioConfig config;
    private final Syscalls syscalls;
    private final IocbTable iocbs;
    private final SlotPool slots;
    private final @Nullable KernelAio kernel;
    private final @Nullable Throwable kernelCause;
    private final HelperPool helpers;
    private final Lane helperLane;
    private final DeviceLanes deviceLanes;
    private final Tick tick;
    private final Preemption preemption;
    private final HelperReturns returns;
    private final ContextCloser closer;
    private final Admission admission;
    private final Deadlines deadlines;
    /** Counts and times operations; {@code null} where nobody wants to know. */
    private final @Nullable Recorder recorder;

    private final ContextMeasurements measurements;

    private final CachedOpens cachedOpens = new CachedOpens(this);
    private final CloseGroup closes = new CloseGroup();
    private final Pipes pipes;
    private final Polls polls;

    private final Set<Operation> elsewhere = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<EpollAioFile> files = Collections.newSetFromMap(new IdentityHashMap<>());
    private final ArrayDeque<TransferOperation> reusable = new ArrayDeque<>();
    private final TurnTask reapTurn;
    private final TurnBudget reapBudget;
    /** So that neither the ring nor the helpers' returns use up every turn. */
    private boolean helpersFirst;

    private int helperInFlight;

    private long completedInline;
    private long completedKernel;
    private long completedHelper;

    EpollAioContext(IoEventLoop loop, AioConfig config, Syscalls syscalls) {
        this.loop = loop;
        this.config = config;
        this.syscalls = syscalls;
        recorder = config.metrics() ? new Recorder(this) : null;
        int depth = config.queueDepth();
        iocbs = new IocbTable(depth);
        slots = new SlotPool(this, loop, syscalls, iocbs, depth);
        tick = new Tick(this, loop, config);
        // A loop that is gone is drained by others.
        reapTurn = new TurnTask(loop, this::wakeup, () -> {});
        reapBudget = new TurnBudget(config.loopBudgetNanos());
        preemption = new Preemption(syscalls);
        admission = new Admission(this, config);
        deadlines = new Deadlines(this);
        returns = new HelperReturns(syscalls, depth);
        SharedHelpers shared = SharedHelpers.of(config);
        helpers = shared.pool();
        measurements = new ContextMeasurements(this, recorder);
        helperLane = new Lane(this, shared.gate(), AioClass.DEFAULT, config.helperQueue());
        deviceLanes = new DeviceLanes(this, config);
        long aioContext = config.kernelAio() ? syscalls.ioSetup(depth) : 0;
        if (aioContext > 0) {
            kernel = new KernelAio(this, syscalls, aioContext, iocbs, config);
            kernelCause = null;
        } else {
            kernel = null;
            kernelCause = aioContext == 0
                    ? new UnsupportedOperationException("AioConfig.kernelAio is false (io.nettyaio.kernelAio)")
                    : KernelAio.refusal((int) -aioContext, depth);
            if (aioContext < 0 && SAID_WITHOUT_KERNEL_AIO.compareAndSet(false, true)) {
                LOGGER.warn("no kernel AIO, file operations go to helper threads: {}", kernelCause.getMessage());
            }
        }
        closer = new ContextCloser(this, this.<Void>newPromise());
        pipes = new Pipes(this);
        polls = new Polls(this);
    }

    /** On the loop, once: makes the first slot, through which the context learns that the loop shuts down. */
    void attach() {
        LoopThreads.mark();
        measurements.open(this);
        int errno = slots.make();
        if (errno != 0) {
            LOGGER.warn("no eventfd could be made: {}: {}", Errno.name(errno), Errno.explain(errno));
        }
    }

    static boolean isLoopThread() {
        return LoopThreads.isOne();
    }

    // ---- parts ---------------------------------------------------------------------------------------------------

    @Override
    public IoEventLoop eventLoop() {
        return loop;
    }

    boolean inEventLoop() {
        return loop.inEventLoop() || closer.isDrainer();
    }

    @Override
    public AioConfig config() {
        return config;
    }

    @Override
    public State state() {
        return closer.state();
    }

    boolean isClosing() {
        return closer.state() != State.OPEN;
    }

    @Override
    public @Nullable Throwable kernelAioUnavailabilityCause() {
        return kernelCause;
    }

    boolean hasKernelAio() {
        return kernel != null;
    }

    /** Whether the time that operations spend with a device matters. */
    boolean hasLatencyGoal() {
        return config.deviceLatencyGoalNanos() > 0;
    }

    /** As its loop's thread is called. */
    String name() {
        return measurements.name();
    }

    @Nullable
    Recorder recorder() {
        return recorder;
    }

    ContextMeasurements measurements() {
        return measurements;
    }

    /** Operations on that device are moved off the loop, for so long where that is known. */
    void demoted(Device device, DemotionCounts.Reason reason, long nanos) {
        measurements.demotionCounts().count(device.number(), reason, nanos);
    }

    Tick tick() {
        return tick;
    }

    Preemption preemption() {
        return preemption;
    }

    Deadlines deadlines() {
        return deadlines;
    }

    HelperReturns returns() {
        return returns;
    }

    @Nullable
    KernelAio kernel() {
        return kernel;
    }

    Syscalls syscalls() {
        return syscalls;
    }

    IocbTable iocbs() {
        return iocbs;
    }

    SlotPool slots() {
        return slots;
    }

    HelperPool helpers() {
        return helpers;
    }

    Lane helperLane() {
        return helperLane;
    }

    CachedOpens cachedOpens() {
        return cachedOpens;
    }

    CloseGroup closes() {
        return closes;
    }

    DeviceLane deviceLane(Device device, AioClass ioClass) {
        return deviceLanes.of(device, ioClass);
    }

    /** Every way of this context through a gate. */
    void forEachLane(Consumer<Lane> action) {
        action.accept(helperLane);
        deviceLanes.forEach(action);
    }

    @Override
    public boolean isSubmittable() {
        return admission.isSubmittable();
    }

    @Override
    public AioContext addSubmittableListener(AioSubmittableListener listener) {
        admission.add(listener);
        return this;
    }

    @Override
    public AioContext removeSubmittableListener(AioSubmittableListener listener) {
        admission.remove(listener);
        return this;
    }

    @Override
    public ByteBufAllocator alignedAllocator() {
        return AlignedByteBufAllocator.page();
    }

    <V extends @Nullable Object> AioPromise<V> newPromise() {
        return new AioPromise<>(loop);
    }

    // ---- starting ------------------------------------------------------------------------------------------------

    @Override
    public AioFuture<AioFile> open(Path path, AioOpenOption... options) {
        return open(path, setOf(options), DEFAULT_MODE);
    }

    @Override
    public AioFuture<AioFile> open(Path path, Set<AioOpenOption> options, int mode) {
        return begin(new OpenOperation(this, path, options, mode));
    }

    @Override
    public AioFuture<AioFile> openBeneath(AioFile directory, String relativePath, AioOpenOption... options) {
        return openBeneath(directory, relativePath, setOf(options), DEFAULT_MODE);
    }

    @Override
    public AioFuture<AioFile> openBeneath(
            AioFile directory, String relativePath, Set<AioOpenOption> options, int mode) {
        String text = directory.path() + "/" + relativePath;
        return beginIn(directory, new OpenOperation(this, own(directory), text, relativePath, options, mode));
    }

    /** The view that an operation goes through; {@code null} where it will be refused. */
    private @Nullable EpollAioFile own(AioFile directory) {
        return directory.context() == this ? DeadlineFile.unwrap(directory) : null;
    }

    private <V extends @Nullable Object> AioFuture<V> beginIn(AioFile directory, HelperOperation<V> operation) {
        if (directory.context() != this) {
            operation.refuse(Failures.argument(
                    Errno.EINVAL,
                    operation.name(),
                    operation.path(),
                    "the directory belongs to another loop; use directory.on(eventLoop)"));
        }
        return begin(operation);
    }

    private static Set<AioOpenOption> setOf(AioOpenOption... options) {
        Set<AioOpenOption> set = EnumSet.noneOf(AioOpenOption.class);
        Collections.addAll(set, options);
        return set;
    }

    @Override
    public AioFuture<Void> rename(Path source, Path target) {
        return begin(PathOperation.of(
                this, "rename", source, target, (syscalls, from, to) -> syscalls.rename(-1, from, to, false)));
    }

    @Override
    public AioFuture<Void> renameNoReplace(Path source, Path target) {
        return begin(PathOperation.of(
                this, "renameNoReplace", source, target, (syscalls, from, to) -> syscalls.rename(-1, from, to, true)));
    }

    @Override
    public AioFuture<Void> renameIn(AioFile directory, String source, String target) {
        return beginIn(directory, NameOperation.rename(this, own(directory), directory.path(), source, target, false));
    }

    @Override
    public AioFuture<Void> renameNoReplaceIn(AioFile directory, String source, String target) {
        return beginIn(directory, NameOperation.rename(this, own(directory), directory.path(), source, target, true));
    }

    @Override
    public AioFuture<Void> unlinkIn(AioFile directory, String name) {
        return beginIn(directory, NameOperation.unlink(this, own(directory), directory.path(), name));
    }

    @Override
    public AioFuture<Void> unlink(Path path) {
        return begin(PathOperation.of(this, "unlink", path, (syscalls, name) -> syscalls.unlink(-1, name, false)));
    }

    @Override
    public AioFuture<Void> mkdir(Path path, int mode) {
        return begin(PathOperation.of(this, "mkdir", path, (syscalls, name) -> syscalls.mkdir(name, mode)));
    }

    @Override
    public AioFuture<Void> rmdir(Path path) {
        return begin(PathOperation.of(this, "rmdir", path, (syscalls, name) -> syscalls.unlink(-1, name, true)));
    }

    @Override
    public AioFuture<Void> symlink(Path target, Path link) {
        // In the order of the message: the link, and what it is to say.
        return begin(
                PathOperation.of(this, "symlink", link, target, (syscalls, name, to) -> syscalls.symlink(to, name)));
    }

    @Override
    public AioFuture<Path> readlink(Path link) {
        return begin(new ReadlinkOperation(this, link));
    }

    @Override
    public AioFuture<AioStat> stat(Path path) {
        return begin(new PathStatOperation(this, path, true));
    }

    @Override
    public AioFuture<AioStat> lstat(Path path) {
        return begin(new PathStatOperation(this, path, false));
    }

    @Override
    public AioBatch batch() {
        return new EpollAioBatch(this);
    }

    @Override
    public <V extends @Nullable Object> AioFuture<V> submit(AioOperation<V> operation) {
        UserOperation<V> begun = new UserOperation<>(this, operation);
        begin(begun);
        return begun.promise();
    }

    @Override
    public AioEventFd exportEventFd(Future<?> operation) throws AioException {
        return Notices.export(syscalls, operation);
    }

    @Override
    public AioFuture<Void> signal(Future<?> operation, AioSignal signal) {
        return Notices.signal(this, operation, signal);
    }

    /** An operation to fill in: used anew where possible. */
    TransferOperation newTransfer(TransferOperation.Kind kind) {
        if (kind != TransferOperation.Kind.APPEND && inEventLoop()) {
            TransferOperation used = reusable.poll();
            if (used != null) {
                return used;
            }
        }
        return new TransferOperation(this);
    }

    /** Starts an operation, from any thread, and gives its future. */
    <V extends @Nullable Object> AioFuture<V> begin(HelperOperation<V> operation) {
        begin((Operation) operation);
        return operation.promise();
    }

    /** Starts an operation, from any thread. */
    void begin(Operation operation) {
        if (inEventLoop()) {
            start(operation);
            return;
        }
        try {
            loop.execute(operation);
        } catch (RejectedExecutionException loopIsGone) {
            closer.failLate(operation);
        }
    }

    /** Starts operations together, in order, from any thread. */
    void begin(List<Operation> operations) {
        if (inEventLoop()) {
            operations.forEach(this::start);
            return;
        }
        try {
            loop.execute(() -> operations.forEach(this::start));
        } catch (RejectedExecutionException loopIsGone) {
            operations.forEach(closer::failLate);
        }
    }

    /**
     * Runs a task on the loop.
     *
     * @return false where the loop has ended, and what was its own is given back by now, or by the thread that drains it
     */
    boolean execute(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException loopIsGone) {
            return false;
        }
    }

    /** As {@link #execute}, at once where this is the loop's thread. */
    boolean executeHereOrOnLoop(Runnable task) {
        if (!inEventLoop()) {
            return execute(task);
        }
        task.run();
        return true;
    }

    /** On the loop: counts the operation, or turns it away, and stages it either way. */
    void start(Operation operation) {
        assert inEventLoop();
        operation.begins();
        if (recorder != null) {
            recorder.started(operation);
        }
        if (!operation.isRefused()) {
            if (isClosing() && !operation.isForClosing()) {
                operation.refuse(Failures.contextClosed(operation.name(), operation.path(), 0));
            } else if (!admission.enter(operation)) {
                return;
            }
        }
        if (operation.isRefused() && closer.isReleased() && loop.isShuttingDown()) {
            // Not by a task: a loop that shuts down runs tasks as long as there are any, and who starts anew whatever
            // fails would keep it from ending.
            closer.failLate(operation);
        } else if (operation.isRefused() || !operation.beginsAtOnce()) {
            stage(operation);
        }
    }

    void stage(Operation operation) {
        tick.stage(operation);
    }

    /** On the loop: what the operation waited for outside of this context has come. */
    void resume(Operation operation) {
        if (!operation.isFinished()) {
            noLongerElsewhere(operation);
            stage(operation);
        }
    }

    /** The operation waits for something outside of this context, which will {@link #resume} it. */
    void elsewhere(Operation operation) {
        operation.elsewhere(true);
        elsewhere.add(operation);
    }

    void noLongerElsewhere(Operation operation) {
        if (operation.isElsewhere()) {
            operation.elsewhere(false);
            elsewhere.remove(operation);
        }
    }

    // ---- to the kernel and to helpers, and back ------------------------------------------------------------------

    void toKernel(Slot slot) {
        KernelAio to = kernel;
        if (to == null) {
            throw new IllegalStateException("no kernel AIO");
        }
        to.submitter().add(slot);
        tick.schedule();
    }

    /** The slot's operation is not to be submitted after all. */
    void callOff(Slot slot) {
        if (kernel != null) {
            kernel.submitter().remove(slot);
        }
    }

    /**
     * Hands a job to helper threads.
     *
     * @param pool the helpers, whose gate lets no more through than their queue takes, or a device's collectors
     * @return false where the queue is full, and nothing has happened
     */
    boolean toHelper(Operation operation, Slot slot, Runnable job, HelperPool pool) {
        // In flight before the offer: a helper may have brought it back by the time that returns.
        slot.transition(Slot.State.PREPARED, Slot.State.IN_FLIGHT);
        countHelperInFlight(operation, 1);
        if (pool.offer(job)) {
            return true;
        }
        countHelperInFlight(operation, -1);
        slot.transition(Slot.State.IN_FLIGHT, Slot.State.PREPARED);
        return false;
    }

    /** What a helper submits is the kernel's: the ring may bring it back before the helper is done. */
    void countHelperInFlight(Operation operation, int more) {
        if (operation.isHelperSubmitting() && kernel != null) {
            kernel.countInFlight(more);
        } else {
            helperInFlight += more;
        }
    }

    int submitOnHelper(@Nullable Slot slot) {
        if (kernel == null || slot == null) {
            throw new IllegalStateException("no kernel AIO");
        }
        return kernel.submitOne(slot);
    }

    /** An eventfd has become readable: a hint that something may have completed. Never throws. */
    void wakeup() {
        if (reapTurn.isQueued() || closer.isReleased()) {
            return;
        }
        if (!returns.isSignalled() && (kernel == null || kernel.isRingEmpty())) {
            // The usual case: one wakeup has reaped for all the eventfds of its batch.
            return;
        }
        try {
            reap(config.completionsPerWakeup());
            if (reapBudget.isExhausted()) {
                // The eventfds have spoken, and will not again.
                reapTurn.afterSockets();
            }
            closer.closeIfIdle();
        } catch (Throwable unexpected) {
            LOGGER.error("completing operations failed in a way the engine should have handled", unexpected);
        }
    }

    /**
     * Completes what has come back, as much as one turn may.
     *
     * @param most how many
     * @return how many
     */
    int reap(int most) {
        if (recorder != null) {
            recorder.begin();
        }
        reapBudget.begin(most, System.nanoTime());
        if (helpersFirst) {
            returns.reap(reapBudget);
        }
        if (kernel != null) {
            kernel.reap(reapBudget);
        }
        if (!helpersFirst) {
            returns.reap(reapBudget);
        }
        if (reapBudget.isExhausted()) {
            helpersFirst = !helpersFirst;
        }
        if (recorder != null) {
            recorder.end();
        }
        int count = reapBudget.count();
        if (count > 0 && kernel != null && !kernel.submitter().isEmpty()) {
            // What the kernel lacked resources for may go now.
            tick.schedule();
        }
        return count;
    }

    // ---- the end of an operation ---------------------------------------------------------------------------------

    void finished(Operation operation, @Nullable Throwable cause) {
        noLongerElsewhere(operation);
        if (recorder != null) {
            recorder.finished(operation, cause);
        }
        admission.leave(operation);
        AioRoute route = operation.route();
        if (route != null) {
            switch (route) {
                case INLINE, READINESS -> completedInline++;
                case KERNEL, HELPER_SUBMIT -> completedKernel++;
                case COLLECT, HELPER -> completedHelper++;
            }
        }
    }

    void settled(Operation operation, boolean asItShould) {
        tick.settled();
        if (asItShould
                && operation instanceof TransferOperation transfer
                && transfer.isReusable()
                && reusable.size() < config.queueDepth()
                && inEventLoop()) {
            transfer.reset();
            reusable.push(transfer);
        } else if (asItShould && operation instanceof PipeTransfer transfer) {
            pipes.settled(transfer);
        }
        if (isClosing()) {
            tick.schedule();
        }
    }

    // ---- files ---------------------------------------------------------------------------------------------------

    /** Makes a view of a descriptor; the caller holds one reference to it, which becomes the view's. */
    EpollAioFile adopt(FileHandle handle, AioClass ioClass) {
        EpollAioFile file = new EpollAioFile(this, handle, ioClass);
        if (inEventLoop()) {
            remember(file);
        } else {
            if (!execute(() -> remember(file))) {
                file.closeWithoutLoop();
            }
        }
        return file;
    }

    private void remember(EpollAioFile file) {
        files.add(file);
        if (isClosing()) {
            file.closeOnLoop();
        }
    }

    void forget(EpollAioFile file) {
        files.remove(file);
    }

    /** Whether it has given back its slots: an operation cannot be started any more, not even for closing. */
    boolean isReleased() {
        return closer.isReleased();
    }

    /** Closes a descriptor that came too late for the context to do it. */
    void closeUnseen(FileHandle handle) {
        onHelper(() -> {
            int unused = handle.close(syscalls);
        });
    }

    /** Runs what may block and what no operation waits for. */
    void onHelper(Runnable job) {
        if (!helpers.offer(job)) {
            Thread thread = new Thread(job, "aio-helper-overflow");
            thread.setDaemon(true);
            thread.start();
        }
    }

    // ---- pipes and polls -----------------------------------------------------------------------------------------

    Pipes pipes() {
        return pipes;
    }

    Polls polls() {
        return polls;
    }

    @Override
    public AioFuture<AioPipePair> pipe() {
        return pipes.make();
    }

    @Override
    public AioFuture<AioPipe> openFifo(Path path, AioOpenOption... options) {
        return pipes.openFifo(path, setOf(options));
    }

    @Override
    public AioFuture<AioPipe> adoptPipe(int descriptor) {
        return pipes.adopt(descriptor);
    }

    @Override
    public AioFuture<AioPipe> standardInput() {
        return pipes.standard(0, "<stdin>");
    }

    @Override
    public AioFuture<AioPipe> standardOutput() {
        return pipes.standard(1, "<stdout>");
    }

    @Override
    public AioFuture<AioPipe> standardError() {
        return pipes.standard(2, "<stderr>");
    }

    @Override
    public AioFuture<Integer> poll(int descriptor, int events) {
        return polls.poll(descriptor, events);
    }

    // ---- closing -------------------------------------------------------------------------------------------------

    @Override
    public AioFuture<Void> close() {
        return closer.close();
    }

    /** The loop shuts down. */
    void loopDropsHandles() {
        closer.loopDropsHandles();
    }

    void loopTerminated() {
        closer.loopTerminated();
    }

    ContextCloser closer() {
        return closer;
    }

    int pending() {
        return admission.pending();
    }

    Set<EpollAioFile> files() {
        return files;
    }

    /** Takes out every operation that waits for something, for the closer to fail. */
    void drainWaiting(ArrayDeque<Operation> into) {
        tick.drainStaged(into);
        admission.drainWaiting(into);
        into.addAll(elsewhere);
        elsewhere.clear();
        slots.drainWaiting(into);
        helperLane.drainParked(into);
        deviceLanes.drainWaiting(into);
        if (kernel != null) {
            kernel.submitter().drainPrepared(into);
        }
    }

    @Override
    public AioContextStats stats() {
        KernelAio aio = kernel;
        return new AioContextStats(
                admission.pending(),
                admission.pendingBytes(),
                admission.waiting(),
                aio == null ? 0 : aio.inFlight(),
                helperInFlight,
                slots.made(),
                slots.freeCount(),
                files.size() + pipes.size(),
                completedInline,
                completedKernel,
                completedHelper,
                aio == null ? 0 : aio.submitter().calls(),
                aio == null ? 0 : aio.submitter().longestNanos(),
                tick.nowaitAttempts(),
                tick.longestNowaitNanos(),
                deviceLanes.demotions());
    }
}
