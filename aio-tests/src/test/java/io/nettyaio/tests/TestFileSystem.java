package io.nettyaio.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The file systems the suites run on. All but {@link #DISK} are made for this JVM, on loop devices over sparse files in
 * shared memory: mounted on first use, unmounted when the JVM ends. What a killed JVM left is cleaned up by the next.
 */
public enum TestFileSystem {
    /** Whatever the build directory lies on; needs no root. */
    DISK,
    /** ext4 on a loop device. */
    EXT4,
    /** xfs on a loop device. */
    XFS,
    /** btrfs on a loop device. */
    BTRFS,
    /** overlayfs, both layers on {@link #EXT4}. */
    OVERLAY,
    /** tmpfs. */
    TMPFS;

    private static final AtomicInteger DIRECTORIES = new AtomicInteger();
    private static final List<Path> TO_DELETE = new ArrayList<>();

    /** A fresh, empty directory on this file system; gone after the test. Skips the test where there is none. */
    public Path newDirectory() {
        Path root = this == DISK ? Mounts.onDisk() : Mounts.mounted(this);
        try {
            Path directory = Files.createDirectories(root.resolve("t" + DIRECTORIES.incrementAndGet()));
            synchronized (TO_DELETE) {
                TO_DELETE.add(directory);
            }
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it is mounted. */
    Path mountPoint() {
        return Mounts.mounted(this);
    }

    /** The block device under it. */
    String device() throws Exception {
        return Shell.run("findmnt", "-no", "SOURCE", Mounts.mounted(this).toString());
    }

    /** A small tmpfs of its own; gone when the JVM ends. */
    public static Path tmpfs(int sizeBytes) {
        return Mounts.mount("small", "-t", "tmpfs", "-o", "size=" + sizeBytes, "tmpfs");
    }

    /** A small ext4 of its own, to be filled up; gone when the JVM ends. Skips the test where it cannot be mounted. */
    public static Path small(int mebibytes) throws Exception {
        Need.root();
        return Mounts.smallLoop(mebibytes);
    }

    /** The same directory where it cannot be written; gone when the JVM ends. */
    public static Path readOnly(Path directory) throws Exception {
        Path view = Mounts.mount("readonly", "--bind", directory.toString());
        Shell.run("mount", "-o", "remount,bind,ro", view.toString());
        return view;
    }

    /** Paths whose open descriptors would be a leak. */
    static boolean isUnderTest(String path) {
        return path.startsWith(Mounts.BASE + "/") || path.startsWith(Mounts.onDisk() + "/");
    }

    /** Deletes what {@link #newDirectory()} made. */
    static void deleteDirectories() throws IOException {
        List<Path> directories;
        synchronized (TO_DELETE) {
            directories = List.copyOf(TO_DELETE);
            TO_DELETE.clear();
        }
        for (Path directory : directories) {
            delete(directory);
        }
    }

    private static void delete(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** The mounts of this JVM, and their end. */
    private static final class Mounts {

        private static final String PREFIX = "netty-aio-tests.";
        private static final Path SHARED_MEMORY = Path.of("/dev/shm");
        static final Path BASE =
                SHARED_MEMORY.resolve(PREFIX + ProcessHandle.current().pid());

        private static final Map<TestFileSystem, Path> MOUNTED = new EnumMap<>(TestFileSystem.class);
        private static final Map<TestFileSystem, Exception> FAILED = new EnumMap<>(TestFileSystem.class);
        private static final Deque<Path> TO_UNMOUNT = new ArrayDeque<>();
        private static boolean prepared;

        private Mounts() {}

        static Path onDisk() {
            return Path.of("target", "aio-tests").toAbsolutePath();
        }

        static synchronized Path mounted(TestFileSystem fileSystem) {
            Need.root();
            Path mounted = MOUNTED.get(fileSystem);
            if (mounted == null && !FAILED.containsKey(fileSystem)) {
                try {
                    mounted = make(fileSystem);
                    MOUNTED.put(fileSystem, mounted);
                } catch (IOException e) {
                    FAILED.put(fileSystem, e);
                } catch (InterruptedException e) {
                    throw new IllegalStateException("interrupted while mounting " + fileSystem, e);
                }
            }
            Need.that(mounted != null, "cannot mount " + fileSystem, FAILED.get(fileSystem));
            return mounted;
        }

        private static Path make(TestFileSystem fileSystem) throws IOException, InterruptedException {
            return switch (fileSystem) {
                case EXT4 -> loop("ext4", "mkfs.ext4", "-q", "-F");
                case XFS -> loop("xfs", "mkfs.xfs", "-q", "-f");
                case BTRFS -> loop("btrfs", "mkfs.btrfs", "-q", "-f");
                case OVERLAY -> {
                    Path layers = Files.createDirectories(mounted(EXT4).resolve("layers"));
                    Path lower = Files.createDirectory(layers.resolve("lower"));
                    Path upper = Files.createDirectory(layers.resolve("upper"));
                    Path work = Files.createDirectory(layers.resolve("work"));
                    yield mountOrThrow(
                            "overlay",
                            "-t",
                            "overlay",
                            "-o",
                            "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work,
                            "overlay");
                }
                case TMPFS -> mountOrThrow("tmpfs", "-t", "tmpfs", "tmpfs");
                case DISK -> throw new IllegalArgumentException("DISK is not mounted");
            };
        }

        private static Path loop(String name, String... mkfs) throws IOException, InterruptedException {
            prepare();
            Path image = BASE.resolve(name + ".img");
            Shell.run("truncate", "-s", "512M", image.toString());
            String[] command = new String[mkfs.length + 1];
            System.arraycopy(mkfs, 0, command, 0, mkfs.length);
            command[mkfs.length] = image.toString();
            Shell.run(command);
            return mountOrThrow(name, "-o", "loop", image.toString());
        }

        static synchronized Path smallLoop(int mebibytes) throws IOException, InterruptedException {
            prepare();
            Path image = BASE.resolve("small" + TO_UNMOUNT.size() + ".img");
            Shell.run("truncate", "-s", mebibytes + "M", image.toString());
            Shell.run("mkfs.ext4", "-q", "-F", image.toString());
            return mountOrThrow("small" + TO_UNMOUNT.size(), "-o", "loop", image.toString());
        }

        static synchronized Path mount(String name, String... options) {
            Need.root();
            try {
                return mountOrThrow(name + TO_UNMOUNT.size(), options);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted while mounting", e);
            }
        }

        private static Path mountOrThrow(String name, String... options) throws IOException, InterruptedException {
            prepare();
            Path point = Files.createDirectory(BASE.resolve(name));
            String[] command = new String[options.length + 2];
            command[0] = "mount";
            System.arraycopy(options, 0, command, 1, options.length);
            command[command.length - 1] = point.toString();
            Shell.run(command);
            TO_UNMOUNT.push(point);
            return point;
        }

        private static void prepare() throws IOException {
            if (prepared) {
                return;
            }
            prepared = true;
            removeLeftovers();
            Files.createDirectories(BASE);
            Runtime.getRuntime().addShutdownHook(new Thread(Mounts::unmountAll, "unmount-test-file-systems"));
        }

        private static synchronized void unmountAll() {
            for (Path point : TO_UNMOUNT) {
                unmount(point);
            }
            TO_UNMOUNT.clear();
            deleteQuietly(BASE);
        }

        /** Unmounts and deletes what JVMs that no longer live have left. */
        private static void removeLeftovers() throws IOException {
            try (var bases = Files.newDirectoryStream(SHARED_MEMORY, PREFIX + "*")) {
                for (Path base : bases) {
                    long pid = Long.parseLong(base.getFileName().toString().substring(PREFIX.length()));
                    if (ProcessHandle.of(pid).isPresent()) {
                        continue;
                    }
                    List<Path> points = new ArrayList<>();
                    for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
                        String point = line.split(" ", 3)[1];
                        if (point.startsWith(base + "/")) {
                            points.add(0, Path.of(point));
                        }
                    }
                    points.forEach(Mounts::unmount);
                    deleteQuietly(base);
                }
            }
        }

        private static void unmount(Path point) {
            try {
                Shell.run("umount", point.toString());
            } catch (IOException | InterruptedException e) {
                try {
                    Shell.run("umount", "-l", point.toString());
                } catch (IOException | InterruptedException again) {
                    again.addSuppressed(e);
                    again.printStackTrace(System.err);
                }
            }
        }

        private static void deleteQuietly(Path base) {
            try {
                delete(base);
            } catch (IOException e) {
                System.err.println("not deleted: " + e);
            }
        }
    }
}
