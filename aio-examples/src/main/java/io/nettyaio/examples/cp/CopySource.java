package io.nettyaio.examples.cp;

import java.nio.file.Path;

/**
 * Something to copy.
 *
 * @param path where it is
 * @param name what it is called in a directory it is copied into; empty where its contents go right into that directory
 */
public record CopySource(Path path, Path name) {

    private static final Path NONE = Path.of("");

    /**
     * As an argument of a command line, where a slash at the end means the directory that a symbolic link leads to, and
     * {@code DIR/.} what is in the directory.
     *
     * @param argument the path
     */
    public static CopySource of(String argument) {
        Path path = Path.of(argument);
        Path last = path.getFileName();
        boolean nameless =
                last == null || last.toString().equals(".") || last.toString().equals("..");
        return new CopySource(isSlashed(argument) ? path.resolve(".") : path, nameless ? NONE : last);
    }

    /** Whether the argument can only mean a directory. */
    static boolean isSlashed(String argument) {
        return argument.length() > 1 && argument.endsWith("/");
    }

    /** Where it is copied to, in a directory. */
    Path in(Path directory) {
        return name.toString().isEmpty() ? directory : directory.resolve(name);
    }
}
