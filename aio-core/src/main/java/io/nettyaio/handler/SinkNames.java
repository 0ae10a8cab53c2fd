package io.nettyaio.handler;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioFile;
import java.nio.file.Path;

/** The two names of a sink's file, the temporary one and the one it is to have. Loop-confined. */
interface SinkNames {

    /** Makes the file, under its temporary name. */
    Future<AioFile> open(int mode);

    /** Gives it the name it is to have. */
    Future<Void> rename(boolean replace);

    /** Removes it, by its temporary name. */
    Future<Void> unlink();

    /** Makes the new name last. */
    Future<Void> syncDirectory();

    /** Lets go of what has been opened for all that, if anything was; the file itself is the caller's. */
    Future<Void> close();

    /** For messages, and where there is no context any more. */
    Path temporary();
}
