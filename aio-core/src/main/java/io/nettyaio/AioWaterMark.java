package io.nettyaio;

/**
 * When a context says that it has enough to do, as {@link io.netty.channel.WriteBufferWaterMark} does for a channel:
 * above either high mark {@link AioContext#isSubmittable()} turns false, and true again once both are at or below their
 * low mark.
 *
 * @param lowOperations  operations pending
 * @param highOperations operations pending; not below {@code lowOperations}
 * @param lowBytes       bytes of the transfers pending
 * @param highBytes      bytes of the transfers pending; not below {@code lowBytes}
 */
public record AioWaterMark(int lowOperations, int highOperations, long lowBytes, long highBytes) {

    /** 1,024 and 4,096 operations, 16 and 64 MiB. */
    public static final AioWaterMark DEFAULT = new AioWaterMark(1024, 4096, 16 << 20, 64 << 20);

    /** @throws IllegalArgumentException where a low mark is negative or above its high mark */
    public AioWaterMark {
        if (lowOperations < 0 || lowOperations > highOperations) {
            throw new IllegalArgumentException("lowOperations=" + lowOperations + " highOperations=" + highOperations
                    + ": low must be from 0 to high");
        }
        if (lowBytes < 0 || lowBytes > highBytes) {
            throw new IllegalArgumentException(
                    "lowBytes=" + lowBytes + " highBytes=" + highBytes + ": low must be from 0 to high");
        }
    }
}
