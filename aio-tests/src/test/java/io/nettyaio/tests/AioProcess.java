package io.nettyaio.tests;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** {@code aio COMMAND} as a process of its own. */
public final class AioProcess {

    private AioProcess() {}

    /** The command line that runs it as the root script does, on this JVM's class path. */
    public static List<String> command(String... arguments) {
        return commandOn(System.getProperty("java.class.path"), arguments);
    }

    /** The same on another class path. */
    public static List<String> commandOn(String classPath, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (Runtime.version().feature() >= 23) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        // Starts in half the time; no such process lives long.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-ea"));
        command.addAll(List.of("-cp", classPath, "io.nettyaio.examples.Aio"));
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * Copies the class path to where any user can read it, and gives the copy's.
     *
     * @param directory an empty one that any user can get to
     */
    public static String readableClassPath(Path directory) throws IOException {
        List<String> copies = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path source = Path.of(entry);
            if (Files.exists(source)) {
                Path copy = directory.resolve(copies.size() + "-" + source.getFileName());
                copyReadable(source, copy);
                copies.add(copy.toString());
            }
        }
        return String.join(File.pathSeparator, copies);
    }

    private static void copyReadable(Path source, Path target) throws IOException {
        try (Stream<Path> tree = Files.walk(source)) {
            for (Path each : (Iterable<Path>) tree::iterator) {
                Path copy = target.resolve(source.relativize(each).toString());
                Files.copy(each, copy);
                Files.setPosixFilePermissions(
                        copy, PosixFilePermissions.fromString(Files.isDirectory(copy) ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }
}
