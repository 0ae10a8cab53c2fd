package io.nettyaio.buffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class AlignedByteBufAllocatorTest {

    private static final int MIB = 1 << 20;

    /** Where it begins, or -1 where it cannot be told. */
    private static long misalignment(ByteBuf buffer, int alignment) {
        assertThat(buffer.isDirect()).isTrue();
        assertThat(buffer.hasMemoryAddress()).isTrue();
        return buffer.memoryAddress() % alignment;
    }

    @Test
    void shouldAlignWhenSizesLieAroundEachPowerOfTwo() {
        ByteBufAllocator allocator = AlignedByteBufAllocator.page();
        for (int power = 1; power <= MIB; power <<= 1) {
            for (int size = Math.max(1, power - 1); size <= Math.min(MIB, power + 1); size++) {
                ByteBuf buffer = allocator.directBuffer(size, size);
                try {
                    assertThat(misalignment(buffer, 4096)).as("size %d", size).isZero();
                    assertThat(buffer.capacity()).isEqualTo(size);
                } finally {
                    buffer.release();
                }
            }
        }
    }

    @Test
    void shouldAlignWhenSeveralThreadsAllocateAndReleaseAtRandom() throws Exception {
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            long seed = 42L + i;
            Runnable work = () -> {
                try {
                    allocateAtRandom(new Random(seed));
                } catch (Throwable failure) {
                    failures.add(failure);
                }
            };
            // Event loops are of this kind, and have caches of their own.
            threads.add(i % 2 == 0 ? new FastThreadLocalThread(work) : new Thread(work));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(failures).isEmpty();
    }

    private static void allocateAtRandom(Random random) {
        ArrayDeque<ByteBuf> held = new ArrayDeque<>();
        try {
            for (int i = 0; i < 4000; i++) {
                int size = 1 + random.nextInt(1 << random.nextInt(21));
                ByteBuf buffer = AlignedByteBufAllocator.page().directBuffer(size, size);
                held.add(buffer);
                assertThat(misalignment(buffer, 4096)).as("size %d", size).isZero();
                while (held.size() > 16 || (!held.isEmpty() && random.nextBoolean())) {
                    held.remove().release();
                }
            }
        } finally {
            held.forEach(ByteBuf::release);
        }
    }

    @Test
    void shouldNotOverlapWhenBuffersAreHeldTogether() {
        ByteBufAllocator allocator = AlignedByteBufAllocator.page();
        List<ByteBuf> held = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                ByteBuf buffer = allocator.directBuffer(1 + 37 * i, 1 + 37 * i);
                held.add(buffer);
                // In one piece: leak detection takes note of each access.
                byte[] contents = new byte[buffer.capacity()];
                Arrays.fill(contents, (byte) i);
                buffer.writeBytes(contents);
            }
            for (int i = 0; i < held.size(); i++) {
                byte expected = (byte) i;
                assertThat(held.get(i).forEachByte(value -> value == expected))
                        .as("first other byte in buffer %d", i)
                        .isEqualTo(-1);
            }
        } finally {
            held.forEach(ByteBuf::release);
        }
    }

    @Test
    void shouldStayAlignedWhenABufferGrows() {
        ByteBuf buffer = AlignedByteBufAllocator.page().directBuffer(100);
        try {
            for (int capacity = 100; capacity <= 6 * MIB; capacity = capacity * 3 + 1) {
                buffer.capacity(capacity);
                assertThat(misalignment(buffer, 4096))
                        .as("capacity %d", capacity)
                        .isZero();
            }
        } finally {
            buffer.release();
        }
    }

    @Test
    void shouldAlignWhenTheSizeIsBeyondAChunk() {
        ByteBuf buffer = AlignedByteBufAllocator.page().directBuffer(9 * MIB + 1);
        try {
            assertThat(misalignment(buffer, 4096)).isZero();
        } finally {
            buffer.release();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4096, 8192, 16_384, 65_536})
    void shouldAlignToMoreThanAPageWhenAsked(int alignment) {
        ByteBufAllocator allocator = AlignedByteBufAllocator.of(alignment);
        List<ByteBuf> held = new ArrayList<>();
        try {
            for (int size = 1; size <= 4 * alignment; size = size * 2 + 1) {
                ByteBuf buffer = allocator.directBuffer(size, size);
                held.add(buffer);
                assertThat(misalignment(buffer, alignment)).as("size %d", size).isZero();
            }
        } finally {
            held.forEach(ByteBuf::release);
        }
    }

    @Test
    void shouldShareOneAllocatorWhenTheAlignmentIsTheSame() {
        assertThat(AlignedByteBufAllocator.of(4096)).isSameAs(AlignedByteBufAllocator.page());
        assertThat(AlignedByteBufAllocator.of(1)).isSameAs(AlignedByteBufAllocator.page());
        assertThat(AlignedByteBufAllocator.of(512)).isSameAs(AlignedByteBufAllocator.page());
        assertThat(AlignedByteBufAllocator.of(8192))
                .isSameAs(AlignedByteBufAllocator.of(8192))
                .isNotSameAs(AlignedByteBufAllocator.page());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 3, 4097, 12_288, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void shouldRefuseWhenTheAlignmentIsNoPowerOfTwo(int alignment) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AlignedByteBufAllocator.of(alignment))
                .withMessageContaining("alignmentBytes=" + alignment);
    }
}
