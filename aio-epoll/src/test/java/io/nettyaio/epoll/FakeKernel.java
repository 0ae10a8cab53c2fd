package io.nettyaio.epoll;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Kernel AIO in memory: takes iocbs as {@code io_submit(2)} does, and completes them through a ring of the kernel's
 * form when the test says so, with the result the test gives. What completes itself ({@link #automatic}) does so inside
 * io_submit, by the plain system call.
 */
class FakeKernel extends ScriptedSyscalls {

    static final int HEADER_BYTES = 32;
    static final int NR_AT = 4;
    static final int HEAD_AT = 8;
    static final int TAIL_AT = 12;
    static final int MAGIC_AT = 16;
    static final int COMPAT_AT = 20;
    static final int INCOMPAT_AT = 24;
    static final int HEADER_LENGTH_AT = 28;
    static final int MAGIC = 0xa10a10a1;

    private static final int EVENT_BYTES = 32;
    private static final int EINPROGRESS = 115;
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    /** What io_submit was given. */
    static final class Iocb {
        final long context;
        final Thread submitter = Thread.currentThread();
        final long data;
        final int rwFlags;
        final int opcode;
        final int fd;
        final long address;
        final long count;
        final long offset;
        final int flags;
        final int eventFd;

        /** Where it lies. */
        final long self;

        Iocb(long context, long self, ByteBuffer at) {
            this.context = context;
            this.self = self;
            data = at.getLong(0);
            rwFlags = at.getInt(12);
            opcode = at.getShort(16);
            fd = at.getInt(20);
            address = at.getLong(24);
            count = at.getLong(32);
            offset = at.getLong(40);
            flags = at.getInt(56);
            eventFd = at.getInt(60);
        }

        boolean isNowait() {
            return ScriptedSyscalls.isNowait(rwFlags);
        }

        boolean isOnLoop() {
            return submitter.getName().contains("EventLoop");
        }

        @Override
        public String toString() {
            return "iocb(opcode=" + opcode + " offset=" + offset + " count=" + count + " rwFlags=" + rwFlags + " by "
                    + submitter.getName() + ')';
        }
    }

    private record Event(long data, long result) {}

    private static final class Ring {
        private final NativeMemory memory;
        private final ByteBuffer buffer;
        private final int entries;
        private final ArrayDeque<Event> unreaped = new ArrayDeque<>();
        private int tail;
        private int headSeen;
        private int outstanding;

        Ring(int events) {
            entries = events + 1;
            memory = new NativeMemory(HEADER_BYTES + (long) entries * EVENT_BYTES, 4096);
            buffer = memory.buffer();
            buffer.putInt(NR_AT, entries);
            buffer.putInt(MAGIC_AT, MAGIC);
            buffer.putInt(COMPAT_AT, 1);
            buffer.putInt(HEADER_LENGTH_AT, HEADER_BYTES);
        }

        /** What user space has reaped is gone. */
        private void follow() {
            int head = (int) INT.getAcquire(buffer, HEAD_AT);
            if (head < 0 || head >= entries) {
                return;
            }
            int reaped = Math.floorMod(head - headSeen, entries);
            for (int i = 0; i < reaped && !unreaped.isEmpty(); i++) {
                unreaped.remove();
            }
            headSeen = head;
        }

        private void put(Event event) {
            follow();
            if (unreaped.size() == entries - 1) {
                throw new IllegalStateException("the ring is full: more in flight than it was made for");
            }
            unreaped.add(event);
            int at = HEADER_BYTES + tail * EVENT_BYTES;
            buffer.putLong(at, event.data());
            buffer.putLong(at + 16, event.result());
            tail = (tail + 1) % entries;
            INT.setRelease(buffer, TAIL_AT, tail);
        }

        private int take(int count, ByteBuffer into) {
            follow();
            int taken = 0;
            while (taken < count && !unreaped.isEmpty()) {
                Event event = unreaped.remove();
                into.putLong(taken * EVENT_BYTES, event.data());
                into.putLong(taken * EVENT_BYTES + 16, event.result());
                taken++;
            }
            headSeen = Math.floorMod(tail - unreaped.size(), entries);
            INT.setRelease(buffer, HEAD_AT, headSeen);
            return taken;
        }
    }

    /** Guarded by this, as what follows. */
    private final Map<Long, Ring> rings = new HashMap<>();

    private final List<Iocb> inFlight = new ArrayList<>();
    private final List<Iocb> taken = new ArrayList<>();
    private final List<Iocb> cancelled = new ArrayList<>();
    private int getEventsCalls;

    /** Whether what is submitted is carried out at once. */
    private volatile boolean automatic;

    FakeKernel automatic(boolean now) {
        automatic = now;
        return this;
    }

    // ---- what a test scripts -------------------------------------------------------------------------------------

    /** Says, for one iocb, 0 or the negative errno of io_submit. */
    int accept(Iocb iocb) {
        return 0;
    }

    /** Changes the header of a new ring. */
    void shape(ByteBuffer header) {}

    /** Says what an automatic completion answers. */
    long answer(Iocb iocb) {
        return perform(iocb);
    }

    // ---- what a test sees and does -------------------------------------------------------------------------------

    synchronized List<Iocb> inFlight() {
        return new ArrayList<>(inFlight);
    }

    /** All that was ever accepted, in order. */
    synchronized List<Iocb> taken() {
        return new ArrayList<>(taken);
    }

    /** Those that io_cancel was called for, with the address they were submitted at. */
    synchronized List<Iocb> cancelled() {
        return new ArrayList<>(cancelled);
    }

    synchronized int getEventsCalls() {
        return getEventsCalls;
    }

    /** Waits until that much is in flight. */
    List<Iocb> awaitInFlight(int count) {
        Await.until(
                () -> inFlight().size() + " in flight, want " + count,
                () -> inFlight().size() == count);
        return inFlight();
    }

    /** The iocb in flight for an offset. */
    Iocb awaitOffset(long offset) {
        Await.until(
                () -> "offset " + offset + " in flight: " + inFlight(),
                () -> inFlight().stream().anyMatch(iocb -> iocb.offset == offset));
        return inFlight().stream()
                .filter(iocb -> iocb.offset == offset)
                .findFirst()
                .orElseThrow();
    }

    /** Carries out what the iocb asks for. */
    long perform(Iocb iocb) {
        return switch (iocb.opcode) {
            case IocbTable.PREAD -> super.pread(iocb.fd, iocb.address, iocb.count, iocb.offset, 0);
            case IocbTable.PREADV -> super.preadv(iocb.fd, iocb.address, (int) iocb.count, iocb.offset, 0);
            case IocbTable.PWRITE -> pwrite(iocb, iocb.count);
            case IocbTable.PWRITEV -> super.pwritev(iocb.fd, iocb.address, (int) iocb.count, iocb.offset, 0);
            case IocbTable.FSYNC -> super.fsync(iocb.fd, false);
            case IocbTable.FDSYNC -> super.fsync(iocb.fd, true);
            default -> -Errno.EINVAL;
        };
    }

    /** Carries out the beginning of what the iocb asks for. */
    long performShort(Iocb iocb, long bytes) {
        return iocb.opcode == IocbTable.PREAD
                ? super.pread(iocb.fd, iocb.address, bytes, iocb.offset, 0)
                : pwrite(iocb, bytes);
    }

    private long pwrite(Iocb iocb, long bytes) {
        try (NativeMemory iovec = new NativeMemory(16, 16)) {
            iovec.buffer().putLong(0, iocb.address);
            iovec.buffer().putLong(8, bytes);
            return super.pwritev(iocb.fd, iovec.address(), 1, iocb.offset, 0);
        }
    }

    /** Carries it out, and completes it with the result. */
    void complete(Iocb iocb) {
        complete(iocb, perform(iocb));
    }

    void complete(Iocb iocb, long result) {
        synchronized (this) {
            if (!inFlight.remove(iocb)) {
                throw new IllegalStateException("not in flight: " + iocb);
            }
        }
        deliver(iocb, result);
    }

    /** An event and its signal, whether or not anything is in flight. */
    void deliver(Iocb iocb, long result) {
        synchronized (this) {
            Ring ring = ring(iocb.context);
            ring.outstanding--;
            ring.put(new Event(iocb.data, result));
        }
        eventFdSignal(iocb.eventFd);
    }

    /** Completes several with one signal. */
    void completeTogether(List<Iocb> iocbs) {
        Iocb last = null;
        for (Iocb iocb : iocbs) {
            long result = perform(iocb);
            synchronized (this) {
                inFlight.remove(iocb);
                Ring ring = ring(iocb.context);
                ring.outstanding--;
                ring.put(new Event(iocb.data, result));
            }
            last = iocb;
        }
        if (last != null) {
            eventFdSignal(last.eventFd);
        }
    }

    /** The memory of the only ring. */
    synchronized ByteBuffer ringMemory() {
        return rings.values().iterator().next().buffer;
    }

    @Override
    void letGo() {
        automatic = true;
        for (Iocb iocb : inFlight()) {
            complete(iocb);
        }
    }

    // ---- the system calls ----------------------------------------------------------------------------------------

    @Override
    synchronized long newContext(int events) {
        Ring ring = new Ring(events);
        shape(ring.buffer);
        rings.put(ring.memory.address(), ring);
        return ring.memory.address();
    }

    @Override
    int endContext(long context) {
        synchronized (this) {
            Ring ring = rings.remove(context);
            if (ring == null) {
                return -Errno.EINVAL;
            }
            if (ring.outstanding > 0) {
                problem("io_destroy with " + ring.outstanding + " in flight");
            }
            // Nobody may look at it any more; a look would find a ring that makes no sense.
            ring.buffer.putInt(HEAD_AT, -1);
            ring.buffer.putInt(TAIL_AT, -2);
            ring.memory.close();
        }
        return 0;
    }

    @Override
    public int ioSubmit(long context, int count, long iocbs) {
        batches.add(count);
        expectContext(context, "io_submit");
        ByteBuffer pointers = memory(iocbs, (long) count * Long.BYTES);
        for (int i = 0; i < count; i++) {
            long self = pointers.getLong(i * Long.BYTES);
            ByteBuffer at = memory(self, 64);
            Iocb iocb = new Iocb(context, self, at);
            checkLayout(at, iocb);
            int answer = accept(iocb);
            if (answer < 0) {
                return i > 0 ? i : answer;
            }
            at.putInt(8, 0);
            synchronized (this) {
                taken.add(iocb);
                inFlight.add(iocb);
                ring(context).outstanding++;
            }
            if (automatic) {
                complete(iocb, answer(iocb));
            }
        }
        return count;
    }

    @Override
    public synchronized int ioCancel(long context, long iocb) {
        expectContext(context, "io_cancel");
        for (Iocb each : inFlight) {
            if (each.self == iocb) {
                cancelled.add(each);
                return -EINPROGRESS;
            }
        }
        return -Errno.EINVAL;
    }

    private void checkLayout(ByteBuffer at, Iocb iocb) {
        if (at.getInt(8) != 0 || at.getShort(18) != 0 || at.getLong(48) != 0) {
            problem("padding is not zero: " + iocb);
        }
        if (iocb.flags != 1 || !isOpen(iocb.eventFd)) {
            problem("no open eventfd in " + iocb);
        }
    }

    @Override
    public synchronized int ioGetEvents(long context, int count, long events) {
        getEventsCalls++;
        expectContext(context, "io_getevents");
        return ring(context).take(count, memory(events, (long) count * EVENT_BYTES));
    }

    private Ring ring(long context) {
        Ring ring = rings.get(context);
        if (ring == null) {
            throw new IllegalStateException("no such context");
        }
        return ring;
    }
}
