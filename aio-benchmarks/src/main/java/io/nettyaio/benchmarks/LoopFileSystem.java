package io.nettyaio.benchmarks;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An ext4 file system on a loop device over tmpfs: a block device whose speed does not change from minute to minute, as
 * that of a virtual machine's disk does. Needs root. Unmounted and removed on close; what a killed run has left is
 * removed by the next one.
 */
final class LoopFileSystem implements AutoCloseable {

    private static final Path TMPFS = Path.of("/dev/shm");
    private static final String PREFIX = "aio-bench-";

    private final Path base;
    private final Path mount;

    private LoopFileSystem(Path base) {
        this.base = base;
        this.mount = base.resolve("mnt");
    }

    /** What the kernel reads beyond what it was asked for. */
    enum ReadAhead {
        /**
         * Nothing. Random reads are not read ahead until, by chance, the pages before one are in the cache. From then on
         * a side that has read more of the file finds more of it in the cache.
         */
        OFF,
        /** As it does by itself: for files that are read from their beginning to their end. */
        DEFAULT
    }

    /** The file system, or {@code null} where there can be none; standard error says why. */
    static @Nullable LoopFileSystem tryCreate(long fileBytes, ReadAhead readAhead)
            throws IOException, InterruptedException {
        if (!"root".equals(System.getProperty("user.name"))) {
            Progress.say("not root: no file system of its own, a file on the disk instead");
            return null;
        }
        long imageBytes = fileBytes + fileBytes / 4;
        if (!Files.isDirectory(TMPFS) || Files.getFileStore(TMPFS).getUsableSpace() < imageBytes) {
            Progress.say(TMPFS + " has no room for an image: a file on the disk instead");
            return null;
        }
        removeLeftovers();
        LoopFileSystem made = new LoopFileSystem(
                TMPFS.resolve(PREFIX + ProcessHandle.current().pid()));
        Stop.lastResort(made::close);
        try {
            made.set(imageBytes);
            if (readAhead == ReadAhead.OFF) {
                made.switchReadAheadOff();
            }
            return made;
        } catch (BenchException e) {
            made.close();
            Progress.say("no loop device: a file on the disk instead: " + e.getMessage());
            return null;
        } catch (Throwable t) {
            made.close();
            throw t;
        }
    }

    private void set(long imageBytes) throws IOException, InterruptedException {
        Progress.say("making an ext4 file system on a loop device over " + TMPFS);
        Files.createDirectories(mount);
        Path image = base.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(imageBytes);
        }
        // Nothing is left for the file system to initialise in the background.
        Programs.require(List.of(
                "mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", image.toString()));
        // mount sets the loop device up so that it goes away with the mount.
        Programs.require(List.of("mount", "-o", "loop,noatime", image.toString(), mount.toString()));
    }

    private void switchReadAheadOff() throws IOException {
        FileStore store = Files.getFileStore(mount);
        Path device = Path.of(store.name()).getFileName();
        Files.writeString(Path.of("/sys/block/" + device + "/queue/read_ahead_kb"), "0");
    }

    Path directory() {
        return mount;
    }

    private static void removeLeftovers() throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(TMPFS, PREFIX + "*")) {
            for (Path base : found) {
                String pid = base.getFileName().toString().substring(PREFIX.length());
                if (!Files.exists(Path.of("/proc").resolve(pid))) {
                    new LoopFileSystem(base).close();
                }
            }
        }
    }

    @Override
    public synchronized void close() {
        try {
            // Lazily where something still has a file open: a mount that nobody can reach goes away with its last file.
            if (isMounted() && !command("umount", mount.toString()) && !command("umount", "--lazy", mount.toString())) {
                Progress.say("could not unmount " + mount);
            }
            Files.deleteIfExists(base.resolve("image"));
            Files.deleteIfExists(mount);
            Files.deleteIfExists(base);
        } catch (IOException e) {
            Progress.say("could not remove " + base + ": " + e);
        }
    }

    private boolean isMounted() throws IOException {
        return Files.isDirectory(mount) && !Files.getFileStore(mount).equals(Files.getFileStore(base));
    }

    /** Not by {@link Programs}: that gives up when the user asks for a stop, which is when this is needed. */
    private static boolean command(String... command) {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
