package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ring over memory that the test writes as the kernel would. */
@Timeout(20)
class CompletionRingTest {

    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private static final int ENTRIES = 8;

    private final ByteBuffer memory = fakeRing(ENTRIES);
    private final CompletionRing ring = CompletionRing.over(memory, ENTRIES);

    private static ByteBuffer fakeRing(int entries) {
        ByteBuffer memory = ByteBuffer.allocateDirect((int) CompletionRing.lengthBytes(entries))
                .order(ByteOrder.nativeOrder());
        memory.putInt(FakeKernel.NR_AT, entries);
        memory.putInt(FakeKernel.MAGIC_AT, FakeKernel.MAGIC);
        memory.putInt(FakeKernel.COMPAT_AT, 1);
        memory.putInt(FakeKernel.HEADER_LENGTH_AT, FakeKernel.HEADER_BYTES);
        return memory;
    }

    /** As the kernel: the event, then the tail. */
    private static void put(ByteBuffer memory, int entries, long data, long result) {
        int tail = memory.getInt(FakeKernel.TAIL_AT);
        int at = 32 + tail * 32;
        memory.putLong(at, data);
        memory.putLong(at + 8, 0xdeadL);
        memory.putLong(at + 16, result);
        memory.putLong(at + 24, 0xbeefL);
        INT.setRelease(memory, FakeKernel.TAIL_AT, (tail + 1) % entries);
    }

    private void put(long data, long result) {
        put(memory, ENTRIES, data, result);
    }

    @Test
    void shouldGiveDataAndResultInOrderWhenEventsAreThere() {
        put(11, 4096);
        put(12, -5);
        put(0x1_0000_0007L, 0);
        long[] into = new long[20];

        assertThat(ring.reap(into, ENTRIES)).isEqualTo(3);

        assertThat(into).startsWith(11, 4096, 12, -5, 0x1_0000_0007L, 0);
        assertThat(memory.getInt(FakeKernel.HEAD_AT)).isEqualTo(3);
    }

    @Test
    void shouldGiveNothingWhenTheRingIsEmpty() {
        assertThat(ring.isEmpty()).isTrue();
        assertThat(ring.reap(new long[8], ENTRIES)).isZero();

        put(1, 1);
        assertThat(ring.isEmpty()).isFalse();
        assertThat(ring.reap(new long[8], ENTRIES)).isEqualTo(1);
        assertThat(ring.isEmpty()).isTrue();
        assertThat(ring.reap(new long[8], ENTRIES)).isZero();
    }

    @Test
    void shouldGiveWhatTheBatchHoldsWhenMoreIsThere() {
        for (int i = 0; i < 7; i++) {
            put(i, 100 + i);
        }
        long[] into = new long[2 * CompletionRing.LONGS_PER_EVENT];

        assertThat(ring.reap(into, 7)).isEqualTo(2);
        assertThat(into).containsExactly(0, 100, 1, 101);
        assertThat(ring.reap(into, 5)).isEqualTo(2);
        assertThat(into).containsExactly(2, 102, 3, 103);
        assertThat(memory.getInt(FakeKernel.HEAD_AT)).isEqualTo(4);
        assertThat(ring.isEmpty()).isFalse();
    }

    @Test
    void shouldGiveAllButOneEntryWhenTheRingIsFull() {
        for (int round = 0; round < 3 * ENTRIES; round++) {
            for (int i = 0; i < ENTRIES - 1; i++) {
                put(round * 10L + i, i);
            }
            long[] into = new long[2 * ENTRIES];
            assertThat(ring.reap(into, ENTRIES - 1)).isEqualTo(ENTRIES - 1);
            for (int i = 0; i < ENTRIES - 1; i++) {
                assertThat(into[2 * i]).isEqualTo(round * 10L + i);
            }
        }
    }

    @Test
    void shouldFollowTheModelWhenTheRingWrapsAtRandom() {
        Random random = new Random(7);
        ArrayDeque<Long> model = new ArrayDeque<>();
        long next = 1;
        for (int step = 0; step < 20_000; step++) {
            if (random.nextBoolean() && model.size() < ENTRIES - 1) {
                put(next, -next);
                model.add(next++);
            } else {
                long[] into = new long[CompletionRing.LONGS_PER_EVENT * (1 + random.nextInt(ENTRIES))];
                int count = ring.reap(into, model.size());
                assertThat(count).isEqualTo(Math.min(model.size(), into.length / CompletionRing.LONGS_PER_EVENT));
                for (int i = 0; i < count; i++) {
                    long expected = model.remove();
                    assertThat(into[2 * i]).isEqualTo(expected);
                    assertThat(into[2 * i + 1]).isEqualTo(-expected);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, ENTRIES, ENTRIES + 1, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void shouldNotBelieveTheRingWhenTheHeadLiesOutside(int head) {
        put(1, 1);
        memory.putInt(FakeKernel.HEAD_AT, head);
        long[] into = new long[8];

        assertThat(ring.reap(into, ENTRIES)).isEqualTo(-1);

        assertThat(into).containsOnly(0);
        assertThat(memory.getInt(FakeKernel.HEAD_AT)).isEqualTo(head);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, ENTRIES, ENTRIES + 1, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void shouldNotBelieveTheRingWhenTheTailLiesOutside(int tail) {
        put(1, 1);
        memory.putInt(FakeKernel.TAIL_AT, tail);
        long[] into = new long[8];

        assertThat(ring.reap(into, ENTRIES)).isEqualTo(-1);

        assertThat(into).containsOnly(0);
        assertThat(memory.getInt(FakeKernel.HEAD_AT)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 3, 2", "0, 1, 0", "6, 1, 2", "5, 4, 6"})
    void shouldNotBelieveTheRingWhenItHoldsMoreThanIsInFlight(int head, int tail, int inFlight) {
        memory.putInt(FakeKernel.HEAD_AT, head);
        memory.putInt(FakeKernel.TAIL_AT, tail);

        assertThat(ring.reap(new long[2 * ENTRIES], inFlight)).isEqualTo(-1);
        assertThat(memory.getInt(FakeKernel.HEAD_AT)).isEqualTo(head);

        // One more in flight, and it can be true.
        assertThat(ring.reap(new long[2 * ENTRIES], inFlight + 1)).isEqualTo(inFlight + 1);
    }

    @Test
    void shouldBeUsableWhenTheHeaderIsTheKernels() {
        assertThat(CompletionRing.usableEntries(memory)).isEqualTo(ENTRIES);
        assertThat(CompletionRing.headerBytes()).isEqualTo(32);
        assertThat(CompletionRing.lengthBytes(ENTRIES)).isEqualTo(32 + ENTRIES * 32);
        assertThat(CompletionRing.lengthBytes(1 << 24)).isEqualTo(32L + (1L << 29));
    }

    @Test
    void shouldBeUsableWhenTheKernelHasMadeIt() {
        long context = Native.ioSetup(16);
        assertThat(context).isPositive();
        try {
            ByteBuffer header = ScriptedSyscalls.memory(context, CompletionRing.headerBytes());
            assertThat(CompletionRing.usableEntries(header)).isGreaterThan(16);
            assertThat(Reaper.ringOf(context)).isNotNull();
        } finally {
            assertThat(Native.ioDestroy(context)).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "16, 0", // magic
        "16, -1592776544", // 0xa10a10a0
        "24, 1", // incompat_features
        "24, -2147483648",
        "28, 31", // header_length
        "28, 64",
        "28, 0",
        "4, 0", // nr
        "4, 1",
        "4, -8",
        "4, 16777217"
    })
    void shouldBeUnusableWhenOneFieldOfTheHeaderIsAnother(int at, int value) {
        memory.putInt(at, value);

        assertThat(CompletionRing.usableEntries(memory)).isZero();
    }

    @SuppressWarnings("ThreadPriorityCheck") // a hint, for where there is one CPU for both
    @Test
    void shouldLoseAndDoubleNothingWhenTheKernelWritesMeanwhile() throws Exception {
        int entries = 64;
        int events = 300_000;
        ByteBuffer shared = fakeRing(entries);
        CompletionRing reaped = CompletionRing.over(shared, entries);
        Thread kernel = new Thread(() -> {
            for (int i = 1; i <= events; i++) {
                int tail = shared.getInt(FakeKernel.TAIL_AT);
                while ((int) INT.getAcquire(shared, FakeKernel.HEAD_AT) == (tail + 1) % entries) {
                    Thread.yield();
                    if (Thread.currentThread().isInterrupted()) {
                        return;
                    }
                }
                put(shared, entries, i, -i);
            }
        });
        kernel.start();
        try {
            long[] into = new long[2 * 16];
            long expected = 1;
            while (expected <= events && !Thread.currentThread().isInterrupted()) {
                int count = reaped.reap(into, entries - 1);
                assertThat(count).isNotNegative();
                if (count == 0) {
                    Thread.yield();
                }
                for (int i = 0; i < count; i++, expected++) {
                    if (into[2 * i] != expected || into[2 * i + 1] != -expected) {
                        assertThat(into).as("event %d at %d", expected, i).isEmpty();
                    }
                }
            }
            assertThat(expected).isEqualTo(events + 1);
        } finally {
            kernel.interrupt();
            kernel.join();
        }
    }
}
