package io.nettyaio.epoll;

import io.nettyaio.AioFuture;
import io.nettyaio.AioPollEvents;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The polls of a context: those that wait, so that they can be taken back before what they wait on is closed. The kernel
 * keeps a polled file open until the poll is over, and neither {@code io_destroy(2)} nor a drain would come to an end.
 * Loop-confined, but for the calls that start one.
 */
final class Polls {

    private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+).*");
    private static final int SOUND_MAJOR = 5;
    private static final int SOUND_MINOR = 16;

    private final EpollAioContext context;
    private final boolean sound = isSound(System.getProperty("os.version", ""));
    private final Set<PollOperation> waiting = Collections.newSetFromMap(new IdentityHashMap<>());
    private int inKernel;

    Polls(EpollAioContext context) {
        this.context = context;
    }

    /**
     * Whether that kernel's IOCB_CMD_POLL can be relied on: before 5.16 it lost wakeups and used memory that it had freed
     * (commit 363bee27e258, "aio: fix use-after-free due to missing POLLFREE handling").
     */
    static boolean isSound(String kernelRelease) {
        Matcher matcher = RELEASE.matcher(kernelRelease);
        if (!matcher.matches()) {
            return false;
        }
        int major = Integer.parseInt(matcher.group(1));
        int minor = Integer.parseInt(matcher.group(2));
        return major > SOUND_MAJOR || (major == SOUND_MAJOR && minor >= SOUND_MINOR);
    }

    AioFuture<Integer> poll(int descriptor, int events) {
        return begin(new PollOperation(context, descriptor, events, null));
    }

    AioFuture<Integer> poll(EpollAioPipe pipe, int events) {
        PollOperation operation = new PollOperation(context, pipe.descriptor(), events, pipe.handle());
        if (!pipe.isOpen()) {
            operation.refuse(Failures.pipeClosed(operation.name(), pipe.path()));
        }
        return begin(operation);
    }

    private AioFuture<Integer> begin(PollOperation operation) {
        return context.begin(operation);
    }

    /** Whether the kernel may have one more: it holds a slot until it is ready, and others need some, too. */
    boolean mayGoToKernel() {
        return sound && context.hasKernelAio() && inKernel < context.config().queueDepth() / 2;
    }

    void add(PollOperation operation) {
        waiting.add(operation);
    }

    void countInKernel(int more) {
        inKernel += more;
    }

    void remove(PollOperation operation) {
        waiting.remove(operation);
    }

    /** The pipe closes. */
    void closeOf(PipeHandle pipe) {
        if (waiting.isEmpty()) {
            return;
        }
        for (PollOperation operation : new ArrayList<>(waiting)) {
            if (operation.pipe() == pipe) {
                operation.end(pipe.closedMeanwhile(operation.name(), 0));
            }
        }
    }

    /** The context closes. */
    void closeAll() {
        for (PollOperation operation : new ArrayList<>(waiting)) {
            operation.end(Failures.contextClosed(operation.name(), operation.path(), 0));
        }
    }

    static String describe(int descriptor, @Nullable PipeHandle pipe) {
        return pipe == null ? "descriptor " + descriptor : pipe.path();
    }

    static boolean areValid(int events) {
        return AioPollEvents.areValid(events);
    }
}
