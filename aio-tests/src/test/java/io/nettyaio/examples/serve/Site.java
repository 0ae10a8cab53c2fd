package io.nettyaio.examples.serve;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory to serve. Below {@code target/}, since a tmpfs behaves unlike a disk; deleted in the end. */
final class Site implements AutoCloseable {

    private final Path base;
    private final Path root;

    private Site(Path base, Path root) {
        this.base = base;
        this.root = root;
    }

    /** An empty directory, inside another one that is not served. */
    static Site create() throws IOException {
        Path target = Files.createDirectories(Path.of("target").toAbsolutePath());
        Path base = Files.createTempDirectory(target, "serve-");
        return new Site(base, Files.createDirectory(base.resolve("root")));
    }

    /** The served directory. */
    Path root() {
        return root;
    }

    /** Its parent, which must not be seen. */
    Path outside() {
        return base;
    }

    Path write(String name, String contents) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, contents, StandardCharsets.UTF_8);
    }

    /** A file in which every 8 bytes are the number of their place, so that nothing can be lost or swapped unseen. */
    Path writeNumbers(String name, int sizeBytes) throws IOException {
        return Files.write(root.resolve(name), numbers(sizeBytes));
    }

    static byte[] numbers(int sizeBytes) {
        ByteBuffer numbers = ByteBuffer.allocate(sizeBytes + Long.BYTES);
        for (long i = 0; numbers.position() < sizeBytes; i++) {
            numbers.putLong(i);
        }
        byte[] contents = new byte[sizeBytes];
        numbers.get(0, contents);
        return contents;
    }

    /** A file that is one hole. */
    Path writeHole(String name, long sizeBytes) throws IOException {
        Path file = root.resolve(name);
        try (RandomAccessFile hole = new RandomAccessFile(file.toFile(), "rw")) {
            hole.setLength(sizeBytes);
        }
        return file;
    }

    /** How many descriptors this process has open of files below the served directory, and of the directory itself. */
    int openDescriptors() throws IOException {
        int open = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (target(descriptor).startsWith(root.toString())) {
                    open++;
                }
            }
        }
        return open;
    }

    private static String target(Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException e) {
            return ""; // closed meanwhile
        }
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> all = Files.walk(base)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
