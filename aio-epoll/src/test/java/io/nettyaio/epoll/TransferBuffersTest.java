package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the kernel would see of the buffers, read back through the addresses it is given. */
@Timeout(20)
class TransferBuffersTest {

    private static final long ALL = TransferBuffers.MOST_BYTES;

    private final UnpooledByteBufAllocator standIns = new UnpooledByteBufAllocator(true);
    private final TransferBuffers buffers = new TransferBuffers();
    private final List<ByteBuf> held = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() {
        assertThat(held).allMatch(buffer -> buffer.refCnt() == 0, "is released");
        assertThat(standIns.metric().usedDirectMemory()).as("stand-ins").isZero();
    }

    private record Segment(long address, long length) {}

    private List<Segment> gathered(long done, long most) {
        int count = buffers.gather(done, most);
        ByteBuffer iovecs = ScriptedSyscalls.memory(buffers.iovecsAddress(), 16L * Math.max(1, count));
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            segments.add(new Segment(iovecs.getLong(16 * i), iovecs.getLong(16 * i + 8)));
        }
        return segments;
    }

    private static byte[] read(List<Segment> segments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Segment segment : segments) {
            byte[] part = new byte[(int) segment.length()];
            ScriptedSyscalls.memory(segment.address(), segment.length()).get(part);
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** As the kernel, which fills segment after segment. */
    private static void fill(List<Segment> segments, byte[] contents) {
        int at = 0;
        for (Segment segment : segments) {
            int part = (int) Math.min(segment.length(), contents.length - at);
            ScriptedSyscalls.memory(segment.address(), segment.length()).put(contents, at, part);
            at += part;
        }
    }

    private void write(ByteBuf... sources) {
        buffers.begin(false, sources.length);
        for (ByteBuf source : sources) {
            held.add(source);
            buffers.add(source, standIns);
        }
    }

    /** The caller keeps its reference, as of a read. */
    private void readInto(ByteBuf... destinations) {
        buffers.begin(true, destinations.length);
        for (ByteBuf destination : destinations) {
            held.add(destination);
            buffers.add(destination.retain(), standIns);
        }
    }

    private static ByteBuf heap(byte... bytes) {
        return Unpooled.buffer().writeBytes(bytes);
    }

    private static ByteBuf direct(byte... bytes) {
        return Unpooled.directBuffer().writeBytes(bytes);
    }

    private static byte[] range(int from, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (from + i);
        }
        return bytes;
    }

    /** What lies in the middle of a larger buffer, by index and slice. */
    private static ByteBuf inTheMiddle(ByteBuf whole, byte... bytes) {
        whole.writeBytes(new byte[] {99, 98, 97}).writeBytes(bytes).writeBytes(new byte[] {96, 95});
        return whole.setIndex(3, 3 + bytes.length);
    }

    // ---- writes --------------------------------------------------------------------------------------------------

    @Test
    void shouldPointIntoTheBufferWhenItIsDirect() {
        ByteBuf source = inTheMiddle(Unpooled.directBuffer(), range(1, 10));
        write(source);

        assertThat(buffers.isVectored()).isFalse();
        assertThat(buffers.lengthBytes()).isEqualTo(10);
        assertThat(buffers.address()).isEqualTo(source.memoryAddress() + 3);
        assertThat(read(gathered(0, ALL))).isEqualTo(range(1, 10));
        assertThat(standIns.metric().usedDirectMemory()).isZero();
        buffers.release();
    }

    @Test
    void shouldCopyWhenTheBufferLiesOnTheHeap() {
        ByteBuf source = inTheMiddle(Unpooled.buffer(), range(1, 10));
        write(source);
        // The contents count as they were when the write was started.
        source.setByte(4, 77);

        assertThat(buffers.isVectored()).isFalse();
        assertThat(read(gathered(0, ALL))).isEqualTo(range(1, 10));
        assertThat(source.readerIndex()).isEqualTo(3);
        buffers.release();
    }

    @Test
    void shouldSeeTheSliceOnlyWhenTheBufferIsOne() {
        ByteBuf direct = inTheMiddle(Unpooled.directBuffer(), range(1, 20)).slice(5, 6);
        ByteBuf heap = inTheMiddle(Unpooled.buffer(), range(1, 20)).slice(5, 6);
        ByteBuf pooled = inTheMiddle(PooledByteBufAllocator.DEFAULT.directBuffer(), range(1, 20))
                .readSlice(6);
        write(direct, heap, pooled);

        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes(range(3, 6));
        expected.writeBytes(range(3, 6));
        expected.writeBytes(range(1, 6));
        assertThat(read(gathered(0, ALL))).isEqualTo(expected.toByteArray());
        buffers.release();
    }

    @Test
    void shouldTakeAReadOnlyBufferWhenItIsASource() {
        write(
                direct(range(1, 5)).asReadOnly(),
                heap(range(6, 5)).asReadOnly(),
                Unpooled.wrappedBuffer(
                        ByteBuffer.allocateDirect(5).put(0, range(11, 5)).asReadOnlyBuffer()),
                Unpooled.wrappedBuffer(ByteBuffer.wrap(range(16, 5)).asReadOnlyBuffer()));

        assertThat(buffers.lengthBytes()).isEqualTo(20);
        assertThat(read(gathered(0, ALL))).isEqualTo(range(1, 20));
        buffers.release();
    }

    @Test
    void shouldTakeEachPartWhenACompositeIsDirectThroughout() {
        CompositeByteBuf composite = Unpooled.compositeBuffer(8);
        composite.addComponent(true, direct(range(1, 7)));
        composite.addComponent(true, Unpooled.EMPTY_BUFFER);
        composite.addComponent(true, inTheMiddle(Unpooled.directBuffer(), range(8, 9)));
        composite.addComponent(true, direct(range(17, 4)).slice(1, 3));
        composite.skipBytes(2);
        write(composite);

        assertThat(buffers.isVectored()).isTrue();
        assertThat(buffers.lengthBytes()).isEqualTo(17);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes(range(3, 14));
        expected.writeBytes(range(18, 3));
        assertThat(read(gathered(0, ALL))).isEqualTo(expected.toByteArray());
        assertThat(standIns.metric().usedDirectMemory()).as("copied").isZero();
        buffers.release();
    }

    @Test
    void shouldCopyACompositeWhenOneOfItsPartsLiesOnTheHeap() {
        CompositeByteBuf inner = Unpooled.compositeBuffer();
        inner.addComponent(true, heap(range(8, 9)));
        inner.addComponent(true, direct(range(17, 3)));
        CompositeByteBuf composite = Unpooled.compositeBuffer();
        composite.addComponent(true, direct(range(1, 7)));
        composite.addComponent(true, inner);
        write(composite);

        assertThat(read(gathered(0, ALL))).isEqualTo(range(1, 19));
        buffers.release();
    }

    @Test
    void shouldHoldNothingToTransferWhenEveryBufferIsEmpty() {
        write(Unpooled.directBuffer(), Unpooled.buffer(), Unpooled.compositeBuffer());

        assertThat(buffers.lengthBytes()).isZero();
        assertThat(buffers.isVectored()).isFalse();
        buffers.release();
    }

    // ---- gathering -----------------------------------------------------------------------------------------------

    @Test
    void shouldGoOnAtEachByteWhenAPartWasDoneBefore() {
        ByteBuf[] sources = {
            direct(range(0, 5)), direct(range(5, 1)), heap(range(6, 8)), direct(), direct(range(14, 16))
        };
        byte[] all = range(0, 30);
        write(sources);

        for (int done = 0; done < all.length; done++) {
            for (int most : new int[] {1, 2, 5, 6, 7, 13, 29, 30, 1000}) {
                int expected = Math.min(most, all.length - done);
                assertThat(read(gathered(done, most)))
                        .as("after %d, at most %d", done, most)
                        .isEqualTo(Arrays.copyOfRange(all, done, done + expected));
            }
        }
        assertThat(gathered(all.length, ALL)).isEmpty();
        buffers.release();
    }

    @Test
    void shouldGatherAsManyAsTheKernelTakesWhenThereAreMoreSegments() {
        int count = 2_500;
        ByteBuf[] sources = new ByteBuf[count];
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Random random = new Random(5);
        for (int i = 0; i < count; i++) {
            byte[] part = new byte[1 + random.nextInt(7)];
            random.nextBytes(part);
            all.writeBytes(part);
            sources[i] = direct(part);
        }
        write(sources);

        ByteArrayOutputStream transferred = new ByteArrayOutputStream();
        int calls = 0;
        while (transferred.size() < all.size()) {
            List<Segment> segments = gathered(transferred.size(), ALL);
            assertThat(segments).hasSizeLessThanOrEqualTo(1024);
            assertThat(segments).as("call %d", calls).isNotEmpty();
            byte[] bytes = read(segments);
            // Every other call is cut short in mid-segment.
            int moved = calls % 2 == 0 ? bytes.length : Math.max(1, bytes.length - 2);
            transferred.write(bytes, 0, moved);
            calls++;
        }
        assertThat(transferred.toByteArray()).isEqualTo(all.toByteArray());
        assertThat(calls).isGreaterThanOrEqualTo(3);
        buffers.release();
    }

    @Test
    void shouldFindTheOneThatIsOffWhenAlignmentIsChecked() {
        ByteBuf first = AlignedByteBufAllocator.page().directBuffer(8192).writerIndex(4096);
        ByteBuf second = AlignedByteBufAllocator.page().directBuffer(8192).setIndex(512, 4608);
        write(first, second);

        assertThat(buffers.misalignedAddress(512)).isZero();
        assertThat(buffers.misalignedAddress(4096)).isEqualTo(second.memoryAddress() + 512);
        assertThat(buffers.misalignedLength(4096)).isZero();
        buffers.release();

        ByteBuf third = AlignedByteBufAllocator.page().directBuffer(8192).writerIndex(4095);
        write(third);
        assertThat(buffers.misalignedLength(1)).isZero();
        assertThat(buffers.misalignedLength(512)).isEqualTo(4095);
        assertThat(buffers.misalignedAddress(4096)).isZero();
        buffers.release();
    }

    @Test
    void shouldAlignTheStandInWhenAHeapBufferGoesToADirectFile() {
        ByteBuf source = Unpooled.buffer(8192).writerIndex(8192);
        held.add(source);
        buffers.begin(false, 1);
        buffers.add(source, AlignedByteBufAllocator.page());

        assertThat(buffers.misalignedAddress(4096)).isZero();
        assertThat(buffers.misalignedLength(4096)).isZero();
        buffers.release();
    }

    // ---- reads ---------------------------------------------------------------------------------------------------

    @Test
    void shouldFillWhatIsWritableAndMoveTheWriterIndexWhenAReadArrives() {
        ByteBuf direct = Unpooled.directBuffer(10, 10).writeBytes(range(90, 3));
        ByteBuf heap = Unpooled.buffer(10, 10).writeBytes(range(80, 4)).readerIndex(2);
        CompositeByteBuf composite = Unpooled.compositeBuffer();
        composite.addComponent(true, Unpooled.directBuffer(4, 4).writerIndex(4));
        composite.addComponent(true, Unpooled.buffer(4, 4).writerIndex(4));
        composite.setIndex(0, 2);
        readInto(direct, heap, composite);
        assertThat(buffers.lengthBytes()).isEqualTo(7 + 6 + 6);

        fill(gathered(0, ALL), range(1, 19));
        assertThat(direct.writerIndex()).as("before it completes").isEqualTo(3);
        buffers.received(19);
        buffers.release();

        assertThat(TestFile.bytes(direct.readerIndex(3))).isEqualTo(range(1, 7));
        assertThat(heap.readerIndex()).isEqualTo(2);
        assertThat(TestFile.bytes(heap.readerIndex(4))).isEqualTo(range(8, 6));
        assertThat(composite.writerIndex()).isEqualTo(8);
        assertThat(TestFile.bytes(composite.readerIndex(2))).isEqualTo(range(14, 6));
        held.forEach(ByteBuf::release);
    }

    @Test
    void shouldMoveEachWriterIndexByItsPartWhenTheReadIsShort() {
        for (int received = 0; received <= 9; received++) {
            ByteBuf first = Unpooled.directBuffer(3, 3);
            ByteBuf second = Unpooled.buffer(3, 3);
            ByteBuf third = Unpooled.directBuffer(3, 3);
            readInto(first, second, third);
            fill(gathered(0, ALL), range(1, received));
            buffers.received(received);
            buffers.release();

            assertThat(first.writerIndex()).isEqualTo(Math.min(3, received));
            assertThat(second.writerIndex()).isEqualTo(Math.max(0, Math.min(3, received - 3)));
            assertThat(third.writerIndex()).isEqualTo(Math.max(0, received - 6));
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (ByteBuf buffer : List.of(first, second, third)) {
                all.writeBytes(TestFile.bytes(buffer));
                buffer.release();
            }
            assertThat(all.toByteArray()).isEqualTo(range(1, received));
        }
    }

    @Test
    void shouldLeaveTheRestOfAHeapBufferAloneWhenTheReadIsShort() {
        ByteBuf heap = Unpooled.wrappedBuffer(range(50, 8)).setIndex(0, 0);
        readInto(heap);
        fill(gathered(0, ALL), range(1, 8));
        buffers.received(3);
        buffers.release();

        assertThat(TestFile.bytes(heap.setIndex(0, 8))).isEqualTo(new byte[] {1, 2, 3, 53, 54, 55, 56, 57});
        heap.release();
    }

    // ---- references ----------------------------------------------------------------------------------------------

    @Test
    void shouldGiveBackOneReferenceToEachWhenReleased() {
        ByteBuf shared = direct(range(1, 4)).retain(2);
        ByteBuf empty = Unpooled.directBuffer();
        write(shared, shared, empty);

        buffers.release();

        assertThat(shared.refCnt()).isEqualTo(1);
        assertThat(empty.refCnt()).isZero();
        shared.release();
    }

    @Test
    void shouldGiveBackTheReferencesWhenNoStandInCanBeMade() {
        ByteBufAllocator exhausted = new AbstractByteBufAllocator() {
            @Override
            public boolean isDirectBufferPooled() {
                return false;
            }

            @Override
            protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
                throw new AssertionError("a stand-in is direct");
            }

            @Override
            protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
                throw new OutOfMemoryError("the test's");
            }
        };
        ByteBuf direct = direct(range(1, 4));
        ByteBuf heap = heap(range(1, 4));
        held.add(direct);
        held.add(heap);
        buffers.begin(false, 2);
        buffers.add(direct, exhausted);
        assertThatThrownBy(() -> buffers.add(heap, exhausted)).isInstanceOf(OutOfMemoryError.class);

        buffers.release();

        assertThat(direct.refCnt()).isZero();
        assertThat(heap.refCnt()).isZero();
    }

    @Test
    void shouldRememberNothingWhenUsedAnew() {
        ByteBuf[] many = new ByteBuf[200];
        for (int i = 0; i < many.length; i++) {
            many[i] = i % 3 == 0 ? heap(range(i, 3)) : direct(range(i, 3));
        }
        write(many);
        gathered(0, ALL);
        buffers.release();
        assertThat(buffers.lengthBytes()).isZero();

        ByteBuf destination = Unpooled.directBuffer(5, 5);
        readInto(destination);
        assertThat(buffers.isVectored()).isFalse();
        assertThat(buffers.lengthBytes()).isEqualTo(5);
        assertThat(buffers.address()).isEqualTo(destination.memoryAddress());
        fill(gathered(0, ALL), range(1, 5));
        buffers.received(5);
        buffers.release();
        assertThat(TestFile.bytes(destination)).isEqualTo(range(1, 5));
        destination.release();

        write(direct(range(7, 2)), direct(range(9, 2)));
        assertThat(buffers.isVectored()).isTrue();
        assertThat(read(gathered(0, ALL))).isEqualTo(range(7, 4));
        buffers.release();
    }
}
