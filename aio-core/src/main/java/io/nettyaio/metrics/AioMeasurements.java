package io.nettyaio.metrics;

import io.nettyaio.AioClass;
import io.nettyaio.AioRoute;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a context measures of itself, beside its {@link io.nettyaio.AioContext#stats() stats}; read by {@link AioMetrics}.
 * {@link #kinds}, {@link #submitNanos} and {@link #submitBatch} stay empty unless {@link io.nettyaio.AioConfig#metrics()}
 * is true.
 *
 * <p><b>Threading.</b> Any thread; figures may be a little old. Lists only grow; {@link AioContexts#changed()} is called
 * after they have.
 */
public interface AioMeasurements {

    /** The name of the loop's thread. */
    String name();

    /** The kinds of operations seen so far, for each class; a bounded number. */
    List<? extends Kind> kinds();

    /** Time inside of each {@code io_submit(2)} on the loop. */
    AioHistogram submitNanos();

    /** Operations that each of these calls has submitted. */
    AioHistogram submitBatch();

    /** Bytes of buffers whose operation was cancelled, or has timed out, while the kernel or a helper had it. */
    long heldBytes();

    /** Times that operations were moved off the loop, by device and reason. */
    List<? extends Demotions> demotions();

    /** The threads that work for this context; it may share them with others. */
    List<? extends Pool> pools();

    /** How long the loop took each time to come back to its selector; {@code null} where nobody watches. */
    @Nullable
    AioHistogram lagNanos();

    /** How many of these were above {@link io.nettyaio.AioConfig#stallThresholdNanos()}. */
    long stalls();

    /** Requests for which kernel AIO contexts are set up on the whole machine, {@code fs.aio-nr}; NaN where unknown. */
    double machineRequests();

    /** As many as there can be, {@code fs.aio-max-nr}; NaN where unknown. */
    double machineRequestsMost();

    /** One kind of operation in one class. */
    interface Kind {

        /** The {@linkplain AioClass#name() name} of the class. */
        String ioClass();

        /** What it is called, as {@code "read"}; {@code "user"} for any of the user's own. */
        String kind();

        /**
         * How many have ended.
         *
         * @param route the way they took; {@code null} for those that took none
         */
        long operations(@Nullable AioRoute route, AioOutcome outcome);

        /** How many bytes these have moved. */
        long bytes(@Nullable AioRoute route, AioOutcome outcome);

        /** From start to completion, of those that came to their own end. */
        AioHistogram totalNanos();

        /** The part of it spent with the device or in a system call. */
        AioHistogram deviceNanos();

        /** The rest of it: waiting for a turn, a permit, a slot, a thread, or a pipe's other end. */
        AioHistogram waitNanos();
    }

    /** Operations moved off the loop. */
    interface Demotions {

        /** The device's number, as {@code "8:0"}. */
        String device();

        /** Why: {@code budget}, {@code would_block} or {@code unsupported}. */
        String reason();

        /** How often. */
        long count();
    }

    /** Threads that make system calls which may block. */
    interface Pool {

        /** As their threads are called, without the number. */
        String name();

        /** Threads alive. */
        int threads();

        /** Jobs that wait for one of them. */
        int queued();
    }
}
