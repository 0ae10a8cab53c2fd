package io.nettyaio.epoll;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A block of memory outside the heap whose end is known: freed by {@link #close()}, not by the garbage collector, since
 * the kernel may hold its address.
 */
final class NativeMemory implements AutoCloseable {

    private long address;
    private final ByteBuffer buffer;

    NativeMemory(long lengthBytes, long alignmentBytes) {
        long got = Native.allocate(alignmentBytes, lengthBytes);
        if (got < 0) {
            throw new OutOfMemoryError("posix_memalign of lengthBytes=" + lengthBytes + ": " + Errno.name((int) -got));
        }
        address = got;
        buffer = Native.wrap(got, lengthBytes).order(ByteOrder.nativeOrder());
    }

    long address() {
        if (address == 0) {
            throw new IllegalStateException("memory is freed");
        }
        return address;
    }

    /** The memory; not to be touched after {@link #close()}. */
    ByteBuffer buffer() {
        return buffer;
    }

    @Override
    public void close() {
        long freed = address;
        address = 0;
        if (freed != 0) {
            Native.release(freed);
        }
    }
}
