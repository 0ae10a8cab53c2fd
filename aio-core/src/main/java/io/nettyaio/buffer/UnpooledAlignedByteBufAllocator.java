package io.nettyaio.buffer;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import java.nio.ByteBuffer;

/**
 * Aligned direct buffers by {@link ByteBuffer#alignedSlice}, for a JVM where Netty cannot pool them. The memory is the garbage
 * collector's to free.
 */
final class UnpooledAlignedByteBufAllocator extends AbstractByteBufAllocator {

    /** Memory that Netty is not to free: it belongs to a larger buffer. */
    private static final class Aligned extends UnpooledDirectByteBuf {
        Aligned(UnpooledAlignedByteBufAllocator allocator, ByteBuffer memory, int maxCapacity) {
            super(allocator, memory, maxCapacity);
        }
    }

    private final int alignmentBytes;

    UnpooledAlignedByteBufAllocator(int alignmentBytes) {
        super(true);
        this.alignmentBytes = alignmentBytes;
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
        return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        // alignedSlice cuts the end down to a multiple too.
        int roundedBytes = (int) Math.min(
                Integer.MAX_VALUE - 2L * alignmentBytes,
                ((long) initialCapacity + alignmentBytes - 1) & -alignmentBytes);
        ByteBuffer aligned =
                ByteBuffer.allocateDirect(roundedBytes + alignmentBytes).alignedSlice(alignmentBytes);
        return new Aligned(this, aligned.limit(initialCapacity).slice(), maxCapacity).clear();
    }

    @Override
    public boolean isDirectBufferPooled() {
        return false;
    }
}
