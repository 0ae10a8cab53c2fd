package io.nettyaio.handler;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop knows of the paths below a root: files that it keeps open, and paths where there is nothing to
 * send. Loop-confined.
 *
 * <p>What is known is relied on for {@link HttpFileConfig#revalidateNanos()}, then the path is opened anew, on a helper
 * thread as ever: that alone notices a file that was renamed over, a directory that was, or a symbolic link that leads
 * elsewhere now. Where it turns out to be the same file, unchanged, the old descriptor stays. Those who ask for the path
 * meanwhile wait for the one answer.
 *
 * <p>Files, and paths without one, have bounds of their own, so that who asks for many paths that do not exist does not
 * push the files out. The least recently used goes first.
 */
final class HttpFileCache {

    /** {@code errno(3)}, the same on every architecture that Linux runs on. */
    private static final class Errno {
        static final int EPERM = 1;
        static final int ENOENT = 2;
        static final int ENXIO = 6;
        static final int EACCES = 13;
        static final int EXDEV = 18;
        static final int ENODEV = 19;
        static final int ENOTDIR = 20;
        static final int ENFILE = 23;
        static final int EMFILE = 24;
        static final int ENAMETOOLONG = 36;
        static final int ELOOP = 40;
        static final int EOPNOTSUPP = 95;
    }

    /** Longer paths are looked up each time: the cache is to keep files, not text that somebody makes up. */
    private static final int MAX_PATH_CHARS = 512;

    private final HttpFileRoot root;
    private final HttpFileConfig config;
    private final AioFile directory;
    private final HttpDates dates = new HttpDates();
    private final Map<String, HttpFileEntry> files = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<String, HttpFileEntry> others = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<String, List<Consumer<HttpFileEntry>>> lookups = new HashMap<>();
    private boolean closed;

    /** @param directory this loop's view of the root; taken over */
    HttpFileCache(HttpFileRoot root, AioFile directory) {
        this.root = root;
        this.config = root.config();
        this.directory = directory;
    }

    HttpDates dates() {
        return dates;
    }

    AioFile directory() {
        return directory;
    }

    /**
     * Finds what is at a path, by the stat of what was opened, so that nothing can be put in its place in between.
     *
     * @param path      relative to the root; empty for the root itself
     * @param name      the file's name, which tells its type
     * @param whenKnown called once, within this call where it is known; gets an entry that it has to release
     */
    void lookUp(String path, String name, Consumer<HttpFileEntry> whenKnown) {
        assert directory.context().eventLoop().inEventLoop();
        HttpFileEntry known = known(path);
        if (known != null && known.isFresh(System.nanoTime(), config.revalidateNanos(), root.generation())) {
            whenKnown.accept(known.retain());
            return;
        }
        List<Consumer<HttpFileEntry>> waiting = lookups.get(path);
        if (waiting != null) {
            waiting.add(whenKnown);
            return;
        }
        waiting = new ArrayList<>(1);
        waiting.add(whenKnown);
        lookups.put(path, waiting);
        // Of now: what changes while it is being opened may have changed before or after.
        long generation = root.generation();
        long nanos = System.nanoTime();
        directory.context().openBeneath(directory, path, AioOpenOption.READ).addListener((Future<AioFile> opened) -> {
            HttpFileEntry entry = opened.isSuccess()
                    ? opened(path, name, opened.getNow())
                    : refused(statusOf(opened.cause()), opened.cause());
            entry.checked(nanos, generation);
            answer(path, entry);
        });
    }

    private @Nullable HttpFileEntry known(String path) {
        HttpFileEntry file = files.get(path);
        return file != null ? file : others.get(path);
    }

    private HttpFileEntry opened(String path, String name, AioFile file) {
        HttpFileEntry known = files.get(path);
        if (known != null && known.isSame(file.openedStat())) {
            AioFiles.close(file);
            return known;
        }
        if (file.openedStat().isRegularFile()) {
            return HttpFileEntry.file(
                    AioFiles.in(file, config.ioClass()), config.contentType().apply(name));
        }
        AioFiles.close(file);
        return file.openedStat().isDirectory()
                ? HttpFileEntry.directory(file.openedStat())
                : HttpFileEntry.refused(HttpResponseStatus.NOT_FOUND, null);
    }

    private static HttpFileEntry refused(HttpResponseStatus status, Throwable cause) {
        return status.code() < HttpResponseStatus.INTERNAL_SERVER_ERROR.code()
                ? HttpFileEntry.refused(status, null)
                : HttpFileEntry.refused(status, cause);
    }

    private void answer(String path, HttpFileEntry entry) {
        // Held until all have theirs: the cache may have no room for it.
        entry.retain();
        remember(path, entry);
        List<Consumer<HttpFileEntry>> waiting = lookups.remove(path);
        if (waiting != null) {
            waiting.forEach(whenKnown -> whenKnown.accept(entry.retain()));
        }
        entry.release();
    }

    private void remember(String path, HttpFileEntry entry) {
        if (entry.file() != null) {
            others.remove(path);
            put(files, path, entry);
        } else {
            drop(files, path);
            // A failure is not the path's: the next one may go well.
            if (entry.failure() == null) {
                put(others, path, entry);
            } else {
                others.remove(path);
            }
        }
    }

    private void put(Map<String, HttpFileEntry> to, String path, HttpFileEntry entry) {
        if (closed || config.openFiles() == 0 || path.length() > MAX_PATH_CHARS) {
            return;
        }
        HttpFileEntry before = to.put(path, entry);
        if (before == entry) {
            return;
        }
        entry.cached(true);
        if (before != null) {
            before.cached(false);
        }
        if (to.size() > config.openFiles()) {
            Iterator<HttpFileEntry> eldest = to.values().iterator();
            HttpFileEntry evicted = eldest.next();
            eldest.remove();
            evicted.cached(false);
        }
    }

    private static void drop(Map<String, HttpFileEntry> from, String path) {
        HttpFileEntry before = from.remove(path);
        if (before != null) {
            before.cached(false);
        }
    }

    /** Files kept open. */
    int openFiles() {
        return files.size();
    }

    /** Closes the view of the root, and what is not in use. */
    void close() {
        closed = true;
        files.values().forEach(entry -> entry.cached(false));
        files.clear();
        others.clear();
        AioFiles.close(directory);
    }

    /** How to answer when a file could not be opened. */
    static HttpResponseStatus statusOf(Throwable cause) {
        if (!(cause instanceof AioException failure)) {
            return HttpResponseStatus.INTERNAL_SERVER_ERROR;
        }
        if (failure.kind() == AioException.Kind.QUEUE_FULL || failure.kind() == AioException.Kind.CLOSED) {
            return HttpResponseStatus.SERVICE_UNAVAILABLE;
        }
        if (failure.kind() == AioException.Kind.ARGUMENT) {
            return HttpResponseStatus.NOT_FOUND; // a name that there cannot be
        }
        return switch (failure.errno()) {
            // EXDEV: it leaves the served directory.
            case Errno.EXDEV, Errno.EACCES, Errno.EPERM -> HttpResponseStatus.FORBIDDEN;
            // EOPNOTSUPP: a FIFO; ENXIO: a socket; ENODEV: a device that is not there.
            case Errno.ENOENT,
                    Errno.ENOTDIR,
                    Errno.ENAMETOOLONG,
                    Errno.ELOOP,
                    Errno.EOPNOTSUPP,
                    Errno.ENXIO,
                    Errno.ENODEV -> HttpResponseStatus.NOT_FOUND;
            case Errno.EMFILE, Errno.ENFILE -> HttpResponseStatus.SERVICE_UNAVAILABLE;
            default -> HttpResponseStatus.INTERNAL_SERVER_ERROR;
        };
    }
}
