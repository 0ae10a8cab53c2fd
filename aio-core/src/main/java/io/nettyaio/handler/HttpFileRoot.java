package io.nettyaio.handler;

import io.netty.channel.EventLoop;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A directory whose files are served by {@link HttpFileHandler}s: what the handlers of all its channels share. Each event
 * loop has its own view of the directory, and keeps some files open; see {@link HttpFileConfig#openFiles()}.
 *
 * <p><b>Threading.</b> Any thread.
 *
 * <p><b>Ownership.</b> Takes over the directory: {@link #close()} closes it.
 */
public final class HttpFileRoot implements AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(HttpFileRoot.class);

    private final AioFile directory;
    private final HttpFileConfig config;
    private final Map<EventLoop, HttpFileCache> caches = new ConcurrentHashMap<>();
    /** What was known before it was last raised is looked at again. */
    private final AtomicLong generation = new AtomicLong();

    private volatile boolean closed;

    /**
     * A root.
     *
     * @param directory an open directory, on any loop; taken over
     */
    public HttpFileRoot(AioFile directory, HttpFileConfig config) {
        this.directory = directory;
        this.config = config;
    }

    /** How files are served. */
    public HttpFileConfig config() {
        return config;
    }

    /** Something below the directory has changed: nothing that is known of it is relied on any more. */
    public void changed() {
        generation.incrementAndGet();
    }

    /**
     * Opens something below the directory and nowhere else, as {@link io.nettyaio.AioContext#openBeneath} does.
     *
     * @param loop         the loop that is called on, and that the file is for
     * @param relativePath the path, relative to the directory
     * @throws IllegalStateException where the root is closed
     */
    public AioFuture<AioFile> open(EventLoop loop, String relativePath, AioOpenOption... options) {
        AioFile view = cache(loop).directory();
        return view.context().openBeneath(view, relativePath, options);
    }

    /**
     * Where an {@link AioFileSink} makes a file below the directory and nowhere else, as {@link AioSinkTarget#beneath} says.
     *
     * @param loop         the loop that is called on, and that the sink belongs to
     * @param relativePath the path, relative to the directory
     * @throws IllegalArgumentException where the path has no name at its end
     * @throws IllegalStateException where the root is closed
     */
    public AioSinkTarget target(EventLoop loop, String relativePath) {
        return AioSinkTarget.beneath(cache(loop).directory(), relativePath);
    }

    long generation() {
        return generation.get();
    }

    /** On the loop: what its channels share. */
    HttpFileCache cache(EventLoop loop) {
        HttpFileCache present = caches.get(loop);
        if (present != null) {
            return present;
        }
        if (closed) {
            throw new IllegalStateException(directory.path() + ": the root is closed; make another one");
        }
        HttpFileCache made = new HttpFileCache(this, directory.on(loop));
        caches.put(loop, made);
        return made;
    }

    /**
     * Closes the directory, and the files that are not being sent; those that are, when they have been. Handlers answer
     * with 503 from then on.
     */
    @Override
    public void close() {
        closed = true;
        List<Map.Entry<EventLoop, HttpFileCache>> all = new ArrayList<>(caches.entrySet());
        for (Map.Entry<EventLoop, HttpFileCache> entry : all) {
            HttpFileCache cache = entry.getValue();
            try {
                entry.getKey().execute(cache::close);
            } catch (RejectedExecutionException loopIsGone) {
                // And with it its context, which has closed all files.
                LOGGER.debug("{}: closed after its event loop", directory.path());
            }
        }
        AioFiles.close(directory);
    }
}
