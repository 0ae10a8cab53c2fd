package io.nettyaio.epoll;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An operation that only passes a device's gate, holds its permits until {@link #end}, and counts what happens to it. */
class TestOperation extends Operation {

    final AtomicInteger submits = new AtomicInteger();
    final AtomicInteger settled = new AtomicInteger();
    private final @Nullable DeviceLane through;
    private final int weight;
    volatile boolean passed;

    TestOperation(EpollAioContext context) {
        this(context, null, 1);
    }

    TestOperation(EpollAioContext context, @Nullable DeviceLane through, int weight) {
        super(context);
        this.through = through;
        this.weight = weight;
    }

    @Override
    String name() {
        return "test";
    }

    @Override
    @Nullable
    String path() {
        return null;
    }

    @Override
    boolean gives(AioPromise<?> to) {
        return false;
    }

    @Override
    int weight(int limit) {
        return Math.min(weight, limit);
    }

    @Override
    void submit() {
        submits.incrementAndGet();
        if (through != null && passDevice(through)) {
            passed = true;
            passed();
        }
    }

    /** On the loop: it holds its permits. */
    void passed() {}

    /** From any thread. */
    void end() {
        context().eventLoop().execute(() -> finish(null));
    }

    /** On the loop. */
    final void endNow() {
        finish(null);
    }

    @Override
    void complete(long result) {
        finish(null);
    }

    @Override
    void settle(@Nullable Throwable cause) {
        settled.incrementAndGet();
    }
}
