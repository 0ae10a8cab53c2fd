package io.nettyaio.epoll;

import io.netty.channel.IoEventLoop;
import io.netty.channel.SingleThreadEventLoop;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Something to run at the end of the loop's iteration, this one's, or the next one's, after its sockets.
 *
 * <p>A loop looks after its sockets, then runs its tasks, and then the tasks of its tail. What a task queues runs among
 * the tasks of the same iteration, for as long as a second (io.netty.eventLoop.maxTaskProcessingQuantumMs), and what a
 * tail's task queues for the tail runs in the same tail. So nothing that queues itself anew either way ever lets the
 * sockets go first. What the tail queues as a plain task does: hence from the tail to the tasks, and back to the tail.
 *
 * <p>Queued once at a time; loop-confined.
 */
final class TurnTask {

    private final IoEventLoop loop;
    /** {@code null} where the loop's iteration has no such thing as an end. */
    private final @Nullable SingleThreadEventLoop tail;

    private final Runnable task;
    private final Runnable loopIsGone;
    private final Runnable runTask = this::run;
    private final Runnable toTailTask = this::toTail;
    private final Runnable toTasksTask = this::toTasks;
    private boolean queued;

    /**
     * Says what is to be run.
     *
     * @param loopIsGone run in its place where the loop takes no more tasks
     */
    TurnTask(IoEventLoop loop, Runnable task, Runnable loopIsGone) {
        this.loop = loop;
        this.tail = loop instanceof SingleThreadEventLoop single ? single : null;
        this.task = task;
        this.loopIsGone = loopIsGone;
    }

    /** At the end of this iteration, unless it is queued. From its tail: at once when what runs there is over. */
    void atEnd() {
        if (!queued) {
            queued = true;
            toTail();
        }
    }

    /** At the end of the next iteration, unless it is queued. */
    void afterSockets() {
        if (!queued) {
            queued = true;
            execute(toTasksTask, true);
        }
    }

    boolean isQueued() {
        return queued;
    }

    private void toTasks() {
        execute(toTailTask, false);
    }

    private void toTail() {
        execute(runTask, true);
    }

    private void execute(Runnable next, boolean inTail) {
        try {
            if (inTail && tail != null) {
                tail.executeAfterEventLoopIteration(next);
            } else {
                loop.execute(tail == null ? runTask : next);
            }
        } catch (RejectedExecutionException rejected) {
            queued = false;
            loopIsGone.run();
        }
    }

    private void run() {
        queued = false;
        task.run();
    }
}
