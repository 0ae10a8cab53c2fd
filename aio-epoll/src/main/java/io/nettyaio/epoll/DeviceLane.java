package io.nettyaio.epoll;

import org.jspecify.annotations.Nullable;

/**
 * What one context keeps of a device for one class: its lane through the gate, the reads it waits for, its throttle where
 * the class has a limit, and the stopwatch, which all classes share. Loop-confined.
 */
final class DeviceLane {

    /** Of one piece while several classes use the device: short enough that others do not wait long behind it. */
    private static final int PIECE_BYTES = 128 << 10;
    /** The same where one of them has more shares: as much as eight short reads, so that what they wait does not multiply. */
    private static final int SHORT_PIECE_BYTES = 32 << 10;

    private final Device device;
    private final Lane lane;
    private final Stopwatch stopwatch;
    private final MissQueue misses;
    private final @Nullable Throttle throttle;
    private final long latencyGoalNanos;
    private boolean resident;

    DeviceLane(EpollAioContext context, Device device, Lane lane, Stopwatch stopwatch) {
        latencyGoalNanos = context.config().deviceLatencyGoalNanos();
        this.device = device;
        this.lane = lane;
        this.stopwatch = stopwatch;
        misses = new MissQueue(context, this);
        RateLimit limit = lane.queue().rateLimit();
        throttle = limit == null ? null : new Throttle(context, limit);
    }

    Device device() {
        return device;
    }

    Lane lane() {
        return lane;
    }

    /** Reads whose read-in has been started. */
    MissQueue misses() {
        return misses;
    }

    /** Where the class has a limit of bytes or operations for each second. */
    @Nullable
    Throttle throttle() {
        return throttle;
    }

    /** Whether long transfers have to go piece by piece, so that others come in between. */
    boolean isPiecewise() {
        return throttle != null || lane.gate().isSharedBy(lane.queue());
    }

    /** The longest piece then: what others have to wait behind. */
    int mostPieceBytes() {
        int most = lane.gate().isYielding(lane.queue()) ? SHORT_PIECE_BYTES : PIECE_BYTES;
        return throttle == null ? most : throttle.pieceBytes(most);
    }

    /** Whether what was last to be prefetched was there, of any file: a hint for one of which nothing is known. */
    boolean wasResident() {
        return resident;
    }

    void setResident(boolean was) {
        resident = was;
    }

    /** Whether the device's operations are to stay off the loop at the moment. */
    boolean isDemoted() {
        return stopwatch.isDemoted();
    }

    /** Takes note of how long a system call for this device has held up the loop. */
    void spent(long nanos, long nowNanos) {
        stopwatch.spent(nanos, nowNanos);
    }

    /** Takes note of how long an operation was with the device, where there is a goal for it. */
    void returned(long nanos) {
        Gate gate = lane.gate();
        gate.depth().ended(nanos, gate.inFlight(), lane.limit(), latencyGoalNanos, System.nanoTime());
    }
}
