package io.nettyaio;

import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;

/**
 * Operations that are joined and submitted together. What goes to kernel AIO goes by one {@code io_submit(2)}, unless the
 * batch is longer than {@link AioConfig#submitBatch()}. A sync in a batch covers the batch's writes before it.
 *
 * <p><b>Threading.</b> Built by one thread, whichever; {@link #submit()} once. Every file must belong to the batch's
 * context ({@link AioFile#on}).
 *
 * <p><b>Ownership.</b> As in {@link AioFile}; a write's source is taken over when it is added. A batch that is given up
 * must be {@linkplain #discard() discarded}.
 */
public interface AioBatch {

    /** Adds {@link AioFile#read(ByteBuf, long)}. */
    AioBatch read(AioFile file, ByteBuf dst, long offsetBytes);

    /** Adds {@link AioFile#read(ByteBuf[], long)}. */
    AioBatch read(AioFile file, ByteBuf[] dsts, long offsetBytes);

    /** Adds {@link AioFile#write(ByteBuf, long)}. */
    AioBatch write(AioFile file, ByteBuf src, long offsetBytes);

    /** Adds {@link AioFile#write(ByteBuf[], long)}. */
    AioBatch write(AioFile file, ByteBuf[] srcs, long offsetBytes);

    /** Adds {@link AioFile#append(ByteBuf)}. */
    AioBatch append(AioFile file, ByteBuf src);

    /** Adds {@link AioFile#fsync()}. */
    AioBatch fsync(AioFile file);

    /** Adds {@link AioFile#fdatasync()}. */
    AioBatch fdatasync(AioFile file);

    /**
     * Gives each operation of the batch a {@linkplain AioFuture#deadline deadline}, which runs from {@link #submit()}. Where
     * an operation's file has one too, the shorter counts. The batch's own future fails, as always, when the last of them
     * has ended.
     */
    AioBatch deadline(Duration timeout);

    /** How many operations have been added. */
    int size();

    /** The operations' own futures, in the order they were added: unmodifiable, one for each added so far. */
    List<AioFuture<?>> futures();

    /**
     * Starts them all.
     *
     * @return completes when all have; fails with the first failure in order of addition, the others suppressed in it.
     *     Cancelling it cancels each
     * @throws IllegalStateException where it was submitted or discarded before
     */
    AioFuture<Void> submit();

    /** Gives the batch up: releases the sources it took over and cancels the operations' futures. */
    void discard();
}
