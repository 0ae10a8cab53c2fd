package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.nettyaio.buffer.AlignedByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A file below {@code target}, gone when closed. Its byte at {@code i} is {@link #at}{@code (i)}. */
final class TestFile implements AutoCloseable {

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Path path;

    private TestFile(Path path) {
        this.path = path;
    }

    static TestFile ofSize(int bytes) {
        try {
            Path directory =
                    Files.createDirectories(Path.of("target", "unit-files").toAbsolutePath());
            Path path = directory.resolve("f" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
            Files.write(path, expected(0, bytes));
            return new TestFile(path);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Not periodic in any power of two, so that a wrong offset shows. */
    static byte at(long index) {
        return (byte) (index * 31 + index / 251);
    }

    static byte[] expected(long from, int bytes) {
        byte[] contents = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            contents[i] = at(from + i);
        }
        return contents;
    }

    /** An aligned buffer of that capacity, empty. */
    static ByteBuf buffer(int bytes) {
        return AlignedByteBufAllocator.page().directBuffer(bytes, bytes);
    }

    /** An aligned buffer filled with one value. */
    static ByteBuf filled(int bytes, int value) {
        ByteBuf buffer = buffer(bytes);
        for (int i = 0; i < bytes; i++) {
            buffer.writeByte(value);
        }
        return buffer;
    }

    static byte[] bytes(ByteBuf buffer) {
        byte[] contents = new byte[buffer.readableBytes()];
        buffer.getBytes(buffer.readerIndex(), contents);
        return contents;
    }

    Path path() {
        return path;
    }

    byte[] contents() {
        try {
            return Files.readAllBytes(path);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
