package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Buffers of random kind, of which it can be told afterwards whether the library kept to its references and bounds. */
final class RandomBuffers {

    private static final byte CANARY = 0x5A;

    private final AioTestLoops aio;
    private final Random random;
    private final int alignment;

    RandomBuffers(AioTestLoops aio, Random random, int alignment) {
        this.aio = aio;
        this.random = random;
        this.alignment = alignment;
    }

    /** What a write is given, and what is left to the test of it. */
    static final class Source {

        final ByteBuf passed;
        private final @Nullable ByteBuf kept;
        private final List<ByteBuf> components;

        private Source(ByteBuf passed, @Nullable ByteBuf kept, List<ByteBuf> components) {
            this.passed = passed;
            this.kept = kept;
            this.components = components;
        }

        /** The library has released exactly what it was given. */
        void checkReleased() {
            if (kept == null) {
                assertThat(passed.refCnt()).as("references of the source").isZero();
            } else {
                assertThat(kept.refCnt()).as("references of the source's root").isOne();
                kept.release();
            }
            for (ByteBuf component : components) {
                assertThat(component.refCnt())
                        .as("references of a component of the source")
                        .isZero();
            }
        }
    }

    /** What a read is given, with marks around what it may fill. */
    static final class Destination {

        final ByteBuf passed;
        private final ByteBuf root;
        private final int start;
        private final int end;
        private final int writerIndex;

        private Destination(ByteBuf passed, ByteBuf root, int start, int end) {
            this.passed = passed;
            this.root = root;
            this.start = start;
            this.end = end;
            writerIndex = passed.writerIndex();
        }

        int length() {
            return end - start;
        }

        /** It holds these bytes, nothing around them has changed, and the test's reference is the only one. */
        void checkAndRelease(byte[] expected) {
            assertThat(passed.writerIndex() - writerIndex)
                    .as("bytes the writer index moved")
                    .isEqualTo(expected.length);
            byte[] all = new byte[root.capacity()];
            root.getBytes(0, all);
            int wrong = Arrays.mismatch(all, start, start + expected.length, expected, 0, expected.length);
            assertThat(wrong).as("first wrong byte of %d", expected.length).isEqualTo(-1);
            for (int i = 0; i < all.length; i++) {
                if ((i < start || i >= end) && all[i] != CANARY) {
                    assertThat(all[i])
                            .as("byte %d, outside of %d to %d", i, start, end)
                            .isEqualTo(CANARY);
                }
            }
            assertThat(root.refCnt()).as("references of the destination").isOne();
            root.release();
        }
    }

    /** A buffer of random kind with these bytes. */
    Source source(byte[] bytes) {
        switch (random.nextInt(alignment == 1 ? 7 : 6)) {
            case 0 -> {
                return new Source(direct(bytes.length).writeBytes(bytes), null, List.of());
            }
            case 1 -> {
                ByteBuf heap = aio.buffers().heapBuffer(Math.max(1, bytes.length));
                return new Source(heap.writeBytes(bytes), null, List.of());
            }
            case 2 -> {
                return composite(bytes);
            }
            case 3 -> {
                int before = random.nextInt(3) * step();
                ByteBuf root = direct(before + bytes.length + step());
                root.setBytes(before, bytes);
                return new Source(root.retainedSlice(before, bytes.length), root, List.of());
            }
            case 4 -> {
                ByteBuf root = direct(bytes.length).writeBytes(bytes);
                return new Source(root.retainedDuplicate().asReadOnly(), root, List.of());
            }
            case 5 -> {
                int before = random.nextInt(3) * step();
                ByteBuf whole = direct(before + bytes.length + step());
                whole.setBytes(before, bytes).setIndex(before, before + bytes.length);
                return new Source(whole, null, List.of());
            }
            default -> {
                ByteBuf root = aio.buffers().heapBuffer(bytes.length + 100);
                root.setBytes(50, bytes);
                return new Source(root.retainedSlice(50, bytes.length).asReadOnly(), root, List.of());
            }
        }
    }

    private Source composite(byte[] bytes) {
        CompositeByteBuf composite = aio.buffers().compositeBuffer(1024);
        List<ByteBuf> components = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            int part = part(bytes.length - at);
            ByteBuf component =
                    alignment == 1 && random.nextBoolean() ? aio.buffers().heapBuffer(part) : direct(part);
            component.writeBytes(bytes, at, part);
            components.add(component);
            composite.addComponent(true, component);
            at += part;
        }
        return new Source(composite, null, components);
    }

    /** A buffer of random kind with room for so many bytes. */
    Destination destination(int length) {
        switch (random.nextInt(4)) {
            case 0 -> {
                int before = random.nextInt(3) * step();
                ByteBuf root = marked(direct(before + length + step()));
                ByteBuf slice = root.slice(before, length).clear();
                return new Destination(slice, root, before, before + length);
            }
            case 1 -> {
                ByteBuf heap = marked(aio.buffers().heapBuffer(Math.max(1, length), Math.max(1, length)));
                heap.setIndex(heap.capacity() - length, heap.capacity() - length);
                return new Destination(heap, heap, heap.capacity() - length, heap.capacity());
            }
            case 2 -> {
                CompositeByteBuf composite = aio.buffers().compositeBuffer(1024);
                for (int at = 0; at < length; ) {
                    int part = part(length - at);
                    ByteBuf component = alignment == 1 && random.nextBoolean()
                            ? aio.buffers().heapBuffer(part, part)
                            : direct(part);
                    composite.addComponent(true, component.writerIndex(part));
                    at += part;
                }
                return new Destination(composite.clear(), composite, 0, length);
            }
            default -> {
                int before = (1 + random.nextInt(3)) * step();
                ByteBuf root = marked(direct(before + length));
                root.setIndex(random.nextInt(before + 1), before);
                return new Destination(root, root, before, before + length);
            }
        }
    }

    private ByteBuf direct(int capacity) {
        int atLeastOne = Math.max(1, capacity);
        return alignment == 1
                ? aio.buffers().directBuffer(atLeastOne, atLeastOne)
                : aio.context().alignedAllocator().directBuffer(atLeastOne, atLeastOne);
    }

    private ByteBuf marked(ByteBuf buffer) {
        byte[] marks = new byte[buffer.capacity()];
        Arrays.fill(marks, CANARY);
        return buffer.setBytes(0, marks);
    }

    private int step() {
        return alignment == 1 ? 1 + random.nextInt(100) : alignment;
    }

    private int part(int left) {
        int blocks = left / alignment;
        return Math.min(left, (1 + random.nextInt(Math.max(1, blocks / 2 + 1))) * alignment);
    }
}
