package io.nettyaio;

/**
 * A POSIX real-time signal to queue when an operation completes: to whom, which, and the value that says what for. The
 * receiver finds the value in {@code si_value} ({@code ssi_ptr} and, its lower half, {@code ssi_int} of a signalfd),
 * {@code SI_QUEUE} in {@code si_code} and this process in {@code si_pid}.
 *
 * <p>A process that neither blocks nor handles a real-time signal is ended by it. That goes for this JVM too.
 *
 * @param processId the process, or thread group; it has to be this user's
 * @param threadId  the thread of it; 0 for whichever thread takes it
 * @param number    the signal, from {@link #REAL_TIME_MIN} to {@link #REAL_TIME_MAX}
 * @param value     the operation's id, or whatever tells the receiver
 */
public record AioSignal(int processId, int threadId, int number, long value) {

    /** {@code SIGRTMIN}: the C library keeps the two below for itself. */
    public static final int REAL_TIME_MIN = 34;

    /** {@code SIGRTMAX}. */
    public static final int REAL_TIME_MAX = 64;

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException where an id is not positive or the signal is not a real-time one
     */
    public AioSignal {
        if (processId <= 0 || threadId < 0) {
            throw new IllegalArgumentException(
                    "processId=" + processId + " threadId=" + threadId + ": a signal goes to one process or thread");
        }
        if (number < REAL_TIME_MIN || number > REAL_TIME_MAX) {
            throw new IllegalArgumentException("number=" + number + " is not a real-time signal; those are "
                    + REAL_TIME_MIN + " (SIGRTMIN) to " + REAL_TIME_MAX + " (SIGRTMAX)");
        }
    }

    /** To a process: {@code rt_sigqueueinfo(2)}. */
    public static AioSignal toProcess(int processId, int number, long value) {
        return new AioSignal(processId, 0, number, value);
    }

    /** To a thread: {@code rt_tgsigqueueinfo(2)}. */
    public static AioSignal toThread(int processId, int threadId, int number, long value) {
        if (threadId <= 0) {
            throw new IllegalArgumentException("threadId=" + threadId + " is not positive");
        }
        return new AioSignal(processId, threadId, number, value);
    }
}
