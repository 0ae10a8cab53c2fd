package io.nettyaio.epoll;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The syncs of a file that wait for a system call. One of them leads and makes the call, for all that had come by the
 * time it begins; those that come while it runs wait for the next, since a call that has begun need not cover what they
 * must. Guarded by itself.
 */
final class SyncGroup {

    private List<SyncOperation> waiting = new ArrayList<>();
    private @Nullable SyncOperation leader;

    /**
     * A sync whose writes have ended comes in.
     *
     * @return whether it leads; if not, it is settled by the one that does, or resumed to lead the next call
     */
    synchronized boolean enter(SyncOperation sync) {
        if (leader == null || leader == sync) {
            leader = sync;
            return true;
        }
        waiting.add(sync);
        return false;
    }

    /** The leader's call begins now: who is covered by it, the leader not among them. */
    synchronized List<SyncOperation> begin() {
        List<SyncOperation> covered = waiting;
        waiting = new ArrayList<>();
        return covered;
    }

    /** The leader is done, or gives up: the first that waits leads the next call. */
    void end(SyncOperation done) {
        SyncOperation next;
        synchronized (this) {
            if (leader != done) {
                waiting.remove(done);
                return;
            }
            next = waiting.isEmpty() ? null : waiting.remove(0);
            leader = next;
        }
        if (next != null) {
            next.resume();
        }
    }
}
