package io.nettyaio;

/** Is told when {@link AioContext#isSubmittable()} changes. */
@FunctionalInterface
public interface AioSubmittableListener {

    /**
     * A context has come above its high water mark, or back to its low one.
     *
     * <p><b>Threading.</b> On the context's loop, never inside the call that started an operation. Several changes in one
     * iteration of the loop may be told as one, even where they cancel out; what counts is
     * {@link AioContext#isSubmittable()} now. Whoever sees it false, on the loop, and adds a listener in the same task, is
     * told once it is true again.
     */
    void submittabilityChanged(AioContext context);
}
