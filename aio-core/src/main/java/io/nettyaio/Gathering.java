package io.nettyaio;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts members as they get done, on whichever thread, and settles a future with the one that is the last needed. One
 * listener for all members; it is taken from those that are not done when the future has settled, however that came, so
 * that a member that lives long does not gather the listeners of all who have ever waited for it.
 */
final class Gathering<F extends Future<?>, V> implements GenericFutureListener<Future<Object>> {

    private final List<F> members;
    private final int needed;
    private final BiConsumer<DefaultAioFuture<V>, List<F>> outcome;
    private final DefaultAioFuture<V> future;
    private final AtomicInteger done = new AtomicInteger();

    /**
     * @param members distinct
     * @param needed  how many of them have to be done
     * @param outcome settles the future, given those that are done, in the members' order
     */
    Gathering(EventExecutor executor, List<F> members, int needed, BiConsumer<DefaultAioFuture<V>, List<F>> outcome) {
        this.members = members;
        this.needed = needed;
        this.outcome = outcome;
        future = new DefaultAioFuture<>(executor);
    }

    AioFuture<V> start() {
        if (done(members).size() >= needed) {
            outcome.accept(future, done(members));
            return future;
        }
        // Also where it is cancelled, or its deadline passes.
        future.addListener(settled -> leave());
        for (F member : members) {
            if (member.isDone()) {
                operationComplete(null);
            } else {
                listenTo(member);
            }
        }
        if (future.isDone()) {
            // It was settled while members were still being told; whoever did that has not seen the last of them.
            leave();
        }
        return future;
    }

    @SuppressWarnings("unchecked") // a listener takes any future's result
    private void listenTo(F member) {
        ((Future<Object>) member).addListener(this);
    }

    /** Nobody waits any more. */
    @SuppressWarnings("unchecked")
    void leave() {
        for (F member : members) {
            if (!member.isDone()) {
                ((Future<Object>) member).removeListener(this);
            }
        }
    }

    @Override
    public void operationComplete(@Nullable Future<Object> member) {
        if (done.incrementAndGet() == needed) {
            outcome.accept(future, done(members));
            leave();
        }
    }

    /** Those that are done by now. */
    static <F extends Future<?>> List<F> done(List<F> members) {
        List<F> done = new ArrayList<>(members.size());
        for (F member : members) {
            if (member.isDone()) {
                done.add(member);
            }
        }
        return done;
    }
}
