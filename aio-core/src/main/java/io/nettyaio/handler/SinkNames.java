package io.nettyaio.handler;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The two names of a sink's file, the temporary one and the one it is to have. Loop-confined. The listeners of its futures
 * run as those of an {@link io.nettyaio.AioFuture}: also when the loop has ended.
 */
interface SinkNames {

    /** Makes the file, under its temporary name. */
    Future<AioFile> open(int mode);

    /** Gives it the name it is to have. */
    Future<Void> rename(boolean replace);

    /** Removes it, by its temporary name. */
    Future<Void> unlink();

    /** Makes the new name last. */
    Future<Void> syncDirectory();

    /**
     * Lets go of what has been opened for all that; the file itself is the caller's.
     *
     * @return {@code null} where nothing has
     */
    @Nullable
    Future<Void> close();

    /** For messages, and where there is no context any more. */
    Path temporary();
}
