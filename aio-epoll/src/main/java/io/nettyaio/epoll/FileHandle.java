package io.nettyaio.epoll;

import io.nettyaio.AioStat;
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

    private final int fd;
    private final String path;
    private final Kind kind;
    /** Bits of {@link OpenFlags}. */
    private final int options;

    private final int alignment;
    private final Mount mount;
    private final Device device;
    private final AioStat openedStat;
    private final AtomicInteger views = new AtomicInteger(1);
    private final Refusals readRefusals = new Refusals();
    private final Refusals writeRefusals = new Refusals();
    private final WriteBarrier writes = new WriteBarrier();
    private final AppendQueue appends = new AppendQueue();
    private final SyncGroup syncs = new SyncGroup();
    private final AtomicReference<@Nullable Boolean> resident = new AtomicReference<>();
    private final AtomicReference<@Nullable JdkChannel> jdkChannel = new AtomicReference<>();

    FileHandle(
            int fd,
            String path,
            Kind kind,
            int options,
            int alignment,
            Mount mount,
            Device device,
            AioStat openedStat) {
        this.fd = fd;
        this.path = path;
        this.kind = kind;
        this.options = options;
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
        return OpenFlags.isAppend(options);
    }

    boolean isReadable() {
        return OpenFlags.reads(options);
    }

    boolean isDirect() {
        return OpenFlags.isDirect(options);
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

    /**
     * Whether what was last to be prefetched was there: so will the next be. A hint shared by loops.
     *
     * @param unless where nothing was yet
     */
    boolean wasResident(boolean unless) {
        Boolean was = resident.getOpaque();
        return was == null ? unless : was;
    }

    void setResident(boolean was) {
        resident.setOpaque(was);
    }

    SyncGroup syncs() {
        return syncs;
    }

    /** Whether its close waits for nobody, but for the disk where the file has no name any more: nothing was written. */
    boolean closesQuickly() {
        return OpenFlags.onlyReads(options) && mount.asksNobody();
    }

    /** What regions are sent from; any thread. */
    FileChannel jdkChannel() {
        JdkChannel present = jdkChannel.get();
        if (present != null) {
            return present.channel();
        }
        JdkChannel made = new JdkChannel(fd);
        JdkChannel first = jdkChannel.compareAndExchange(null, made);
        return (first == null ? made : first).channel();
    }

    /** Closes the descriptor, after its last view: on a helper. */
    int close(Syscalls syscalls) {
        JdkChannel given = jdkChannel.get();
        if (given != null) {
            given.forget();
        }
        return syscalls.close(fd);
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
