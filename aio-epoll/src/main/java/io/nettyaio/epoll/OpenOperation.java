package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioRoute;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Opens a file and finds out, on the helper, all that its routes depend on: kind, device, alignment, and by a real
 * operation whether reads know RWF_NOWAIT. Beneath a directory that all tells, and {@link CachedOpens} may open it on the
 * loop.
 */
final class OpenOperation extends HelperOperation<AioFile> {

    /** Memory devices: {@code /dev/null}, {@code zero}, {@code full}, {@code random}, {@code urandom}. */
    private static final int MEMORY_MAJOR = 1;

    private final EpollAioContext context;
    private final String path;
    private final @Nullable Path whole;
    private final String subpath;
    private final @Nullable EpollAioFile base;
    private final int options;
    private final int mode;
    private @Nullable FileHandle opened;

    /** Opens a path. */
    OpenOperation(EpollAioContext context, Path path, Set<AioOpenOption> options, int mode) {
        this(context, null, path.toString(), path, path.toString(), options, mode);
        if (path.getFileSystem() != FileSystems.getDefault()) {
            refuse(Failures.foreignPath("open", path));
        }
    }

    /**
     * Opens a path beneath a directory.
     *
     * @param base    the view that keeps the directory open meanwhile; null where it will be refused
     * @param path    how a failure names it
     * @param subpath what is handed to the kernel, relative to {@code base}
     */
    OpenOperation(
            EpollAioContext context,
            @Nullable EpollAioFile base,
            String path,
            String subpath,
            Set<AioOpenOption> options,
            int mode) {
        this(context, base, path, null, subpath, options, mode);
    }

    private OpenOperation(
            EpollAioContext context,
            @Nullable EpollAioFile base,
            String path,
            @Nullable Path whole,
            String subpath,
            Set<AioOpenOption> options,
            int mode) {
        super(context, "open", path, base);
        this.context = context;
        this.path = path;
        this.whole = whole;
        this.subpath = subpath;
        this.base = base;
        this.options = OpenFlags.of(options);
        this.mode = mode;
        // A path object is as the kernel has it, whatever its text says.
        String whyNot = whole != null ? null : NativePath.whyNoName(subpath);
        if (subpath.isEmpty() && base == null) {
            refuse(Failures.argument(Errno.ENOENT, "open", path, "the path is empty"));
        } else if (whyNot != null) {
            refuse(Failures.argument(Errno.EINVAL, "open", path, whyNot));
        }
    }

    @Override
    void submit() {
        if (base != null && !isCancelled()) {
            FileHandle here = context.cachedOpens().open(base, path, subpath, options);
            if (here != null) {
                opened = here;
                routed(AioRoute.INLINE);
                complete(here.fd());
                return;
            }
        }
        super.submit();
    }

    @Override
    long work() {
        Syscalls syscalls = context.syscalls();
        int fd = openByName(syscalls);
        if (fd < 0) {
            return fd;
        }
        boolean kept = false;
        try {
            FileHandle handle = inspect(syscalls, fd);
            if (handle == null) {
                return -Errno.EOPNOTSUPP;
            }
            opened = handle;
            kept = true;
            return fd;
        } catch (Statx.Refused refused) {
            return -refused.errno();
        } finally {
            if (!kept) {
                syscalls.close(fd);
            }
        }
    }

    private int openByName(Syscalls syscalls) {
        ByteBuffer name =
                whole != null ? NativePath.terminated(whole) : NativePath.terminated(subpath.isEmpty() ? "." : subpath);
        try {
            long address = Native.addressOf(name);
            int fd;
            do {
                fd = base == null
                        ? syscalls.openAt(-1, address, options, mode)
                        : openBeneath(syscalls, base.handle(), address);
            } while (fd == -Errno.EINTR);
            return fd;
        } finally {
            // The memory is the garbage collector's to free, and has to live until here.
            Reference.reachabilityFence(name);
        }
    }

    private int openBeneath(Syscalls syscalls, FileHandle base, long address) {
        int fd = syscalls.openBeneath(base.fd(), address, options, mode);
        // EPERM too: sandboxes that do not know openat2 answer so.
        if (fd != -Errno.ENOSYS && fd != -Errno.EPERM) {
            // RESOLVE_BENEATH answers EAGAIN where a rename elsewhere may have raced with it.
            return fd == -Errno.EAGAIN ? syscalls.openBeneath(base.fd(), address, options, mode) : fd;
        }
        return openAndCompare(syscalls, base, address);
    }

    /**
     * Without openat2: nothing is created or cut by this, since that would happen before the comparison; but what O_EXCL
     * creates by a plain name follows no link.
     */
    private int openAndCompare(Syscalls syscalls, FileHandle base, long address) {
        if (subpath.startsWith("/")) {
            return -Errno.EXDEV;
        }
        if (OpenFlags.createsNew(options) && NameOperation.isName(subpath)) {
            return syscalls.openAt(base.fd(), address, options, mode);
        }
        if (OpenFlags.changes(options)) {
            return -Errno.ENOSYS;
        }
        int fd = syscalls.openAt(base.fd(), address, options, mode);
        if (fd < 0) {
            return fd;
        }
        try {
            if (realPath(fd).startsWith(realPath(base.fd()))) {
                return fd;
            }
        } catch (IOException unknowable) {
            // Counts as outside.
        }
        syscalls.close(fd);
        return -Errno.EXDEV;
    }

    private static Path realPath(int fd) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
    }

    /** What kind of file this is; {@code null} where it is none that the engine takes. */
    private @Nullable FileHandle inspect(Syscalls syscalls, int fd) throws Statx.Refused {
        Statx statx = Statx.of(syscalls, fd);
        FileHandle.Kind kind = switch (statx.type()) {
            case Statx.S_IFREG -> FileHandle.Kind.REGULAR;
            case Statx.S_IFDIR -> FileHandle.Kind.DIRECTORY;
            case Statx.S_IFBLK -> FileHandle.Kind.BLOCK_DEVICE;
            case Statx.S_IFCHR -> statx.rdevMajor() == MEMORY_MAJOR ? FileHandle.Kind.MEMORY_DEVICE : null;
            default -> null;
        };
        if (kind == null) {
            return null;
        }
        AioConfig config = context.config();
        boolean direct = OpenFlags.isDirect(options);
        Device device = kind == FileHandle.Kind.BLOCK_DEVICE
                ? Device.of(statx.rdevMajor(), statx.rdevMinor(), -1, config)
                : Device.of(statx.stat().deviceMajor(), statx.stat().deviceMinor(), statx.mountId(), config);
        int alignment = 1;
        if (direct) {
            alignment = statx.dioAlignment() > 0 ? statx.dioAlignment() : device.logicalBlockBytes();
        }
        Mount mount = Mount.of(
                statx.mountId(),
                statx.stat().deviceMajor(),
                statx.stat().deviceMinor(),
                syscalls.fileSystemType(fd),
                direct);
        if (kind != FileHandle.Kind.DIRECTORY && OpenFlags.reads(options) && mount.needsProbe()) {
            probe(syscalls, fd, mount, alignment);
        }
        return new FileHandle(fd, path, kind, options, alignment, mount, device, statx.stat());
    }

    /**
     * Reads with RWF_NOWAIT. Whatever it answers but EOPNOTSUPP says that the file system knows it: data, end of file, and
     * EAGAIN, which is its meaning.
     */
    private static void probe(Syscalls syscalls, int fd, Mount mount, int alignment) {
        try (NativeMemory memory = new NativeMemory(alignment, Math.max(alignment, Long.BYTES))) {
            long result = syscalls.pread(fd, memory.address(), alignment, 0, TransferOperation.RWF_NOWAIT);
            if (result >= 0 || result == -Errno.EAGAIN || result == -Errno.EOPNOTSUPP) {
                mount.learnNowait(false, result != -Errno.EOPNOTSUPP);
            }
        }
    }

    @Override
    protected AioFile value(long result) {
        FileHandle handle = opened;
        if (handle == null) {
            throw new IllegalStateException("opened nothing");
        }
        return context.adopt(handle, AioClass.DEFAULT);
    }

    @Override
    void complete(long result) {
        FileHandle handle = opened;
        if (handle != null && context.isClosing()) {
            context.start(new CloseOperation(context, handle, null));
            fail(Failures.contextClosed(name(), path, 0));
        } else {
            super.complete(result);
        }
    }

    @Override
    protected void unwanted(@Nullable AioFile result) {
        if (result != null) {
            Future<?> unused = result.close();
        }
    }
}
