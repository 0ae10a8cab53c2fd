package io.nettyaio.epoll;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Opens files on the loop, where the kernel finds all of a path in its memory: {@code openat2(2)} with RESOLVE_CACHED, of
 * Linux 5.12. What it would have to ask the disk for, or anything else that is not as it is most of the time, is left to a
 * helper, which gives the true answer. One context's; loop-confined.
 *
 * <p>It stays beneath a directory that is open, and so on its mount: that is what says beforehand on which file system
 * {@code open(2)} and {@code statx(2)} will run. Only those that are local and ask nobody: a network's would be waited for
 * whatever the flag says, and an overlay may lie on one. It only reads, so nothing is created or cut, and nobody's lease is
 * waited for, with O_NONBLOCK.
 */
final class CachedOpens {

    private static final int MOST_PATH_BYTES = 1024;

    private final EpollAioContext context;
    /** A {@code struct statx}, and behind it the path. No call keeps its address. */
    private final ByteBuffer scratch =
            ByteBuffer.allocateDirect(Statx.BYTES + MOST_PATH_BYTES + 1).order(ByteOrder.nativeOrder());

    private final long address = Native.addressOf(scratch);
    private boolean unknownToKernel;

    CachedOpens(EpollAioContext context) {
        this.context = context;
    }

    /**
     * Opens a path beneath a directory.
     *
     * @param options bits of {@link OpenFlags}
     * @return {@code null} where a helper has to do it
     */
    @Nullable
    FileHandle open(EpollAioFile view, String path, String subpath, int options) {
        FileHandle directory = view.handle();
        DeviceLane lane = view.deviceLane();
        if (unknownToKernel
                || !OpenFlags.onlyReads(options)
                || !directory.mount().asksNobody()
                || directory.mount().needsProbe()
                || directory.isDirect()
                || lane == null
                || lane.isDemoted()) {
            return null;
        }
        byte[] name = NativePath.bytesOf(subpath.isEmpty() ? "." : subpath);
        if (name.length > MOST_PATH_BYTES) {
            return null;
        }
        scratch.put(Statx.BYTES, name).put(Statx.BYTES + name.length, (byte) 0);
        long began = System.nanoTime();
        context.preemption().begins(began);
        int fd = context.syscalls()
                .openCached(directory.fd(), address + Statx.BYTES, options, Statx.MASK_OF_FILE, address);
        long ended = System.nanoTime();
        context.tick().called(0);
        lane.spent(ended - began, ended);
        if (fd < 0) {
            // EINVAL: the flag is not known.
            unknownToKernel = fd == -Errno.EINVAL || fd == -Errno.ENOSYS;
            return null;
        }
        FileHandle handle = handleOf(fd, directory, path, options, Statx.in(scratch));
        if (handle == null) {
            context.onHelper(() -> {
                int unused = context.syscalls().close(fd);
            });
        }
        return handle;
    }

    private static @Nullable FileHandle handleOf(int fd, FileHandle directory, String path, int options, Statx statx) {
        FileHandle.Kind kind = switch (statx.type()) {
            case Statx.S_IFREG -> FileHandle.Kind.REGULAR;
            case Statx.S_IFDIR -> FileHandle.Kind.DIRECTORY;
            default -> null;
        };
        // Another device on the same mount: a subvolume of btrfs.
        boolean same = statx.stat().deviceMajor() == directory.openedStat().deviceMajor()
                && statx.stat().deviceMinor() == directory.openedStat().deviceMinor();
        return kind == null || !same
                ? null
                : new FileHandle(fd, path, kind, options, 1, directory.mount(), directory.device(), statx.stat());
    }
}
