package io.nettyaio;

/**
 * What becomes of an operation that a context has no room for: {@link AioConfig#pendingOperations()} or
 * {@link AioConfig#pendingBytes()} are reached.
 */
public enum AioOverloadPolicy {
    /** It fails at once with {@link AioException.Kind#QUEUE_FULL}: the caller sheds load. */
    FAIL,
    /**
     * It waits, in order, until there is room, and can be cancelled meanwhile. As many as
     * {@link AioConfig#pendingOperations()} may wait; beyond, it fails as by {@link #FAIL}. Whoever lets operations wait
     * should look at {@link AioContext#isSubmittable()} before starting more.
     */
    WAIT
}
