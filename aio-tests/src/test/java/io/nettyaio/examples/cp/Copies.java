package io.nettyaio.examples.cp;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs a job and keeps what it says. */
class Copies implements CopyListener {

    final List<String> messages = new ArrayList<>();
    long foundBytes;
    long copiedBytes;

    @Override
    public void found(long bytes) {
        foundBytes += bytes;
    }

    @Override
    public void copied(long bytes) {
        copiedBytes += bytes;
    }

    @Override
    public void failed(String message) {
        messages.add(message);
    }

    /** The last argument is the target. */
    CopyResult run(AioContext aio, CopyOptions options, Object... paths) throws Exception {
        List<CopySource> sources = Arrays.stream(paths, 0, paths.length - 1)
                .map(source -> CopySource.of(source.toString()))
                .toList();
        CopyJob job = CopyJob.start(aio, sources, paths[paths.length - 1].toString(), options, this);
        started(job);
        CopyResult result = job.done().toCompletableFuture().get(50, TimeUnit.SECONDS);
        assertThat(result.failures()).as("failures: %s", messages).isEqualTo(messages.size());
        if (!result.stopped()) {
            assertThat(copiedBytes).as("progress comes to its end").isEqualTo(foundBytes);
        }
        return result;
    }

    void started(CopyJob job) {}

    /** A run that has nothing to say. */
    static CopyResult copy(AioContext aio, CopyOptions options, Object... paths) throws Exception {
        Copies copies = new Copies();
        CopyResult result = copies.run(aio, options, paths);
        assertThat(copies.messages).isEmpty();
        return result;
    }

    /** A run that has one thing to say. */
    static String refusal(AioContext aio, CopyOptions options, Object... paths) throws Exception {
        Copies copies = new Copies();
        CopyResult unused = copies.run(aio, options, paths);
        assertThat(copies.messages).hasSize(1);
        return copies.messages.get(0);
    }

    /** Nothing that a copy makes for a time is left anywhere below. */
    static void assertNoTemporaries(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            assertThat(all.filter(path -> path.getFileName().toString().startsWith(".aio-cp-")))
                    .isEmpty();
        }
    }

    /** Each name below a directory, with kind and mode, and what a link says. */
    static Map<String, String> names(Path directory) throws IOException {
        Map<String, String> names = new TreeMap<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                boolean link = Files.isSymbolicLink(path);
                int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
                names.put(
                        directory.relativize(path).toUri().getRawPath(),
                        Integer.toOctalString(mode) + (link ? " -> " + Files.readSymbolicLink(path) : ""));
            }
        }
        return names;
    }

    /** Both trees have the same names, modes, links and contents. */
    static void assertSame(Path source, Path copy) throws IOException {
        assertThat(names(copy)).isEqualTo(names(source));
        try (Stream<Path> all = Files.walk(source)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    assertThat(Files.mismatch(path, copy.resolve(source.relativize(path))))
                            .as("first difference of %s", path)
                            .isEqualTo(-1);
                }
            }
        }
        assertNoTemporaries(copy);
    }
}
