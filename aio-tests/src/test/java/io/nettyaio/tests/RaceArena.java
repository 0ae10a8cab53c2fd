package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory that is lent as buffers and marked with canaries as soon as a buffer is given back. A kernel, or a helper, that
 * still had it would overwrite the marks, or take them for a source. One thread's.
 */
final class RaceArena {

    static final int BYTES = 4096;
    static final byte CANARY = (byte) 0xC5;

    private record Lent(int slot, ByteBuf buffer, String borrower) {}

    private final List<ByteBuffer> memory = new ArrayList<>();
    private final byte[] marks = new byte[BYTES];
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final List<Lent> lent = new ArrayList<>();

    RaceArena(int slots) {
        Arrays.fill(marks, CANARY);
        ByteBuffer all = ByteBuffer.allocateDirect((slots + 1) * BYTES).alignedSlice(BYTES);
        for (int i = 0; i < slots; i++) {
            memory.add(all.slice(i * BYTES, BYTES));
            mark(i);
            free.add(i);
        }
    }

    private void mark(int slot) {
        memory.get(slot).put(0, marks);
    }

    private void check(int slot) {
        byte[] bytes = new byte[BYTES];
        memory.get(slot).get(0, bytes);
        assertThat(Arrays.mismatch(bytes, marks))
                .as("first byte overwritten of memory that had been given back, slot %d", slot)
                .isEqualTo(-1);
    }

    /**
     * An aligned buffer of {@link #BYTES}, full of one value; {@code null} where all are lent.
     *
     * @param borrower for the message, where it is never given back
     */
    @Nullable
    ByteBuf take(byte value, String borrower) {
        recycle();
        Integer slot = free.poll();
        if (slot == null) {
            return null;
        }
        check(slot);
        byte[] bytes = new byte[BYTES];
        Arrays.fill(bytes, value);
        memory.get(slot).put(0, bytes);
        ByteBuf buffer = Unpooled.wrappedBuffer(memory.get(slot));
        lent.add(new Lent(slot, buffer, borrower));
        return buffer;
    }

    /** Takes back, and marks, what nobody holds any more. */
    void recycle() {
        for (Iterator<Lent> each = lent.iterator(); each.hasNext(); ) {
            Lent next = each.next();
            if (next.buffer().refCnt() == 0) {
                mark(next.slot());
                free.add(next.slot());
                each.remove();
            }
        }
    }

    /** Who still holds one. */
    List<String> borrowers() {
        recycle();
        return lent.stream().map(Lent::borrower).toList();
    }

    /** Every mark is where it was put. */
    void checkAll() {
        free.forEach(this::check);
    }
}
