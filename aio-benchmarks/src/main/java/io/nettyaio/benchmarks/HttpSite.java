package io.nettyaio.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** The files that are served: 10,000 of 100 KiB, in 100 directories. Removed on close. */
final class HttpSite implements AutoCloseable {

    static final int FILES = 10_000;
    static final int FILE_BYTES = 100 * 1024;
    /** Room for the files and their directories. */
    static final long BYTES = (long) FILES * (FILE_BYTES + 4096);

    private static final int DIRECTORIES = 100;

    private final Path root;
    private final List<String> files = new ArrayList<>(FILES);

    private HttpSite(Path root) {
        this.root = root;
    }

    static HttpSite create(Path directory) throws IOException {
        Files.createDirectories(directory);
        HttpSite site = new HttpSite(Files.createTempDirectory(directory, "bench-http-"));
        Stop.lastResort(site::close);
        try {
            Progress.say("writing " + FILES + " files of " + FILE_BYTES / 1024 + " KiB to " + site.root);
            site.fill();
            return site;
        } catch (Throwable t) {
            site.close();
            throw t;
        }
    }

    private void fill() throws IOException {
        for (int i = 0; i < DIRECTORIES; i++) {
            Files.createDirectory(root.resolve(String.format("d%02d", i)));
        }
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer contents = ByteBuffer.allocateDirect(FILE_BYTES);
        while (contents.hasRemaining()) {
            contents.putLong(random.nextLong());
        }
        for (int i = 0; i < FILES; i++) {
            Stop.check();
            Path file = root.resolve(String.format("d%02d/f%05d", i % DIRECTORIES, i));
            contents.clear().putLong(0, i);
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                while (contents.hasRemaining()) {
                    channel.write(contents);
                }
            }
            files.add(file.toString());
        }
        // Files and directories may be read by a worker that is somebody else.
        root.toFile().setReadable(true, false);
        root.toFile().setExecutable(true, false);
    }

    Path root() {
        return root;
    }

    /** Puts all of them out of the page cache. */
    void drop() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(files.size() + 1);
        command.add(Programs.ours("drop_cache").toString());
        command.addAll(files);
        long resident = Programs.require(command).fields().getOrDefault("resident_pages", 0L);
        if (resident > FILES / 4) {
            Progress.say("warning: " + resident + " pages of " + root + " stay in the page cache");
        }
    }

    /** Puts all of them into the page cache. */
    void load() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(FILE_BYTES);
        for (String file : files) {
            Stop.check();
            try (FileChannel channel = FileChannel.open(Path.of(file), StandardOpenOption.READ)) {
                while (channel.read(buffer.clear()) > 0) {
                    // once is enough
                }
            }
        }
    }

    @Override
    public synchronized void close() {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            Progress.say("could not remove " + root + ": " + e);
        }
    }
}
