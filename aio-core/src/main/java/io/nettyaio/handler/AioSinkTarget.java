package io.nettyaio.handler;

import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where an {@link AioFileSink} makes its file: a name in a directory that there is.
 *
 * <p>Immutable; any thread.
 */
public abstract class AioSinkTarget {

    private final Path path;

    private AioSinkTarget(Path path) {
        this.path = path;
    }

    /**
     * By its path. Symbolic links in it are followed, by each of the sink's steps: for paths that nobody else has a say in.
     *
     * @throws IllegalArgumentException where the path has no name at its end
     */
    public static AioSinkTarget of(Path path) {
        if (path.getFileName() == null) {
            throw noName(path.toString());
        }
        return new AioSinkTarget(path) {
            @Override
            SinkNames names(AioContext context, String temporary) {
                return new PathNames(context, path.resolveSibling(temporary), path);
            }
        };
    }

    /**
     * Below a directory and nowhere else, as {@link AioContext#openBeneath} opens: a path that leaves it, by {@code ..}, by
     * being absolute or by a symbolic link, fails with EXDEV. The directory that the file goes into is opened first, and
     * all steps go from there, so what becomes of its name meanwhile leads the file nowhere else. For paths that come from
     * others. A sink holds two descriptors then, the file's and the directory's, until its end.
     *
     * @param directory    an open directory, on the sink's loop; not taken over, and to be left open until the sink's result
     * @param relativePath relative to it, with {@code /} between names
     * @throws IllegalArgumentException where the path has no name at its end
     */
    public static AioSinkTarget beneath(AioFile directory, String relativePath) {
        int slash = relativePath.lastIndexOf('/');
        String name = relativePath.substring(slash + 1);
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            throw noName(relativePath);
        }
        // "/a" is absolute, and is to be refused as such.
        String parent = slash < 0 ? "" : relativePath.substring(0, Math.max(slash, 1));
        return new AioSinkTarget(pathOf(directory.path(), relativePath)) {
            @Override
            SinkNames names(AioContext context, String temporary) {
                return new DirectoryNames(
                        context, directory, parent, temporary, name, path().resolveSibling(temporary));
            }
        };
    }

    private static IllegalArgumentException noName(String path) {
        return new IllegalArgumentException("'" + path + "': expected the name of a file at its end");
    }

    /** Where the text is none in the JVM's own encoding of paths, by its bytes, in UTF-8. Asks no file system. */
    private static Path pathOf(String directory, String relativePath) {
        try {
            return Path.of(directory, relativePath);
        } catch (InvalidPathException notInItsEncoding) {
            String text = directory + "/" + relativePath;
            if (text.indexOf('\0') >= 0) {
                throw notInItsEncoding;
            }
            // A URI's path is absolute.
            StringBuilder uri = new StringBuilder("file://");
            for (String part : (text.startsWith("/") ? text.substring(1) : text).split("/", -1)) {
                uri.append('/')
                        .append(URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"));
            }
            Path absolute = Path.of(URI.create(uri.toString()));
            return text.startsWith("/") ? absolute : absolute.subpath(0, absolute.getNameCount());
        }
    }

    /** The file's path: as given, or below the directory's. */
    public final Path path() {
        return path;
    }

    /** What a sink's file is named. */
    abstract SinkNames names(AioContext context, String temporary);

    @Override
    public final String toString() {
        return path.toString();
    }
}
