package io.nettyaio.examples.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Records that say what they are, and a replay that keeps what it is given. */
final class Records implements LogReplay {

    final List<String> snapshot = new ArrayList<>();
    final List<String> records = new ArrayList<>();
    private long last;

    /** What record {@code sequence} of a log with this seed holds: its number, and up to {@code mostBytes} more. */
    static String contents(long seed, long sequence, int mostBytes) {
        Random random = new Random(seed * 31 + sequence);
        StringBuilder text = new StringBuilder(sequence + ":");
        int more = mostBytes == 0 ? 0 : random.nextInt(mostBytes);
        for (int i = 0; i < more; i++) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text.toString();
    }

    static ByteBuf payload(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }

    @Override
    public void record(long sequence, int type, ByteBuf payload) {
        if (last != 0 && sequence != last + 1) {
            throw new AssertionError("record " + sequence + " after " + last);
        }
        last = sequence;
        records.add(payload.toString(UTF_8));
    }

    @Override
    public void snapshotRecord(int type, ByteBuf payload) {
        snapshot.add(payload.toString(UTF_8));
    }

    long last() {
        return last;
    }
}
