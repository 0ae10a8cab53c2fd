package io.nettyaio.buffer;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Pooled allocators whose direct buffers begin at a multiple of an alignment, as direct I/O needs ({@code open(2)},
 * O_DIRECT). Netty's default allocators do not: what they hand out may begin anywhere.
 *
 * <p><b>Threading.</b> Any thread. Event loops keep a cache of their own.
 *
 * <p>Where Netty may not use {@code sun.misc.Unsafe} (Java 24 and later without
 * {@code --sun-misc-unsafe-memory-access=allow}) it pools no aligned memory: each buffer is then allocated anew, and freed by
 * the garbage collector.
 *
 * <p>The pool rounds sizes up to the alignment, so that each buffer of a chunk begins aligned.
 */
public final class AlignedByteBufAllocator {

    /** The alignment of {@link #page()}: what any block device in use today is content with. */
    public static final int PAGE_BYTES = 4096;

    private static final int CHUNK_ORDER = 9;
    private static final int SMALL_CACHE = 256;
    private static final int NORMAL_CACHE = 64;
    private static final ConcurrentMap<Integer, ByteBufAllocator> BY_ALIGNMENT = new ConcurrentHashMap<>();

    /** Looked up once: every transfer asks for it. */
    private static final class Page {
        static final ByteBufAllocator ALLOCATOR = of(PAGE_BYTES);
    }

    private AlignedByteBufAllocator() {}

    /** The process's allocator of direct buffers at multiples of {@value #PAGE_BYTES} bytes. */
    public static ByteBufAllocator page() {
        return Page.ALLOCATOR;
    }

    /**
     * The process's allocator for an alignment; the same one each time.
     *
     * @param alignmentBytes a power of two; less than {@value #PAGE_BYTES} counts as that
     * @throws IllegalArgumentException where it is not a power of two
     */
    public static ByteBufAllocator of(int alignmentBytes) {
        if (Integer.bitCount(alignmentBytes) != 1 || alignmentBytes < 0) {
            throw new IllegalArgumentException("alignmentBytes=" + alignmentBytes + ": must be a power of two");
        }
        return BY_ALIGNMENT.computeIfAbsent(
                Math.max(alignmentBytes, PAGE_BYTES), AlignedByteBufAllocator::newAllocator);
    }

    private static ByteBufAllocator newAllocator(int alignmentBytes) {
        if (!PooledByteBufAllocator.isDirectMemoryCacheAlignmentSupported()) {
            // Netty pools aligned memory only where it may use Unsafe, which Java 24 and later forbid by default.
            return new UnpooledAlignedByteBufAllocator(alignmentBytes);
        }
        int pageBytes = Math.max(PooledByteBufAllocator.defaultPageSize(), alignmentBytes);
        return new PooledByteBufAllocator(
                true,
                0,
                Math.max(1, PooledByteBufAllocator.defaultNumDirectArena()),
                pageBytes,
                CHUNK_ORDER,
                SMALL_CACHE,
                NORMAL_CACHE,
                true,
                alignmentBytes);
    }
}
