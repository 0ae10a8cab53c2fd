package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.DefaultAioFuture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Takes a file's contents as they arrive and gives the file its name when they are complete. Until then they stand under a
 * hidden temporary name in the same directory, so nobody ever sees a part, and what is given up or fails leaves nothing.
 *
 * <pre>
 *  OPENING ──► WRITING ──finish()──► DRAINING ──► SYNCING ──► NAMING ──► SYNCING_DIRECTORY ──► DONE
 *     │           │                     │            │          │ (rename(2): from here on it is there)
 *     └───────────┴────── abort(), or a failure ─────┴──────────┘──► CLEANING ──► DONE
 * </pre>
 *
 * <p><b>Threading.</b> Belongs to the context's event loop: {@link #write}, {@link #finish} and {@link #abort} are called
 * there, and the listener is.
 *
 * <p><b>Ownership.</b> {@link #write} takes over its buffer, whatever the state.
 *
 * <p><b>Memory.</b> The sink takes what it is given, but holds no more than {@link AioSinkOptions#highWaterBytes()} and
 * what comes after it has said that it is not writable: stop reading then, as {@link ReadThrottle} does. It is not writable
 * either while its context {@linkplain AioContext#isSubmittable() has enough to do}, with whatever.
 *
 * <p><b>Errors.</b> {@link #result()} fails with the {@link AioException} of what failed first, after the temporary file
 * is gone; with a {@link CancellationException} where the sink was aborted. A failure to sync the directory, the last step,
 * leaves the file under its name.
 */
public final class AioFileSink {

    /** Told when a sink is not to be given more for now, and when it is again. */
    @FunctionalInterface
    public interface WritabilityListener {

        /** On the loop: writability has changed. */
        void writabilityChanged(boolean writable);
    }

    /** What temporary names begin with. */
    public static final String TEMPORARY_PREFIX = ".aio-";

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(AioFileSink.class);

    private enum State {
        OPENING,
        WRITING,
        DRAINING,
        SYNCING,
        NAMING,
        SYNCING_DIRECTORY,
        CLEANING,
        DONE
    }

    private final EventLoop loop;
    private final AioSinkTarget target;
    private final SinkNames names;
    private final AioSinkOptions options;
    private final WritabilityListener listener;
    private final Promise<Long> result;
    private final Promise<Void> opened;
    private final SinkWriter writer;
    private final Submittable submittable;

    private State state = State.OPENING;
    private @Nullable AioFile file;
    private @Nullable Throwable failure;
    private boolean writable = true;
    private boolean finishing;
    private long bytes;

    /**
     * Starts to make a file: opens the temporary one.
     *
     * @param context  of the loop that the sink belongs to; called there
     * @param target   the name to be given, in an existing directory
     * @param listener told of writability
     * @throws IllegalArgumentException where the path has no name at its end
     */
    public AioFileSink(AioContext context, Path target, AioSinkOptions options, WritabilityListener listener) {
        this(context, AioSinkTarget.of(target), options, listener);
    }

    /**
     * Starts to make a file: opens the temporary one.
     *
     * @param context  of the loop that the sink belongs to; called there
     * @param target   the name to be given; {@link AioSinkTarget#beneath} where others have a say in it
     * @param listener told of writability
     */
    public AioFileSink(AioContext context, AioSinkTarget target, AioSinkOptions options, WritabilityListener listener) {
        this.target = target;
        this.options = options;
        this.listener = listener;
        loop = context.eventLoop();
        checkLoop();
        result = new DefaultAioFuture<>(loop);
        opened = new DefaultAioFuture<>(loop);
        names = target.names(
                context,
                TEMPORARY_PREFIX + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part");
        writer = new SinkWriter(options.writeBytes(), new Progress());
        submittable = new Submittable(context, this::checkWritability);
        names.open(options.mode()).addListener((Future<AioFile> made) -> made(made));
    }

    /** The name that the file will have. */
    public Path target() {
        return target.path();
    }

    /** Bytes given to it so far. */
    public long bytes() {
        return bytes;
    }

    /** Whether more may be given to it without its memory growing beyond the mark. */
    public boolean isWritable() {
        return writable;
    }

    /**
     * Whether it can be written at all: settled when the temporary file has been made, or when that has failed. A server
     * waits for it before it asks a client for the contents.
     */
    public Future<Void> opened() {
        return opened;
    }

    /** The outcome: how long the file is, once it is there. */
    public Future<Long> result() {
        return result;
    }

    /**
     * Adds to the file.
     *
     * @param content taken over; released unwritten where the sink has failed or was aborted
     * @throws IllegalStateException after {@link #finish()}
     */
    public void write(ByteBuf content) {
        checkLoop();
        if (state == State.CLEANING || state == State.DONE) {
            content.release();
            return;
        }
        if (finishing) {
            content.release();
            throw new IllegalStateException(target + ": written to after finish()");
        }
        bytes += content.readableBytes();
        writer.add(content);
        checkWritability();
    }

    /** Writes what waits to be joined with more. For whoever knows that there will be none for a while. */
    public void flush() {
        checkLoop();
        if (!finishing) {
            writer.flush();
        }
    }

    /**
     * The contents are complete: writes the rest, syncs, gives the file its name.
     *
     * @return {@link #result()}
     */
    public Future<Long> finish() {
        checkLoop();
        if (!finishing && failure == null) {
            finishing = true;
            checkWritability();
            if (state == State.WRITING) {
                drain();
            }
        }
        return result;
    }

    /**
     * Gives the file up, unless it has its name or is about to.
     *
     * @return {@link #result()}, which fails once the temporary file is gone
     */
    public Future<Long> abort() {
        checkLoop();
        if (state.compareTo(State.NAMING) < 0) {
            fail(new CancellationException(target + ": the sink was aborted after " + bytes + " bytes"));
        }
        return result;
    }

    // ---- its way -------------------------------------------------------------------------------------------------

    private void made(Future<AioFile> made) {
        if (!made.isSuccess()) {
            state = State.CLEANING;
            failure = failure == null ? made.cause() : failure;
            opened.tryFailure(failure);
            writer.close();
            checkWritability();
            if (isOfClosedContext(made.cause())) {
                unlinkElsewhere(false); // an open that was under way has made it all the same
            } else {
                end(failure); // aborted or not, there is nothing to remove
            }
            return;
        }
        AioFile to = AioFiles.in(made.getNow(), options.ioClass());
        file = to;
        if (failure != null) {
            opened.tryFailure(failure);
            clean();
            return;
        }
        state = State.WRITING;
        writer.open(to, 0);
        if (finishing && state == State.WRITING) {
            drain();
        }
        // Last, since its listeners may finish the sink, or abort it.
        opened.trySuccess(null);
    }

    private void drain() {
        state = State.DRAINING;
        writer.flush();
    }

    private AioFile file() {
        AioFile to = file;
        if (to == null) {
            throw new IllegalStateException(target + ": not open");
        }
        return to;
    }

    private void drained() {
        if (state != State.DRAINING) {
            return; // a flush() of the user's
        }
        state = State.SYNCING;
        if (options.sync()) {
            file().fsync().addListener(synced -> then(synced.cause(), this::close));
        } else {
            close();
        }
    }

    private void close() {
        file().close().addListener(closed -> then(closed.cause(), this::name));
    }

    private void name() {
        state = State.NAMING;
        names.rename(options.replace()).addListener(renamed -> {
            if (renamed.isSuccess()) {
                named();
            } else {
                failure = renamed.cause();
                clean();
            }
        });
    }

    private void named() {
        state = State.SYNCING_DIRECTORY;
        if (!options.sync()) {
            end(null);
            return;
        }
        names.syncDirectory().addListener(synced -> end(synced.cause()));
    }

    private void then(@Nullable Throwable cause, Runnable next) {
        if (failure != null) {
            clean(); // aborted meanwhile
        } else if (cause != null) {
            failure = cause;
            clean();
        } else {
            next.run();
        }
    }

    // ---- failure -------------------------------------------------------------------------------------------------

    private void fail(Throwable cause) {
        if (failure != null) {
            return;
        }
        failure = cause;
        writer.close();
        checkWritability();
        // Where an operation is under way, its end comes by here again.
        boolean underWay = state == State.OPENING || state == State.SYNCING || writer.isWriting();
        if (!underWay) {
            clean();
        }
    }

    /** Nothing is under way: closes and removes the temporary file, and says why. */
    private void clean() {
        if (state == State.CLEANING || state == State.DONE) {
            return;
        }
        state = State.CLEANING;
        file().close()
                .addListener(closed -> names.unlink().addListener(unlinked -> {
                    if (unlinked.isSuccess()) {
                        end(failure);
                    } else if (isOfClosedContext(unlinked.cause())) {
                        unlinkElsewhere(true);
                    } else {
                        LOGGER.warn("the temporary file {} could not be removed", names.temporary(), unlinked.cause());
                        end(failure);
                    }
                }));
    }

    private static boolean isOfClosedContext(Throwable why) {
        return why instanceof AioException refused && refused.kind() == AioException.Kind.CLOSED;
    }

    /**
     * The context closes, and takes nothing any more; the file is not to stay.
     *
     * @param made whether there is one for sure
     */
    private void unlinkElsewhere(boolean made) {
        GlobalEventExecutor.INSTANCE.execute(() -> {
            try {
                if (!Files.deleteIfExists(names.temporary()) && made) {
                    LOGGER.warn("the temporary file {} is not there any more, to be removed", names.temporary());
                }
            } catch (IOException failed) {
                LOGGER.warn("the temporary file {} could not be removed", names.temporary(), failed);
            }
            result.tryFailure(failure);
        });
    }

    private void end(@Nullable Throwable cause) {
        Future<Void> closing = names.close();
        if (closing == null) {
            ended(cause);
        } else {
            closing.addListener(closed -> ended(cause));
        }
    }

    private void ended(@Nullable Throwable cause) {
        state = State.DONE;
        if (cause == null) {
            result.trySuccess(bytes);
        } else {
            result.tryFailure(cause);
        }
    }

    // ---- writability ---------------------------------------------------------------------------------------------

    private void checkWritability() {
        long held = writer.heldBytes();
        boolean now =
                (writable ? held <= options.highWaterBytes() : held <= options.lowWaterBytes()) && contextTakesMore();
        if (now != writable) {
            writable = now;
            listener.writabilityChanged(now);
        }
    }

    /** Nothing more comes that the context would have to take once the sink is finishing or has failed. */
    private boolean contextTakesMore() {
        if (finishing || failure != null) {
            submittable.stop();
            return true;
        }
        return submittable.isNow();
    }

    private void checkLoop() {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException(target + ": the sink belongs to its context's event loop; call it there");
        }
    }

    private final class Progress implements SinkWriter.Listener {

        @Override
        public void written(int buffers) {
            checkWritability();
            if (failure != null && state != State.OPENING) {
                clean();
            }
        }

        @Override
        public void failed(Throwable cause) {
            fail(cause);
        }

        @Override
        public void drained() {
            AioFileSink.this.drained();
        }
    }
}
