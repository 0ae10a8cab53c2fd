package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioOpenOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The kernel's system calls for the tests, which override those they script. What a machine would decide is decided
 * here, so that the tests find the same everywhere: each instance's files lie on a device and a mount of their own, of a
 * file system that knows RWF_NOWAIT and never has to wait, and direct files are buffered ones in truth.
 *
 * <p>Keeps account of descriptors and contexts, and notes what an engine must never do.
 */
class ScriptedSyscalls extends NativeSyscalls {

    static final int EXT4 = 0xEF53;
    static final int ALIGNMENT = 4096;

    /** What no block device has, so that sysfs knows nothing of it. */
    private static final int DEVICE_MAJOR = 4042;

    private static final AtomicInteger DEVICE_MINOR = new AtomicInteger();
    private static final int DIRECT_BIT = OpenFlags.of(EnumSet.of(AioOpenOption.READ, AioOpenOption.DIRECT))
            ^ OpenFlags.of(EnumSet.of(AioOpenOption.READ));

    // struct statx
    private static final int MASK_AT = 0;
    private static final int DEV_MAJOR_AT = 136;
    private static final int DEV_MINOR_AT = 140;
    private static final int DIO_MEM_ALIGN_AT = 152;
    private static final int DIO_OFFSET_ALIGN_AT = 156;
    private static final int STATX_DIOALIGN = 0x2000;
    // struct iocb
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int IOCB_BYTES = 64;
    private static final int RW_FLAGS_AT = 12;
    private static final int REQPRIO_AT = 18;
    private static final int FLAGS_AT = 56;
    private static final int IOCB_FLAG_IOPRIO = 2;

    final int deviceMinor = DEVICE_MINOR.incrementAndGet();

    /** Threads that called io_destroy. */
    final Queue<Thread> destroyers = new ConcurrentLinkedQueue<>();
    /** How many iocbs each io_submit was given. */
    final Queue<Integer> batches = new ConcurrentLinkedQueue<>();

    /** The priority of each iocb submitted. */
    final Queue<Integer> priorities = new ConcurrentLinkedQueue<>();

    final AtomicInteger eventFdsMade = new AtomicInteger();
    final AtomicInteger signals = new AtomicInteger();
    final AtomicInteger nowaitReads = new AtomicInteger();

    private final Map<Integer, String> descriptors = new ConcurrentHashMap<>();
    private final Map<Long, Boolean> contexts = new ConcurrentHashMap<>();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final AtomicInteger engines = new AtomicInteger();

    static ByteBuffer memory(long address, long lengthBytes) {
        return Native.wrap(address, lengthBytes).order(ByteOrder.nativeOrder());
    }

    /** What the file system says it is. */
    long fileSystem() {
        return EXT4;
    }

    // ---- the account ---------------------------------------------------------------------------------------------

    final void problem(String what) {
        problems.add(what + " [" + Thread.currentThread().getName() + "]");
    }

    final boolean isOpen(int fd) {
        return descriptors.containsKey(fd);
    }

    final List<String> openDescriptors() {
        List<String> open = new ArrayList<>();
        descriptors.forEach((fd, what) -> open.add(what + " " + fd));
        return open;
    }

    final void engineMade() {
        engines.incrementAndGet();
    }

    /** The engine has closed: once none is left, everything must have been given back. */
    final void engineClosed() {
        assertThat(problems).as("what the engine must never do").isEmpty();
        if (engines.decrementAndGet() == 0) {
            assertThat(openDescriptors()).as("descriptors left open").isEmpty();
            assertThat(contexts.keySet())
                    .as("kernel contexts that were not destroyed")
                    .isEmpty();
        }
    }

    /** Gives up all that a test has held back, so that an engine can close. */
    void letGo() {}

    // ---- kernel AIO ----------------------------------------------------------------------------------------------

    @Override
    public long ioSetup(int events) {
        long context = newContext(events);
        if (context > 0) {
            contexts.put(context, true);
        }
        return context;
    }

    /** io_setup, before it is entered in the account. */
    long newContext(int events) {
        return super.ioSetup(events);
    }

    @Override
    public int ioDestroy(long context) {
        destroyers.add(Thread.currentThread());
        if (EpollAioContext.isLoopThread()) {
            problem("io_destroy on a loop");
        }
        if (contexts.remove(context) == null) {
            problem("io_destroy of no context");
            return -Errno.EINVAL;
        }
        return endContext(context);
    }

    int endContext(long context) {
        return super.ioDestroy(context);
    }

    @Override
    public int ioSubmit(long context, int count, long iocbs) {
        batches.add(count);
        expectContext(context, "io_submit");
        ByteBuffer pointers = memory(iocbs, (long) count * Long.BYTES);
        for (int i = 0; i < count; i++) {
            ByteBuffer iocb = memory(pointers.getLong(i * Long.BYTES), IOCB_BYTES);
            iocb.putInt(RW_FLAGS_AT, iocb.getInt(RW_FLAGS_AT) & ~TransferOperation.RWF_NOWAIT);
            boolean hasPriority = (iocb.getInt(FLAGS_AT) & IOCB_FLAG_IOPRIO) != 0;
            priorities.add(hasPriority ? (int) iocb.getShort(REQPRIO_AT) : 0);
        }
        return super.ioSubmit(context, count, iocbs);
    }

    @Override
    public int ioGetEvents(long context, int count, long events) {
        expectContext(context, "io_getevents");
        return super.ioGetEvents(context, count, events);
    }

    final void expectContext(long context, String call) {
        if (!contexts.containsKey(context)) {
            problem(call + " of a context that is destroyed");
        }
    }

    // ---- descriptors ---------------------------------------------------------------------------------------------

    @Override
    public int eventFd() {
        int fd = super.eventFd();
        if (fd >= 0) {
            eventFdsMade.incrementAndGet();
            opened(fd, "eventfd");
        }
        return fd;
    }

    @Override
    public int eventFdSignal(int fd) {
        signals.incrementAndGet();
        if (!"eventfd".equals(descriptors.get(fd))) {
            problem("a signal to " + fd + ", which is no open eventfd");
        }
        return super.eventFdSignal(fd);
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        int result = super.fcntl(fd, command, argument);
        // The only command that makes a descriptor: of the same kind as the one it is of.
        return command == F_DUPFD_CLOEXEC ? opened(result, descriptors.getOrDefault(fd, "?")) : result;
    }

    @Override
    public int openAt(int directory, long path, int options, int mode) {
        return opened(super.openAt(directory, path, options & ~DIRECT_BIT, mode), "file");
    }

    @Override
    public int openBeneath(int directory, long path, int options, int mode) {
        return opened(super.openBeneath(directory, path, options & ~DIRECT_BIT, mode), "file");
    }

    @Override
    public int openCached(int directory, long path, int options, int statxMask, long statx) {
        return opened(super.openCached(directory, path, options, statxMask, statx), "file");
    }

    final int opened(int fd, String what) {
        if (fd >= 0) {
            descriptors.put(fd, what);
        }
        return fd;
    }

    @Override
    public int close(int fd) {
        // Before the call: right after it, another thread may be given the number.
        if (descriptors.remove(fd) == null) {
            problem("close of " + fd + ", which is not open");
        }
        return super.close(fd);
    }

    // ---- pipes ---------------------------------------------------------------------------------------------------

    @Override
    public int pipe(long fds) {
        int result = super.pipe(fds);
        if (result >= 0) {
            ByteBuffer numbers = memory(fds, 2L * Integer.BYTES);
            opened(numbers.getInt(0), "pipe");
            opened(numbers.getInt(Integer.BYTES), "pipe");
        }
        return result;
    }

    // ---- files ---------------------------------------------------------------------------------------------------

    @Override
    public long pread(int fd, long address, long length, long offset, int flags) {
        return super.pread(fd, address, length, offset, served(flags));
    }

    @Override
    public long preadv(int fd, long iovecs, int count, long offset, int flags) {
        return super.preadv(fd, iovecs, count, offset, served(flags));
    }

    private int served(int flags) {
        if ((flags & TransferOperation.RWF_NOWAIT) != 0) {
            nowaitReads.incrementAndGet();
        }
        return flags & ~TransferOperation.RWF_NOWAIT;
    }

    @Override
    public int statx(int fd, int mask, long buffer) {
        int result = super.statx(fd, mask, buffer);
        if (result >= 0) {
            ByteBuffer statx = memory(buffer, 256);
            statx.putInt(MASK_AT, statx.getInt(MASK_AT) | STATX_DIOALIGN);
            statx.putInt(DEV_MAJOR_AT, DEVICE_MAJOR);
            statx.putInt(DEV_MINOR_AT, deviceMinor);
            statx.putInt(DIO_MEM_ALIGN_AT, ALIGNMENT);
            statx.putInt(DIO_OFFSET_ALIGN_AT, ALIGNMENT);
        }
        return result;
    }

    @Override
    public long fileSystemType(int fd) {
        return fileSystem();
    }

    static boolean isNowait(int flags) {
        return (flags & TransferOperation.RWF_NOWAIT) != 0;
    }
}
