package io.nettyaio;

/**
 * Figures of a context.
 *
 * @param pending              operations started and not yet completed
 * @param pendingBytes         bytes of the transfers among them
 * @param waitingForRoom       operations that wait to become pending ({@link AioOverloadPolicy#WAIT})
 * @param kernelInFlight       of these, handed to kernel AIO
 * @param helperInFlight       of these, handed to helper threads
 * @param slots                slots made so far, each with an eventfd
 * @param freeSlots            slots not in use
 * @param openFiles            views of files and pipes open on this context
 * @param completedInline      operations completed on the loop: from the page cache, on a pipe
 * @param completedKernel      operations completed by kernel AIO
 * @param completedHelper      operations completed by helper threads, or collected after a miss of the page cache
 * @param submitCalls          calls of io_submit from the loop
 * @param longestSubmitNanos   longest time in one io_submit on the loop
 * @param nowaitAttempts       RWF_NOWAIT attempts on the loop
 * @param longestNowaitNanos   longest time in one of them
 * @param demotions            times a device's operations were moved off the loop for exceeding the budget
 */
public record AioContextStats(
        int pending,
        long pendingBytes,
        int waitingForRoom,
        int kernelInFlight,
        int helperInFlight,
        int slots,
        int freeSlots,
        int openFiles,
        long completedInline,
        long completedKernel,
        long completedHelper,
        long submitCalls,
        long longestSubmitNanos,
        long nowaitAttempts,
        long longestNowaitNanos,
        long demotions) {}
