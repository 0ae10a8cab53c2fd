package io.nettyaio.epoll;

import io.nettyaio.AioDirectory;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lists an open directory. By the JDK, through the descriptor's name in {@code /proc}: that leads to the directory that
 * is open, whatever has become of its path.
 *
 * @param <T> what is made of the list
 */
final class ListOperation<T> extends HelperOperation<T> {

    private final EpollAioFile directory;
    private final int maxEntries;
    private final Function<? super AioDirectory, ? extends T> then;
    private @Nullable T made;
    private @Nullable RuntimeException thrown;

    ListOperation(EpollAioFile directory, int maxEntries, Function<? super AioDirectory, ? extends T> then) {
        super(directory.context(), "list", directory.path(), directory);
        this.directory = directory;
        this.maxEntries = maxEntries;
        this.then = then;
        if (directory.handle().kind() != FileHandle.Kind.DIRECTORY) {
            refuse(Failures.argument(Errno.ENOTDIR, name(), directory.path(), "only a directory can be listed"));
        } else if (maxEntries < 1) {
            refuse(Failures.argument(Errno.EINVAL, name(), directory.path(), "maxEntries must be 1 or more"));
        }
    }

    @Override
    long work() {
        Path opened = Path.of("/proc/self/fd/" + directory.handle().fd());
        List<AioDirectory.Entry> entries = new ArrayList<>();
        boolean complete = true;
        try (DirectoryStream<Path> names = Files.newDirectoryStream(opened)) {
            for (Path name : names) {
                if (entries.size() == maxEntries) {
                    complete = false;
                    break;
                }
                add(name, entries);
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            return -Errno.EIO;
        }
        try {
            made = then.apply(new AioDirectory(entries, complete));
        } catch (RuntimeException e) {
            thrown = e;
        }
        return 0;
    }

    private static void add(Path name, List<AioDirectory.Entry> to) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(name, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException goneMeanwhile) {
            return;
        }
        AioDirectory.Kind kind;
        if (attributes.isRegularFile()) {
            kind = AioDirectory.Kind.FILE;
        } else if (attributes.isDirectory()) {
            kind = AioDirectory.Kind.DIRECTORY;
        } else {
            kind = attributes.isSymbolicLink() ? AioDirectory.Kind.LINK : AioDirectory.Kind.OTHER;
        }
        to.add(new AioDirectory.Entry(
                NativePath.text(name.getFileName()),
                kind,
                attributes.size(),
                attributes.lastModifiedTime().toInstant()));
    }

    @Override
    void complete(long result) {
        if (thrown != null) {
            fail(thrown);
        } else {
            super.complete(result);
        }
    }

    @Override
    protected @Nullable T value(long result) {
        return made;
    }
}
