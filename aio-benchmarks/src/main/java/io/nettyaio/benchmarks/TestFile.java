package io.nettyaio.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A file to read from: the user's, which is left alone, or one that is made here and removed on close. */
final class TestFile implements AutoCloseable {

    private static final int CHUNK_BYTES = 1 << 20;

    private final Path path;
    private final long bytes;
    private final boolean ours;

    private TestFile(Path path, long bytes, boolean ours) {
        this.path = path;
        this.bytes = bytes;
        this.ours = ours;
    }

    /** The user's file, or where none is named, a new one in the directory. */
    static TestFile of(@Nullable Path named, Path directory, long bytes) throws IOException {
        return named == null ? create(directory, "read", bytes) : existing(named);
    }

    private static TestFile existing(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new BenchException(path + " is not a regular file");
        }
        long bytes = Files.size(path);
        if (bytes < Side.BLOCK_BYTES) {
            throw new BenchException(path + " is shorter than a block of " + Side.BLOCK_BYTES + " bytes");
        }
        return new TestFile(path.toAbsolutePath(), bytes, false);
    }

    /** A new file, of contents that neither compress nor are holes, written to the disk. */
    static TestFile create(Path directory, String name, long bytes) throws IOException {
        Files.createDirectories(directory);
        if (Files.getFileStore(directory).getUsableSpace() < bytes + bytes / 8) {
            throw new BenchException(directory + " has no room for a file of " + bytes + " bytes; name one by --file");
        }
        Path path = Files.createTempFile(directory, "bench-" + name + '-', ".dat");
        TestFile file = new TestFile(path, bytes, true);
        // Deleted even if the main thread hangs on the disk and does not come back.
        Stop.lastResort(file::delete);
        try {
            if (bytes > 0) {
                Progress.say("writing " + bytes / CHUNK_BYTES + " MiB to " + path);
            }
            file.fill();
            return file;
        } catch (Throwable t) {
            file.close();
            throw t;
        }
    }

    private void fill() throws IOException {
        SplittableRandom random = new SplittableRandom(bytes);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        while (chunk.hasRemaining()) {
            chunk.putLong(random.nextLong());
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            for (long left = bytes, chunks = 0; left > 0; chunks++) {
                Stop.check();
                chunk.clear().limit((int) Math.min(CHUNK_BYTES, left));
                // Otherwise a device that finds equal blocks would keep one of them.
                chunk.putLong(0, chunks);
                while (chunk.hasRemaining()) {
                    left -= channel.write(chunk);
                }
            }
            channel.force(true);
        }
    }

    Path path() {
        return path;
    }

    /** Its length, as it was at the start. */
    long bytes() {
        return bytes;
    }

    /** Puts it out of the page cache, so that the next read of each page goes to the device. */
    void dropFromPageCache() throws IOException, InterruptedException {
        long resident = Programs.require(List.of(Programs.ours("drop_cache").toString(), path.toString()))
                .fields()
                .getOrDefault("resident_pages", 0L);
        if (resident > bytes / Side.BLOCK_BYTES / 100) {
            Progress.say("warning: " + resident + " pages of " + path + " stay in the page cache");
        }
    }

    private void delete() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            Progress.say("could not delete " + path + ": " + e);
        }
    }

    @Override
    public void close() {
        if (ours) {
            delete();
        }
    }
}
