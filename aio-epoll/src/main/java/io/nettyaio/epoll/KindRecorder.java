package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import io.nettyaio.AioRoute;
import io.nettyaio.metrics.AioHistogram;
import io.nettyaio.metrics.AioMeasurements;
import io.nettyaio.metrics.AioOutcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** What a {@link Recorder} has counted of one kind of operation in one class. Its loop writes, any thread reads. */
final class KindRecorder implements AioMeasurements.Kind {

    private static final int OUTCOMES = 5;
    private static final int ROUTES = 7;

    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);

    private final AioClass ioClass;
    private final String className;
    private final String kind;
    private final AioHistogram totalNanos = new AioHistogram();
    private final AioHistogram deviceNanos = new AioHistogram();
    private final AioHistogram waitNanos = new AioHistogram();
    private final long[] operations = new long[ROUTES * OUTCOMES];
    private final long[] bytes = new long[ROUTES * OUTCOMES];

    KindRecorder(AioClass ioClass, String className, String kind) {
        this.ioClass = ioClass;
        this.className = className;
        this.kind = kind;
    }

    boolean is(AioClass wanted, String wantedKind) {
        return ioClass == wanted && kind.equals(wantedKind);
    }

    /**
     * Counts an operation.
     *
     * @return whether it is the first with such an end, or the first of these that has moved something
     */
    boolean count(@Nullable AioRoute route, AioOutcome outcome, long moved) {
        int at = indexOf(route, outcome);
        long before = operations[at];
        COUNTS.setOpaque(operations, at, before + 1);
        boolean news = before == 0;
        if (moved > 0) {
            long movedBefore = bytes[at];
            COUNTS.setOpaque(bytes, at, movedBefore + moved);
            news |= movedBefore == 0;
        }
        return news;
    }

    void time(long total, long device) {
        totalNanos.record(total);
        deviceNanos.record(device);
        waitNanos.record(total - device);
    }

    private static int indexOf(@Nullable AioRoute route, AioOutcome outcome) {
        int row = route == null
                ? 0
                : switch (route) {
                    case INLINE -> 1;
                    case KERNEL -> 2;
                    case COLLECT -> 3;
                    case HELPER_SUBMIT -> 4;
                    case HELPER -> 5;
                    case READINESS -> 6;
                };
        int column = switch (outcome) {
            case OK -> 0;
            case FAILED -> 1;
            case CANCELLED -> 2;
            case DEADLINE -> 3;
            case REFUSED -> 4;
        };
        return row * OUTCOMES + column;
    }

    @Override
    public String ioClass() {
        return className;
    }

    @Override
    public String kind() {
        return kind;
    }

    @Override
    public long operations(@Nullable AioRoute route, AioOutcome outcome) {
        return (long) COUNTS.getOpaque(operations, indexOf(route, outcome));
    }

    @Override
    public long bytes(@Nullable AioRoute route, AioOutcome outcome) {
        return (long) COUNTS.getOpaque(bytes, indexOf(route, outcome));
    }

    @Override
    public AioHistogram totalNanos() {
        return totalNanos;
    }

    @Override
    public AioHistogram deviceNanos() {
        return deviceNanos;
    }

    @Override
    public AioHistogram waitNanos() {
        return waitNanos;
    }
}
