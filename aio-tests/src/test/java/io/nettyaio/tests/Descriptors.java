package io.nettyaio.tests;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What this process holds of the kernel: open descriptors by kind, and AIO contexts (each has a mapping named
 * {@code [aio]}). Kinds that the JDK opens when it likes (jars, sockets, pipes) are left out.
 */
final class Descriptors {

    private static final Path OPEN = Path.of("/proc/self/fd");
    private static final int O_CLOEXEC = 02000000;

    private Descriptors() {}

    /** How many there are of each kind. */
    static Map<String, Integer> byKind() throws IOException {
        Map<String, Integer> kinds = new TreeMap<>();
        for (String target : targets()) {
            String kind = kind(target);
            if (kind != null) {
                kinds.merge(kind, 1, Integer::sum);
            }
        }
        int contexts = aioContexts();
        if (contexts > 0) {
            kinds.put("AIO context", contexts);
        }
        return kinds;
    }

    /** How many AIO contexts this process has. */
    static int aioContexts() throws IOException {
        int contexts = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            if (line.contains("/[aio]")) {
                contexts++;
            }
        }
        return contexts;
    }

    /** How many descriptors of this path are open. */
    static int ofFile(Path file) throws IOException {
        int open = 0;
        for (String target : targets()) {
            if (target.equals(file.toString()) || target.equals(file + " (deleted)")) {
                open++;
            }
        }
        return open;
    }

    /** The number of a descriptor of this path. */
    static int numberOf(Path file) throws IOException {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(OPEN)) {
            for (Path descriptor : descriptors) {
                if (target(descriptor).equals(file.toString())) {
                    return Integer.parseInt(descriptor.getFileName().toString());
                }
            }
        }
        throw new IOException(file + " is not open");
    }

    /** Those that a child process would inherit, of the kinds that count. */
    static List<String> inheritable() throws IOException {
        List<String> inheritable = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(OPEN)) {
            for (Path descriptor : descriptors) {
                String target = target(descriptor);
                if (kind(target) != null && (flags(descriptor) & O_CLOEXEC) == 0) {
                    inheritable.add(descriptor + " " + target);
                }
            }
        }
        return inheritable;
    }

    private static List<String> targets() throws IOException {
        List<String> targets = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(OPEN)) {
            for (Path descriptor : descriptors) {
                targets.add(target(descriptor));
            }
        }
        return targets;
    }

    /** What it is open on; nothing where it has been closed meanwhile. */
    private static String target(Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    private static int flags(Path descriptor) throws IOException {
        Path info = Path.of("/proc/self/fdinfo", descriptor.getFileName().toString());
        try {
            for (String line : Files.readAllLines(info)) {
                if (line.startsWith("flags:")) {
                    return Integer.parseInt(line.substring(6).strip(), 8);
                }
            }
        } catch (IOException e) {
            // Closed before it was opened here, or before it was read.
            if (Files.exists(descriptor, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
            return O_CLOEXEC;
        }
        throw new IOException("no flags in " + info);
    }

    private static @Nullable String kind(String target) {
        if (target.startsWith("anon_inode:")) {
            return target;
        }
        if (TestFileSystem.isUnderTest(target) || target.equals("/dev/zero") || target.startsWith("/dev/loop")) {
            return "file";
        }
        return null;
    }
}
