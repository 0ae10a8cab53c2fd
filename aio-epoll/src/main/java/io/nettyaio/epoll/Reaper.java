package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Takes completions: from the mapped ring in user space, or by {@code io_getevents(2)} where the ring is not of the form
 * we know, cannot be believed, or has no room left for the kernel. Loop-confined; never both at once, which would
 * duplicate events.
 */
final class Reaper implements AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Reaper.class);
    private static final int EVENT_BYTES = 32;
    private static final int EVENT_DATA = 0;
    private static final int EVENT_RESULT = 16;

    private final Syscalls syscalls;
    private final long aioContext;
    private final int most;
    private final NativeMemory events;
    private @Nullable CompletionRing ring;
    private boolean once;

    Reaper(Syscalls syscalls, long aioContext, @Nullable CompletionRing ring, int most) {
        this.syscalls = syscalls;
        this.aioContext = aioContext;
        this.ring = ring;
        this.most = most;
        events = new NativeMemory((long) most * EVENT_BYTES, Long.BYTES);
    }

    /** The ring of a context that {@code io_setup(2)} has made, where this process can read it. */
    static @Nullable CompletionRing ringOf(long aioContext) {
        ByteBuffer header =
                Native.wrap(aioContext, CompletionRing.headerBytes()).order(ByteOrder.nativeOrder());
        int entries = CompletionRing.usableEntries(header);
        if (entries == 0) {
            LOGGER.debug("the kernel's completion ring has another form; completions come by io_getevents");
            return null;
        }
        return CompletionRing.over(Native.wrap(aioContext, CompletionRing.lengthBytes(entries)), entries);
    }

    /** Whether nothing has completed; without a ring to look at, nobody knows. */
    boolean isEmpty() {
        CompletionRing mapped = ring;
        return mapped != null && !once && mapped.isEmpty();
    }

    /** The kernel has no room in the ring: the system call makes some. */
    void useSystemCallOnce() {
        once = true;
    }

    /**
     * Takes what has completed.
     *
     * @param into     receives data and result of each
     * @param inFlight completions there can be
     * @return how many
     */
    int reap(long[] into, int inFlight) {
        if (inFlight == 0) {
            return 0;
        }
        CompletionRing mapped = ring;
        if (mapped == null || once) {
            once = false;
            return bySystemCall(into);
        }
        int count = mapped.reap(into, inFlight);
        if (count >= 0) {
            return count;
        }
        LOGGER.error("the completion ring does not make sense any more: something in this process has written into it;"
                + " completions come by io_getevents from now on");
        ring = null;
        return bySystemCall(into);
    }

    private int bySystemCall(long[] into) {
        int room = Math.min(most, into.length / CompletionRing.LONGS_PER_EVENT);
        int count;
        do {
            count = syscalls.ioGetEvents(aioContext, room, events.address());
        } while (count == -Errno.EINTR);
        ByteBuffer from = events.buffer();
        for (int i = 0; i < count; i++) {
            into[2 * i] = from.getLong(i * EVENT_BYTES + EVENT_DATA);
            into[2 * i + 1] = from.getLong(i * EVENT_BYTES + EVENT_RESULT);
        }
        return Math.max(0, count);
    }

    /** Before {@code io_destroy(2)}, which unmaps the ring: from here on nothing reads it. */
    @Override
    public void close() {
        ring = null;
        events.close();
    }
}
