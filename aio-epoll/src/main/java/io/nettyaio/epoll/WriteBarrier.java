package io.nettyaio.epoll;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which writes of a file a sync has to wait for: those that were started before it, on whichever loop.
 *
 * <p>Writes belong to epochs. A sync seals the open epoch and waits until that one and all before it have no write
 * outstanding. Without a sync there is one epoch, and a write costs a lock nobody else holds and no allocation.
 *
 * <p>Entered and sealed in the call that starts the operation, so that "before" means what the callers see.
 */
final class WriteBarrier {

    /** Writes between two syncs. Guarded by the barrier. */
    static final class Epoch {
        private int outstanding;
        private boolean done;
        private @Nullable Epoch next;
        private @Nullable List<Operation> waiters;
    }

    private Epoch oldest = new Epoch();
    private Epoch open = oldest;
    private @Nullable Epoch lastSealed;

    /** A write starts. */
    synchronized Epoch enter() {
        open.outstanding++;
        return open;
    }

    /** A write has ended, however. Resumes the syncs that waited for nothing else. */
    void exit(Epoch epoch) {
        List<Operation> released = null;
        synchronized (this) {
            epoch.outstanding--;
            while (oldest.outstanding == 0 && oldest.next != null) {
                oldest.done = true;
                if (oldest.waiters != null) {
                    released = released == null ? new ArrayList<>() : released;
                    released.addAll(oldest.waiters);
                }
                oldest = oldest.next;
            }
        }
        if (released != null) {
            for (Operation operation : released) {
                operation.resume();
            }
        }
    }

    /**
     * A sync starts.
     *
     * @return the last epoch it has to wait for, or {@code null} where no write is outstanding
     */
    synchronized @Nullable Epoch seal() {
        if (open.outstanding > 0) {
            lastSealed = open;
            Epoch fresh = new Epoch();
            open.next = fresh;
            open = fresh;
            return lastSealed;
        }
        return oldest == open ? null : lastSealed;
    }

    /**
     * Has an operation resumed once the epoch is done.
     *
     * @return false where it is done already
     */
    synchronized boolean await(Epoch epoch, Operation operation) {
        if (epoch.done) {
            return false;
        }
        if (epoch.waiters == null) {
            epoch.waiters = new ArrayList<>();
        }
        epoch.waiters.add(operation);
        return true;
    }
}
