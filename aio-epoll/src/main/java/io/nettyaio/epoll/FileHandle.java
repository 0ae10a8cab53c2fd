package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioStat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An open descriptor, as all its views share it. Closed with its last view, on a helper thread.
 */
final class FileHandle {

    /** What kind of file it is, as far as routes care. */
    enum Kind {
        REGULAR,
        DIRECTORY,
        BLOCK_DEVICE,
        /** {@code /dev/zero} and its like (major 1): never waits for anything. */
        MEMORY_DEVICE
    }

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(FileHandle.class);

    private final int fd;
    private final String path;
    private final Kind kind;
    private final boolean append;
    private final int alignment;
    private final boolean direct;
    private final Mount mount;
    private final Device device;
    private final AioStat openedStat;
    private final AtomicInteger views = new AtomicInteger(1);
    private final Refusals readRefusals = new Refusals();
    private final Refusals writeRefusals = new Refusals();
    private final WriteBarrier writes = new WriteBarrier();
    private final AppendQueue appends = new AppendQueue();
    private final SyncGroup syncs = new SyncGroup();
    private final AtomicReference<@Nullable FileChannel> channel = new AtomicReference<>();

    FileHandle(
            int fd,
            String path,
            Kind kind,
            boolean append,
            boolean direct,
            int alignment,
            Mount mount,
            Device device,
            AioStat openedStat) {
        this.fd = fd;
        this.path = path;
        this.kind = kind;
        this.append = append;
        this.direct = direct;
        this.alignment = alignment;
        this.mount = mount;
        this.device = device;
        this.openedStat = openedStat;
    }

    int fd() {
        return fd;
    }

    String path() {
        return path;
    }

    Kind kind() {
        return kind;
    }

    /** Whether it was opened with O_APPEND. */
    boolean isAppend() {
        return append;
    }

    boolean isDirect() {
        return direct;
    }

    int alignment() {
        return alignment;
    }

    Mount mount() {
        return mount;
    }

    Device device() {
        return device;
    }

    AioStat openedStat() {
        return openedStat;
    }

    Refusals refusals(boolean write) {
        return write ? writeRefusals : readRefusals;
    }

    WriteBarrier writes() {
        return writes;
    }

    AppendQueue appends() {
        return appends;
    }

    SyncGroup syncs() {
        return syncs;
    }

    /** The JDK's channel on the same file, where one has been opened. */
    @Nullable
    FileChannel channel() {
        return channel.get();
    }

    /**
     * A channel has been opened, on a helper.
     *
     * @return that of all views: another, where two were opened at once, and this one is closed
     */
    FileChannel shareChannel(FileChannel opened) {
        FileChannel first = channel.compareAndExchange(null, opened);
        if (first == null) {
            return opened;
        }
        close(opened);
        return first;
    }

    /** On a helper, before the descriptor's own end. */
    void closeChannel() {
        FileChannel opened = channel.getAndSet(null);
        if (opened != null) {
            close(opened);
        }
    }

    private void close(FileChannel opened) {
        try {
            opened.close();
        } catch (IOException failed) {
            LOGGER.warn("closing the FileChannel of {} failed", path, failed);
        }
    }

    /**
     * One view more.
     *
     * @return false where the last one has been given back
     */
    boolean retainView() {
        int now;
        do {
            now = views.get();
            if (now == 0) {
                return false;
            }
        } while (!views.compareAndSet(now, now + 1));
        return true;
    }

    /**
     * One view less.
     *
     * @return true where it was the last, and the caller has to close the descriptor
     */
    boolean releaseView() {
        return views.decrementAndGet() == 0;
    }
}
