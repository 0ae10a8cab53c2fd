package io.nettyaio.benchmarks;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The files that the stall case works on. Each kind of work has a file of its own: a direct read of what the page cache
 * holds would be another thing. About 1.2 GiB, removed on close.
 *
 * @param cold     read through the page cache, from which it is dropped before each round
 * @param direct   read past the page cache
 * @param written  written to, and synced
 * @param extended direct writes make it longer; cut when it has reached {@link Work#EXTENDED_MAX_BYTES}
 */
record StallFiles(TestFile cold, TestFile direct, TestFile written, TestFile extended) implements AutoCloseable {

    private static final long READ_BYTES = 512L << 20;
    static final long WRITTEN_BYTES = 64L << 20;

    static StallFiles create() throws IOException, InterruptedException {
        Path directory = Programs.buildDirectory();
        // What is made before a failure is removed at exit: TestFile sees to it.
        StallFiles files = new StallFiles(
                TestFile.create(directory, "cold", READ_BYTES),
                TestFile.create(directory, "direct", READ_BYTES),
                TestFile.create(directory, "written", WRITTEN_BYTES),
                TestFile.create(directory, "extended", 0));
        files.direct.dropFromPageCache();
        return files;
    }

    @Override
    public void close() {
        cold.close();
        direct.close();
        written.close();
        extended.close();
    }
}
