package io.nettyaio.handler;

import io.nettyaio.AioClass;

/**
 * How an {@link AioFileSink} writes.
 *
 * @param highWaterBytes memory held for unwritten bytes above which the sink is not writable
 * @param lowWaterBytes  memory held at or below which it is writable again
 * @param writeBytes     how much is joined before a write is started; no more than {@code highWaterBytes}
 * @param sync           whether the file is synced before, and its directory after, it gets its name: whoever is told of
 *     success finds the file after a power cut
 * @param replace        whether a file of the name is replaced; else the sink fails with EEXIST
 * @param mode           permission bits of the file, less the process's umask
 * @param ioClass        what the writes belong to
 */
public record AioSinkOptions(
        int highWaterBytes,
        int lowWaterBytes,
        int writeBytes,
        boolean sync,
        boolean replace,
        int mode,
        AioClass ioClass) {

    /** 1 MiB, 512 KiB, writes of 256 KiB, synced, replacing, 0666. */
    public static final AioSinkOptions DEFAULT =
            new AioSinkOptions(1 << 20, 512 << 10, 256 << 10, true, true, 0666, AioClass.DEFAULT);

    /**
     * Checks the bounds.
     *
     * @throws IllegalArgumentException where one does not hold; the message names it
     */
    public AioSinkOptions {
        if (writeBytes < 1 || writeBytes > highWaterBytes || lowWaterBytes < 0 || lowWaterBytes >= highWaterBytes) {
            throw new IllegalArgumentException("highWaterBytes=" + highWaterBytes + " lowWaterBytes=" + lowWaterBytes
                    + " writeBytes=" + writeBytes
                    + ": expected 0 <= lowWaterBytes < highWaterBytes and 1 <= writeBytes <= highWaterBytes");
        }
        if ((mode & ~07777) != 0) {
            throw new IllegalArgumentException(
                    "mode=0" + Integer.toOctalString(mode) + ": expected permission bits, up to 07777");
        }
    }

    /** The same, synced or not. */
    public AioSinkOptions withSync(boolean other) {
        return new AioSinkOptions(highWaterBytes, lowWaterBytes, writeBytes, other, replace, mode, ioClass);
    }

    /** The same, replacing or not. */
    public AioSinkOptions withReplace(boolean other) {
        return new AioSinkOptions(highWaterBytes, lowWaterBytes, writeBytes, sync, other, mode, ioClass);
    }

    /** The same with other marks. */
    public AioSinkOptions withWaterMarks(int high, int low, int write) {
        return new AioSinkOptions(high, low, write, sync, replace, mode, ioClass);
    }

    /** The same with other permissions. */
    public AioSinkOptions withMode(int other) {
        return new AioSinkOptions(highWaterBytes, lowWaterBytes, writeBytes, sync, replace, other, ioClass);
    }

    /** The same in a class: its share of the device, and its limits. */
    public AioSinkOptions withClass(AioClass other) {
        return new AioSinkOptions(highWaterBytes, lowWaterBytes, writeBytes, sync, replace, mode, other);
    }
}
