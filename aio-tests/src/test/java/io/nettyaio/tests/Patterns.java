package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Contents that tell from each byte where in the file it belongs. */
public final class Patterns {

    private static final int CHUNK_BYTES = 1 << 20;

    private Patterns() {}

    /** What byte {@code offset} of the file with this seed is. */
    public static byte at(long seed, long offset) {
        return (byte) (word(seed, offset >>> 3) >>> ((offset & 7) << 3));
    }

    private static long word(long seed, long index) {
        long word = index * 0x9E3779B97F4A7C15L + seed * 0xC2B2AE3D27D4EB4FL;
        word = (word ^ (word >>> 29)) * 0xBF58476D1CE4E5B9L;
        return word ^ (word >>> 32);
    }

    /** The bytes from {@code offset} on. */
    public static byte[] bytes(long seed, long offset, int length) {
        byte[] bytes = new byte[length];
        long word = 0;
        for (int i = 0; i < length; i++) {
            long at = offset + i;
            if (i == 0 || (at & 7) == 0) {
                word = word(seed, at >>> 3);
            }
            bytes[i] = (byte) (word >>> ((at & 7) << 3));
        }
        return bytes;
    }

    /** Makes a file of the JDK's, written through to the disk. */
    public static Path file(Path file, long seed, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (long offset = 0; offset < size; ) {
                ByteBuffer chunk =
                        ByteBuffer.wrap(bytes(seed, offset, Math.toIntExact(Math.min(CHUNK_BYTES, size - offset))));
                while (chunk.hasRemaining()) {
                    offset += channel.write(chunk, offset);
                }
            }
            channel.force(true);
        }
        return file;
    }

    /** The readable bytes are the pattern from {@code offset} on. Reader index unmoved. */
    public static void check(ByteBuf buffer, long seed, long offset, int length) {
        assertThat(buffer.readableBytes()).as("readable bytes").isEqualTo(length);
        byte[] actual = new byte[length];
        // In one call: what is watched for leaks makes a record of each.
        buffer.getBytes(buffer.readerIndex(), actual);
        check(actual, seed, offset);
    }

    /** The array is the pattern from {@code offset} on. */
    public static void check(byte[] actual, long seed, long offset) {
        int wrong = Arrays.mismatch(actual, bytes(seed, offset, actual.length));
        assertThat(wrong)
                .as("first wrong byte of %d at %d of the file", actual.length, offset)
                .isEqualTo(-1);
    }

    /** A part of a file, read by the JDK. */
    public static byte[] read(Path file, long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0) {
                // until full or end of file
            }
        }
        byte[] read = new byte[bytes.position()];
        bytes.flip().get(read);
        return read;
    }

    /** Takes a file out of the page cache: {@code posix_fadvise(2)} with DONTNEED, by {@code dd}. */
    public static void dropFromCache(Path file) throws Exception {
        Shell.run("sync", file.toString());
        Shell.run("dd", "if=" + file, "iflag=nocache", "count=0", "status=none");
    }
}
