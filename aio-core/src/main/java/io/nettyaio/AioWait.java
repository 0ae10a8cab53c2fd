package io.nettyaio;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits for any, some or all of a set of operations, of whichever contexts and loops; any Netty futures will do, those of
 * this class too. As futures that complete on a loop of your choice, or, for threads that are no loop's, by
 * {@link #suspend}, which is {@code aio_suspend(3)}.
 *
 * <p><b>Done</b> is what has succeeded, failed or been cancelled, as for {@code aio_suspend}: {@link #any}, {@link #some}
 * and {@link #all} succeed once enough members are done, whatever became of them, and give those that are, for the caller
 * to look at. A member that gets done while another was waited for is not lost: it is among those given, or is there for the
 * next wait. {@link #allSuccessful} fails with its members, as {@code CompletableFuture.allOf} does.
 *
 * <p><b>Waiting is all it does.</b> Cancelling such a future, or its deadline, leaves the members alone. Once it has
 * settled, no listener stays with members that are not done.
 *
 * <p><b>Members.</b> One that is given twice counts once. Fewer members than are asked for is an
 * {@link IllegalArgumentException}, since that wait would never end; none at all is fine where all are asked for.
 *
 * <p><b>Threading.</b> Any thread. A future whose members are done already is returned complete.
 */
public final class AioWait {

    private final EventExecutor executor;

    private AioWait(EventExecutor executor) {
        this.executor = executor;
    }

    /**
     * Waits whose futures complete on a given loop: that of the channel or context that goes on with them.
     *
     * @param executor runs the futures' listeners
     */
    public static AioWait on(EventExecutor executor) {
        return new AioWait(Objects.requireNonNull(executor, "executor"));
    }

    /** Waits for the first member to be done, and gives it. */
    @SuppressWarnings("FutureReturnValueIgnored") // of the future, by the member that is its value
    public <F extends Future<?>> AioFuture<F> any(Collection<? extends F> members) {
        return new Gathering<F, F>(executor, checked(members, 1), 1, (future, done) -> future.trySuccess(done.get(0)))
                .start();
    }

    /** As {@link #any(Collection)}. */
    @SafeVarargs
    @SuppressWarnings({"varargs", "FutureReturnValueIgnored"})
    public final <F extends Future<?>> AioFuture<F> any(F... members) {
        return any(List.of(members));
    }

    /**
     * Waits until a number of members are done, and gives all that are by then, in the order of the arguments.
     *
     * @param count from 1 to the number of members
     */
    public <F extends Future<?>> AioFuture<List<F>> some(int count, Collection<? extends F> members) {
        return new Gathering<F, List<F>>(
                        executor, checked(members, count), count, (future, done) -> future.trySuccess(done))
                .start();
    }

    /** As {@link #some(int, Collection)}. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final <F extends Future<?>> AioFuture<List<F>> some(int count, F... members) {
        return some(count, List.of(members));
    }

    /** Waits until every member is done, and gives them. */
    public <F extends Future<?>> AioFuture<List<F>> all(Collection<? extends F> members) {
        List<F> distinct = distinct(members);
        return new Gathering<F, List<F>>(executor, distinct, distinct.size(), (future, done) -> future.trySuccess(done))
                .start();
    }

    /** As {@link #all(Collection)}. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final <F extends Future<?>> AioFuture<List<F>> all(F... members) {
        return all(List.of(members));
    }

    /**
     * Waits until every member is done; fails where one has: with the first failure in the order of the arguments, the
     * others suppressed in it. Not before all are done, so that afterwards none of them still uses a buffer, unless it was
     * cancelled.
     */
    public AioFuture<Void> allSuccessful(Collection<? extends Future<?>> members) {
        List<Future<?>> distinct = distinct(members);
        return new Gathering<Future<?>, Void>(executor, distinct, distinct.size(), AioWait::join).start();
    }

    // A Void is null.
    @SuppressWarnings("NullAway")
    private static void join(DefaultAioFuture<Void> future, List<Future<?>> done) {
        Throwable first = null;
        for (Future<?> member : done) {
            Throwable cause = member.cause();
            if (first == null) {
                first = cause;
            } else if (cause != null && cause != first) {
                first.addSuppressed(cause);
            }
        }
        if (first == null) {
            future.trySuccess(null);
        } else {
            future.tryFailure(first);
        }
    }

    /**
     * Blocks until one of the operations is done, a time has passed, or the thread is interrupted: {@code aio_suspend(3)}.
     *
     * @param timeout the longest time to wait; zero or less looks and does not wait, {@code null} waits without limit
     * @return those that are done, in the order of the arguments; none where the time has passed before
     * @throws InterruptedException the operations go on, and can be waited for again
     * @throws io.netty.util.concurrent.BlockingOperationException on the thread of an event loop that has a context, where it would
     *     have to wait
     */
    public static <F extends Future<?>> List<F> suspend(@Nullable Duration timeout, Collection<? extends F> operations)
            throws InterruptedException {
        return suspend(timeout, 1, operations);
    }

    /** As {@link #suspend(Duration, Collection)}. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public static <F extends Future<?>> List<F> suspend(@Nullable Duration timeout, F... operations)
            throws InterruptedException {
        return suspend(timeout, 1, List.of(operations));
    }

    /**
     * As {@link #suspend(Duration, Collection)}, until a number of the operations are done.
     *
     * @param count from 1 to the number of operations; where the time has passed before, fewer are given
     */
    public static <F extends Future<?>> List<F> suspend(
            @Nullable Duration timeout, int count, Collection<? extends F> operations) throws InterruptedException {
        List<F> members = checked(operations, count);
        Gathering<F, List<F>> gathering = new Gathering<>(
                GlobalEventExecutor.INSTANCE, members, count, (future, done) -> future.trySuccess(done));
        AioFuture<List<F>> enough = gathering.start();
        try {
            if (timeout == null) {
                enough.await();
            } else {
                boolean unused = enough.await(DefaultAioFuture.nanos(timeout), TimeUnit.NANOSECONDS);
            }
        } finally {
            // However it ends, no listener stays.
            enough.cancel(false);
            gathering.leave();
        }
        return Gathering.done(members);
    }

    private static <F extends Future<?>> List<F> checked(Collection<? extends F> members, int count) {
        List<F> distinct = distinct(members);
        if (count < 1 || count > distinct.size()) {
            throw new IllegalArgumentException("count=" + count + " of " + distinct.size()
                    + " distinct operations would never be done; it has to be from 1 to their number");
        }
        return distinct;
    }

    private static <F extends Future<?>> List<F> distinct(Collection<? extends F> members) {
        Set<F> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<F> distinct = new ArrayList<>(members.size());
        for (F member : members) {
            if (seen.add(member)) {
                distinct.add(member);
            }
        }
        return distinct;
    }
}
