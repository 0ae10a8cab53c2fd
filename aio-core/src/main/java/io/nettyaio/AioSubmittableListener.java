package io.nettyaio;

/** Is told when {@link AioContext#isSubmittable()} changes. */
@FunctionalInterface
public interface AioSubmittableListener {

    /**
     * A context has come above its high water mark, or back to its low one.
     *
     * <p><b>Threading.</b> On the context's loop, never inside the call that started an operation. Several changes in one
     * iteration of the loop may be told as one; what counts is {@link AioContext#isSubmittable()} now.
     */
    void submittabilityChanged(AioContext context);
}
