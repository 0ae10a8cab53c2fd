package io.nettyaio.tests;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file system that is frozen ({@code fsfreeze(8)}): whoever writes to it waits, in the kernel and not to be woken,
 * until {@link #thaw()}. The way to hold an operation in flight for as long as a test wants.
 */
final class Frozen implements AutoCloseable {

    private static final int LONGEST_SECONDS = 40;

    private final Path mountPoint;
    private final Process watchdog;
    private boolean thawed;

    private Frozen(Path mountPoint, Process watchdog) {
        this.mountPoint = mountPoint;
        this.watchdog = watchdog;
    }

    /** Freezes it. */
    static Frozen freeze(TestFileSystem fileSystem) throws IOException, InterruptedException {
        Path mountPoint = fileSystem.mountPoint();
        // A JVM with a thread that waits for the thaw cannot even be killed.
        Process watchdog = new ProcessBuilder(
                        "sh", "-c", "sleep " + LONGEST_SECONDS + "; exec fsfreeze -u \"$0\"", mountPoint.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Shell.run("fsfreeze", "-f", mountPoint.toString());
        return new Frozen(mountPoint, watchdog);
    }

    /** Lets everybody go on. */
    void thaw() throws IOException, InterruptedException {
        if (!thawed) {
            thawed = true;
            Shell.run("fsfreeze", "-u", mountPoint.toString());
            watchdog.descendants().forEach(ProcessHandle::destroy);
            watchdog.destroy();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            thaw();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while thawing " + mountPoint, e);
        }
    }
}
